//! The HTTP input: a POST of lines is answered with 200 once all of them are on disk, or nothing of it was taken.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytefreezer_core::config::Secret;
use hotpath::block::{Peer, SourceType};
use hotpath::clock::Clock;
use hotpath::limits::MESSAGE_BYTES_MAX;
use hotpath::names::DatasetKey;
use hotpath::shard::{IngestBatch, IngestOutcome, ShardCommand};
use subtle::ConstantTimeEq;

use crate::limits::{ACKNOWLEDGE_SECONDS_MAX, HTTP_MESSAGES_MAX};

/// One HTTP input of one dataset.
#[derive(Clone)]
pub struct HttpIngest {
    /// Where its events go.
    pub dataset: DatasetKey,
    /// The path of the POST.
    pub path: String,
    /// Longest body in bytes.
    pub body_bytes_max: usize,
    /// What a sender must show.
    pub token: Option<Secret>,
    /// The shards, which take turns.
    pub shards: Arc<Vec<async_channel::Sender<ShardCommand>>>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Whose turn it is.
    pub turn: Arc<AtomicUsize>,
}

/// The router of all inputs that listen on one address.
pub fn router(inputs: Vec<HttpIngest>) -> Router {
    inputs.into_iter().fold(Router::new(), |router, input| {
        let path = input.path.clone();
        router.route(&path, post(ingest).with_state(Arc::new(input)))
    })
}

async fn ingest(
    State(input): State<Arc<HttpIngest>>,
    ConnectInfo(sender): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    if !is_allowed(&input, request.headers()) {
        return answer(StatusCode::UNAUTHORIZED, "send the input's token as `authorization: bearer ...`");
    }
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, "compressed bodies are not taken: send plain lines");
    }
    let body = match read_body(request.into_body(), input.body_bytes_max).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let messages = match lines(&body) {
        Ok(messages) => messages,
        Err(reason) => return answer(StatusCode::PAYLOAD_TOO_LARGE, reason),
    };
    let count = messages.len();
    if count == 0 {
        return accepted(0);
    }
    let (reply, outcome) = async_channel::bounded(1);
    let batch = IngestBatch {
        dataset: input.dataset.clone(),
        peer: Peer::new(sender, SourceType::Http),
        received_us: input.clock.wall_us(),
        bytes: body.into(),
        messages,
        reply,
    };
    let turn = input.turn.fetch_add(1, Ordering::Relaxed);
    let Some(shard) = input.shards.get(turn % input.shards.len().max(1)) else { return busy() };
    if shard.try_send(ShardCommand::Ingest(Box::new(batch))).is_err() {
        return busy();
    }
    match tokio::time::timeout(Duration::from_secs(ACKNOWLEDGE_SECONDS_MAX), outcome.recv()).await {
        Ok(Ok(IngestOutcome::Durable)) => accepted(count),
        Ok(Ok(IngestOutcome::Busy)) => busy(),
        Ok(Ok(IngestOutcome::Failed) | Err(_)) | Err(_) => answer(
            StatusCode::SERVICE_UNAVAILABLE,
            "the events could not be made durable; whether they are kept is not known: send them again",
        ),
    }
}

fn is_allowed(input: &HttpIngest, headers: &HeaderMap) -> bool {
    let Some(token) = &input.token else { return true };
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or("", |(_, shown)| shown.trim());
    // The length is not kept secret.
    token.expose().as_bytes().ct_eq(shown.as_bytes()).into()
}

async fn read_body(body: Body, bytes_max: usize) -> Result<Bytes, Response> {
    to_bytes(body, bytes_max).await.map_err(|error| {
        let source = std::error::Error::source(&error);
        if source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>()) {
            let text = format!("the body is longer than {bytes_max} bytes: send smaller batches; nothing of it was taken");
            return answer(StatusCode::PAYLOAD_TOO_LARGE, &text);
        }
        answer(StatusCode::BAD_REQUEST, "the body ended before it was complete; nothing of it was taken")
    })
}

/// Where each line lies; blank lines are not messages.
fn lines(body: &[u8]) -> Result<Vec<(Range<usize>, bool)>, &'static str> {
    let mut messages = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', body).chain([body.len()]) {
        let mut range = start..end;
        start = end + 1;
        if range.end > range.start && body.get(range.end - 1) == Some(&b'\r') {
            range.end -= 1;
        }
        if body.get(range.clone()).unwrap_or_default().trim_ascii().is_empty() {
            continue;
        }
        if range.len() > MESSAGE_BYTES_MAX {
            return Err("a line is longer than 256 KiB; nothing of the request was taken");
        }
        if messages.len() == HTTP_MESSAGES_MAX {
            return Err("more than 100000 lines in one request: send smaller batches; nothing of it was taken");
        }
        messages.push((range, false));
    }
    Ok(messages)
}

fn accepted(events: usize) -> Response {
    (StatusCode::OK, axum::Json(serde_json::json!({ "accepted": events }))).into_response()
}

fn busy() -> Response {
    let text = "the log or the memory is full; nothing of the request was taken: try again later";
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")], text.to_owned()).into_response()
}

fn answer(status: StatusCode, text: &str) -> Response {
    (status, text.to_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_messages_and_blank_ones_are_not() {
        let body = b"one\r\n\n  \ntwo\nthree";
        let found: Vec<&[u8]> = lines(body).unwrap().into_iter().map(|(range, _)| &body[range]).collect();
        assert_eq!(found, [&b"one"[..], b"two", b"three"]);
        assert!(lines(b"").unwrap().is_empty());
    }

    #[test]
    fn what_is_too_long_is_refused_as_a_whole() {
        assert!(lines(&vec![b'x'; MESSAGE_BYTES_MAX + 1]).is_err());
        assert!(lines(&b"x\n".repeat(HTTP_MESSAGES_MAX + 1)).is_err());
    }
}
