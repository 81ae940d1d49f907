//! Batches of decoded rows: checked while they stream into the spool, and never in memory as a whole.

use std::io::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use bytefreezer_core::http_body::{BodyError, BodyFrames, BodyLimits, Packing, Unpacker};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::task::{spawn_blocking, yield_now};

use crate::account::Accounts;
use crate::limits::{SPOOL_WRITE_BYTES, UNPACK_STEP_BYTES};
use crate::refusal::Refusal;
use crate::row_check::RowCheck;
use crate::spool::{ArrivingBatch, Spool, SpoolError};

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is durable: so many rows.
    Now(u64),
    /// It was already.
    Before,
}

/// What takes batches.
#[derive(Clone)]
pub struct RowTaker {
    /// The spool.
    pub spool: Arc<Spool>,
    /// The accounts.
    pub accounts: Arc<Accounts>,
    /// How long they may be.
    pub limits: BodyLimits,
}

impl RowTaker {
    /// Takes a batch that arrives, of so many rows. It is whole then, and every line of it is a row as far as its first
    /// character tells.
    ///
    /// # Errors
    /// Why it is not taken; nothing of it is kept then.
    pub async fn take(
        &self,
        parts: &Parts,
        body: Body,
        arriving: ArrivingBatch,
        announced: u64,
    ) -> Result<Taken, Refusal> {
        let mut frames = BodyFrames::new(&parts.headers, body);
        match self.stream(parts, &mut frames, arriving, announced).await {
            Ok(batch) => self.keep(batch).await,
            Err(refusal) => {
                if let Refusal::Spool(error) = &refusal {
                    self.spool.note(&Err::<(), _>(error.copy()));
                }
                frames.leave().await;
                Err(refusal)
            }
        }
    }

    async fn stream(
        &self,
        parts: &Parts,
        frames: &mut BodyFrames,
        arriving: ArrivingBatch,
        announced: u64,
    ) -> Result<StreamedBatch, Refusal> {
        let packing = Packing::of(&parts.headers).map_err(BodyError::Coding)?;
        let received_bytes_max = self.limits.received_bytes_max_of(packing);
        let mut stream = RowStream::begin(arriving, packing, self.limits.unpacked_bytes_max).await?;
        while let Some(bytes) = frames.next(received_bytes_max).await? {
            stream.take(&bytes).await?;
        }
        stream.finish(announced).await
    }

    /// Goes on to its end when the sender has gone meanwhile.
    async fn keep(&self, batch: StreamedBatch) -> Result<Taken, Refusal> {
        let (accounts, spool) = (Arc::clone(&self.accounts), Arc::clone(&self.spool));
        let kept = spawn_blocking(move || {
            let StreamedBatch { arriving, file, rows, text_bytes } = batch;
            let dataset = arriving.key().dataset.clone();
            // Before it can be stored.
            accounts.receive_rows(&dataset, rows, text_bytes);
            let kept = arriving.keep(&file, rows);
            if kept.is_err() {
                accounts.withdraw_rows(&dataset, rows);
            }
            spool.note(&kept);
            kept.map(|()| Taken::Now(rows))
        });
        Ok(kept.await.map_err(|_| Refusal::NotKnown)??)
    }
}

/// A batch that has come in and is in its file, but not yet durable.
struct StreamedBatch {
    arriving: ArrivingBatch,
    file: std::fs::File,
    rows: u64,
    text_bytes: u64,
}

/// A batch while it comes in.
struct RowStream {
    arriving: ArrivingBatch,
    file: File,
    unpacker: Option<Unpacker>,
    packed: Packed,
    check: RowCheck,
    text_bytes: usize,
    text_bytes_max: usize,
}

/// What is written to the file next.
enum Packed {
    /// It comes as gzip already.
    AsItCame(Vec<u8>),
    Anew(Box<GzEncoder<Vec<u8>>>),
}

impl Packed {
    fn pending(&mut self) -> &mut Vec<u8> {
        match self {
            Self::AsItCame(pending) => pending,
            Self::Anew(encoder) => encoder.get_mut(),
        }
    }
}

impl RowStream {
    async fn begin(
        arriving: ArrivingBatch,
        packing: Packing,
        text_bytes_max: usize,
    ) -> Result<Self, Refusal> {
        let unpacker = Unpacker::new(packing).map_err(|_| BodyError::NoDecoder)?;
        let packed = match packing {
            Packing::Gzip => Packed::AsItCame(Vec::new()),
            _ => Packed::Anew(Box::new(GzEncoder::new(Vec::new(), Compression::fast()))),
        };
        let file = File::create(arriving.path()).await.map_err(SpoolError::from)?;
        let check = RowCheck::default();
        Ok(Self { arriving, file, unpacker, packed, check, text_bytes: 0, text_bytes_max })
    }

    async fn take(&mut self, bytes: &Bytes) -> Result<(), Refusal> {
        for step in bytes.chunks(UNPACK_STEP_BYTES) {
            self.unpack(step)?;
            if self.packed.pending().len() >= SPOOL_WRITE_BYTES {
                self.write().await?;
            }
            // A little that is packed may be much to look at.
            yield_now().await;
        }
        Ok(())
    }

    fn unpack(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let Self { unpacker, packed, check, text_bytes, text_bytes_max, .. } = self;
        if let Packed::AsItCame(pending) = packed {
            pending.extend_from_slice(bytes);
        }
        let mut look = |text: &[u8]| -> Result<(), Refusal> {
            *text_bytes += text.len();
            if *text_bytes > *text_bytes_max {
                return Err(BodyError::UnpacksToTooMuch(*text_bytes_max).into());
            }
            check.take(text)?;
            if let Packed::Anew(encoder) = packed {
                encoder.write_all(text).map_err(SpoolError::from)?;
            }
            Ok(())
        };
        match unpacker {
            Some(unpacker) => unpacker.unpack(bytes, look),
            None => look(bytes),
        }
    }

    async fn write(&mut self) -> Result<(), SpoolError> {
        let pending = std::mem::take(self.packed.pending());
        self.arriving.grow(pending.len())?;
        Ok(self.file.write_all(&pending).await?)
    }

    async fn finish(mut self, announced: u64) -> Result<StreamedBatch, Refusal> {
        if self.unpacker.as_ref().is_some_and(|unpacker| !unpacker.is_whole()) {
            return Err(BodyError::Damaged.into());
        }
        let rows = std::mem::take(&mut self.check).finish(announced)?;
        if let Packed::Anew(encoder) = &mut self.packed {
            encoder.try_finish().map_err(SpoolError::from)?;
        }
        self.write().await?;
        self.file.flush().await.map_err(SpoolError::from)?;
        let Self { arriving, file, text_bytes, .. } = self;
        Ok(StreamedBatch { arriving, file: file.into_std().await, rows, text_bytes: text_bytes as u64 })
    }
}
