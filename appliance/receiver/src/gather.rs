//! Gathers the rows of small requests of a dataset into one batch, each answered as soon as it is durable.

use std::sync::Arc;
use std::time::Duration;

use bytefreezer_core::http_body::Room;
use hotpath::layout::BatchKey;
use hotpath::names::DatasetKey;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::warn;

use crate::account::Accounts;
use crate::decode::PackedRows;
use crate::limits::{CLOSE_RETRY_MS, GATHER_COMMIT_MAX, GATHER_QUEUE_MAX};
use crate::naming::BatchNames;
use crate::spool::{OpenBatch, Spool, SpoolError};

/// When an open batch is closed.
#[derive(Debug, Clone, Copy)]
pub struct GatherLimits {
    /// When its rows, not packed, have so many bytes.
    pub bytes_max: u64,
    /// When it is so old.
    pub age_max: Duration,
}

/// What batches are gathered with.
#[derive(Clone)]
pub struct GatherParts {
    /// The spool that they lie in.
    pub spool: Arc<Spool>,
    /// The accounts.
    pub accounts: Arc<Accounts>,
    /// Their names.
    pub names: Arc<BatchNames>,
}

/// The rows of one request, which wait for their place.
pub struct Addition {
    /// The rows.
    pub rows: PackedRows,
    /// When they were received, in microseconds since the epoch.
    pub received_us: i64,
    /// The memory that they have.
    pub room: Room,
    /// Told what became of them.
    pub reply: oneshot::Sender<Result<(), SpoolError>>,
}

/// Where the requests of a dataset put their rows. When the last clone is gone, the open batch is closed.
#[derive(Clone)]
pub struct Gatherer(mpsc::Sender<Addition>);

impl Gatherer {
    /// One for a dataset, and what it does; the caller runs it.
    pub fn new(
        dataset: DatasetKey,
        parts: &GatherParts,
        limits: GatherLimits,
    ) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let (sender, additions) = mpsc::channel(GATHER_QUEUE_MAX);
        let gathering = Gathering { dataset, parts: parts.clone(), limits, open: None };
        (Self(sender), gathering.run(additions))
    }

    /// Hands rows over; gives them back when too many wait already.
    pub fn add(&self, addition: Addition) -> Result<(), Addition> {
        self.0.try_send(addition).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(addition) | mpsc::error::TrySendError::Closed(addition) => {
                addition
            }
        })
    }
}

/// The one that writes.
struct Gathering {
    dataset: DatasetKey,
    parts: GatherParts,
    limits: GatherLimits,
    open: Option<(OpenBatch, Instant)>,
}

impl Gathering {
    async fn run(mut self, mut additions: mpsc::Receiver<Addition>) {
        let mut turn = Vec::new();
        loop {
            let count = match &self.open {
                None => additions.recv_many(&mut turn, GATHER_COMMIT_MAX).await,
                Some((_, close_at)) => {
                    let next = additions.recv_many(&mut turn, GATHER_COMMIT_MAX);
                    match timeout_at(*close_at, next).await {
                        Ok(count) => count,
                        Err(_) => {
                            self.close().await;
                            continue;
                        }
                    }
                }
            };
            if count == 0 {
                break;
            }
            self.commit(std::mem::take(&mut turn)).await;
        }
        self.close().await;
    }

    /// Writes the rows of some requests, makes them durable together, and answers.
    async fn commit(&mut self, turn: Vec<Addition>) {
        let open = self.open.take();
        let first_us = turn.first().map_or(0, |addition| addition.received_us);
        let key = BatchKey {
            dataset: self.dataset.clone(),
            received_ns: u64::try_from(first_us).unwrap_or(0).saturating_mul(1_000),
            batch: self.parts.names.next(),
        };
        let (parts, age_max) = (self.parts.clone(), self.limits.age_max);
        let written = tokio::task::spawn_blocking(move || {
            let opened = match open {
                Some(open) => Ok(open),
                None => OpenBatch::create(&parts.spool, key).map(|batch| (batch, Instant::now() + age_max)),
            };
            parts.spool.note(&opened);
            match opened {
                Ok((mut batch, close_at)) => {
                    write_turn(&parts, &mut batch, turn);
                    Some((batch, close_at))
                }
                Err(error) => {
                    refuse(turn, &error);
                    None
                }
            }
        });
        // A writer that broke down has answered nobody, and its batch is closed at the next start.
        self.open = written.await.unwrap_or_default();
        let bytes_max = self.limits.bytes_max;
        let is_over = |(batch, close_at): &(OpenBatch, Instant)| {
            batch.is_torn() || batch.text_bytes() >= bytes_max || Instant::now() >= *close_at
        };
        if self.open.as_ref().is_some_and(is_over) {
            self.close().await;
        }
    }

    /// Closes the open batch, for as long as that takes: what is in it was promised.
    async fn close(&mut self) {
        let Some((mut batch, _)) = self.open.take() else { return };
        loop {
            let Ok(closed) = tokio::task::spawn_blocking(move || batch.close()).await else { return };
            let Err(still_open) = closed else { return };
            let error = still_open.error;
            warn!(dataset = %self.dataset, %error, "cannot close a batch, trying again");
            self.parts.spool.note(&Err::<(), _>(error));
            batch = still_open.batch;
            sleep(Duration::from_millis(CLOSE_RETRY_MS)).await;
        }
    }
}

/// Those that find room are durable together, or refused together. Blocks.
fn write_turn(parts: &GatherParts, batch: &mut OpenBatch, turn: Vec<Addition>) {
    let mut written = Vec::new();
    let mut turn = turn.into_iter();
    while !batch.is_torn()
        && let Some(addition) = turn.next()
    {
        let PackedRows { packed, rows, text_bytes, .. } = &addition.rows;
        let appended = batch.append(packed, *rows, *text_bytes);
        parts.spool.note(&appended);
        match appended {
            Ok(()) => written.push(addition),
            Err(error) => refuse([addition], &error),
        }
    }
    if written.is_empty() {
        return refuse(turn, &SpoolError::Full);
    }
    let durable = batch.sync();
    parts.spool.note(&durable);
    match durable {
        Ok(()) => {
            for Addition { rows, room, reply, .. } in written {
                parts.accounts.receive_events(&batch.key().dataset, &rows);
                drop((rows, room));
                // A sender that has gone does not hear it.
                let _ = reply.send(Ok(()));
            }
            refuse(turn, &SpoolError::Full);
        }
        Err(error) => refuse(written.into_iter().chain(turn), &error),
    }
}

fn refuse(additions: impl IntoIterator<Item = Addition>, error: &SpoolError) {
    for addition in additions {
        let _ = addition.reply.send(Err(error.copy()));
    }
}
