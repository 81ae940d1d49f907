//! The settings of an HTTP input.

use std::net::SocketAddr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::input::TlsConfig;
use super::{ByteSize, Secret};

/// Events in the body of an HTTP POST; answered with 200 once they are on disk. Several inputs may share an address, as long as their paths differ and their `tls` and `max_connections` do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpInput {
    /// Address and port, as in `0.0.0.0:8088`.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// Whose requests it takes.
    #[serde(default)]
    pub mode: HttpMode,
    /// The path of the POST with `mode: events`, `/ingest/{tenant}/{dataset}` when it is not set. With another mode it is what stands before the paths that senders add themselves, nothing when it is not set. `{tenant}` and `{dataset}` stand for the dataset's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "http-path"))]
    pub path: Option<String>,
    /// A longer body, as it travels, is refused with 413.
    #[serde(default = "default_max_body_bytes")]
    #[schemars(extend("minimum" = 1024, "maximum" = 1_073_741_824))]
    pub max_body_bytes: ByteSize,
    /// A body that unpacks to more is refused with 413, and nothing of it is taken. Never more than 7/16 of `shards.block_pool_bytes`, which also holds for bodies that are not packed.
    #[serde(default = "default_max_unpacked_bytes")]
    #[schemars(extend("minimum" = 1024, "maximum" = 1_073_741_824))]
    pub max_unpacked_bytes: ByteSize,
    /// Connections at a time; more wait until there is a place.
    #[serde(default = "default_max_connections")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max_connections: u32,
    /// What a sender has to show: `Authorization: Bearer TOKEN`, `Splunk TOKEN`, or the token as the password of `Basic` or the key of `ApiKey`. With neither token nor signature anybody who reaches the port may send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// The signature that a sender has to put on its requests, as webhooks do (`mode: events`). With a token too, both are needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureConfig>,
    /// Headers that become members of each event that is a JSON object: `X-GitHub-Event` the member `http_header_x_github_event` (`mode: events`). A value is cut at 1 KiB; other events stay as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "header_names")]
    pub headers: Vec<String>,
    /// Keys and certificates; with them it speaks TLS 1.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
}

/// Whose requests an HTTP input takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HttpMode {
    /// A POST of JSON, lines or a form to `path`.
    #[default]
    Events,
    /// What is made for Splunk's HTTP Event Collector: `/services/collector` and what lies below.
    SplunkHec,
    /// What is made for Elasticsearch: `/_bulk`, `/{index}/_bulk`, and the questions that senders ask before.
    Elasticsearch,
}

/// An HMAC-SHA256 of the body as it travels, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureConfig {
    /// What it is made with.
    pub secret: Secret,
    /// The header that it stands in.
    #[serde(default = "default_signature_header")]
    #[schemars(extend("format" = "http-header"))]
    pub header: String,
    /// What stands before it in the header; may be empty (`''`).
    #[serde(default = "default_signature_prefix")]
    #[schemars(extend("format" = "any-text"))]
    pub prefix: String,
}

impl HttpInput {
    /// An input with everything else as it is by itself.
    pub(super) fn at(listen: SocketAddr, mode: HttpMode) -> Self {
        Self {
            listen,
            mode,
            path: None,
            max_body_bytes: default_max_body_bytes(),
            max_unpacked_bytes: default_max_unpacked_bytes(),
            max_connections: default_max_connections(),
            token: None,
            signature: None,
            headers: Vec::new(),
            tls: None,
        }
    }

    /// The path of the POST, or what stands before the sender's own paths: without `/` at its end.
    pub fn base_path(&self) -> &str {
        let otherwise = match self.mode {
            HttpMode::Events => "/ingest/{tenant}/{dataset}",
            HttpMode::SplunkHec | HttpMode::Elasticsearch => "",
        };
        let path = self.path.as_deref().unwrap_or(otherwise);
        match self.mode {
            HttpMode::Events => path,
            HttpMode::SplunkHec | HttpMode::Elasticsearch => path.trim_end_matches('/'),
        }
    }
}

impl HttpInput {
    /// Whether a request could be meant for both inputs, if they listen on one address.
    pub(super) fn shares_a_path_with(&self, other: &Self) -> bool {
        if self.mode == other.mode {
            return self.base_path() == other.base_path();
        }
        let takes_events = |input: &Self| input.mode == HttpMode::Events;
        takes_events(self) && other.takes(self.base_path())
            || takes_events(other) && self.takes(other.base_path())
    }

    /// Whether a path is one that senders made for something else may use.
    fn takes(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.base_path()) else { return false };
        match self.mode {
            HttpMode::Events => rest.is_empty(),
            HttpMode::SplunkHec => rest
                .strip_prefix("/services/collector")
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            HttpMode::Elasticsearch => {
                matches!(rest, "" | "/") || rest.split('/').any(|step| step.starts_with('_'))
            }
        }
    }
}

fn header_names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "maxItems": 16, "items": { "type": "string", "format": "http-header" } })
}

fn default_max_body_bytes() -> ByteSize {
    ByteSize::mebibytes(10)
}

fn default_max_unpacked_bytes() -> ByteSize {
    ByteSize::mebibytes(64)
}

fn default_max_connections() -> u32 {
    256
}

fn default_signature_header() -> String {
    "X-Hub-Signature-256".to_owned()
}

fn default_signature_prefix() -> String {
    "sha256=".to_owned()
}
