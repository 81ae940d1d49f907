//! Why a request is refused, and what its sender is told.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytefreezer_core::http_body::{BodyError, Damaged, SplitError};
use bytefreezer_core::limits::RETRY_AFTER_SECONDS;
use hotpath::account::RejectReason;
use hotpath::names::NameError;

use crate::decode::DecodeError;
use crate::headers::HeaderError;
use crate::row_check::RowsError;
use crate::spool::SpoolError;

/// Why a request is refused. Nothing of it was taken, but for [`Refusal::NotKnown`].
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("send a token of this receiver as `authorization: bearer ...`")]
    Stranger,
    #[error("the token is one for other datasets")]
    Elsewhere,
    #[error("there is no such dataset: {0}")]
    Name(#[from] NameError),
    #[error("there is no dataset {0} here with `route: staged`")]
    Dataset(String),
    #[error("{0}; nothing of the request was taken")]
    Headers(#[from] HeaderError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("events of the format {0} come in datagrams; here they are taken from proxies alone, as rows")]
    Datagrams(&'static str),
    #[error("another request is bringing this batch; nothing of this one was taken: try again later")]
    Arriving,
    #[error("{0}; nothing of the request was taken: try again later")]
    Spool(#[from] SpoolError),
    #[error("too many requests wait for the disk; nothing of this one was taken: try again later")]
    Busy,
    #[error("the events could not be made durable; whether they are kept is not known: send them again")]
    NotKnown,
}

impl From<Damaged> for Refusal {
    fn from(damaged: Damaged) -> Self {
        Self::Body(damaged.into())
    }
}

impl Refusal {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Stranger => StatusCode::UNAUTHORIZED,
            Self::Elsewhere => StatusCode::FORBIDDEN,
            Self::Name(_) | Self::Dataset(_) => StatusCode::NOT_FOUND,
            Self::Body(refusal) => refusal.status(),
            Self::Split(refusal) => refusal.status(),
            Self::Rows(RowsError::TooLong(_)) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Headers(_) | Self::Rows(_) | Self::Decode(DecodeError::Incomplete) => {
                StatusCode::BAD_REQUEST
            }
            Self::Datagrams(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Decode(DecodeError::NoRoom) | Self::Spool(SpoolError::Full) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Arriving | Self::Busy | Self::NotKnown | Self::Spool(SpoolError::Io(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Decode(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Under which reason the account has it; `None` where the sender is only told to come again.
    pub fn reject_reason(&self) -> Option<RejectReason> {
        match self.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(RejectReason::Unauthorized),
            StatusCode::PAYLOAD_TOO_LARGE => Some(RejectReason::TooLarge),
            StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(RejectReason::Malformed),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, self.to_string()).into_response();
        let (name, value) = match status {
            StatusCode::UNAUTHORIZED => (header::WWW_AUTHENTICATE, "Bearer"),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                (header::RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            _ => return response,
        };
        response.headers_mut().insert(name, HeaderValue::from_static(value));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_told_whether_to_come_again() {
        let later = [
            Refusal::Arriving,
            Refusal::Busy,
            Refusal::NotKnown,
            Refusal::Spool(SpoolError::Full),
            Refusal::Spool(SpoolError::Io(std::io::Error::other("x"))),
            Refusal::Body(BodyError::NoRoom),
        ];
        for refusal in later {
            assert_eq!(refusal.reject_reason(), None, "{refusal}");
            assert!(refusal.into_response().headers().contains_key(header::RETRY_AFTER));
        }
        let never = [
            (Refusal::Stranger, 401, RejectReason::Unauthorized),
            (Refusal::Elsewhere, 403, RejectReason::Unauthorized),
            (Refusal::Body(BodyError::TooLong(5)), 413, RejectReason::TooLarge),
            (Refusal::Rows(RowsError::TooLong(1)), 413, RejectReason::TooLarge),
            (Refusal::Rows(RowsError::Empty), 400, RejectReason::Malformed),
            (Refusal::Datagrams("netflow"), 415, RejectReason::Malformed),
        ];
        for (refusal, status, reason) in never {
            assert_eq!(refusal.reject_reason(), Some(reason), "{refusal}");
            let response = refusal.into_response();
            assert_eq!(response.status().as_u16(), status);
            assert!(!response.headers().contains_key(header::RETRY_AFTER));
        }
    }
}
