//! The table of formats: to add one, write its decoder and add its line here.

use std::fmt;
use std::str::FromStr;

use super::Decoder;
use super::auto::AutoDecoder;
use super::delimited::{DelimitedDecoder, DelimitedOptions};
use super::flow::{FlowDecoder, FlowOptions};
use super::influx::InfluxDecoder;
use super::json::{GelfDecoder, JsonDecoder, JsonOptions};
use super::lines::LinesDecoder;
use super::logfmt::LogfmtDecoder;
use super::marked::MarkedDecoder;
use super::sflow::SflowDecoder;
use super::statsd::StatsdDecoder;
use super::syslog::{SyslogDecoder, SyslogOptions};
use super::vpcflow::VpcFlowDecoder;
use super::w3c::W3cDecoder;
use super::weblog::WeblogDecoder;
use super::zeek::ZeekDecoder;
use crate::batch::BatchBuilder;

/// What decoders are told by the dataset, each its own part.
#[derive(Debug, Clone, Default)]
pub struct DecoderOptions {
    /// Of syslog, and of the formats that come in syslog messages.
    pub syslog: SyslogOptions,
    /// Of NetFlow and IPFIX.
    pub flow: FlowOptions,
    /// Of JSON, and of the formats that are JSON.
    pub json: JsonOptions,
    /// Of CSV and TSV; of VPC flow logs the columns.
    pub delimited: DelimitedOptions,
}

/// What stands for an event in a file of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A line, or an octet-counted frame.
    Message,
    /// The whole file is one datagram.
    Datagram,
    /// The whole file is one datagram where it begins as one of flows does (`flow_datagram`), and messages otherwise.
    Content,
}

/// A line of the table.
struct Definition {
    /// Name in configuration and on the command line.
    name: &'static str,
    unit: Unit,
    make: fn(&DecoderOptions, &mut BatchBuilder) -> Box<dyn Decoder>,
}

static FORMATS: &[Definition] = &[
    Definition {
        name: "syslog",
        unit: Unit::Message,
        make: |options, rows| Box::new(SyslogDecoder::new(options.syslog, rows)),
    },
    Definition {
        name: "cef",
        unit: Unit::Message,
        make: |options, rows| Box::new(MarkedDecoder::new(options.syslog, rows)),
    },
    Definition {
        name: "leef",
        unit: Unit::Message,
        make: |options, rows| Box::new(MarkedDecoder::new(options.syslog, rows)),
    },
    Definition { name: "sflow", unit: Unit::Datagram, make: |_, rows| Box::new(SflowDecoder::new(rows)) },
    Definition {
        name: "netflow",
        unit: Unit::Datagram,
        make: |options, rows| Box::new(FlowDecoder::new(&options.flow, rows)),
    },
    Definition {
        name: "ipfix",
        unit: Unit::Datagram,
        make: |options, rows| Box::new(FlowDecoder::new(&options.flow, rows)),
    },
    Definition {
        name: "json",
        unit: Unit::Message,
        make: |options, rows| Box::new(JsonDecoder::new(options, rows)),
    },
    Definition {
        name: "suricata",
        unit: Unit::Message,
        make: |options, rows| Box::new(JsonDecoder::suricata(options, rows)),
    },
    Definition {
        name: "cloudtrail",
        unit: Unit::Message,
        make: |options, rows| Box::new(JsonDecoder::cloudtrail(options, rows)),
    },
    Definition {
        name: "windows",
        unit: Unit::Message,
        make: |options, rows| Box::new(JsonDecoder::windows(options, rows)),
    },
    Definition {
        name: "gelf",
        unit: Unit::Message,
        make: |options, rows| Box::new(GelfDecoder::new(options, rows)),
    },
    Definition {
        name: "ebpf",
        unit: Unit::Message,
        make: |options, rows| Box::new(JsonDecoder::ebpf(options, rows)),
    },
    Definition {
        name: "weblog",
        unit: Unit::Message,
        make: |options, rows| Box::new(WeblogDecoder::new(options.syslog, rows)),
    },
    Definition {
        name: "w3c",
        unit: Unit::Message,
        make: |options, rows| Box::new(W3cDecoder::new(options.syslog, rows)),
    },
    Definition { name: "lines", unit: Unit::Message, make: |_, rows| Box::new(LinesDecoder::new(rows)) },
    Definition {
        name: "csv",
        unit: Unit::Message,
        make: |options, rows| {
            Box::new(DelimitedDecoder::csv(&options.delimited, options.syslog.time_zone, rows))
        },
    },
    Definition {
        name: "tsv",
        unit: Unit::Message,
        make: |options, rows| {
            Box::new(DelimitedDecoder::tsv(&options.delimited, options.syslog.time_zone, rows))
        },
    },
    Definition {
        name: "zeek",
        unit: Unit::Message,
        make: |options, rows| Box::new(ZeekDecoder::new(options, rows)),
    },
    Definition {
        name: "vpcflow",
        unit: Unit::Message,
        make: |options, rows| Box::new(VpcFlowDecoder::new(&options.delimited, rows)),
    },
    Definition {
        name: "logfmt",
        unit: Unit::Message,
        make: |options, _| Box::new(LogfmtDecoder::new(options.syslog.time_zone)),
    },
    Definition { name: "influx", unit: Unit::Message, make: |_, rows| Box::new(InfluxDecoder::new(rows)) },
    Definition { name: "statsd", unit: Unit::Message, make: |_, rows| Box::new(StatsdDecoder::new(rows)) },
    Definition {
        name: "auto",
        unit: Unit::Content,
        make: |options, rows| Box::new(AutoDecoder::new(options, rows)),
    },
];

/// A format that there is a decoder for; `"syslog".parse()` finds it by its name.
#[derive(Clone, Copy)]
pub struct Format(&'static Definition);

impl Format {
    /// RFC 5424, RFC 3164 and what is sent in their place.
    pub const SYSLOG: Self = Self(&FORMATS[0]);

    /// Any JSON.
    pub const JSON: Self = Self(&FORMATS[6]);

    /// Name in configuration and on the command line.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What an event is in a file.
    pub fn unit(self) -> Unit {
        self.0.unit
    }

    /// The names of all formats.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().map(|definition| definition.name)
    }
}

/// The decoder of a format; it defines its columns in `rows`, and must be given these rows alone from then on.
pub fn decoder(format: Format, options: &DecoderOptions, rows: &mut BatchBuilder) -> Box<dyn Decoder> {
    (format.0.make)(options, rows)
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Format({})", self.0.name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.name)
    }
}

/// A name that no format has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {0:?}: use one of {names}", names = Format::names().collect::<Vec<_>>().join(", "))]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = FORMATS.iter().find(|definition| definition.name == name);
        found.map(Self).ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for name in Format::names() {
            let format: Format = name.parse().unwrap();
            assert_eq!(format.to_string(), name);
        }
        assert_eq!("syslog".parse(), Ok(Format::SYSLOG));
        assert_eq!("json".parse(), Ok(Format::JSON));
        let error = "sislog".parse::<Format>().unwrap_err().to_string();
        assert!(error.starts_with("unknown format \"sislog\": use one of syslog, cef"), "{error}");
    }
}
