//! Decoders: bytes, peer and time of receipt in; rows or a reason out. They do no I/O and read no clock.

pub mod body;
mod byte_masks;
mod byte_set;
pub mod cef;
pub mod syslog;

use std::fmt;
use std::str::FromStr;

use arrow::array::RecordBatch;

use crate::batch::BatchBuilder;
use crate::block::{Event, SealedBlock};
use cef::CefDecoder;
use syslog::{SyslogDecoder, SyslogOptions};

/// Turns events of one format into rows.
///
/// An event that cannot be parsed gives a row with the whole event in `raw` and the reason in `parse_error`.
pub trait Decoder {
    /// Adds the rows of one event: `begin_row`, values, `end_row` for each.
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder);
}

/// All rows of a block, in the order of receipt.
pub fn decode_block(block: &SealedBlock, decoder: &mut dyn Decoder, rows: &mut BatchBuilder) -> RecordBatch {
    rows.begin_block(block);
    for event in block.events_as_text() {
        decoder.decode(&event, rows);
    }
    rows.finish()
}

/// The formats that there is a decoder for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// RFC 5424, RFC 3164 and what is sent in their place.
    Syslog,
    /// ArcSight Common Event Format, alone or behind a syslog header.
    Cef,
}

/// Each format with its name in configuration and on the command line.
const FORMATS: &[(Format, &str)] = &[(Format::Syslog, "syslog"), (Format::Cef, "cef")];

/// What decoders are told by the dataset, each its own part.
#[derive(Debug, Clone, Copy, Default)]
pub struct DecoderOptions {
    /// For [`Format::Syslog`], and the syslog headers and time zone of [`Format::Cef`].
    pub syslog: SyslogOptions,
}

/// The decoder of a format; it defines its columns in `rows`, and must be given these rows alone from then on.
pub fn decoder(format: Format, options: &DecoderOptions, rows: &mut BatchBuilder) -> Box<dyn Decoder> {
    match format {
        Format::Syslog => Box::new(SyslogDecoder::new(options.syslog, rows)),
        Format::Cef => Box::new(CefDecoder::new(options.syslog, rows)),
    }
}

impl Format {
    /// Name in configuration and on the command line.
    pub fn name(self) -> &'static str {
        FORMATS.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }

    /// The names of all formats.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().map(|(_, name)| *name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A name that no format has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {0:?}: use one of {names}", names = Format::names().collect::<Vec<_>>().join(", "))]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = FORMATS.iter().find(|(_, known)| *known == name);
        found.map(|(format, _)| *format).ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for (format, name) in FORMATS {
            assert_eq!(name.parse(), Ok(*format));
            assert_eq!(format.to_string(), *name);
        }
        let error = "sislog".parse::<Format>().unwrap_err();
        assert_eq!(error.to_string(), "unknown format \"sislog\": use one of syslog, cef");
    }
}
