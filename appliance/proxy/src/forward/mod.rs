//! The staged route: batches of rows to receivers, each until one has taken it.
//!
//! A batch is never given up for a receiver that is away, full or of another mind about who may send. What no receiver
//! will ever take (damaged, a single row beyond its limit) becomes a dead letter, and is tried again now and then.

mod batch;
mod dead_letters;
mod receivers;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytefreezer_core::config::{Config, Route};
use hotpath::shard::Upload;
use tracing::{info, warn};

pub use batch::Batch;
pub use dead_letters::{DeadLetter, DeadLetters};
use receivers::{Receivers, Refusal};

use crate::limits::DEAD_LETTERS_RETRY_SECONDS;

/// Hands batches to receivers. Clones share everything.
#[derive(Clone)]
pub struct Forwarder {
    receivers: Arc<Receivers>,
    dead_letters: Arc<DeadLetters>,
    instance: Arc<str>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Rows that became dead letters.
    pub dead_rows: u64,
}

impl Forwarder {
    /// A forwarder of a configuration; `None` where no dataset needs one.
    ///
    /// # Errors
    /// When receivers or their authorities cannot be used, or the folder of dead letters cannot be made.
    pub fn of(config: &Config) -> anyhow::Result<Option<Self>> {
        let is_needed = config.datasets.iter().any(|dataset| dataset.route == Route::Staged);
        if !is_needed && config.forward.receivers.is_empty() {
            return Ok(None);
        }
        Self::new(config).map(Some)
    }

    /// The same, needed or not.
    ///
    /// # Errors
    /// As [`Forwarder::of`].
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let receivers = Receivers::new(&config.forward).context("forward")?;
        let dead_letters = DeadLetters::open(&config.data_dir)?;
        Ok(Self {
            receivers: Arc::new(receivers),
            dead_letters: Arc::new(dead_letters),
            instance: config.instance.as_str().into(),
        })
    }

    /// Hands on the file of a cut: one attempt.
    ///
    /// # Errors
    /// Why it has to be tried again. What was delivered of it before comes again under the same names then.
    pub async fn deliver(&self, upload: &Upload) -> Result<Delivered, String> {
        let mut delivered = Delivered::default();
        for file in &upload.cut.files {
            let key = upload.cut.batch_key(file, &self.instance);
            let batch = Batch::read(&file.path, key, file.rows).await?;
            delivered.dead_rows += self.deliver_batch(batch).await?;
        }
        Ok(delivered)
    }

    /// Hands on a batch, in parts where a receiver finds it too large. Gives the rows that became dead letters.
    async fn deliver_batch(&self, batch: Batch) -> Result<u64, String> {
        let mut dead_rows = 0;
        let mut waiting = vec![batch];
        while let Some(batch) = waiting.pop() {
            let reason = match self.receivers.post(&batch).await {
                Ok(()) => continue,
                Err(Refusal::Later(reason)) => return Err(reason),
                Err(Refusal::TooLarge(reason)) => match batch.halves().await? {
                    Some((first, second)) => {
                        waiting.push(second);
                        waiting.push(first);
                        continue;
                    }
                    None => reason,
                },
                Err(Refusal::Never(reason)) => reason,
            };
            warn!(batch = batch.key.batch, dataset = %batch.key.dataset, rows = batch.rows, reason, "no receiver takes a batch; it is kept as a dead letter");
            self.dead_letters.put(&batch, &reason).await?;
            dead_rows += batch.rows;
        }
        Ok(dead_rows)
    }

    /// Tries every dead letter once. Gives those that were taken, and those that were not.
    ///
    /// # Errors
    /// When the folder of dead letters cannot be read.
    pub async fn retry_dead_letters(&self) -> anyhow::Result<(Vec<DeadLetter>, Vec<DeadLetter>)> {
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for mut letter in self.dead_letters.list().await? {
            let batch = match self.dead_letters.read(&letter).await {
                Ok(batch) => batch,
                Err(reason) => {
                    letter.reason = reason;
                    refused.push(letter);
                    continue;
                }
            };
            match self.receivers.post(&batch).await {
                Ok(()) => {
                    self.dead_letters.remove(&letter).await?;
                    taken.push(letter);
                }
                Err(refusal) => {
                    letter.reason = refusal.reason();
                    self.dead_letters.note(&letter).await?;
                    refused.push(letter);
                }
            }
        }
        Ok((taken, refused))
    }

    /// Tries dead letters again, for ever.
    pub async fn look_after_dead_letters(self) {
        loop {
            tokio::time::sleep(Duration::from_secs(DEAD_LETTERS_RETRY_SECONDS)).await;
            match self.retry_dead_letters().await {
                Ok((taken, refused)) if !taken.is_empty() || !refused.is_empty() => {
                    info!(taken = taken.len(), refused = refused.len(), "tried the dead letters again");
                }
                Ok(_) => {}
                Err(error) => warn!(error = format!("{error:#}"), "cannot try the dead letters again"),
            }
        }
    }
}

/// The dead letters of a data directory.
///
/// # Errors
/// When their folder cannot be read.
pub async fn dead_letters_in(data_dir: &Path) -> anyhow::Result<Vec<DeadLetter>> {
    DeadLetters::open(data_dir)?.list().await
}
