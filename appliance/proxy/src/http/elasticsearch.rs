//! `mode: elasticsearch`: `_bulk` requests, and just enough of the rest that senders made for Elasticsearch begin to send.
//!
//! Nothing of a cluster is here: templates, policies and pipelines that senders bring are acknowledged and thrown away,
//! because tables get their columns from the events.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use bytefreezer_core::http_body::{BodyError, discard, read_body};
use bytefreezer_core::limits::RETRY_AFTER_SECONDS;
use hotpath::block::SourceType;
use serde::Serialize;
use serde_json::{Value, json};

use super::Input;
use super::access::Shown;
use super::bulk::{BulkAnswer, BulkError, Outcome, take_apart};
use super::delivery::Delivery;

/// Senders look for it, and go away without it.
const PRODUCT: (&str, &str) = ("x-elastic-product", "Elasticsearch");

/// The version whose bulk API this is.
const VERSION: &str = "8.15.0";

/// What senders put there before they send; below each lies a name.
const SET_UP: [&str; 7] = [
    "_ilm/policy",
    "_index_template",
    "_component_template",
    "_template",
    "_ingest/pipeline",
    "_data_stream",
    "_alias",
];

pub(super) fn routes(base: &str, input: Arc<Input>) -> Router {
    let bulk = || post(take).put(take);
    let mut router = Router::new()
        .route(&format!("{base}/"), told(info))
        .route(&format!("{base}/_bulk"), bulk())
        .route(&format!("{base}/{{index}}/_bulk"), bulk())
        // As clients before version 7 have it, with a document type.
        .route(&format!("{base}/{{index}}/{{kind}}/_bulk"), bulk())
        .route(&format!("{base}/_license"), told(license))
        .route(&format!("{base}/_xpack"), told(features))
        .route(&format!("{base}/_cluster/health"), told(cluster_health));
    if !base.is_empty() {
        router = router.route(base, told(info));
    }
    for path in SET_UP {
        let acknowledged = told(|| json!({})).put(acknowledge).post(acknowledge);
        router = router.route(&format!("{base}/{path}/{{*name}}"), acknowledged);
    }
    router.with_state(input)
}

/// The same answer to everybody who may ask; HEAD gets its status.
fn told(answered: fn() -> Value) -> MethodRouter<Arc<Input>> {
    get(move |State(input): State<Arc<Input>>, request: Request| async move {
        match allowed(&input, request).await {
            Ok(_) => answer(StatusCode::OK, &answered()),
            Err(refusal) => refusal,
        }
    })
}

fn info() -> Value {
    json!({
        "name": "bytefreezer",
        "cluster_name": "bytefreezer",
        "cluster_uuid": "bytefreezer",
        "version": {
            "number": VERSION,
            "build_flavor": "default",
            "build_type": "bytefreezer",
            "build_hash": "unknown",
            "build_date": "2024-08-05T10:05:34.233336849Z",
            "build_snapshot": false,
            "lucene_version": "9.11.1",
            "minimum_wire_compatibility_version": "7.17.0",
            "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "You Know, for Search",
    })
}

fn license() -> Value {
    json!({ "license": { "status": "active", "uid": "bytefreezer", "type": "basic", "mode": "basic" } })
}

fn features() -> Value {
    let off = json!({ "available": false, "enabled": false });
    json!({ "features": { "ilm": off, "security": off, "monitoring": off } })
}

fn cluster_health() -> Value {
    json!({ "cluster_name": "bytefreezer", "status": "green", "timed_out": false, "number_of_nodes": 1 })
}

async fn acknowledge(State(input): State<Arc<Input>>, request: Request) -> Response {
    match allowed(&input, request).await {
        Ok((_, body)) => {
            discard(body).await;
            answer(StatusCode::OK, &json!({ "acknowledged": true }))
        }
        Err(refusal) => refusal,
    }
}

async fn take(
    State(input): State<Arc<Input>>,
    path: Path<Vec<(String, String)>>,
    ConnectInfo(sender): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let begun = input.destination.now();
    let (parts, body) = match allowed(&input, request).await {
        Ok(parts) => parts,
        Err(refusal) => return refusal,
    };
    let body =
        match read_body(&parts, body, input.limits, input.access.signature.as_ref(), &input.memory).await {
            Ok(body) => body,
            Err(refusal) => return not_read(&refusal),
        };
    let index = path.iter().find(|(name, _)| name == "index").map(|(_, index)| index.as_str());
    let bulk = match take_apart(body.bytes, index, input.limits.unpacked_bytes_max) {
        Ok(bulk) => bulk,
        Err(refusal) => return not_taken_apart(&refusal),
    };
    let delivery = input.destination.deliver(sender, SourceType::ElasticsearchBulk, bulk.events).await;
    drop(body.room);
    let took_ms = u64::try_from((input.destination.now() - begun).as_millis()).unwrap_or(u64::MAX);
    let answered = |outcome| BulkAnswer { took_ms, items: &bulk.items, outcome };
    match delivery {
        Delivery::Durable => answer(StatusCode::OK, &answered(Outcome::Taken)),
        Delivery::Busy => later(&answered(Outcome::Busy)),
        Delivery::Unknown => {
            let reason =
                "the events could not be made durable; whether they are kept is not known: send them again";
            error(StatusCode::SERVICE_UNAVAILABLE, "unavailable_shards_exception", reason)
        }
    }
}

/// The request, when its sender may send.
async fn allowed(input: &Input, request: Request) -> Result<(Parts, axum::body::Body), Response> {
    let (parts, body) = request.into_parts();
    if input.access.token(&parts.headers) == Shown::Right {
        return Ok((parts, body));
    }
    discard(body).await;
    let reason = "send the input's token: as the password of basic, the key of apikey, or bearer";
    let mut refusal = error(StatusCode::UNAUTHORIZED, "security_exception", reason);
    refusal
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Basic realm=\"bytefreezer\""));
    Err(refusal)
}

fn not_read(refusal: &BodyError) -> Response {
    let kind = match refusal {
        BodyError::NoRoom => {
            return later(&BulkAnswer { took_ms: 0, items: &[], outcome: Outcome::Busy });
        }
        BodyError::TooLong(_) | BodyError::UnpacksToTooMuch(_) => "content_too_long_exception",
        _ => "parse_exception",
    };
    error(refusal.status(), kind, &refusal.to_string())
}

fn not_taken_apart(refusal: &BulkError) -> Response {
    let status = match refusal {
        BulkError::Action(_) | BulkError::Empty => StatusCode::BAD_REQUEST,
        BulkError::TooMany | BulkError::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
    };
    error(status, "illegal_argument_exception", &format!("{refusal}; nothing of the request was taken"))
}

/// Nothing was taken. The status says it too: some senders look no further, and drop what failed inside a 200.
fn later(answered: &BulkAnswer<'_>) -> Response {
    let mut response = answer(StatusCode::TOO_MANY_REQUESTS, answered);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER_SECONDS));
    response
}

fn error(status: StatusCode, kind: &str, reason: &str) -> Response {
    let cause = json!({ "type": kind, "reason": reason });
    let error = json!({ "root_cause": [cause], "type": kind, "reason": reason });
    answer(status, &json!({ "error": error, "status": status.as_u16() }))
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    (status, [PRODUCT], axum::Json(body)).into_response()
}
