//! JSON: an event is one object, or a list of them. See `docs/protocols/json.md`.

mod common;
mod document;
mod envelope;
mod fields;
mod formats;
mod gelf;
mod mend;
mod profile;
mod reader;
mod rows;
pub(in crate::decode) mod times;
mod usual;
mod write;

use std::fmt::Write;

use super::Decoder;
use super::syslog::{BYTE_ORDER_MARK, Times};
use crate::batch::BatchBuilder;
use crate::block::{Event, SourceType};
use crate::decode::DecoderOptions;
pub(crate) use document::{Document, FieldSink, Kind, Scratch};
use envelope::Envelope;
pub use gelf::GelfDecoder;
use profile::Profile;
use reader::Fault;
pub(crate) use reader::JsonReader;
use rows::{Around, RowMaker};

const NOT_UTF_8: Fault = "JSON with bytes that are not UTF-8 (RFC 8259 section 8.1)";

/// What a dataset says about its JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonOptions {
    /// The field that holds an event's time, its names joined by points where it is nested. Without one the common names
    /// are looked for.
    pub time_field: Option<String>,
}

/// Decodes events that are JSON, a row for each object. Its memory is used again from event to event.
#[derive(Debug)]
pub struct JsonDecoder {
    reader: JsonReader,
    /// For JSON in the text of an event, or before it.
    inner: JsonReader,
    maker: RowMaker,
    /// The event where it is not UTF-8.
    escaped: String,
}

impl JsonDecoder {
    /// A decoder of any JSON that writes to `rows`; the time zone of syslog holds for times that name none.
    pub fn new(options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        Self::of_profile(&Profile::JSON, options, rows)
    }

    /// A decoder of Suricata's EVE.
    pub fn suricata(options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        Self::of_profile(&formats::SURICATA, options, rows)
    }

    /// A decoder of AWS CloudTrail.
    pub fn cloudtrail(options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        Self::of_profile(&formats::CLOUDTRAIL, options, rows)
    }

    /// A decoder of Windows events.
    pub fn windows(options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        Self::of_profile(&formats::WINDOWS, options, rows)
    }

    /// A decoder of Zeek logs.
    pub fn zeek(options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        Self::of_profile(&formats::ZEEK, options, rows)
    }

    /// A decoder of the events of eBPF sensors.
    pub fn ebpf(options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        Self::of_profile(&formats::EBPF, options, rows)
    }

    fn of_profile(profile: &'static Profile, options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        let times = Times::new(options.syslog.time_zone);
        Self {
            reader: JsonReader::default(),
            inner: JsonReader::default(),
            maker: RowMaker::new(profile, options.json.time_field.as_deref(), times, rows),
            escaped: String::new(),
        }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, fault: Option<Fault>, rows: &mut BatchBuilder) {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let around = Around { event, envelope: Envelope::default(), fault };
        match event.peer.source_type {
            SourceType::SplunkHec => {
                self.maker.put_hec((&mut self.reader, &mut self.inner), text, around, rows);
            }
            SourceType::ElasticsearchBulk => {
                self.maker.put_bulk((&mut self.reader, &mut self.inner), text, around, rows);
            }
            _ => self.maker.put_text(&mut self.reader, text, around, rows),
        }
    }
}

impl JsonDecoder {
    /// The rows of an event whose JSON are these bytes: its own, or what they unpack to.
    fn decode_bytes(&mut self, bytes: &[u8], event: &Event<'_>, rows: &mut BatchBuilder) {
        if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
            self.decode_text(text, event, None, rows);
            return;
        }
        let mut escaped = std::mem::take(&mut self.escaped);
        escape_in_strings(bytes, &mut escaped);
        self.decode_text(&escaped, event, Some(NOT_UTF_8), rows);
        self.escaped = escaped;
    }
}

impl Decoder for JsonDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        if event.truncated {
            // Without its end it is no JSON.
            rows.begin_row(event);
            rows.put_raw(event.bytes);
            rows.end_row();
            return;
        }
        match event.text() {
            Some(text) => self.decode_text(text, event, None, rows),
            None => self.decode_bytes(event.bytes, event, rows),
        }
    }
}

/// Writes bytes that are not all UTF-8 so that a byte that is no part of a character is `\xHH` in the string that it stands
/// in. Outside of strings that makes it no JSON, which it is not.
fn escape_in_strings(bytes: &[u8], out: &mut String) {
    out.clear();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\\\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod test_rows;
#[cfg(test)]
mod tests;
