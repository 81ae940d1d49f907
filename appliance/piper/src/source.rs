//! The bytes of a batch, from the store's pieces to a thread that reads them.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytefreezer_lake::{ObjectReader, StoreError};
use bytes::{Buf, Bytes};
use tokio::sync::mpsc;

use crate::limits::PIECES_AHEAD;

/// The error of the store that ended a reading, if one did.
pub(crate) type Failure = Arc<Mutex<Option<StoreError>>>;

/// Called where something got on.
pub(crate) type OnProgress = Arc<dyn Fn() + Send + Sync>;

/// Reads an object on the runtime for a thread that waits for its bytes.
pub(crate) struct Source {
    pieces: mpsc::Receiver<Result<Bytes, StoreError>>,
    current: Bytes,
    failure: Failure,
}

impl Source {
    /// Begins to read. Call it in a tokio runtime; read from it on a thread that may wait.
    pub(crate) fn begin(mut reader: ObjectReader, on_progress: OnProgress) -> (Self, Failure) {
        let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
        tokio::spawn(async move {
            loop {
                let piece = match reader.next_piece().await {
                    Ok(Some(piece)) => {
                        on_progress();
                        Ok(piece)
                    }
                    Ok(None) => return,
                    Err(error) => Err(error),
                };
                let is_last = piece.is_err();
                if sender.send(piece).await.is_err() || is_last {
                    return;
                }
            }
        });
        let failure = Failure::default();
        (Self { pieces, current: Bytes::new(), failure: Arc::clone(&failure) }, failure)
    }
}

/// What the store said when it failed.
pub(crate) fn take(failure: &Failure) -> Option<StoreError> {
    failure.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.pieces.blocking_recv() {
                None => return Ok(0),
                Some(Ok(piece)) => self.current = piece,
                Some(Err(error)) => {
                    *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return Err(io::Error::other("the store failed"));
                }
            }
        }
        let length = into.len().min(self.current.len());
        self.current.copy_to_slice(into.get_mut(..length).unwrap_or_default());
        Ok(length)
    }
}
