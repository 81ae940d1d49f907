//! Reads the body of a request: within its limits, in time, signed as it must be, and unpacked.

use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::access::{Access, BadSignature};
use super::room::{NoRoom, RequestMemory, Room};
use super::unpack::{Damaged, Packing, Unpacker};
use crate::limits::{
    HTTP_BODY_IDLE_SECONDS_MAX, HTTP_BODY_SECONDS_MAX, HTTP_REFUSED_BYTES_MAX, HTTP_REFUSED_SECONDS_MAX,
};

/// How long a body may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyLimits {
    /// Bytes as they travel.
    pub(super) received_bytes_max: usize,
    /// Bytes of what they unpack to.
    pub(super) unpacked_bytes_max: usize,
}

/// Why a body is not taken. Nothing of it was.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body is longer than {0} bytes: send smaller batches; nothing of it was taken")]
    TooLong(usize),
    #[error("the body unpacks to more than {0} bytes: send smaller batches; nothing of it was taken")]
    UnpacksToTooMuch(usize),
    #[error(
        "content-encoding: {0} is not taken here, one of gzip, zstd and deflate is; nothing of the body was taken"
    )]
    Coding(String),
    #[error("the body is not what its content-encoding says, or not all of it; nothing of it was taken")]
    Damaged,
    #[error("the body ended before it was complete; nothing of it was taken")]
    Interrupted,
    #[error("the body comes too slowly; nothing of it was taken")]
    TooSlow,
    #[error("there is no memory for the body now; nothing of it was taken: try again later")]
    NoRoom,
    #[error("the signature is missing, or not that of this body; nothing of it was taken")]
    Signature,
    #[error("the body cannot be unpacked here; nothing of it was taken")]
    NoDecoder,
}

impl BodyError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::TooLong(_) | Self::UnpacksToTooMuch(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Coding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Damaged | Self::Interrupted => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom => StatusCode::TOO_MANY_REQUESTS,
            Self::Signature => StatusCode::UNAUTHORIZED,
            Self::NoDecoder => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Damaged> for BodyError {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}

impl From<NoRoom> for BodyError {
    fn from(_: NoRoom) -> Self {
        Self::NoRoom
    }
}

impl From<BadSignature> for BodyError {
    fn from(_: BadSignature) -> Self {
        Self::Signature
    }
}

/// A body, unpacked, and the memory that is counted for it.
#[derive(Debug)]
pub(super) struct ReceivedBody {
    pub(super) bytes: Vec<u8>,
    pub(super) room: Room,
}

impl ReceivedBody {
    /// Adds bytes, with memory counted before it is taken.
    fn append(&mut self, more: &[u8], bytes_max: usize) -> Result<(), BodyError> {
        let needed = self.bytes.len() + more.len();
        if needed > bytes_max {
            return Err(BodyError::UnpacksToTooMuch(bytes_max));
        }
        if needed > self.bytes.capacity() {
            let capacity = needed.max(2 * self.bytes.capacity()).min(bytes_max);
            self.room.grow_to(capacity)?;
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(more);
        Ok(())
    }
}

/// Reads a body to its end.
///
/// # Errors
/// [`BodyError`]; what is left of the body was read and thrown away as far as that is little, so that the sender gets
/// to read the answer.
pub(super) async fn read_body(
    parts: &Parts,
    mut body: Body,
    limits: BodyLimits,
    access: &Access,
    memory: &RequestMemory,
) -> Result<ReceivedBody, BodyError> {
    let read = read_within(parts, &mut body, limits, access, memory).await;
    if matches!(&read, Err(refusal) if *refusal != BodyError::Interrupted && *refusal != BodyError::TooSlow) {
        discard(body).await;
    }
    read
}

/// Reads a body that is not wanted, as far as it is short. A connection that is closed with bytes unread is reset,
/// and senders that write all before they read would not see why.
pub(super) async fn discard(mut body: Body) {
    let until = Instant::now() + Duration::from_secs(HTTP_REFUSED_SECONDS_MAX);
    let mut bytes = 0;
    while let Ok(Some(Ok(frame))) = timeout_at(until, body.frame()).await {
        bytes += frame.data_ref().map_or(0, axum::body::Bytes::len);
        if bytes > HTTP_REFUSED_BYTES_MAX {
            return;
        }
    }
}

async fn read_within(
    parts: &Parts,
    body: &mut Body,
    limits: BodyLimits,
    access: &Access,
    memory: &RequestMemory,
) -> Result<ReceivedBody, BodyError> {
    let packing = Packing::of(&parts.headers).map_err(BodyError::Coding)?;
    let mut signature = access.signature(&parts.headers)?;
    let received_bytes_max = match packing {
        Packing::None => limits.received_bytes_max.min(limits.unpacked_bytes_max),
        _ => limits.received_bytes_max,
    };
    if announced_length(parts).is_some_and(|length| length > received_bytes_max as u64) {
        return Err(BodyError::TooLong(received_bytes_max));
    }
    let mut unpacker = Unpacker::new(packing).map_err(|_| BodyError::NoDecoder)?;
    let mut received = ReceivedBody { bytes: Vec::new(), room: memory.open() };
    let mut received_bytes = 0;
    let until = Instant::now() + Duration::from_secs(HTTP_BODY_SECONDS_MAX);
    while let Some(bytes) = next_bytes(body, until).await? {
        received_bytes += bytes.len();
        if received_bytes > received_bytes_max {
            return Err(BodyError::TooLong(received_bytes_max));
        }
        if let Some(signature) = &mut signature {
            signature.update(&bytes);
        }
        match &mut unpacker {
            None => received.append(&bytes, limits.unpacked_bytes_max)?,
            Some(unpacker) => {
                unpacker.unpack(&bytes, |piece| received.append(piece, limits.unpacked_bytes_max))?;
            }
        }
    }
    if unpacker.is_some_and(|unpacker| !unpacker.is_whole()) {
        return Err(BodyError::Damaged);
    }
    if signature.is_some_and(|signature| !signature.confirms()) {
        return Err(BodyError::Signature);
    }
    Ok(received)
}

fn announced_length(parts: &Parts) -> Option<u64> {
    parts.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The next bytes of a body; `None` at its end.
async fn next_bytes(body: &mut Body, until: Instant) -> Result<Option<axum::body::Bytes>, BodyError> {
    let idle = Duration::from_secs(HTTP_BODY_IDLE_SECONDS_MAX);
    loop {
        let frame = timeout_at(until, timeout(idle, body.frame())).await;
        let Ok(Ok(frame)) = frame else { return Err(BodyError::TooSlow) };
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyError::Interrupted),
            // Trailers (RFC 9110 section 6.5) say nothing here.
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}
