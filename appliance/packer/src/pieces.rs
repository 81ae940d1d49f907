//! The bytes of batches on their way from the store to the thread that makes files of them.

use std::io::{self, Read};
use std::sync::Arc;

use bytefreezer_lake::{LeaseGuard, ObjectInfo, ObjectReader, Store};
use bytes::{Buf, Bytes};
use tokio::sync::mpsc;

use crate::error::PackError;

/// What the thread is given.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Bytes of the batch under way.
    Bytes(Bytes),
    /// The end of it.
    BatchEnd,
}

/// Sends the bytes of all batches, each with its end. It stops without an error when nobody takes them any more.
///
/// # Errors
/// Those of the store; `NotFound` and `PreconditionFailed` for a batch that is not the version asked for.
pub(crate) async fn send_batches(
    stage: &Arc<dyn Store>,
    batches: &[ObjectInfo],
    pieces: &mpsc::Sender<Piece>,
    guard: &LeaseGuard,
    on_progress: &(dyn Fn() + Sync),
) -> Result<(), PackError> {
    for batch in batches {
        let mut reader = ObjectReader::of(Arc::clone(stage), batch.clone());
        while let Some(bytes) = reader.next_piece().await? {
            on_progress();
            if !guard.is_held() {
                return Err(PackError::Fenced);
            }
            if pieces.send(Piece::Bytes(bytes)).await.is_err() {
                return Ok(());
            }
        }
        if pieces.send(Piece::BatchEnd).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The bytes of one batch as a stream, on a thread that may wait.
#[derive(Debug)]
pub(crate) struct BatchBytes<'a> {
    pieces: &'a mut mpsc::Receiver<Piece>,
    current: Bytes,
    is_over: bool,
}

impl<'a> BatchBytes<'a> {
    /// The next batch.
    pub(crate) fn new(pieces: &'a mut mpsc::Receiver<Piece>) -> Self {
        Self { pieces, current: Bytes::new(), is_over: false }
    }
}

impl Read for BatchBytes<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.is_over {
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => self.current = bytes,
                Some(Piece::BatchEnd) => self.is_over = true,
                // Whoever sends knows why.
                None => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
        let length = into.len().min(self.current.len());
        self.current.copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}
