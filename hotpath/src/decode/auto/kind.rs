//! The formats that are told apart, and which one stands in for another that has no decoder.

use crate::decode::Format;

/// A format by what its messages look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Netflow,
    Ipfix,
    Sflow,
    Syslog,
    Cef,
    Leef,
    Json,
    Gelf,
    Suricata,
    Cloudtrail,
    Windows,
    Ebpf,
    Zeek,
    W3c,
    Weblog,
    Vpcflow,
    Csv,
    Tsv,
    Logfmt,
    Influx,
    Statsd,
    Lines,
}

impl Kind {
    /// All of them, in the order in which their decoders are made.
    pub(super) const ALL: [Self; 22] = [
        Self::Netflow,
        Self::Ipfix,
        Self::Sflow,
        Self::Syslog,
        Self::Cef,
        Self::Leef,
        Self::Json,
        Self::Gelf,
        Self::Suricata,
        Self::Cloudtrail,
        Self::Windows,
        Self::Ebpf,
        Self::Zeek,
        Self::W3c,
        Self::Weblog,
        Self::Vpcflow,
        Self::Csv,
        Self::Tsv,
        Self::Logfmt,
        Self::Influx,
        Self::Statsd,
        Self::Lines,
    ];

    /// The name of its format.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Netflow => "netflow",
            Self::Ipfix => "ipfix",
            Self::Sflow => "sflow",
            Self::Syslog => "syslog",
            Self::Cef => "cef",
            Self::Leef => "leef",
            Self::Json => "json",
            Self::Gelf => "gelf",
            Self::Suricata => "suricata",
            Self::Cloudtrail => "cloudtrail",
            Self::Windows => "windows",
            Self::Ebpf => "ebpf",
            Self::Zeek => "zeek",
            Self::W3c => "w3c",
            Self::Weblog => "weblog",
            Self::Vpcflow => "vpcflow",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Logfmt => "logfmt",
            Self::Influx => "influx",
            Self::Statsd => "statsd",
            Self::Lines => "lines",
        }
    }

    /// The kind of a name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its format, if there is a decoder for it.
    pub(super) fn format(self) -> Option<Format> {
        self.name().parse().ok()
    }

    /// What its messages are taken for where it has no decoder; plain lines have one.
    pub(super) fn stand_in(self) -> Self {
        match self {
            Self::Gelf | Self::Suricata | Self::Cloudtrail | Self::Windows | Self::Ebpf => Self::Json,
            Self::Ipfix => Self::Netflow,
            Self::Cef | Self::Leef => Self::Syslog,
            _ => Self::Lines,
        }
    }

    /// Whether a message of this kind says how those behind it are to be read.
    pub(super) fn announces(self, message: &[u8]) -> bool {
        let first = message.trim_ascii_start().first();
        match self {
            Self::Zeek | Self::W3c => first == Some(&b'#'),
            Self::Vpcflow => first.is_some_and(u8::is_ascii_alphabetic),
            // Nothing else shows a table.
            Self::Csv | Self::Tsv => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_that_fits_its_column_and_ends_at_a_decoder() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_name(kind.name()), Some(kind));
            assert!(kind.name().len() <= 12);
            let mut stand_in = kind;
            for _ in 0..3 {
                stand_in = if stand_in.format().is_some() { stand_in } else { stand_in.stand_in() };
            }
            assert!(stand_in.format().is_some(), "{kind:?}");
        }
    }
}
