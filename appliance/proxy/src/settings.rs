//! From the configuration to what shards are told.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytefreezer_core::config::{
    Config, DatasetConfig, Framing as ConfiguredFraming, SyslogInput, TlsConfig,
    Transport as ConfiguredTransport,
};
use hotpath::batch::{ColumnRegistry, RowOptions};
use hotpath::decode::DecoderOptions;
use hotpath::decode::syslog::SyslogOptions;
use hotpath::encode::DatasetOptions;
use hotpath::filter::Filters;
use hotpath::framing::Framing;
use hotpath::names::DatasetKey;
use hotpath::shard::{DatasetSettings, StreamOptions, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

const MICROSECONDS_AN_HOUR: i64 = 3_600_000_000;

/// What a dataset is for every shard.
///
/// # Errors
/// When a filter does not compile.
pub fn dataset_settings(
    config: &Config,
    dataset: &DatasetConfig,
    registry: Arc<ColumnRegistry>,
) -> anyhow::Result<DatasetSettings> {
    let key = dataset.key()?;
    Filters::compile(&dataset.filters)
        .with_context(|| format!("the filters of dataset {key} do not compile"))?;
    let hours_us = |hours: u64| i64::try_from(hours).unwrap_or(i64::MAX).saturating_mul(MICROSECONDS_AN_HOUR);
    Ok(DatasetSettings {
        key,
        format: dataset.format,
        decoder: DecoderOptions {
            syslog: SyslogOptions { time_zone: dataset.time_zone() },
            ..DecoderOptions::default()
        },
        rows: RowOptions {
            keep_raw: dataset.keep_raw,
            event_time_past_max_us: hours_us(dataset.event_time_past_max_hours),
            event_time_future_max_us: hours_us(dataset.event_time_future_max_hours),
        },
        filters: dataset.filters.clone(),
        registry,
        encode: DatasetOptions {
            row_group_rows: usize::try_from(config.shards.row_group_rows).unwrap_or(usize::MAX),
            row_group_memory_bytes: config.shards.row_group_memory_bytes.bytes() as usize,
            file_bytes_max: dataset.parquet.file_bytes_max.bytes(),
            file_age_max_ms: u64::try_from(dataset.file_age_max().as_millis()).unwrap_or(u64::MAX),
            zstd_level: dataset.parquet.zstd_level,
        },
    })
}

/// Settings for a dataset of which only the log knows: as if it stood in the configuration with its name alone.
///
/// # Errors
/// None in practice: every setting but the name has a default.
pub fn default_dataset_settings(config: &Config, key: &DatasetKey) -> anyhow::Result<DatasetSettings> {
    let named = serde_json::json!({ "tenant": key.tenant(), "dataset": key.dataset() });
    let dataset: DatasetConfig = serde_json::from_value(named)?;
    dataset_settings(config, &dataset, Arc::default())
}

/// How a syslog input receives.
///
/// # Errors
/// When its keys or certificates cannot be used.
pub fn transport(input: &SyslogInput) -> anyhow::Result<Transport> {
    let framing = match input.framing {
        ConfiguredFraming::Auto => Framing::Auto,
        ConfiguredFraming::Newline => Framing::Newline,
        ConfiguredFraming::OctetCounted => Framing::OctetCounted,
    };
    let tls = match (input.transport, &input.tls) {
        (ConfiguredTransport::Udp, _) => return Ok(Transport::Udp),
        (ConfiguredTransport::Tls, Some(tls)) => Some(Arc::new(tls_config(tls)?)),
        _ => None,
    };
    Ok(Transport::Stream(StreamOptions {
        framing,
        connections_max: input.max_connections as usize,
        idle_timeout: Duration::from_secs(input.idle_timeout_seconds),
        tls,
    }))
}

/// TLS 1.3 alone, as RFC 5425 listeners here speak it.
fn tls_config(tls: &TlsConfig) -> anyhow::Result<ServerConfig> {
    let certificates = CertificateDer::pem_file_iter(&tls.certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read certificates from {}", tls.certificate_file.display()))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key_file)
        .with_context(|| format!("cannot read a private key from {}", tls.key_file.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .context("tls 1.3 is not available")?;
    let builder = match &tls.client_ca_file {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for authority in CertificateDer::pem_file_iter(file)
                .with_context(|| format!("cannot read certificates from {}", file.display()))?
            {
                roots.add(authority.with_context(|| format!("{} holds no certificate", file.display()))?)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier =
                if tls.require_client_certificate { verifier } else { verifier.allow_unauthenticated() };
            builder
                .with_client_cert_verifier(verifier.build().context("the client authorities cannot be used")?)
        }
    };
    builder.with_single_cert(certificates, key).with_context(|| {
        format!("the key in {} does not belong to {}", tls.key_file.display(), tls.certificate_file.display())
    })
}
