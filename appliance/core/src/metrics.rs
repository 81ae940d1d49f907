//! Metrics in the OpenMetrics text form, which Prometheus and everything like it reads.
//!
//! Names are `bytefreezer_<component>_<name>_<unit>[_total]`. A role registers its own beside those of this crate: the
//! ledger's, the components', the process's and the build's.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hotpath::account::{Aside, DropReason, Movement, RejectReason};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::ledger::{Ledger, ShardAccount};
use crate::process::process_usage;
use crate::progress::Progress;

/// The media type of [`Metrics::encode`].
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The metrics of this process.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
}

impl Metrics {
    /// With the metrics of the ledger, the components, the process and the build.
    pub fn new(ledger: Arc<Ledger>, progress: Progress) -> Self {
        let mut registry = Registry::with_prefix("bytefreezer");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", build);
        registry.register_collector(Box::new(LedgerCollector { ledger }));
        registry.register_collector(Box::new(ComponentCollector { progress }));
        registry.register_collector(Box::new(ProcessCollector));
        Self { registry: Mutex::new(registry) }
    }

    /// Registers metrics of a role; their names get the prefix `bytefreezer_`.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Every metric as it is now.
    ///
    /// # Errors
    /// When a registered metric cannot be written.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut page = String::new();
        text::encode(&mut page, &self.registry.lock().unwrap_or_else(PoisonError::into_inner))?;
        Ok(page)
    }
}

#[derive(Debug)]
struct LedgerCollector {
    ledger: Arc<Ledger>,
}

/// A counter of the ledger: name, help, value.
type LedgerCounter = (&'static str, &'static str, fn(&Movement) -> u64);

const LEDGER_COUNTERS: [LedgerCounter; 12] = [
    ("ledger_received_events", "Events taken in, refused and lost ones included", |e| e.received),
    ("ledger_stored_events", "Events that are rows of committed objects", |e| e.stored),
    ("ledger_filtered_events", "Events removed by filters", |e| e.filtered),
    ("ledger_oversize_cut_events", "Events cut at the length limit", |e| e.aside(Aside::OversizeCut)),
    ("ledger_refused_connections", "Connections above the limit", |e| e.aside(Aside::ConnectionLimit)),
    ("ledger_parse_error_events", "Events kept whole because they could not be parsed", |e| {
        e.aside(Aside::ParseErrors)
    }),
    ("ledger_filter_error_events", "Events that went on although a filter failed on them", |e| {
        e.aside(Aside::FilterErrors)
    }),
    ("ledger_replayed_events", "Received events that were read back from the log", |e| {
        e.aside(Aside::Replayed)
    }),
    ("ledger_received_bytes", "Bytes of events taken in", |e| e.aside(Aside::BytesReceived)),
    ("ledger_stored_bytes", "Bytes of stored Parquet files", |e| e.aside(Aside::BytesStored)),
    ("ledger_stored_files", "Parquet files stored", |e| e.aside(Aside::FilesStored)),
    ("ledger_dead_letter_rows", "Stored events that no receiver took", |e| e.aside(Aside::DeadLetters)),
];

/// A gauge of the ledger: name, help, value.
type LedgerGauge = (&'static str, &'static str, fn(&Movement) -> i64);

const LEDGER_GAUGES: [LedgerGauge; 2] = [
    ("ledger_in_flight_events", "Events between receipt and one of their ends", |e| e.in_flight),
    (
        "ledger_imbalance_events",
        "received - (stored + filtered + rejected + dropped + in flight); not 0 is a fault",
        Movement::imbalance,
    ),
];

impl Collector for LedgerCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        // Read once, so that all families of one page are of one moment.
        let accounts: Vec<Labelled> = self.ledger.shards().iter().map(Labelled::new).collect();
        for (name, help, value) in LEDGER_COUNTERS {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for account in &accounts {
                let metric = ConstCounter::new(value(&account.events));
                metric.encode(family.encode_family(&account.labels)?)?;
            }
        }
        for (name, help, value) in LEDGER_GAUGES {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for account in &accounts {
                let metric = ConstGauge::new(value(&account.events));
                metric.encode(family.encode_family(&account.labels)?)?;
            }
        }
        let help = "Events refused, by reason";
        let names = RejectReason::ALL.map(RejectReason::name);
        by_reason(&mut encoder, "ledger_rejected_events", help, &accounts, &names, |e| &e.rejected)?;
        let help = "Events lost, by reason";
        let names = DropReason::ALL.map(DropReason::name);
        by_reason(&mut encoder, "ledger_dropped_events", help, &accounts, &names, |e| &e.dropped)
    }
}

fn by_reason(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    accounts: &[Labelled],
    reasons: &[&str],
    values: fn(&Movement) -> &[u64],
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for account in accounts {
        for (reason, value) in reasons.iter().zip(values(&account.events)) {
            let mut labels = account.labels.to_vec();
            labels.push(("reason", (*reason).to_owned()));
            ConstCounter::new(*value).encode(family.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

/// An account with its labels.
struct Labelled {
    labels: [(&'static str, String); 3],
    events: Movement,
}

impl Labelled {
    fn new(account: &ShardAccount) -> Self {
        let labels = [
            ("tenant", account.dataset.tenant().to_owned()),
            ("dataset", account.dataset.dataset().to_owned()),
            ("shard", account.shard.to_string()),
        ];
        Self { labels, events: account.events }
    }
}

#[derive(Debug)]
struct ComponentCollector {
    progress: Progress,
}

impl Collector for ComponentCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "1 for a component that does its work, 0 for one that is starting, blocked or stalled";
        let mut family = encoder.encode_descriptor("component_ready", help, None, MetricType::Gauge)?;
        for report in self.progress.report() {
            let ready = ConstGauge::new(i64::from(!report.keeps_from_ready()));
            ready.encode(family.encode_family(&[("component", report.name)])?)?;
        }
        Ok(())
    }
}

#[derive(Debug)]
struct ProcessCollector;

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        // Without /proc these metrics are not there; the others are.
        let Ok(usage) = process_usage() else {
            return Ok(());
        };
        let gauges = [
            ("process_resident_memory_bytes", "Memory in use", usage.resident_bytes),
            ("process_open_descriptors", "Open file descriptors", usage.open_descriptors),
            ("process_threads", "Threads", usage.threads),
        ];
        for (name, help, value) in gauges {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(metric)?;
        }
        let help = "CPU time used, in the kernel included";
        let metric = encoder.encode_descriptor("process_cpu_seconds", help, None, MetricType::Counter)?;
        ConstCounter::new(usage.cpu.as_secs_f64()).encode(metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::ComponentState;
    use hotpath::names::DatasetKey;
    use prometheus_client::metrics::counter::Counter;
    use prometheus_client::metrics::family::Family;

    fn page() -> String {
        let ledger = Arc::new(Ledger::default());
        let mut writers = ledger.open(&DatasetKey::new("acme", "fw").unwrap(), 1).unwrap();
        writers.executor.record(&Movement::receive(10, 2500));
        writers.executor.record(&Movement::lose_at_receipt(DropReason::KernelUdp, 3));
        let progress = Progress::default();
        let component = progress.register("shard 1", None).unwrap();
        component.set(ComponentState::Ready);
        let metrics = Metrics::new(ledger, progress.clone());
        metrics.register(|registry| {
            let family = Family::<Vec<(String, String)>, Counter>::default();
            family.get_or_create(&vec![("exporter".into(), "a\"b\\c\nd".into())]).inc();
            registry.register("proxy_test_datagrams", "A role's own", family);
        });
        metrics.encode().unwrap()
    }

    #[test]
    fn the_account_is_in_the_metrics() {
        let page = page();
        let labels = r#"tenant="acme",dataset="fw",shard="1""#;
        for line in [
            format!("bytefreezer_ledger_received_events_total{{{labels}}} 13"),
            format!("bytefreezer_ledger_in_flight_events{{{labels}}} 10"),
            format!("bytefreezer_ledger_imbalance_events{{{labels}}} 0"),
            format!("bytefreezer_ledger_received_bytes_total{{{labels}}} 2500"),
            format!("bytefreezer_ledger_dropped_events_total{{{labels},reason=\"kernel_udp\"}} 3"),
            format!("bytefreezer_ledger_rejected_events_total{{{labels},reason=\"malformed\"}} 0"),
            "bytefreezer_component_ready{component=\"shard 1\"} 1".to_owned(),
            format!("bytefreezer_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")),
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        assert!(page.contains("\nbytefreezer_process_cpu_seconds_total "), "{page}");
        assert!(page.ends_with("# EOF\n"));
    }

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        let page = page();
        let line = r#"bytefreezer_proxy_test_datagrams_total{exporter="a\"b\\c\nd"} 1"#;
        assert!(page.lines().any(|found| found == line), "{page}");
    }

    #[test]
    fn every_family_is_described_once_before_its_samples() {
        let page = page();
        let mut described = Vec::new();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let name = rest.split(' ').next().unwrap().to_owned();
                assert!(!described.contains(&name), "{name} twice");
                described.push(name);
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                let family = described.last().unwrap();
                assert!(name.starts_with(family.as_str()), "{line}");
            }
        }
        assert!(described.len() > 15);
    }
}
