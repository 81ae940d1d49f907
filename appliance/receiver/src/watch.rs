//! How spool and storage are, brought to health and metrics.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::{Component, ComponentState, Progress};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tokio::task::spawn_blocking;

use crate::limits::{SPOOL_PROBE_MS, WATCH_INTERVAL_MS};
use crate::spool::Spool;
use crate::upload::UploadState;

/// What is counted of requests.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Answers by status.
    pub requests: Family<[(&'static str, String); 1], Counter>,
    /// Batches that came again while they were here.
    pub duplicates: Counter,
}

/// Shows how the role is, for as long as it runs.
pub struct Watch {
    spool: Arc<Spool>,
    uploads: Arc<UploadState>,
    spool_component: Component,
    storage_component: Component,
    spool_bytes: Gauge<u64, AtomicU64>,
    spool_files: Gauge<u64, AtomicU64>,
}

impl Watch {
    /// Registers components and metrics.
    ///
    /// # Errors
    /// When the process has too many components.
    pub fn new(
        progress: &Progress,
        metrics: &Metrics,
        counts: &Counts,
        spool: Arc<Spool>,
        uploads: Arc<UploadState>,
    ) -> anyhow::Result<Self> {
        let watch = Self {
            spool_component: progress.register("receiver spool", None)?,
            storage_component: progress.register("receiver storage", None)?,
            spool_bytes: Gauge::default(),
            spool_files: Gauge::default(),
            spool,
            uploads,
        };
        metrics.register(|registry| {
            let (requests, duplicates) = (counts.requests.clone(), counts.duplicates.clone());
            registry.register("receiver_requests", "Requests answered, by status", requests);
            let help = "Batches that came again while they waited for the storage";
            registry.register("receiver_duplicate_batches", help, duplicates);
            let failures = watch.uploads.failures.clone();
            registry.register(
                "receiver_upload_failures",
                "Uploads that failed and are tried again",
                failures,
            );
            let help = "Bytes of the batches on disk, open ones too";
            registry.register("receiver_spool_bytes", help, watch.spool_bytes.clone());
            let help = "Whole batches that wait for the storage";
            registry.register("receiver_spool_files", help, watch.spool_files.clone());
        });
        Ok(watch)
    }

    /// Looks again and again.
    pub async fn run(self) {
        let mut next_probe = Instant::now();
        loop {
            self.look();
            if self.must_probe() && Instant::now() >= next_probe {
                let spool = Arc::clone(&self.spool);
                let probed = spawn_blocking(move || {
                    let probed = spool.probe();
                    if probed.is_ok() {
                        spool.space().note_room();
                    }
                    spool.note(&probed);
                });
                let _ = probed.await;
                next_probe = Instant::now() + Duration::from_millis(SPOOL_PROBE_MS);
            }
            tokio::time::sleep(Duration::from_millis(WATCH_INTERVAL_MS)).await;
        }
    }

    fn look(&self) {
        self.spool_bytes.set(self.spool.space().used_bytes());
        self.spool_files.set(self.spool.waiting_files() as u64);
        let full = || "batches that wait for the storage are at their limit on disk".to_owned();
        let trouble = self.spool.trouble().or_else(|| self.spool.space().is_full().then(full));
        self.spool_component.set(match trouble {
            Some(trouble) => ComponentState::Blocked(trouble),
            None => ComponentState::Ready,
        });
        self.storage_component.set(match self.uploads.trouble() {
            // Data is durable in the spool all the same: the process goes on taking it.
            Some(trouble) => ComponentState::Degraded(trouble),
            None => ComponentState::Ready,
        });
    }

    /// Nobody else finds out that it goes again: requests are sent elsewhere while it does not, and without files in the
    /// spool there is none whose end would tell.
    fn must_probe(&self) -> bool {
        self.spool.trouble().is_some() || self.spool.space().is_full() && self.spool.waiting_files() == 0
    }
}
