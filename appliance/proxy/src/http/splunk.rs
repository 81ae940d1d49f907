//! `mode: splunk_hec`: requests as they are made to Splunk's HTTP Event Collector, answered in its words.
//!
//! An event is one JSON object of the body, `{"event": .., "time": .., "host": ..}`, as it was sent. A line of the raw
//! endpoint is an event as it is; when the request names host, source, sourcetype or index, such an object is made of it.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytefreezer_core::http_body::json as json_values;
use bytefreezer_core::http_body::{BodyError, Events, ReceivedBody, SplitError, discard, lines, read_body};
use bytefreezer_core::limits::RETRY_AFTER_SECONDS;
use hotpath::block::SourceType;
use hotpath::limits::MESSAGE_BYTES_MAX;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::Input;
use super::access::Shown;
use super::delivery::Delivery;
use super::hec_event::{EventFault, check_event};

/// The id of the next acknowledgement; what has one is durable.
static NEXT_ACK_ID: AtomicU64 = AtomicU64::new(0);

/// An answer of the collector: status, code, text.
type Answer = (StatusCode, u32, &'static str);

const SUCCESS: Answer = (StatusCode::OK, 0, "Success");
const TOKEN_REQUIRED: Answer = (StatusCode::UNAUTHORIZED, 2, "Token is required");
const INVALID_AUTHORIZATION: Answer = (StatusCode::UNAUTHORIZED, 3, "Invalid authorization");
const INVALID_TOKEN: Answer = (StatusCode::FORBIDDEN, 4, "Invalid token");
const NO_DATA: Answer = (StatusCode::BAD_REQUEST, 5, "No data");
const INVALID_DATA: Answer = (StatusCode::BAD_REQUEST, 6, "Invalid data format");
const INTERNAL_ERROR: Answer = (StatusCode::INTERNAL_SERVER_ERROR, 8, "Internal server error");
const BUSY: Answer = (StatusCode::SERVICE_UNAVAILABLE, 9, "Server is busy");
const CHANNEL_MISSING: Answer = (StatusCode::BAD_REQUEST, 10, "Data channel is missing");
const EVENT_REQUIRED: Answer = (StatusCode::BAD_REQUEST, 12, "Event field is required");
const EVENT_BLANK: Answer = (StatusCode::BAD_REQUEST, 13, "Event field cannot be blank");
const HEALTHY: Answer = (StatusCode::OK, 17, "HEC is healthy");
const UNHEALTHY: Answer = (StatusCode::SERVICE_UNAVAILABLE, 18, "HEC is unhealthy, queues are full");
const TOO_LARGE: Answer = (StatusCode::PAYLOAD_TOO_LARGE, 27, "Request entity too large");

pub(super) fn routes(base: &str, input: Arc<Input>) -> Router {
    let mut router = Router::new();
    for path in ["", "/event", "/event/1.0"] {
        router = router.route(&format!("{base}/services/collector{path}"), post(take_events));
    }
    for path in ["/raw", "/raw/1.0"] {
        router = router.route(&format!("{base}/services/collector{path}"), post(take_raw));
    }
    for path in ["/health", "/health/1.0"] {
        router = router.route(&format!("{base}/services/collector{path}"), get(health));
    }
    router.route(&format!("{base}/services/collector/ack"), post(acknowledge)).with_state(input)
}

async fn take_events(
    State(input): State<Arc<Input>>,
    ConnectInfo(sender): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = match begin(&input, request).await {
        Ok(begun) => begun,
        Err(refusal) => return refusal,
    };
    let ranges = match json_values(&body.bytes) {
        Ok(ranges) => ranges,
        Err(refusal) => return refused(refusal),
    };
    for (number, range) in ranges.iter().enumerate() {
        if let Err(fault) = check_event(body.bytes.get(range.clone()).unwrap_or_default()) {
            let answered = match fault {
                EventFault::NoObject => INVALID_DATA,
                EventFault::NoEvent => EVENT_REQUIRED,
                EventFault::Blank => EVENT_BLANK,
            };
            return answer_with(answered, &[("invalid-event-number", number.into())]);
        }
    }
    let events = Events { messages: whole(ranges), bytes: body.bytes };
    deliver(&input, sender, &parts, SourceType::SplunkHec, events).await
}

async fn take_raw(
    State(input): State<Arc<Input>>,
    ConnectInfo(sender): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = match begin(&input, request).await {
        Ok(begun) => begun,
        Err(refusal) => return refusal,
    };
    let ranges = match lines(&body.bytes) {
        Ok(ranges) => ranges,
        Err(refusal) => return refused(refusal),
    };
    let named = metadata(&parts);
    if named.is_empty() {
        let events = Events { messages: whole(ranges), bytes: body.bytes };
        return deliver(&input, sender, &parts, SourceType::Http, events).await;
    }
    match with_metadata(&named, &body.bytes, ranges, input.limits.unpacked_bytes_max) {
        Ok(events) => deliver(&input, sender, &parts, SourceType::SplunkHec, events).await,
        Err(refusal) => refused(refusal),
    }
}

async fn health(State(input): State<Arc<Input>>) -> Response {
    answer(if input.destination.is_well() { HEALTHY } else { UNHEALTHY })
}

#[derive(Deserialize)]
struct AckRequest {
    acks: Vec<u64>,
}

/// An id is given only for what is durable, so the answer is always yes.
async fn acknowledge(State(input): State<Arc<Input>>, request: Request) -> Response {
    let (parts, body) = match begin(&input, request).await {
        Ok(begun) => begun,
        Err(refusal) => return refusal,
    };
    if !has_channel(&parts) {
        return answer(CHANNEL_MISSING);
    }
    let Ok(asked) = serde_json::from_slice::<AckRequest>(&body.bytes) else { return answer(INVALID_DATA) };
    let acks: Map<String, Value> = asked.acks.iter().map(|id| (id.to_string(), true.into())).collect();
    axum::Json(json!({ "acks": acks })).into_response()
}

/// What every request with a body begins with: may the sender send, and what did it send.
async fn begin(input: &Input, request: Request) -> Result<(Parts, ReceivedBody), Response> {
    let (parts, body) = request.into_parts();
    let refusal = match input.access.token(&parts.headers) {
        Shown::Right => None,
        Shown::Nothing => Some(TOKEN_REQUIRED),
        Shown::Unreadable => Some(INVALID_AUTHORIZATION),
        Shown::Wrong => Some(INVALID_TOKEN),
    };
    if let Some(refusal) = refusal {
        discard(body).await;
        return Err(answer(refusal));
    }
    match read_body(&parts, body, input.limits, input.access.signature.as_ref(), &input.memory).await {
        Ok(body) if body.bytes.trim_ascii().is_empty() => Err(answer(NO_DATA)),
        Ok(body) => Ok((parts, body)),
        Err(BodyError::NoRoom) => Err(answer(BUSY)),
        Err(BodyError::TooLong(_) | BodyError::UnpacksToTooMuch(_)) => Err(answer(TOO_LARGE)),
        Err(refusal) => {
            let (_, code, text) = INVALID_DATA;
            Err(answer_with((refusal.status(), code, text), &[("reason", refusal.to_string().into())]))
        }
    }
}

async fn deliver(
    input: &Input,
    sender: SocketAddr,
    parts: &Parts,
    source_type: SourceType,
    events: Events,
) -> Response {
    if events.messages.is_empty() {
        return answer(NO_DATA);
    }
    match input.destination.deliver(sender, source_type, events).await {
        Delivery::Durable if has_channel(parts) => {
            answer_with(SUCCESS, &[("ackId", NEXT_ACK_ID.fetch_add(1, Ordering::Relaxed).into())])
        }
        Delivery::Durable => answer(SUCCESS),
        Delivery::Busy => answer(BUSY),
        Delivery::Unknown => answer(INTERNAL_ERROR),
    }
}

fn whole(ranges: Vec<Range<usize>>) -> Vec<(Range<usize>, bool)> {
    ranges.into_iter().map(|range| (range, false)).collect()
}

/// What the address of a raw request says about its events.
fn metadata(parts: &Parts) -> Map<String, Value> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    form_urlencoded::parse(query)
        .filter(|(name, value)| {
            matches!(name.as_ref(), "host" | "source" | "sourcetype" | "index" | "time") && !value.is_empty()
        })
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect()
}

/// Lines as the event objects that they would have been at the other endpoint.
fn with_metadata(
    named: &Map<String, Value>,
    body: &[u8],
    lines: Vec<Range<usize>>,
    bytes_max: usize,
) -> Result<Events, SplitError> {
    let mut events = Events::default();
    for line in lines {
        let text = String::from_utf8_lossy(body.get(line).unwrap_or_default());
        let mut object = named.clone();
        object.insert("event".to_owned(), text.into_owned().into());
        let start = events.bytes.len();
        events.bytes.extend_from_slice(Value::Object(object).to_string().as_bytes());
        let range = start..events.bytes.len();
        if range.len() > MESSAGE_BYTES_MAX {
            return Err(SplitError::TooLong);
        }
        if range.end > bytes_max {
            return Err(SplitError::TooMuch);
        }
        events.messages.push((range, false));
    }
    Ok(events)
}

/// A sender that names a channel asks for an id to ask about later.
fn has_channel(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    parts.headers.contains_key("x-splunk-request-channel")
        || form_urlencoded::parse(query).any(|(name, value)| name == "channel" && !value.is_empty())
}

fn refused(refusal: SplitError) -> Response {
    match refusal {
        SplitError::TooLong | SplitError::TooMany | SplitError::TooMuch => {
            answer_with(TOO_LARGE, &[("reason", refusal.to_string().into())])
        }
        SplitError::NotJson(_) | SplitError::ContentType => {
            answer_with(INVALID_DATA, &[("reason", refusal.to_string().into())])
        }
    }
}

fn answer(answer: Answer) -> Response {
    answer_with(answer, &[])
}

fn answer_with((status, code, text): Answer, more: &[(&str, Value)]) -> Response {
    let mut body = json!({ "text": text, "code": code });
    for (name, value) in more {
        body[*name] = value.clone();
    }
    if code == BUSY.1 {
        return (status, [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)], axum::Json(body)).into_response();
    }
    (status, axum::Json(body)).into_response()
}
