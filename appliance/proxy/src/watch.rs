//! What the shards show, brought to health, watchdog and metrics.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::{Component, ComponentState, Progress};
use hotpath::shard::{LOG_FAILS, LOG_FULL, ShardStatus};

use crate::limits::{SHARD_STALL_SECONDS, WATCH_INTERVAL_MS};
use crate::upload::UploadState;

/// Watches the shards and the uploads for as long as the role runs.
///
/// # Errors
/// When the process has too many components.
pub fn spawn(
    progress: &Progress,
    metrics: &Metrics,
    statuses: Vec<Arc<ShardStatus>>,
    uploads: Arc<UploadState>,
) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let deadline = Some(Duration::from_secs(SHARD_STALL_SECONDS));
    let mut shards = Vec::new();
    for (number, status) in statuses.into_iter().enumerate() {
        let component = progress.register(format!("shard {number}"), deadline)?;
        show(metrics, number, &status);
        shards.push((status, component, 0));
    }
    let storage = progress.register("storage", None)?;
    Ok(tokio::spawn(run(shards, storage, uploads)))
}

async fn run(mut shards: Vec<(Arc<ShardStatus>, Component, u64)>, storage: Component, uploads: Arc<UploadState>) {
    loop {
        for (status, component, seen) in &mut shards {
            let progress = status.progress.load(Ordering::Relaxed);
            if progress != *seen {
                *seen = progress;
                component.beat();
            }
            component.set(state_of(status));
        }
        storage.set(match uploads.trouble() {
            None => ComponentState::Ready,
            // Data is durable in the log all the same: the process goes on taking it.
            Some(trouble) => ComponentState::Degraded(trouble),
        });
        tokio::time::sleep(Duration::from_millis(WATCH_INTERVAL_MS)).await;
    }
}

fn state_of(status: &ShardStatus) -> ComponentState {
    if !status.ready.load(Ordering::Acquire) {
        return ComponentState::Starting;
    }
    match status.log_trouble.load(Ordering::Relaxed) {
        LOG_FULL => ComponentState::Blocked("the log is at its limit on disk".to_owned()),
        LOG_FAILS => ComponentState::Blocked("the log cannot be written".to_owned()),
        _ => ComponentState::Ready,
    }
}
