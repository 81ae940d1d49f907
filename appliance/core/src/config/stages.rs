//! The settings of the staged route: proxy, receiver, piper, packer and the two stages in between.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::input::TlsConfig;
use super::{ByteSize, FolderStorage, Secret, StorageConfig};

/// How a proxy hands on the rows of datasets with `route: staged`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForwardConfig {
    /// The receivers, as in `https://receiver.example.net:8080`. One that does not answer is left for the next. In `bytefreezer run` without any, its own receiver is taken.
    #[schemars(schema_with = "addresses")]
    pub receivers: Vec<String>,
    /// What the receivers want to see as `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// A PEM file with the authorities that receivers' certificates are checked against, instead of the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    pub ca_file: Option<PathBuf>,
    /// A batch is closed when its rows, not packed, have this size.
    #[schemars(extend("minimum" = 65_536, "maximum" = 268_435_456))]
    pub batch_bytes_max: ByteSize,
    /// A batch is closed when it is this old.
    #[schemars(range(min = 1, max = 3600))]
    pub batch_age_max_seconds: u64,
    /// Seconds a receiver may take for its answer.
    #[schemars(range(min = 1, max = 600))]
    pub timeout_seconds: u64,
}

fn addresses(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "format": "http-url" }, "maxItems": 64 })
}

impl Default for ForwardConfig {
    fn default() -> Self {
        Self {
            receivers: Vec::new(),
            token: None,
            ca_file: None,
            batch_bytes_max: ByteSize::mebibytes(16),
            batch_age_max_seconds: 5,
            timeout_seconds: 30,
        }
    }
}

/// Where batches are between the roles of the staged route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StagesConfig {
    /// What receivers write and pipers read.
    pub intake: StorageConfig,
    /// What pipers write and packers read.
    pub piper: StorageConfig,
}

impl Default for StagesConfig {
    fn default() -> Self {
        let folder = |name: &str| {
            StorageConfig::Folder(FolderStorage { path: PathBuf::from(format!("{{data_dir}}/{name}")) })
        };
        Self { intake: folder("intake"), piper: folder("piper") }
    }
}

/// A token that a receiver takes, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiverToken {
    /// What the sender shows as `Authorization: Bearer`.
    pub token: Secret,
    /// The tenant whose datasets it may send to; without it, every tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "name"))]
    pub tenant: Option<String>,
    /// The dataset of that tenant that it may send to; without it, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "name"))]
    pub dataset: Option<String>,
}

/// The role that takes batches over HTTP and puts them into the stage `intake`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReceiverConfig {
    /// Address and port for `POST /{tenant}/{dataset}` and `POST /webhook/{tenant}/{dataset}`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// Address and port for `/healthz`, `/readyz`, `/metrics`, `/api/v1/ledger`.
    #[schemars(extend("format" = "socket-address"))]
    pub health_listen: SocketAddr,
    /// Who may send. Without any, nobody, unless `anonymous` is set.
    #[schemars(extend("maxItems" = 1000))]
    pub tokens: Vec<ReceiverToken>,
    /// Whether those who show no token may send. Only on a loopback address.
    pub anonymous: bool,
    /// Keys and certificates; with them it speaks TLS 1.3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
    /// A longer body, as it travels, is refused with 413.
    #[schemars(extend("minimum" = 1024, "maximum" = 1_073_741_824))]
    pub max_body_bytes: ByteSize,
    /// A body that unpacks to more is refused with 413, and nothing of it is taken. Of events that are no rows yet never more than 64 MiB: they are decoded in memory.
    #[schemars(extend("minimum" = 1024, "maximum" = 1_073_741_824))]
    pub max_unpacked_bytes: ByteSize,
    /// Connections at a time; more wait until there is a place.
    #[schemars(range(min = 1, max = 10_000))]
    pub max_connections: u32,
    /// The events of requests are gathered into one batch until its rows, not packed, have this size.
    #[schemars(extend("minimum" = 65_536, "maximum" = 268_435_456))]
    pub batch_bytes_max: ByteSize,
    /// Or until it is this old. Requests are answered long before: as soon as their events are on disk.
    #[schemars(range(min = 1, max = 3600))]
    pub batch_age_max_seconds: u64,
    /// Disk for batches that wait for the storage. When they fill it, requests are answered with 429.
    #[schemars(extend("minimum" = 1_048_576))]
    pub spool_bytes_max: ByteSize,
}

impl Default for ReceiverConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            health_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8081)),
            tokens: Vec::new(),
            anonymous: false,
            tls: None,
            max_body_bytes: ByteSize::mebibytes(64),
            max_unpacked_bytes: ByteSize::mebibytes(256),
            max_connections: 1000,
            batch_bytes_max: ByteSize::mebibytes(16),
            batch_age_max_seconds: 5,
            spool_bytes_max: ByteSize::gibibytes(10),
        }
    }
}

/// The role that takes batches from `intake` through the filters of their datasets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PiperConfig {
    /// Address and port for `/healthz`, `/readyz`, `/metrics`, `/api/v1/ledger`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// Seconds between two looks for new batches.
    #[schemars(range(min = 1, max = 3600))]
    pub poll_interval_seconds: u64,
    /// Batches that are worked on at a time.
    #[schemars(range(min = 1, max = 64))]
    pub parallel_batches: u32,
    /// After so many seconds without a sign of life of the piper that has a batch, another one takes it.
    #[schemars(range(min = 3, max = 3600))]
    pub lease_seconds: u64,
    /// Days that a batch stays in `intake` after it was worked on; 0 deletes it at once.
    #[schemars(range(max = 3650))]
    pub keep_days: u64,
}

impl Default for PiperConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8082)),
            poll_interval_seconds: 5,
            parallel_batches: 2,
            lease_seconds: 30,
            keep_days: 0,
        }
    }
}

/// The role that makes Parquet files of what pipers have written. How large they are is the datasets' setting `parquet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PackerConfig {
    /// Address and port for `/healthz`, `/readyz`, `/metrics`, `/api/v1/ledger`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// Seconds between two looks for new batches.
    #[schemars(range(min = 1, max = 3600))]
    pub poll_interval_seconds: u64,
    /// After so many seconds without a sign of life of the packer that has a dataset, another one takes it.
    #[schemars(range(min = 3, max = 3600))]
    pub lease_seconds: u64,
    /// Days for which is remembered what was packed, so that a batch that comes again is not packed again.
    #[schemars(range(min = 1, max = 3650))]
    pub remember_days: u64,
    /// Memory that row groups may hold while they are gathered.
    #[schemars(extend("minimum" = 16_777_216))]
    pub memory_bytes_max: ByteSize,
}

impl Default for PackerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8083)),
            poll_interval_seconds: 5,
            lease_seconds: 60,
            remember_days: 30,
            memory_bytes_max: ByteSize::mebibytes(96),
        }
    }
}
