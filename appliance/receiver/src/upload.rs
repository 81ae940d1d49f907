//! Brings whole batches from the spool to the storage, for as long as it takes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytefreezer_lake::Store;
use bytefreezer_lake::store::chain;
use hotpath::layout::{BatchKey, intake_key};
use prometheus_client::metrics::counter::Counter;
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use crate::account::Accounts;
use crate::limits::{UPLOAD_RETRY_MS_MAX, UPLOAD_RETRY_MS_MIN};
use crate::spool::{Spool, WaitingFile};

/// Whether the storage takes batches.
#[derive(Debug, Default)]
pub struct UploadState {
    trouble: Mutex<Trouble>,
    /// Uploads that failed.
    pub failures: Counter,
}

#[derive(Debug, Default)]
struct Trouble {
    /// Those that the storage took not yet, though it was asked.
    batches: HashSet<BatchKey>,
    /// What it said to the last of them.
    reason: String,
}

impl UploadState {
    /// What the storage said to a batch that it has not taken yet; `None` where there is none.
    pub fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        (!trouble.batches.is_empty()).then(|| trouble.reason.clone())
    }

    fn failed(&self, batch: &BatchKey, reason: String) {
        self.failures.inc();
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.batches.insert(batch.clone());
        trouble.reason = reason;
    }

    fn succeeded(&self, batch: &BatchKey) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.batches.remove(batch) && trouble.batches.is_empty() {
            info!("the storage takes batches again");
        }
    }
}

/// What uploads are made with.
#[derive(Clone)]
pub struct Uploader {
    /// Where batches come from.
    pub waiting: async_channel::Receiver<WaitingFile>,
    /// The spool that they lie in.
    pub spool: Arc<Spool>,
    /// Where they go.
    pub intake: Arc<dyn Store>,
    /// The accounts.
    pub accounts: Arc<Accounts>,
    /// How it goes.
    pub state: Arc<UploadState>,
}

impl Uploader {
    /// Uploads one batch after the other. One that the storage does not take waits behind the others; after each failure
    /// the pause grows.
    pub async fn run(self) {
        let mut pause_ms = UPLOAD_RETRY_MS_MIN;
        while let Ok(file) = self.waiting.recv().await {
            match self.intake.put_file(&intake_key(&file.key), &file.path).await {
                Ok(()) => {
                    pause_ms = UPLOAD_RETRY_MS_MIN;
                    self.stored(file).await;
                }
                Err(error) => {
                    let failure = chain(&error);
                    warn!(dataset = %file.key.dataset, batch = file.key.batch, error = failure, pause_ms, "cannot upload a batch, trying again; it waits on disk");
                    self.state.failed(&file.key, failure);
                    self.spool.upload_later(file);
                    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                    pause_ms = (pause_ms * 2).min(UPLOAD_RETRY_MS_MAX);
                }
            }
        }
    }

    async fn stored(&self, file: WaitingFile) {
        self.state.succeeded(&file.key);
        self.accounts.store(&file.key.dataset, file.rows, file.bytes);
        let spool = Arc::clone(&self.spool);
        // It does not break down; and were it so, the next start would upload the batch again.
        let _ = spawn_blocking(move || spool.forget(file)).await;
    }
}
