//! Settings of the process: logs, health, queries.

use std::net::{Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByteSize, Secret};

/// What the process says about itself, on standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// The least important lines that are written. The variable `BYTEFREEZER_LOG` of the environment overrides it and takes filters by module too (`info,hotpath=debug`).
    pub level: LogLevel,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The importance of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is wrong, the work goes on.
    Warn,
    /// What an operator wants to know.
    #[default]
    Info,
    /// What a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The level's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Where the process tells how it is: `/healthz`, `/readyz`, `/metrics`, `/api/v1/ledger`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HealthConfig {
    /// Address and port.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8008)) }
    }
}

/// SQL over the stored data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueryConfig {
    /// Address and port.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// What a caller has to send as `Authorization: Bearer`. Without it, `listen` must be a loopback address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// Seconds a query may take.
    #[schemars(range(min = 1, max = 86_400))]
    pub timeout_seconds: u64,
    /// Rows a query may return.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub rows_max: u64,
    /// Memory all queries together may take.
    #[schemars(extend("minimum" = 16_777_216))]
    pub memory_bytes_max: ByteSize,
}

impl Default for QueryConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)),
            token: None,
            timeout_seconds: 30,
            rows_max: 10_000,
            memory_bytes_max: ByteSize::gibibytes(1),
        }
    }
}
