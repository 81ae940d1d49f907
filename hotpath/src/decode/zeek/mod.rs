//! Zeek logs, in the text form of their own (lines of fields behind a header) and as JSON. See `docs/protocols/zeek.md`.

mod header;
mod kind;

use super::delimited::RECORD_TYPE_HEADER;
use super::json::JsonDecoder;
use super::learned::LearnedHeaders;
use super::protocols::protocol_number;
use super::{Decoder, DecoderOptions, StateError};
use crate::batch::{BatchBuilder, ColumnIndex, Value};
use crate::block::Event;
use crate::cut::ColumnType;
use crate::decode::text::text_or_escaped;
use header::{Field, Header, Meaning};
use kind::unescape;

/// What is wrong with a line.
type Fault = &'static str;

/// Columns that other formats have too.
#[derive(Debug, Clone, Copy)]
struct Columns {
    record_type: ColumnIndex,
    message: ColumnIndex,
    source_ip: ColumnIndex,
    source_port: ColumnIndex,
    dest_ip: ColumnIndex,
    dest_port: ColumnIndex,
    protocol: ColumnIndex,
    protocol_name: ColumnIndex,
}

impl Columns {
    fn define(rows: &mut BatchBuilder) -> Self {
        Self {
            record_type: rows.define("record_type", ColumnType::String),
            message: rows.define("message", ColumnType::String),
            source_ip: rows.define("source_ip", ColumnType::String),
            source_port: rows.define("source_port", ColumnType::Int64),
            dest_ip: rows.define("dest_ip", ColumnType::String),
            dest_port: rows.define("dest_port", ColumnType::Int64),
            protocol: rows.define("protocol", ColumnType::Int64),
            protocol_name: rows.define("protocol_name", ColumnType::String),
        }
    }
}

/// Decodes Zeek logs, a row for each line. Its memory is used again from event to event.
#[derive(Debug)]
pub struct ZeekDecoder {
    columns: Columns,
    learned: LearnedHeaders<Header>,
    json: JsonDecoder,
    /// The event where it is not UTF-8.
    escaped: String,
}

impl ZeekDecoder {
    /// A decoder that writes to `rows`.
    pub fn new(options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        Self {
            columns: Columns::define(rows),
            learned: LearnedHeaders::default(),
            json: JsonDecoder::zeek(options, rows),
            escaped: String::new(),
        }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        let first_row = rows.rows();
        for line in text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            rows.begin_row_of(event, first_row);
            if event.truncated {
                rows.put_raw(line.as_bytes());
            }
            let fault = if line.starts_with('#') {
                self.put_header_line(line, event, rows)
            } else {
                self.put_record(line, event, rows)
            };
            if let Some(fault) = fault {
                rows.parse_error(fault);
                rows.put_raw(line.as_bytes());
            }
            rows.end_row();
        }
        if rows.rows() == first_row {
            rows.begin_row(event);
            rows.parse_error("no record in the message");
            rows.put_raw(event.bytes);
            rows.end_row();
        }
    }

    fn put_header_line(&mut self, line: &str, event: &Event<'_>, rows: &mut BatchBuilder) -> Option<Fault> {
        rows.put_short(self.columns.record_type, RECORD_TYPE_HEADER);
        rows.put_text(self.columns.message, line);
        let mut header = self.header_of(event).cloned().unwrap_or_default();
        if !header.take(line) {
            return None;
        }
        let is_learned = self.learned.learn(&event.peer, &header.to_lines(), &header);
        (!is_learned).then_some("a header longer than is remembered")
    }

    fn header_of(&self, event: &Event<'_>) -> Option<&Header> {
        let of_address = || self.learned.of_address(&event.peer).map(|(_, header)| header);
        self.learned.of_sender(&event.peer).or_else(of_address)
    }

    fn put_record(&self, line: &str, event: &Event<'_>, rows: &mut BatchBuilder) -> Option<Fault> {
        let Some(header) = self.header_of(event).filter(|header| !header.fields.is_empty()) else {
            return Some("a Zeek record without a header before it");
        };
        if let Some(path) = &header.path {
            rows.event_field("_path", &Value::Text(path));
        }
        let mut texts = line.split(header.separator);
        let mut fault = None;
        for field in header.fields.iter() {
            let Some(text) = texts.next() else {
                fault = fault.or(Some("a Zeek record with fewer fields than its header"));
                break;
            };
            if text != &*header.unset_field {
                fault = fault.or(self.put_field(field, text, header, rows));
            }
        }
        if texts.next().is_some() {
            fault = fault.or(Some("a Zeek record with more fields than its header"));
        }
        fault
    }

    fn put_field(
        &self,
        field: &Field,
        text: &str,
        header: &Header,
        rows: &mut BatchBuilder,
    ) -> Option<Fault> {
        let is_empty = text == &*header.empty_field;
        if field.kind.is_list {
            return put_list(field, if is_empty { None } else { Some(text) }, header, rows);
        }
        let text = if is_empty { "".into() } else { unescape(text) };
        let Some(value) = field.kind.value(&text) else {
            return put_as_text(field, &text, rows);
        };
        match (field.meaning, value) {
            (Some(Meaning::EventTime), Value::Timestamp(time_us)) => {
                rows.set_event_time(time_us);
                return None;
            }
            (Some(meaning), value) => self.put_meaning(meaning, &value, rows),
            (None, _) => {}
        }
        rows.event_field(&field.name, &value);
        None
    }

    /// Puts a value into the column that other formats have for it.
    fn put_meaning(&self, meaning: Meaning, value: &Value<'_>, rows: &mut BatchBuilder) {
        let columns = &self.columns;
        let column = match meaning {
            Meaning::EventTime => return,
            Meaning::SourceIp => columns.source_ip,
            Meaning::SourcePort => columns.source_port,
            Meaning::DestIp => columns.dest_ip,
            Meaning::DestPort => columns.dest_port,
            Meaning::Protocol => {
                if let Value::Text(name) = value {
                    rows.put(columns.protocol_name, value);
                    if let Some(number) = protocol_number(name) {
                        rows.put_i64(columns.protocol, number);
                    }
                }
                return;
            }
        };
        rows.put(column, value);
    }
}

/// Puts the items of a set or vector; `None` is one without any.
fn put_list(field: &Field, text: Option<&str>, header: &Header, rows: &mut BatchBuilder) -> Option<Fault> {
    let Some(text) = text else {
        rows.empty_list_field(&field.name, &field.kind.column_type());
        return None;
    };
    let texts: Vec<_> = text.split(header.set_separator).map(unescape).collect();
    let mut items = Vec::with_capacity(texts.len());
    for text in &texts {
        if **text == *header.unset_field {
            items.push(None);
            continue;
        }
        let text = if **text == *header.empty_field { "" } else { text };
        let Some(value) = field.kind.value(text) else {
            return put_as_text(field, text, rows);
        };
        items.push(Some(value));
    }
    rows.event_field(&field.name, &Value::List(&items));
    None
}

/// Puts a value that is not of its field's type: the column keeps the type.
fn put_as_text(field: &Field, text: &str, rows: &mut BatchBuilder) -> Option<Fault> {
    rows.expect_event_field(&field.name, &field.kind.column_type());
    rows.event_field(&field.name, &Value::Text(text));
    Some("a value that is not of the type that the header says")
}

impl Decoder for ZeekDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        if event.bytes.trim_ascii_start().starts_with(b"{") {
            self.json.decode(event, rows);
            return;
        }
        let mut escaped = std::mem::take(&mut self.escaped);
        let text = text_or_escaped(event, &mut escaped);
        self.decode_text(text, event, rows);
        self.escaped = escaped;
    }

    fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        self.learned.take_changed_state()
    }

    fn restore_state(&mut self, state: &[u8]) -> Result<(), StateError> {
        self.learned.restore(state, Header::of_lines)
    }
}

#[cfg(test)]
mod tests;
