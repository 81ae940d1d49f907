//! CEF, the ArcSight Common Event Format, alone or behind a syslog header. Other messages are decoded as syslog.
//! See `docs/protocols/cef.md`.

mod extension;
mod header;
mod keys;

use super::Decoder;
use super::syslog::{BYTE_ORDER_MARK, END_OF_MESSAGE, SyslogDecoder, SyslogOptions};
use crate::batch::{BatchBuilder, ColumnIndex, Value, escape_invalid_utf8};
use crate::block::Event;
use crate::cut::ColumnType;
use crate::limits::KEY_VALUE_PAIRS_MAX;
use extension::{Pair, Pairs, header_escape, unescape, value_escape};
use header::{FIELDS, MARKER, Place};
use keys::{Kind, TimeRank, kind};

/// The columns of the header's fields, in its order.
const FIELD_COLUMNS: [&str; FIELDS] =
    ["device_vendor", "device_product", "device_version", "signature_id", "name", "event_severity"];

/// Decodes CEF messages, one row each. Its memory is used again from event to event.
#[derive(Debug)]
pub struct CefDecoder {
    syslog: SyslogDecoder,
    fields: [ColumnIndex; FIELDS],
    /// The message where it is not UTF-8.
    escaped: String,
    /// A field or value that had backslashes.
    unescaped: String,
}

/// What came of an extension.
#[derive(Debug, Default)]
struct Extension {
    /// The time that may stand for the event's, in microseconds since 1970.
    time: Option<(TimeRank, i64)>,
    fault: Option<&'static str>,
}

impl CefDecoder {
    /// A decoder that writes to `rows`; the options are for syslog headers, their time zone holds for all times.
    pub fn new(options: SyslogOptions, rows: &mut BatchBuilder) -> Self {
        Self {
            syslog: SyslogDecoder::new(options, rows),
            fields: FIELD_COLUMNS.map(|name| rows.define(name, ColumnType::String)),
            escaped: String::new(),
            unescaped: String::new(),
        }
    }

    /// The row of a message, or that of syslog where it is not CEF.
    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        let text = text.trim_end_matches(END_OF_MESSAGE);
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let Some(place) = header::find(text) else {
            self.syslog.decode(event, rows);
            return;
        };
        rows.begin_row(event);
        if event.truncated {
            rows.put_raw(event.bytes);
        }
        self.put_message(text, place, event, rows);
        rows.end_row();
    }

    fn put_message(&mut self, text: &str, place: Place, event: &Event<'_>, rows: &mut BatchBuilder) {
        let before = self.syslog.put_header_before(text, place.start, MARKER, event.received_us, rows);
        let header = header::parse(&text[place.fields_start..]);
        for (column, field) in self.fields.iter().zip(header.fields) {
            if field.text.is_empty() {
                continue;
            }
            if field.escaped {
                unescape(field.text, header_escape, &mut self.unescaped);
                rows.put_text(*column, &self.unescaped);
            } else {
                rows.put_text(*column, field.text);
            }
        }
        let extension = self.put_extension(header.extension, event.received_us, rows);
        if !before.has_time
            && let Some((_, time_us)) = extension.time
        {
            rows.set_event_time(time_us);
        }
        let header_fault = header.incomplete.then_some("a CEF header with fewer than its seven fields");
        let cef_fault = header_fault.or(extension.fault);
        let message = if cef_fault.is_some() { &text[place.start..] } else { before.text };
        self.syslog.put_text_before_body(message, rows);
        if let Some(fault) = before.fault.or(cef_fault) {
            rows.parse_error(fault);
            rows.put_raw(event.bytes);
        }
    }

    fn put_extension(&mut self, text: &str, received_us: i64, rows: &mut BatchBuilder) -> Extension {
        let mut found = Extension::default();
        // Most extensions have none, and one look is cheaper than one for each value.
        let has_escapes = memchr::memchr(b'\\', text.as_bytes()).is_some();
        let pairs = Pairs::new(text);
        if !pairs.text_before().is_empty() {
            found.fault = Some("text before the first key of the CEF extension");
        }
        for (number, pair) in pairs.enumerate() {
            if number == KEY_VALUE_PAIRS_MAX {
                found.fault = Some("a CEF extension with more keys than are taken");
                break;
            }
            if pair.value.is_empty() {
                continue;
            }
            let Some(time) = self.put_pair(pair, has_escapes, received_us, rows) else { continue };
            if found.time.is_none_or(|(rank, _)| time.0 < rank) {
                found.time = Some(time);
            }
        }
        found
    }

    /// Puts a pair by the type of its key; returns its time where it may stand for the event's.
    fn put_pair(
        &mut self,
        pair: Pair<'_>,
        has_escapes: bool,
        received_us: i64,
        rows: &mut BatchBuilder,
    ) -> Option<(TimeRank, i64)> {
        let kind = kind(pair.key);
        let value = match kind {
            Kind::Text => {
                self.put_text(pair, has_escapes, rows);
                return None;
            }
            Kind::Integer => pair.value.parse().ok().map(Value::Int64),
            Kind::Double => {
                pair.value.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Double)
            }
            Kind::Time(_) => self.syslog.instant_us(pair.value, received_us).map(Value::Timestamp),
        };
        let Some(value) = value else {
            // The column keeps the key's type, whatever the first value of a dataset is.
            rows.expect_field(pair.key, &kind.column_type());
            self.put_text(pair, has_escapes, rows);
            return None;
        };
        rows.field(pair.key, &value);
        match (kind, value) {
            // Devices write 0 for a time that they do not have.
            (Kind::Time(Some(rank)), Value::Timestamp(time_us)) if time_us > 0 => Some((rank, time_us)),
            _ => None,
        }
    }

    fn put_text(&mut self, pair: Pair<'_>, has_escapes: bool, rows: &mut BatchBuilder) {
        if !has_escapes || memchr::memchr(b'\\', pair.value.as_bytes()).is_none() {
            rows.field(pair.key, &Value::Text(pair.value));
            return;
        }
        unescape(pair.value, value_escape, &mut self.unescaped);
        rows.field(pair.key, &Value::Text(&self.unescaped));
    }
}

impl Decoder for CefDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        if let Some(text) = event.text() {
            self.decode_text(text, event, rows);
            return;
        }
        let mut escaped = std::mem::take(&mut self.escaped);
        escape_invalid_utf8(event.bytes, &mut escaped);
        self.decode_text(&escaped, event, rows);
        self.escaped = escaped;
    }
}

#[cfg(test)]
mod tests;
