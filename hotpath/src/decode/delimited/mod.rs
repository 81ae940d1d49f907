//! Records with a character between their fields: CSV as RFC 4180 has it, and the same with tabs or another character.
//! See `docs/protocols/delimited.md`.

mod header;
mod record;

use chrono_tz::Tz;

use super::learned::LearnedHeaders;
use super::scalar::scalar;
use super::syslog::BYTE_ORDER_MARK;
use super::time_fields::TimeFields;
use super::{Decoder, StateError};
use crate::batch::{BatchBuilder, ColumnIndex, ShortText};
use crate::block::{Event, Peer};
use crate::cut::ColumnType;
use crate::decode::text::text_or_escaped;
use header::{Header, are_names, numbered};
use record::{Dialect, Field, Record, Records, field_text};

/// What `record_type` says of a line that names the fields of the lines behind it.
pub(super) const RECORD_TYPE_HEADER: ShortText = ShortText::new("header");

/// What a dataset says about its CSV or TSV.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DelimitedOptions {
    /// The names of the fields in their order. With none they come from the header.
    pub columns: Vec<String>,
    /// The ASCII character between two fields, in place of the comma or tab.
    pub delimiter: Option<u8>,
    /// Whether there are header lines.
    pub header: HeaderLine,
}

/// Whether records begin with a line of names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HeaderLine {
    /// The first line of each sender is one if it looks like names; the same line is one wherever it comes again.
    #[default]
    First,
    /// Every line is a record.
    Absent,
}

/// Decodes records, a row each. Its memory is used again from event to event.
#[derive(Debug)]
pub struct DelimitedDecoder {
    dialect: Dialect,
    header_line: HeaderLine,
    /// The header that the dataset gives.
    given: Option<Header>,
    learned: LearnedHeaders<Header>,
    times: TimeFields,
    record_type: ColumnIndex,
    message: ColumnIndex,
    /// The event where it is not UTF-8.
    escaped: String,
    undoubled: String,
}

/// What a record is.
enum Role {
    /// Values, with the names that hold for them.
    Values(Header),
    /// A line of names.
    Header,
    /// A line of names that is too long to be remembered.
    LongHeader,
}

impl DelimitedDecoder {
    /// A decoder of CSV that writes to `rows`. Times that name no zone are in `time_zone`.
    pub fn csv(options: &DelimitedOptions, time_zone: Tz, rows: &mut BatchBuilder) -> Self {
        let separator = options.delimiter.unwrap_or(b',');
        Self::new(Dialect { separator, takes_stray_quotes: false }, options, time_zone, rows)
    }

    /// A decoder of values between tabs that writes to `rows`. Quotes enclose a field where they do so properly, and are
    /// part of it elsewhere: most writers of tabs know no quotes.
    pub fn tsv(options: &DelimitedOptions, time_zone: Tz, rows: &mut BatchBuilder) -> Self {
        let separator = options.delimiter.unwrap_or(b'\t');
        Self::new(Dialect { separator, takes_stray_quotes: true }, options, time_zone, rows)
    }

    fn new(dialect: Dialect, options: &DelimitedOptions, time_zone: Tz, rows: &mut BatchBuilder) -> Self {
        let given = (!options.columns.is_empty()).then(|| Header::new(options.columns.iter().cloned()));
        Self {
            dialect,
            header_line: options.header,
            given,
            learned: LearnedHeaders::default(),
            times: TimeFields::new(time_zone),
            record_type: rows.define("record_type", ColumnType::String),
            message: rows.define("message", ColumnType::String),
            escaped: String::new(),
            undoubled: String::new(),
        }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let mut records = Records::new(text, self.dialect);
        let mut fields = Vec::new();
        let first_row = rows.rows();
        while let Some(record) = records.next(&mut fields) {
            rows.begin_row_of(event, first_row);
            if event.truncated {
                rows.put_raw(record.text.as_bytes());
            }
            self.put_record(&record, &fields, event, rows);
            rows.end_row();
        }
        if rows.rows() == first_row {
            rows.begin_row(event);
            rows.parse_error("no record in the message");
            rows.put_raw(event.bytes);
            rows.end_row();
        }
    }

    fn put_record(
        &mut self,
        record: &Record<'_>,
        fields: &[Field<'_>],
        event: &Event<'_>,
        rows: &mut BatchBuilder,
    ) {
        let mut fault = record.fault;
        match self.role(record, fields, &event.peer) {
            Role::Values(header) => self.put_values(&header, fields, event.received_us, rows),
            role => {
                rows.put_short(self.record_type, RECORD_TYPE_HEADER);
                rows.put_text(self.message, record.text);
                if matches!(role, Role::LongHeader) {
                    fault = Some("a header longer than is remembered");
                }
            }
        }
        if let Some(fault) = fault {
            rows.parse_error(fault);
            rows.put_raw(record.text.as_bytes());
        }
    }

    /// What a record is by what is known of its sender; a header is remembered.
    fn role(&mut self, record: &Record<'_>, fields: &[Field<'_>], peer: &Peer) -> Role {
        let texts = || fields.iter().map(|field| field.text);
        let reads_headers = self.header_line == HeaderLine::First;
        let known = self.given.as_ref().or_else(|| self.learned.of_sender(peer));
        if let Some(known) = known {
            let is_header = reads_headers && known.is_repeated_by(texts());
            return if is_header { Role::Header } else { Role::Values(known.clone()) };
        }
        if !reads_headers {
            return Role::Values(Header::nameless());
        }
        if record.fault.is_none() && are_names(texts()) {
            let header = Header::of_text(record.text, self.dialect);
            let is_learned = self.learned.learn(peer, record.text, &header);
            return if is_learned { Role::Header } else { Role::LongHeader };
        }
        // The sender goes on with what another connection of its address began, or sends no header at all.
        let (text, header) = match self.learned.of_address(peer) {
            Some((text, header)) => (text.to_owned(), header.clone()),
            None => (String::new(), Header::nameless()),
        };
        self.learned.learn(peer, &text, &header);
        Role::Values(header)
    }

    fn put_values(
        &mut self,
        header: &Header,
        fields: &[Field<'_>],
        received_us: i64,
        rows: &mut BatchBuilder,
    ) {
        self.times.begin();
        for (place, field) in fields.iter().enumerate() {
            let text = field_text(*field, &mut self.undoubled);
            // Nothing between two separators is no value.
            if text.is_empty() {
                continue;
            }
            let number;
            let name = match header.name(place) {
                Some(name) => name,
                None => {
                    number = numbered(place);
                    &number
                }
            };
            self.times.look_at(name, text, received_us);
            rows.guessed_field(name, &scalar(text), text);
        }
        if let Some(time_us) = self.times.found_us() {
            rows.set_event_time(time_us);
        }
    }
}

impl Decoder for DelimitedDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let mut escaped = std::mem::take(&mut self.escaped);
        let text = text_or_escaped(event, &mut escaped);
        self.decode_text(text, event, rows);
        self.escaped = escaped;
    }

    fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        self.learned.take_changed_state()
    }

    fn restore_state(&mut self, state: &[u8]) -> Result<(), StateError> {
        let dialect = self.dialect;
        self.learned.restore(state, |text| Header::of_text(text, dialect))
    }
}

#[cfg(test)]
mod tests;
