//! Inputs: where the events of a dataset come from.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use hotpath::decode::Format;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ByteSize;
use super::http_input::{HttpInput, HttpMode};

/// Where events come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum InputConfig {
    /// Syslog over UDP, TCP or TLS.
    Syslog(MessageInput),
    /// NetFlow over UDP, by custom on port 2055. Any version, and IPFIX too: each datagram says what it is.
    Netflow(DatagramInput),
    /// IPFIX over UDP, TCP or TLS, by custom on port 4739. Over UDP any version of NetFlow too.
    Ipfix(IpfixInput),
    /// sFlow over UDP, by custom on port 6343.
    Sflow(DatagramInput),
    /// Plain datagrams, an event each.
    Udp(DatagramInput),
    /// Plain streams of messages over TCP, or TLS with the key `tls`.
    Tcp(TcpInput),
    /// Events of eBPF sensors (Tetragon, Tracee, Falco and others), JSON over UDP, TCP or TLS, by custom on port 2056.
    Ebpf(MessageInput),
    /// Events in the body of an HTTP POST; answered with 200 once they are on disk.
    Http(HttpInput),
}

impl InputConfig {
    /// The name of its kind, as in the key `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Syslog(_) => "syslog",
            Self::Netflow(_) => "netflow",
            Self::Ipfix(_) => "ipfix",
            Self::Sflow(_) => "sflow",
            Self::Udp(_) => "udp",
            Self::Tcp(_) => "tcp",
            Self::Ebpf(_) => "ebpf",
            Self::Http(_) => "http",
        }
    }

    /// Address and port it listens on.
    pub fn listen(&self) -> SocketAddr {
        match self {
            Self::Syslog(input) | Self::Ebpf(input) => input.listen,
            Self::Netflow(input) | Self::Sflow(input) | Self::Udp(input) => input.listen,
            Self::Ipfix(input) => input.listen,
            Self::Tcp(input) => input.listen,
            Self::Http(input) => input.listen,
        }
    }

    /// How its events travel; HTTP is counted as what it runs over.
    pub fn transport(&self) -> Transport {
        match self {
            Self::Syslog(input) | Self::Ebpf(input) => input.transport,
            Self::Netflow(_) | Self::Sflow(_) | Self::Udp(_) => Transport::Udp,
            Self::Ipfix(input) => input.transport,
            Self::Tcp(input) => Transport::of_stream(input.connections.tls.is_some()),
            Self::Http(input) => Transport::of_stream(input.tls.is_some()),
        }
    }

    /// Its keys and certificates.
    pub fn tls(&self) -> Option<&TlsConfig> {
        match self {
            Self::Syslog(input) | Self::Ebpf(input) => input.connections.tls.as_ref(),
            Self::Netflow(_) | Self::Sflow(_) | Self::Udp(_) => None,
            Self::Ipfix(input) => input.connections.tls.as_ref(),
            Self::Tcp(input) => input.connections.tls.as_ref(),
            Self::Http(input) => input.tls.as_ref(),
        }
    }

    /// The format of its events where the dataset names none; `None` where there is no decoder for it.
    pub fn implied_format(&self) -> Option<Format> {
        let name = match self {
            Self::Syslog(_) => "syslog",
            Self::Netflow(_) | Self::Ipfix(_) => "netflow",
            Self::Sflow(_) => "sflow",
            Self::Ebpf(_) => "ebpf",
            Self::Udp(_) | Self::Tcp(_) | Self::Http(_) => "auto",
        };
        name.parse().ok()
    }
}

/// Messages as datagrams or in streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MessageInput {
    /// How messages travel.
    pub transport: Transport,
    /// Address and port, as in `0.0.0.0:5514`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// A longer message is cut there, marked and counted.
    #[serde(default = "default_max_message_bytes")]
    #[schemars(extend("minimum" = 480, "maximum" = hotpath::limits::MESSAGE_BYTES_MAX))]
    pub max_message_bytes: ByteSize,
    /// How messages are told apart in a connection (TCP and TLS).
    #[serde(default)]
    pub framing: Framing,
    /// Its connections (TCP and TLS).
    #[serde(flatten)]
    pub connections: ConnectionSettings,
}

/// IPFIX as datagrams or in streams (RFC 7011 section 10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct IpfixInput {
    /// How messages travel.
    pub transport: Transport,
    /// Address and port, as in `0.0.0.0:4739`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// Its connections (TCP and TLS).
    #[serde(flatten)]
    pub connections: ConnectionSettings,
}

/// Datagrams, an event each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatagramInput {
    /// Address and port, as in `0.0.0.0:2055`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
}

/// Streams of messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TcpInput {
    /// Address and port, as in `0.0.0.0:5170`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// A longer message is cut there, marked and counted.
    #[serde(default = "default_max_message_bytes")]
    #[schemars(extend("minimum" = 480, "maximum" = hotpath::limits::MESSAGE_BYTES_MAX))]
    pub max_message_bytes: ByteSize,
    /// How messages are told apart in a connection.
    #[serde(default)]
    pub framing: Framing,
    /// Its connections.
    #[serde(flatten)]
    pub connections: ConnectionSettings,
}

/// The connections of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionSettings {
    /// Connections at a time, on each shard (TCP and TLS). One more is closed at once and counted.
    #[serde(default = "default_max_connections")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_connections: u32,
    /// A connection that sends nothing for so long is closed (TCP and TLS).
    #[serde(default = "default_idle_timeout_seconds")]
    #[schemars(range(min = 1, max = 604_800))]
    pub idle_timeout_seconds: u64,
    /// Keys and certificates. An input with the key `transport` has them with `transport: tls`, and only there; the others speak TLS when they have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            max_connections: default_max_connections(),
            idle_timeout_seconds: default_idle_timeout_seconds(),
            tls: None,
        }
    }
}

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// A message a datagram (RFC 5426, RFC 7011).
    Udp,
    /// A stream of messages (RFC 6587, RFC 7011).
    Tcp,
    /// The same inside TLS 1.3 (RFC 5425).
    Tls,
}

impl Transport {
    fn of_stream(is_encrypted: bool) -> Self {
        if is_encrypted { Self::Tls } else { Self::Tcp }
    }
}

/// How messages are told apart in a stream (RFC 6587).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// Found out for each connection from its first bytes: a length and `<` begin a message after its length, anything else a line.
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

fn default_max_message_bytes() -> ByteSize {
    ByteSize::kibibytes(64)
}

fn default_max_connections() -> u32 {
    1000
}

fn default_idle_timeout_seconds() -> u64 {
    300
}

/// The inputs of the datasets that there are when a configuration names none, by the dataset's name.
pub(super) fn default_inputs() -> Vec<(&'static str, Vec<InputConfig>)> {
    let any = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let messages = |transport, port| MessageInput {
        transport,
        listen: any(port),
        max_message_bytes: default_max_message_bytes(),
        framing: Framing::Auto,
        connections: ConnectionSettings::default(),
    };
    let ipfix = IpfixInput {
        transport: Transport::Udp,
        listen: any(4739),
        connections: ConnectionSettings::default(),
    };
    let syslog = [Transport::Udp, Transport::Tcp].map(|way| InputConfig::Syslog(messages(way, 5514)));
    let modes = [HttpMode::Events, HttpMode::SplunkHec, HttpMode::Elasticsearch];
    let http = modes.map(|mode| InputConfig::Http(HttpInput::at((Ipv4Addr::LOCALHOST, 8088).into(), mode)));
    vec![
        ("syslog", syslog.to_vec()),
        (
            "netflow",
            vec![InputConfig::Netflow(DatagramInput { listen: any(2055) }), InputConfig::Ipfix(ipfix)],
        ),
        ("sflow", vec![InputConfig::Sflow(DatagramInput { listen: any(6343) })]),
        ("ebpf", vec![InputConfig::Ebpf(messages(Transport::Udp, 2056))]),
        ("http", http.to_vec()),
    ]
}
