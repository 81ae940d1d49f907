//! From the configuration to what shards are told.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytefreezer_core::config::{
    Config, ConnectionSettings, DatasetConfig, FailedEvents, Framing as ConfiguredFraming, InputConfig,
    Route, Transport as ConfiguredTransport,
};
use bytefreezer_core::tls::tls_config;
use hotpath::batch::ColumnRegistry;
use hotpath::block::SourceType;
use hotpath::cut::FileKind;
use hotpath::encode::DatasetOptions;
use hotpath::filter::{FilterSurroundings, Filters, Resources};
use hotpath::framing::Framing;
use hotpath::limits::MESSAGE_BYTES_MAX;
use hotpath::names::DatasetKey;
use hotpath::shard::{DatasetSettings, StreamOptions, Transport};

use crate::limits::DATAGRAM_BYTES_MAX;

/// What a dataset is for every shard.
///
/// # Errors
/// When a filter does not compile.
pub fn dataset_settings(
    config: &Config,
    dataset: &DatasetConfig,
    registry: Arc<ColumnRegistry>,
    resources: &Arc<Resources>,
) -> anyhow::Result<DatasetSettings> {
    let key = dataset.key()?;
    let rows = dataset.row_options();
    let surroundings = FilterSurroundings {
        dataset: Some(key.clone()),
        columns: Arc::clone(&registry),
        rows,
        resources: Arc::clone(resources),
    };
    Filters::compile(&dataset.filters, &surroundings)
        .with_context(|| format!("the filters of dataset {key} do not compile"))?;
    let is_staged = dataset.route == Route::Staged;
    Ok(DatasetSettings {
        key,
        format: dataset.event_format(),
        decoder: dataset.decoder_options(),
        rows,
        // On the staged route the piper has them.
        filters: if is_staged { Vec::new() } else { dataset.filters.clone() },
        sets_failed_aside: dataset.failed_events == FailedEvents::DeadLetters,
        registry,
        resources: Arc::clone(resources),
        encode: file_options(config, dataset),
    })
}

fn file_options(config: &Config, dataset: &DatasetConfig) -> DatasetOptions {
    let parquet = DatasetOptions {
        kind: FileKind::Parquet,
        row_group_rows: usize::try_from(config.shards.row_group_rows).unwrap_or(usize::MAX),
        row_group_memory_bytes: config.shards.row_group_memory_bytes.bytes() as usize,
        file_bytes_max: dataset.parquet.file_bytes_max.bytes(),
        file_age_max_ms: u64::try_from(dataset.file_age_max().as_millis()).unwrap_or(u64::MAX),
        zstd_level: dataset.parquet.zstd_level,
    };
    match dataset.route {
        Route::Direct => parquet,
        Route::Staged => DatasetOptions {
            kind: FileKind::Rows,
            file_bytes_max: config.forward.batch_bytes_max.bytes(),
            file_age_max_ms: config.forward.batch_age_max_seconds.saturating_mul(1_000),
            ..parquet
        },
    }
}

/// Settings for a dataset of which only the log knows: as if it stood in the configuration with its name alone.
///
/// # Errors
/// None in practice: every setting but the name has a default.
pub fn default_dataset_settings(config: &Config, key: &DatasetKey) -> anyhow::Result<DatasetSettings> {
    let named = serde_json::json!({ "tenant": key.tenant(), "dataset": key.dataset() });
    let dataset: DatasetConfig = serde_json::from_value(named)?;
    dataset_settings(config, &dataset, Arc::default(), &Arc::default())
}

/// The kind of an input, as its events carry it. An HTTP input has more than one; its requests say which.
pub fn source_type(input: &InputConfig) -> SourceType {
    match input {
        InputConfig::Syslog(_) => SourceType::Syslog,
        InputConfig::Netflow(_) => SourceType::Netflow,
        InputConfig::Ipfix(_) => SourceType::Ipfix,
        InputConfig::Sflow(_) => SourceType::Sflow,
        InputConfig::Udp(_) => SourceType::Udp,
        InputConfig::Tcp(_) => SourceType::Tcp,
        InputConfig::Ebpf(_) => SourceType::Ebpf,
        InputConfig::Http(_) => SourceType::Http,
    }
}

/// Longest message of an input in bytes.
pub fn message_bytes_max(input: &InputConfig) -> usize {
    match input {
        InputConfig::Syslog(input) | InputConfig::Ebpf(input) => input.max_message_bytes.bytes() as usize,
        InputConfig::Tcp(input) => input.max_message_bytes.bytes() as usize,
        InputConfig::Netflow(_) | InputConfig::Sflow(_) | InputConfig::Udp(_) | InputConfig::Ipfix(_) => {
            DATAGRAM_BYTES_MAX
        }
        InputConfig::Http(_) => MESSAGE_BYTES_MAX,
    }
}

/// How an input receives on the shards.
///
/// # Errors
/// When its keys or certificates cannot be used.
pub fn transport(input: &InputConfig) -> anyhow::Result<Transport> {
    let (framing, connections) = match input {
        InputConfig::Syslog(input) | InputConfig::Ebpf(input) => (framing(input.framing), &input.connections),
        InputConfig::Tcp(input) => (framing(input.framing), &input.connections),
        InputConfig::Ipfix(input) => (Framing::Ipfix, &input.connections),
        InputConfig::Netflow(_) | InputConfig::Sflow(_) | InputConfig::Udp(_) | InputConfig::Http(_) => {
            return Ok(Transport::Udp);
        }
    };
    match input.transport() {
        ConfiguredTransport::Udp => Ok(Transport::Udp),
        ConfiguredTransport::Tcp | ConfiguredTransport::Tls => stream(framing, connections),
    }
}

fn framing(configured: ConfiguredFraming) -> Framing {
    match configured {
        ConfiguredFraming::Auto => Framing::Auto,
        ConfiguredFraming::Newline => Framing::Newline,
        ConfiguredFraming::OctetCounted => Framing::OctetCounted,
    }
}

fn stream(framing: Framing, connections: &ConnectionSettings) -> anyhow::Result<Transport> {
    let tls = connections.tls.as_ref().map(tls_config).transpose()?;
    Ok(Transport::Stream(StreamOptions {
        framing,
        connections_max: connections.max_connections as usize,
        idle_timeout: Duration::from_secs(connections.idle_timeout_seconds),
        tls: tls.map(Arc::new),
    }))
}

/// Bytes of events that a shard can take at once, however empty it is: each block may be left half empty, and some are
/// kept for reading back from the log.
pub fn batch_bytes_max(config: &Config) -> usize {
    let pool_bytes = usize::try_from(config.shards.block_pool_bytes.bytes()).unwrap_or(usize::MAX);
    pool_bytes / 16 * 7
}
