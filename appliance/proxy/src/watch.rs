//! What the shards show, brought to health, watchdog and metrics.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::{Component, ComponentState, Progress};
use hotpath::shard::{LOG_FAILS, LOG_FULL, ShardStatus};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

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
    let all = statuses.clone();
    let mut shards = Vec::new();
    for (number, status) in statuses.into_iter().enumerate() {
        let component = progress.register(format!("shard {number}"), deadline)?;
        shards.push((status, component, 0));
    }
    metrics.register(|registry| registry.register_collector(Box::new(ShardCollector { statuses: all })));
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

/// A figure of a shard: name, help, value.
type ShardGauge = (&'static str, &'static str, fn(&ShardStatus) -> u64);

const SHARD_GAUGES: [ShardGauge; 5] = [
    ("shard_log_bytes", "Bytes of the log on disk", |s| s.log_bytes.load(Ordering::Relaxed)),
    ("shard_parse_backlog_blocks", "Blocks that are logged and not yet parsed", |s| {
        s.parse_backlog_blocks.load(Ordering::Relaxed)
    }),
    ("shard_upload_backlog_cuts", "Finished cuts that are not yet uploaded", |s| {
        s.upload_backlog_cuts.load(Ordering::Relaxed)
    }),
    ("shard_connections", "Open stream connections", |s| {
        u64::try_from(s.connections.load(Ordering::Relaxed)).unwrap_or(0)
    }),
    ("shard_log_damaged_records", "Damaged records of the log, set aside since the start", |s| {
        s.log_damaged_records.load(Ordering::Relaxed)
    }),
];

#[derive(Debug)]
struct ShardCollector {
    statuses: Vec<Arc<ShardStatus>>,
}

impl Collector for ShardCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        for (name, help, value) in SHARD_GAUGES {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (number, status) in self.statuses.iter().enumerate() {
                let gauge = ConstGauge::new(value(status));
                gauge.encode(family.encode_family(&[("shard", number.to_string())])?)?;
            }
        }
        let help = "Group commits of the log";
        let mut family = encoder.encode_descriptor("shard_log_commits", help, None, MetricType::Counter)?;
        for (number, status) in self.statuses.iter().enumerate() {
            let commits = ConstCounter::new(status.log_commits.load(Ordering::Relaxed));
            commits.encode(family.encode_family(&[("shard", number.to_string())])?)?;
        }
        Ok(())
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
