//! `mode: events`: a POST of JSON, lines or a form.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytefreezer_core::http_body::{BodyError, BodyKind, SplitError, discard, read_body, split};
use bytefreezer_core::limits::RETRY_AFTER_SECONDS;
use hotpath::block::SourceType;

use super::Input;
use super::access::Shown;
use super::delivery::Delivery;

pub(super) fn routes(path: &str, input: Arc<Input>) -> Router {
    Router::new().route(path, post(take).with_state(input))
}

async fn take(
    State(input): State<Arc<Input>>,
    ConnectInfo(sender): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if input.access.token(&parts.headers) != Shown::Right {
        discard(body).await;
        let text = "send the input's token as `authorization: bearer ...`".to_owned();
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], text).into_response();
    }
    let kind = match BodyKind::of(&parts.headers) {
        Ok(kind) => kind,
        Err(refusal) => {
            discard(body).await;
            return refused(&refusal);
        }
    };
    let body =
        match read_body(&parts, body, input.limits, input.access.signature.as_ref(), &input.memory).await {
            Ok(body) => body,
            Err(BodyError::NoRoom) => return busy(),
            Err(refusal) => return (refusal.status(), refusal.to_string()).into_response(),
        };
    let events = split(kind, body.bytes)
        .and_then(|events| input.members.add(&parts.headers, events, input.limits.unpacked_bytes_max));
    let events = match events {
        Ok(events) => events,
        Err(refusal) => return refused(&refusal),
    };
    let count = events.messages.len();
    let delivery = input.destination.deliver(sender, SourceType::Http, events).await;
    // The shard has had its own copy since.
    drop(body.room);
    match delivery {
        Delivery::Durable => axum::Json(serde_json::json!({ "accepted": count })).into_response(),
        Delivery::Busy => busy(),
        Delivery::Unknown => {
            let text =
                "the events could not be made durable; whether they are kept is not known: send them again";
            (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
    }
}

fn refused(refusal: &SplitError) -> Response {
    (refusal.status(), refusal.to_string()).into_response()
}

fn busy() -> Response {
    let text = "the log or the memory is full; nothing of the request was taken: try again later";
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)], text).into_response()
}
