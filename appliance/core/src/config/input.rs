//! Inputs: where the events of a dataset come from.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByteSize, Secret};

/// Where events come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum InputConfig {
    /// Syslog over UDP, TCP or TLS.
    Syslog(SyslogInput),
    /// Events in the body of an HTTP POST.
    Http(HttpInput),
}

impl InputConfig {
    /// Address and port it listens on.
    pub fn listen(&self) -> SocketAddr {
        match self {
            Self::Syslog(input) => input.listen,
            Self::Http(input) => input.listen,
        }
    }
}

/// Syslog over UDP, TCP or TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyslogInput {
    /// How messages travel.
    pub transport: Transport,
    /// Address and port, as in `0.0.0.0:5514`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// A longer message is cut there, marked and counted.
    #[serde(default = "default_max_message_bytes")]
    #[schemars(extend("minimum" = 480, "maximum" = hotpath::limits::MESSAGE_BYTES_MAX))]
    pub max_message_bytes: ByteSize,
    /// Connections at a time, on each shard (TCP and TLS). One more is closed at once and counted.
    #[serde(default = "default_max_connections")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_connections: u32,
    /// A connection that sends nothing for so long is closed (TCP and TLS).
    #[serde(default = "default_idle_timeout_seconds")]
    #[schemars(range(min = 1, max = 604_800))]
    pub idle_timeout_seconds: u64,
    /// How messages are told apart in a connection (TCP and TLS).
    #[serde(default)]
    pub framing: Framing,
    /// Keys and certificates; needed with `transport: tls`, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
}

/// How syslog messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// A message a datagram (RFC 5426).
    Udp,
    /// A stream of messages (RFC 6587).
    Tcp,
    /// The same inside TLS (RFC 5425).
    Tls,
}

/// How messages are told apart in a stream (RFC 6587).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// Found out for each connection from its first bytes.
    #[default]
    Auto,
    /// A line break ends a message.
    Newline,
    /// Its length stands before each message.
    OctetCounted,
}

/// The files of a TLS listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// A PEM file with the certificate and those that lead to its authority.
    #[schemars(extend("format" = "path"))]
    pub certificate_file: PathBuf,
    /// A PEM file with the certificate's private key.
    #[schemars(extend("format" = "path"))]
    pub key_file: PathBuf,
    /// A PEM file with the authorities that senders' certificates are checked against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    pub client_ca_file: Option<PathBuf>,
    /// Whether a sender must show a certificate. Needs `client_ca_file`.
    #[serde(default)]
    pub require_client_certificate: bool,
}

/// Events in the body of an HTTP POST; answered with 200 once they are on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpInput {
    /// Address and port, as in `0.0.0.0:8080`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// The path of the POST. `{tenant}` and `{dataset}` stand for the dataset's.
    #[serde(default = "default_http_path")]
    #[schemars(extend("format" = "http-path"))]
    pub path: String,
    /// A longer body is refused with 413.
    #[serde(default = "default_max_body_bytes")]
    #[schemars(extend("minimum" = 1024, "maximum" = 1_073_741_824))]
    pub max_body_bytes: ByteSize,
    /// What a sender has to send as `Authorization: Bearer`. Without it anybody who reaches the port may send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

fn default_max_message_bytes() -> ByteSize {
    ByteSize::kibibytes(64)
}

fn default_max_connections() -> u32 {
    1000
}

fn default_idle_timeout_seconds() -> u64 {
    300
}

fn default_http_path() -> String {
    "/ingest/{tenant}/{dataset}".to_owned()
}

fn default_max_body_bytes() -> ByteSize {
    ByteSize::mebibytes(10)
}

/// Syslog over UDP and TCP on port 5514.
pub(super) fn default_inputs() -> Vec<InputConfig> {
    let syslog = |transport| {
        InputConfig::Syslog(SyslogInput {
            transport,
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5514)),
            max_message_bytes: default_max_message_bytes(),
            max_connections: default_max_connections(),
            idle_timeout_seconds: default_idle_timeout_seconds(),
            framing: Framing::Auto,
            tls: None,
        })
    };
    vec![syslog(Transport::Udp), syslog(Transport::Tcp)]
}
