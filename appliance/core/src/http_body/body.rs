//! Reads the body of a request: within its limits, in time, signed as it must be, and unpacked.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::room::{NoRoom, RequestMemory, Room};
use super::signature::{BadSignature, Signature};
use super::unpack::{Damaged, Packing, Unpacker};
use crate::limits::{
    HTTP_BODY_IDLE_SECONDS_MAX, HTTP_BODY_SECONDS_MAX, HTTP_REFUSED_BYTES_MAX, HTTP_REFUSED_SECONDS_MAX,
};

/// How long a body may be.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Bytes as they travel.
    pub received_bytes_max: usize,
    /// Bytes of what they unpack to.
    pub unpacked_bytes_max: usize,
}

impl BodyLimits {
    /// Bytes that a body packed so may have as it travels.
    pub fn received_bytes_max_of(&self, packing: Packing) -> usize {
        match packing {
            Packing::None => self.received_bytes_max.min(self.unpacked_bytes_max),
            _ => self.received_bytes_max,
        }
    }
}

/// Why a body is not taken. Nothing of it was.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Longer, as it travels, than so many bytes.
    #[error("the body is longer than {0} bytes: send smaller batches; nothing of it was taken")]
    TooLong(usize),
    /// Longer, unpacked, than so many bytes.
    #[error("the body unpacks to more than {0} bytes: send smaller batches; nothing of it was taken")]
    UnpacksToTooMuch(usize),
    /// Packed in a way that is not taken here.
    #[error(
        "content-encoding: {0} is not taken here, one of gzip, zstd and deflate is; nothing of the body was taken"
    )]
    Coding(String),
    /// Not what its coding says, or not whole.
    #[error("the body is not what its content-encoding says, or not all of it; nothing of it was taken")]
    Damaged,
    /// The connection ended before it.
    #[error("the body ended before it was complete; nothing of it was taken")]
    Interrupted,
    /// It did not come in time.
    #[error("the body comes too slowly; nothing of it was taken")]
    TooSlow,
    /// Other requests have the memory.
    #[error("there is no memory for the body now; nothing of it was taken: try again later")]
    NoRoom,
    /// Not signed as it must be.
    #[error("the signature is missing, or not that of this body; nothing of it was taken")]
    Signature,
    /// The machine cannot unpack it.
    #[error("the body cannot be unpacked here; nothing of it was taken")]
    NoDecoder,
}

impl BodyError {
    /// The answer to such a body.
    pub fn status(&self) -> StatusCode {
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
pub struct ReceivedBody {
    /// What it unpacks to.
    pub bytes: Vec<u8>,
    /// The memory of these bytes, to be dropped when they are.
    pub room: Room,
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

/// A body as it travels, while it comes in: within its limit and in time.
#[derive(Debug)]
pub struct BodyFrames {
    body: Body,
    announced_bytes: Option<u64>,
    received_bytes: usize,
    until: Instant,
    /// Nothing more comes, or not in time.
    is_over: bool,
}

impl BodyFrames {
    /// The body of a request with these headers; its time begins now.
    pub fn new(headers: &HeaderMap, body: Body) -> Self {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        Self {
            body,
            announced_bytes: announced.and_then(|length| length.parse().ok()),
            received_bytes: 0,
            until: Instant::now() + Duration::from_secs(HTTP_BODY_SECONDS_MAX),
            is_over: false,
        }
    }

    /// The next bytes; `None` at the end of the body.
    ///
    /// # Errors
    /// When the body is longer than `bytes_max`, or says that it will be; when it is interrupted or too slow.
    pub async fn next(&mut self, bytes_max: usize) -> Result<Option<Bytes>, BodyError> {
        if self.announced_bytes.is_some_and(|length| length > bytes_max as u64) {
            return Err(BodyError::TooLong(bytes_max));
        }
        let Some(bytes) = self.next_bytes().await? else { return Ok(None) };
        self.received_bytes += bytes.len();
        if self.received_bytes > bytes_max {
            return Err(BodyError::TooLong(bytes_max));
        }
        Ok(Some(bytes))
    }

    async fn next_bytes(&mut self) -> Result<Option<Bytes>, BodyError> {
        let idle = Duration::from_secs(HTTP_BODY_IDLE_SECONDS_MAX);
        loop {
            let frame = timeout_at(self.until, timeout(idle, self.body.frame())).await;
            self.is_over = !matches!(frame, Ok(Ok(Some(Ok(_)))));
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

    /// Reads a body that is not needed to its end, however long it takes and may be: its sender shall get to read the
    /// answer. One that is longer than `bytes_max`, interrupted or too slow is left.
    pub async fn pass_over(mut self, bytes_max: usize) {
        while let Ok(Some(_)) = self.next(bytes_max).await {}
    }

    /// Leaves the rest of a body that is refused: see [`discard`]. One that does not come is not waited for.
    pub async fn leave(self) {
        if !self.is_over {
            discard(self.body).await;
        }
    }
}

/// Reads a body to its end.
///
/// # Errors
/// [`BodyError`]; what is left of the body was read and thrown away as far as that is little, so that the sender gets
/// to read the answer.
pub async fn read_body(
    parts: &Parts,
    body: Body,
    limits: BodyLimits,
    signature: Option<&Signature>,
    memory: &RequestMemory,
) -> Result<ReceivedBody, BodyError> {
    let mut frames = BodyFrames::new(&parts.headers, body);
    let read = read_within(parts, &mut frames, limits, signature, memory).await;
    if read.is_err() {
        frames.leave().await;
    }
    read
}

/// Reads a body that is not wanted, as far as it is short. A connection that is closed with bytes unread is reset,
/// and senders that write all before they read would not see why.
pub async fn discard(mut body: Body) {
    let until = Instant::now() + Duration::from_secs(HTTP_REFUSED_SECONDS_MAX);
    let mut bytes = 0;
    while let Ok(Some(Ok(frame))) = timeout_at(until, body.frame()).await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > HTTP_REFUSED_BYTES_MAX {
            return;
        }
    }
}

async fn read_within(
    parts: &Parts,
    frames: &mut BodyFrames,
    limits: BodyLimits,
    signature: Option<&Signature>,
    memory: &RequestMemory,
) -> Result<ReceivedBody, BodyError> {
    let packing = Packing::of(&parts.headers).map_err(BodyError::Coding)?;
    let mut signature = signature.map(|signature| signature.check(&parts.headers)).transpose()?;
    let received_bytes_max = limits.received_bytes_max_of(packing);
    let mut unpacker = Unpacker::new(packing).map_err(|_| BodyError::NoDecoder)?;
    let mut received = ReceivedBody { bytes: Vec::new(), room: memory.open() };
    while let Some(bytes) = frames.next(received_bytes_max).await? {
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
