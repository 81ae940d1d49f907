//! Datasets: what belongs together, where it comes from, how it is stored.

use std::time::Duration;

use hotpath::decode::Format;
use hotpath::names::{DatasetKey, NameError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ByteSize;
use super::event_format;
use super::format_options::{DelimitedSettings, FlowSettings, JsonSettings};
use super::input::InputConfig;

/// A filter as written, `{type, config}`. The filter engine compiles it and reports what is wrong with it.
pub use hotpath::filter::FilterDefinition;

/// A dataset: a table of the lake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetConfig {
    /// Whose it is.
    #[serde(default = "default_tenant")]
    #[schemars(extend("format" = "name"))]
    pub tenant: String,
    /// Its name. In SQL it is the table `tenant.dataset`.
    #[schemars(extend("format" = "name"))]
    pub dataset: String,
    /// The way of its events.
    #[serde(default)]
    pub route: Route,
    /// The format of its events. Without it, the one that its inputs imply: `syslog` that of syslog inputs (and of a dataset without inputs), `netflow` that of NetFlow and IPFIX, `sflow` and `ebpf` that of theirs; HTTP, plain UDP and plain TCP imply `auto`, which finds out for each message. Inputs that imply different formats need different datasets, or this key. After a reload another one applies to what is decoded from then on.
    #[serde(default, with = "event_format", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "event_format::json_schema")]
    pub format: Option<Format>,
    /// What `format: json` and the formats that are JSON want to know.
    #[serde(default)]
    pub json: JsonSettings,
    /// What `format: csv` and `tsv` want to know.
    #[serde(default)]
    pub delimited: DelimitedSettings,
    /// What `format: netflow` and `ipfix` want to know.
    #[serde(default)]
    pub flow: FlowSettings,
    /// Files are closed after seconds instead of minutes, so that one sees results at once.
    #[serde(default)]
    pub testing: bool,
    /// The IANA time zone of times that name none.
    #[serde(default = "default_timezone")]
    #[schemars(extend("format" = "time-zone"))]
    pub timezone: String,
    /// Keep every message as it came in the column `raw`, not only what could not be parsed.
    #[serde(default)]
    pub keep_raw: bool,
    /// An event's time further before its receipt than this is not believed: it is kept in `event_time_raw`, and `event_time` is the time of receipt.
    #[serde(default = "default_event_time_past_max_hours")]
    #[schemars(range(min = 1, max = 876_000))]
    pub event_time_past_max_hours: u64,
    /// The same for an event's time after its receipt.
    #[serde(default = "default_event_time_future_max_hours")]
    #[schemars(range(min = 1, max = 876_000))]
    pub event_time_future_max_hours: u64,
    /// Its Parquet files.
    #[serde(default)]
    pub parquet: ParquetConfig,
    /// What is done to its events, in this order: a list of `{type, config}`.
    #[serde(default)]
    #[schemars(extend("maxItems" = 1000))]
    pub filters: Vec<FilterDefinition>,
    /// What becomes of an event that a filter fails on.
    #[serde(default)]
    pub failed_events: FailedEvents,
    /// Where its events come from.
    #[serde(default)]
    #[schemars(extend("maxItems" = 64))]
    pub inputs: Vec<InputConfig>,
}

impl DatasetConfig {
    /// The dataset's full name.
    ///
    /// # Errors
    /// When it is no name, which no loaded configuration holds.
    pub fn key(&self) -> Result<DatasetKey, NameError> {
        DatasetKey::new(self.tenant.as_str(), self.dataset.as_str())
    }

    /// The format of its events: as set, or as its inputs imply.
    pub fn event_format(&self) -> Format {
        self.format.or_else(|| self.implied_format()).unwrap_or(Format::SYSLOG)
    }

    /// The format that all its inputs imply; `None` where they differ, and where there are none.
    pub(super) fn implied_format(&self) -> Option<Format> {
        let first = self.inputs.first()?.implied_format()?;
        self.inputs.iter().all(|input| input.implied_format() == Some(first)).then_some(first)
    }

    /// The zone of times that name none. The name was checked when the configuration was loaded.
    pub fn time_zone(&self) -> chrono_tz::Tz {
        self.timezone.parse().unwrap_or(chrono_tz::UTC)
    }

    /// How long a Parquet file stays open: as set, or 20 minutes, or 2 seconds when testing.
    pub fn file_age_max(&self) -> Duration {
        let seconds = self.parquet.file_age_max_seconds.unwrap_or(if self.testing { 2 } else { 1200 });
        Duration::from_secs(seconds)
    }
}

/// The way of a dataset's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// From the input to Parquet in the storage, in one process.
    #[default]
    Direct,
    /// By way of receiver, piper and packer.
    Staged,
}

/// What becomes of an event that a filter fails on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailedEvents {
    /// It goes on, and its column `_errors` says which filter failed, and why.
    #[default]
    Keep,
    /// It goes to `{tenant}/{dataset}/dead_letters/` beside the table, with `_errors`: rows as NDJSON, gzip packed.
    DeadLetters,
}

/// How Parquet files are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParquetConfig {
    /// A file is closed when it has this size.
    #[schemars(extend("minimum" = 65_536, "maximum" = 4_294_967_296_u64))]
    pub file_bytes_max: ByteSize,
    /// A file is closed when it is this old. Without a value: 1200, and 2 for a dataset with `testing: true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86_400))]
    pub file_age_max_seconds: Option<u64>,
    /// How hard to compress.
    #[schemars(range(min = 1, max = 22))]
    pub zstd_level: i32,
}

impl Default for ParquetConfig {
    fn default() -> Self {
        Self { file_bytes_max: ByteSize::mebibytes(128), file_age_max_seconds: None, zstd_level: 1 }
    }
}

fn default_tenant() -> String {
    "default".to_owned()
}

fn default_timezone() -> String {
    "UTC".to_owned()
}

/// Ten years.
fn default_event_time_past_max_hours() -> u64 {
    87_600
}

fn default_event_time_future_max_hours() -> u64 {
    24
}

/// What is taken in when a configuration names no datasets: a dataset for each kind of input that there is a decoder for.
pub(super) fn default_datasets() -> Vec<DatasetConfig> {
    let has_decoder = |inputs: &[InputConfig]| inputs.iter().all(|input| input.implied_format().is_some());
    let named = super::input::default_inputs().into_iter().filter(|(_, inputs)| has_decoder(inputs));
    named.map(|(name, inputs)| default_dataset(name, inputs)).collect()
}

fn default_dataset(name: &str, inputs: Vec<InputConfig>) -> DatasetConfig {
    DatasetConfig {
        tenant: default_tenant(),
        dataset: name.to_owned(),
        route: Route::Direct,
        format: None,
        json: JsonSettings::default(),
        delimited: DelimitedSettings::default(),
        flow: FlowSettings::default(),
        testing: true,
        timezone: default_timezone(),
        keep_raw: false,
        event_time_past_max_hours: default_event_time_past_max_hours(),
        event_time_future_max_hours: default_event_time_future_max_hours(),
        parquet: ParquetConfig::default(),
        filters: Vec::new(),
        failed_events: FailedEvents::Keep,
        inputs,
    }
}
