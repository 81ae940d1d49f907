//! What a packer counts beside the account.

use std::sync::atomic::AtomicU64;

use bytefreezer_core::metrics::Metrics;
use hotpath::names::DatasetKey;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// Labels of a dataset.
type Labels = [(&'static str, String); 2];
type Number = Gauge<u64, AtomicU64>;

/// The figures of all datasets.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackerMetrics {
    waiting_batches: Family<Labels, Number>,
    waiting_bytes: Family<Labels, Number>,
    plans: Family<Labels, Counter>,
    batches: Family<Labels, Counter>,
    bytes: Family<Labels, Counter>,
    failures: Family<Labels, Counter>,
}

/// The figures of one dataset.
#[derive(Debug, Clone)]
pub(crate) struct DatasetMetrics {
    waiting_batches: Number,
    waiting_bytes: Number,
    plans: Counter,
    batches: Counter,
    bytes: Counter,
    failures: Counter,
}

impl PackerMetrics {
    /// Registers the figures.
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let own = Self::default();
        metrics.register(|registry| {
            let Self { waiting_batches, waiting_bytes, plans, batches, bytes, failures } = own.clone();
            registry.register("packer_waiting_batches", "Batches that wait to be packed", waiting_batches);
            registry.register("packer_waiting_bytes", "Bytes of batches that wait", waiting_bytes);
            registry.register("packer_plans", "Plans carried out", plans);
            registry.register("packer_packed_batches", "Batches packed", batches);
            registry.register("packer_packed_bytes", "Bytes of batches packed", bytes);
            registry.register("packer_failures", "Attempts that failed", failures);
        });
        own
    }

    pub(crate) fn of(&self, dataset: &DatasetKey) -> DatasetMetrics {
        let labels = [("tenant", dataset.tenant().to_owned()), ("dataset", dataset.dataset().to_owned())];
        DatasetMetrics {
            waiting_batches: self.waiting_batches.get_or_create(&labels).clone(),
            waiting_bytes: self.waiting_bytes.get_or_create(&labels).clone(),
            plans: self.plans.get_or_create(&labels).clone(),
            batches: self.batches.get_or_create(&labels).clone(),
            bytes: self.bytes.get_or_create(&labels).clone(),
            failures: self.failures.get_or_create(&labels).clone(),
        }
    }
}

impl DatasetMetrics {
    /// Shows the batches that wait, by their sizes.
    pub(crate) fn show_waiting(&self, sizes: impl Iterator<Item = u64>) {
        let (mut batches, mut bytes) = (0, 0);
        for size in sizes {
            batches += 1;
            bytes += size;
        }
        self.waiting_batches.set(batches);
        self.waiting_bytes.set(bytes);
    }

    pub(crate) fn count_plan(&self, batches: u64, bytes: u64) {
        self.plans.inc();
        self.batches.inc_by(batches);
        self.bytes.inc_by(bytes);
    }

    pub(crate) fn count_failure(&self) {
        self.failures.inc();
    }
}
