//! The configuration: one tree of structs from which come validation, defaults, the JSON Schema and the reference page.
//!
//! The way of a file: [`tree`] (YAML with places) -> [`expand`] (`${VAR}`) -> [`check`] (keys, types, bounds and kinds
//! against the schema; secrets are fetched) -> serde -> [`fill_in`] (`{hostname}` and the like) -> [`crosscheck`]
//! (what concerns several settings). All problems that can be found in one go are reported in one go.

mod check;
mod crosscheck;
mod dataset;
mod decoding;
mod event_format;
mod expand;
mod fill_in;
mod format;
mod format_options;
mod general;
mod http_input;
mod input;
mod load;
mod problem;
mod reference;
mod schema;
mod secret;
mod shards;
mod size;
mod stages;
mod storage;
mod tree;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use dataset::{DatasetConfig, FailedEvents, FilterDefinition, ParquetConfig, Route};
pub use format::{check_name, sanitize_name};
pub use format_options::{
    DelimitedHeader, DelimitedSettings, FlowSettings, JsonSettings, SamplingOverrideSettings,
};
pub use general::{HealthConfig, LogConfig, LogFormat, LogLevel, QueryConfig};
pub use http_input::{HttpInput, HttpMode, SignatureConfig};
pub use input::{
    ConnectionSettings, DatagramInput, Framing, InputConfig, IpfixInput, MessageInput, TcpInput, TlsConfig,
    Transport,
};
pub use load::Surroundings;
pub use problem::{Complaint, ConfigErrors, ConfigProblem, Location};
pub use reference::reference_page;
pub use schema::config_schema;
pub use secret::Secret;
pub use shards::{AutoWord, Cpus, ShardsConfig};
pub use size::ByteSize;
pub use stages::{ForwardConfig, PackerConfig, PiperConfig, ReceiverConfig, ReceiverToken, StagesConfig};
pub use storage::{FolderStorage, S3Storage, StorageConfig};

/// Everything that can be set. An empty file works: every key has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "ByteFreezer configuration")]
pub struct Config {
    /// The name of this instance in object keys and metrics. Two instances that write to one storage need two names. `{hostname}` is the machine's name in lower case, with `-` for what a name cannot hold.
    #[schemars(extend("format" = "instance"))]
    pub instance: String,
    /// Where logs, state and, by default, the stored files are. Relative to the working directory.
    #[schemars(extend("format" = "path"))]
    pub data_dir: PathBuf,
    /// The folder with the databases, tables and lists that filters name. Replace a file by renaming another over it: it is read again within half a minute. `{data_dir}` stands for the setting of that name.
    #[schemars(extend("format" = "path"))]
    pub resources_dir: PathBuf,
    /// What the process says about itself, on standard error.
    pub log: LogConfig,
    /// The shards that take events in: one for each CPU, each with its own log.
    pub shards: ShardsConfig,
    /// Where the Parquet files are stored.
    pub storage: StorageConfig,
    /// The datasets. Without this key, with `testing: true`, those of the following that there is a decoder for: `default/syslog` on UDP and TCP port 5514, `default/netflow` on UDP 2055 (NetFlow) and 4739 (IPFIX), `default/sflow` on UDP 6343, `default/ebpf` on UDP 2056, `default/http` on 127.0.0.1:8088 (`POST /ingest/default/http`, and what is made for Splunk HEC and Elasticsearch).
    #[schemars(extend("maxItems" = 1000))]
    pub datasets: Vec<DatasetConfig>,
    /// Where the process tells how it is: `/healthz`, `/readyz`, `/metrics`, `/api/v1/ledger`.
    pub health: HealthConfig,
    /// SQL over the stored data.
    pub query: QueryConfig,
    /// How a proxy hands on the rows of datasets with `route: staged`.
    pub forward: ForwardConfig,
    /// Where batches are between the roles of the staged route.
    pub stages: StagesConfig,
    /// The role that takes batches over HTTP and puts them into the stage `intake`.
    pub receiver: ReceiverConfig,
    /// The role that takes batches from `intake` through the filters of their datasets.
    pub piper: PiperConfig,
    /// The role that makes Parquet files of what pipers have written.
    pub packer: PackerConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            instance: "{hostname}".to_owned(),
            data_dir: PathBuf::from("./data"),
            resources_dir: PathBuf::from("{data_dir}/resources"),
            log: LogConfig::default(),
            shards: ShardsConfig::default(),
            storage: StorageConfig::default(),
            datasets: dataset::default_datasets(),
            health: HealthConfig::default(),
            query: QueryConfig::default(),
            forward: ForwardConfig::default(),
            stages: StagesConfig::default(),
            receiver: ReceiverConfig::default(),
            piper: PiperConfig::default(),
            packer: PackerConfig::default(),
        }
    }
}

impl Config {
    /// The configuration as it works, defaults included, secrets masked.
    ///
    /// # Errors
    /// When a value cannot be written as YAML, which no loaded configuration holds.
    pub fn effective_yaml(&self) -> Result<String, serde_yaml_ng::Error> {
        let mut shown = self.clone();
        for filter in shown.datasets.iter_mut().flat_map(|dataset| &mut dataset.filters) {
            filter.mask_secrets();
        }
        serde_yaml_ng::to_string(&shown)
    }
}
