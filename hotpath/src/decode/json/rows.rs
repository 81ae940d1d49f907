//! From a text to rows: an object is one, a list of them a row each.

use super::document::{Document, Items, Kind, Scratch};
use super::envelope::Envelope;
use super::fields::{EventFields, Roles};
use super::profile::Profile;
use super::reader::{Fault, JsonReader, WHITE_SPACE};
use super::times::FoundTime;
use super::usual::UsualObject;
use crate::batch::{BatchBuilder, ColumnIndex};
use crate::block::Event;
use crate::cut::ColumnType;
use crate::decode::json::document::FieldSink;
use crate::decode::syslog::Times;
use crate::limits::JSON_ROWS_MAX;

const TOO_MANY_ITEMS: Fault = "a JSON list of more items than an event may have rows";

/// What an event is, beside its text.
pub(super) struct Around<'e, 'a> {
    pub(super) event: &'e Event<'a>,
    /// What stood around the text, and is no part of it.
    pub(super) envelope: Envelope<'e>,
    /// What is wrong with the event, for its first row.
    pub(super) fault: Option<Fault>,
}

/// Makes the rows of one format.
#[derive(Debug)]
pub(super) struct RowMaker {
    profile: &'static Profile,
    roles: Roles,
    pub(super) times: Times,
    usual: UsualObject,
    message: ColumnIndex,
    envelope: super::envelope::Columns,
}

impl RowMaker {
    pub(super) fn new(
        profile: &'static Profile,
        time_field: Option<&str>,
        times: Times,
        rows: &mut BatchBuilder,
    ) -> Self {
        Self {
            profile,
            roles: Roles::new(profile, time_field, rows),
            times,
            usual: UsualObject::default(),
            message: rows.define("message", ColumnType::String),
            envelope: super::envelope::Columns::define(rows),
        }
    }

    /// The rows of a text that is one JSON value, or an object on each line; else one that keeps the event.
    pub(super) fn put_text(
        &mut self,
        reader: &mut JsonReader,
        text: &str,
        mut around: Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        let text = text.trim_matches(WHITE_SPACE);
        if self.profile.records.is_empty() && self.usual.read(text) {
            self.put_usual(text, &mut around, rows);
            return;
        }
        let read =
            reader.read(text, |document, scratch| self.put_document(document, scratch, &mut around, rows));
        let Err(fault) = read else { return };
        if are_objects(reader, text) {
            for line in lines_of(text) {
                // Each of them has just been read.
                let _ = reader
                    .read(line, |document, scratch| self.put_document(document, scratch, &mut around, rows));
            }
            return;
        }
        around.fault = Some(fault);
        self.begin_row(&mut around, rows);
        rows.end_row();
    }

    /// The row of the object that was read last in its usual form.
    fn put_usual(&mut self, text: &str, around: &mut Around<'_, '_>, rows: &mut BatchBuilder) {
        self.begin_row(around, rows);
        let mut sink = EventFields {
            rows,
            roles: &mut self.roles,
            times: &mut self.times,
            received_us: around.event.received_us,
            time: FoundTime::default(),
        };
        for (name, value) in self.usual.fields(text) {
            sink.field(name, &value);
        }
        let time = sink.time;
        end_row(time, around, rows);
    }

    /// The rows of a value.
    pub(super) fn put_document(
        &mut self,
        document: Document<'_>,
        scratch: &mut Scratch,
        around: &mut Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        around.fault = around.fault.or(document.liberty());
        match document.kind() {
            Kind::Object => match self.records_of(&document) {
                Some((name, records)) => self.put_records(document, name, records, scratch, around, rows),
                None => self.put_fields(document, None, scratch, around, rows),
            },
            // What an envelope holds is one event, whatever it is.
            Kind::Array(items) if items.count_left() > 0 && around.envelope.is_empty() => {
                if items.count_left() > JSON_ROWS_MAX {
                    around.fault = around.fault.or(Some(TOO_MANY_ITEMS));
                }
                for item in items.take(JSON_ROWS_MAX) {
                    self.put_item(item, scratch, around, rows);
                }
            }
            _ => self.put_value(document, scratch, around, rows),
        }
    }

    fn put_item(
        &mut self,
        item: Document<'_>,
        scratch: &mut Scratch,
        around: &mut Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        match item.kind() {
            Kind::Object => self.put_fields(item, None, scratch, around, rows),
            _ => self.put_value(item, scratch, around, rows),
        }
    }

    /// The list of objects that are a row each, and its name.
    fn records_of<'a>(&self, document: &Document<'a>) -> Option<(&'static str, Items<'a>)> {
        for name in self.profile.records {
            let found = document.members().find(|(member, _)| member == name);
            if let Some((_, list)) = found
                && let Kind::Array(items) = list.kind()
                && items.count_left() > 0
                && items.clone().all(|item| matches!(item.kind(), Kind::Object))
            {
                return Some((name, items));
            }
        }
        None
    }

    /// A row for each record; the other members of the object are in that of the first.
    fn put_records(
        &mut self,
        document: Document<'_>,
        name: &'static str,
        records: Items<'_>,
        scratch: &mut Scratch,
        around: &mut Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        if records.count_left() > JSON_ROWS_MAX {
            around.fault = around.fault.or(Some(TOO_MANY_ITEMS));
        }
        let mut beside = Some((document, name));
        for record in records.take(JSON_ROWS_MAX) {
            self.put_fields(record, beside.take(), scratch, around, rows);
        }
    }

    /// A row of an object's members, and of those of another object that stand beside the one with this name.
    fn put_fields(
        &mut self,
        document: Document<'_>,
        beside: Option<(Document<'_>, &str)>,
        scratch: &mut Scratch,
        around: &mut Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        self.begin_row(around, rows);
        let mut sink = EventFields {
            rows,
            roles: &mut self.roles,
            times: &mut self.times,
            received_us: around.event.received_us,
            time: FoundTime::default(),
        };
        document.put_fields(scratch, &mut sink);
        around.envelope.put_fields(scratch, &mut sink);
        if let Some((outer, name)) = beside {
            for (member, value) in outer.members().filter(|(member, _)| *member != name) {
                value.put_member(member, scratch, &mut sink);
            }
        }
        let time = sink.time;
        end_row(time, around, rows);
    }

    /// A row of a value that has no members: it is its message.
    fn put_value(
        &mut self,
        document: Document<'_>,
        scratch: &mut Scratch,
        around: &mut Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        self.begin_row(around, rows);
        match document.kind() {
            Kind::Text(text) => rows.put_text(self.message, text),
            _ => rows.put_text(self.message, document.write_json(scratch)),
        }
        self.end_row_of_envelope(scratch, around, rows);
    }

    /// A row of a text in an envelope: the message, and where that is a JSON object its members too.
    pub(super) fn put_message(
        &mut self,
        text: &str,
        reader: &mut JsonReader,
        scratch: &mut Scratch,
        around: &mut Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        self.begin_row(around, rows);
        if !text.is_empty() {
            rows.put_text(self.message, text);
        }
        let mut time = FoundTime::default();
        if text.trim_start_matches(WHITE_SPACE).starts_with('{') {
            // A text that is no JSON is the message alone.
            let read = reader.read(text, |document, scratch| {
                let mut sink = EventFields {
                    rows,
                    roles: &mut self.roles,
                    times: &mut self.times,
                    received_us: around.event.received_us,
                    time,
                };
                document.put_fields(scratch, &mut sink);
                sink.time
            });
            time = read.unwrap_or(time);
        }
        self.put_envelope_fields(&mut time, scratch, around, rows);
        end_row(time, around, rows);
    }

    /// A row of nothing but what stood around the text.
    pub(super) fn put_nothing(
        &mut self,
        scratch: &mut Scratch,
        around: &mut Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        self.begin_row(around, rows);
        self.end_row_of_envelope(scratch, around, rows);
    }

    fn end_row_of_envelope(
        &mut self,
        scratch: &mut Scratch,
        around: &mut Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        let mut time = FoundTime::default();
        self.put_envelope_fields(&mut time, scratch, around, rows);
        end_row(time, around, rows);
    }

    fn put_envelope_fields(
        &mut self,
        time: &mut FoundTime,
        scratch: &mut Scratch,
        around: &Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        let mut sink = EventFields {
            rows,
            roles: &mut self.roles,
            times: &mut self.times,
            received_us: around.event.received_us,
            time: *time,
        };
        around.envelope.put_fields(scratch, &mut sink);
        *time = sink.time;
    }

    /// Begins a row with what is known before its fields.
    fn begin_row(&mut self, around: &mut Around<'_, '_>, rows: &mut BatchBuilder) {
        rows.begin_row(around.event);
        self.roles.begin_event();
        around.envelope.put(&self.envelope, rows);
        // Once for the event: each row would have all of it.
        if let Some(fault) = around.fault.take() {
            rows.parse_error(fault);
            rows.put_raw(around.event.bytes);
        }
    }
}

fn end_row(found: FoundTime, around: &Around<'_, '_>, rows: &mut BatchBuilder) {
    // What the sender says of the event as a whole comes before what the event says.
    if let Some(time_us) = around.envelope.time_us.or(found.time_us()) {
        rows.set_event_time(time_us);
    }
    rows.end_row();
}

fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.trim_matches(WHITE_SPACE)).filter(|line| !line.is_empty())
}

/// Whether each of several lines is an object.
fn are_objects(reader: &mut JsonReader, text: &str) -> bool {
    if !text.contains('\n') || lines_of(text).nth(JSON_ROWS_MAX).is_some() {
        return false;
    }
    lines_of(text).all(|line| {
        line.starts_with('{')
            && reader.read(line, |document, _| matches!(document.kind(), Kind::Object)).unwrap_or(false)
    })
}
