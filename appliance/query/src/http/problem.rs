//! Errors as problem documents (RFC 9457).

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::{Position, QueryError, QueryErrorKind};

/// How long a client that met the limit of concurrent queries should wait.
const RETRY_AFTER_SECONDS: &str = "1";

/// The answer to a request that failed. RFC 9457 section 3, with the members `position` and `suggestion`.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    type_uri: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<ProblemPosition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
}

#[derive(Debug, Serialize)]
struct ProblemPosition {
    line: u64,
    column: u64,
}

impl Problem {
    /// A problem of a kind (`urn:bytefreezer:problem:<kind>`).
    pub(super) fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        Self {
            type_uri: format!("urn:bytefreezer:problem:{kind}"),
            title: status.canonical_reason().unwrap_or("error"),
            status: status.as_u16(),
            detail: detail.into(),
            position: None,
            suggestion: None,
        }
    }

    /// The request itself is malformed.
    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// The request's body is longer than `bytes_max`, or did not come whole.
    pub(super) fn unreadable_body(rejection: &BytesRejection, bytes_max: usize) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!("the body has more than {bytes_max} bytes");
            return Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail);
        }
        Self::bad_request("the body cannot be read")
    }
}

fn status_and_kind(kind: QueryErrorKind) -> (StatusCode, &'static str) {
    match kind {
        QueryErrorKind::Syntax => (StatusCode::BAD_REQUEST, "syntax"),
        QueryErrorKind::Forbidden => (StatusCode::UNPROCESSABLE_ENTITY, "forbidden-statement"),
        QueryErrorKind::UnknownName => (StatusCode::UNPROCESSABLE_ENTITY, "unknown-name"),
        QueryErrorKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid-statement"),
        QueryErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
        QueryErrorKind::TimeLimit => (StatusCode::REQUEST_TIMEOUT, "time-limit"),
        QueryErrorKind::MemoryLimit => (StatusCode::UNPROCESSABLE_ENTITY, "memory-limit"),
        QueryErrorKind::Busy => (StatusCode::TOO_MANY_REQUESTS, "busy"),
        QueryErrorKind::Storage => (StatusCode::SERVICE_UNAVAILABLE, "storage"),
        QueryErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let (status, kind) = status_and_kind(error.kind);
        let mut problem = Self::new(status, kind, error.message);
        problem.position = error.position.map(|Position { line, column }| ProblemPosition { line, column });
        problem.suggestion = error.suggestion;
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response
    }
}
