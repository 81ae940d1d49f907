//! What a dataset may say about single formats.

use std::net::IpAddr;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of `format: json` and the formats that are JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JsonSettings {
    /// The field that holds an event's time, its names joined by points where it is nested. Without it the common names are looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_field: Option<String>,
}

/// Of `format: netflow` and `ipfix`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FlowSettings {
    /// Sampling rates that count instead of what exporters say; of several, the one with the smallest network.
    #[schemars(extend("maxItems" = 1000))]
    pub sampling_overrides: Vec<SamplingOverrideSettings>,
}

/// Of `format: csv` and `tsv`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DelimitedSettings {
    /// The names of the fields in their order. Without them they come from the header line.
    #[schemars(extend("maxItems" = 1000))]
    pub columns: Vec<String>,
    /// The character between two fields, in place of the comma or the tab.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "delimiter"))]
    pub delimiter: Option<String>,
    /// Whether there are header lines.
    pub header: DelimitedHeader,
}

/// Whether a line of names stands before the records of `csv` and `tsv`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DelimitedHeader {
    /// The first line of each sender is one if it looks like names; the same line is one wherever it comes again.
    #[default]
    First,
    /// Every line is a record.
    Absent,
}

impl DelimitedSettings {
    /// The character between two fields; `None` where the format's own stands.
    pub fn delimiter_byte(&self) -> Option<u8> {
        delimiter_of(self.delimiter.as_deref()?)
    }
}

/// A character that can stand between two fields: one of ASCII that neither ends a line nor encloses a field.
pub(super) fn delimiter_of(text: &str) -> Option<u8> {
    let [byte] = text.as_bytes() else { return None };
    (byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | b'"' | 0)).then_some(*byte)
}

/// The sampling rate of the exporters of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SamplingOverrideSettings {
    /// The exporters: an address, or a network as in `192.0.2.0/24`.
    #[schemars(extend("format" = "network"))]
    pub exporter: String,
    /// One packet of this many was looked at; 1 is no sampling.
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub rate: u32,
}

impl SamplingOverrideSettings {
    /// The network; `None` where there is none, which no loaded configuration has.
    pub fn network(&self) -> Option<IpNet> {
        network_of(&self.exporter)
    }
}

/// A network, or the network of one address.
pub(super) fn network_of(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
