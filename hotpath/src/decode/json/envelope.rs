//! What senders put around an event: the object of Splunk's HTTP Event Collector, and the action of Elasticsearch's `_bulk`.

use super::document::{Document, FieldSink, Kind, Scratch};
use super::reader::JsonReader;
use super::rows::{Around, RowMaker};
use super::times::instant_us;
use crate::batch::{BatchBuilder, ColumnIndex, Value};
use crate::block::Event;
use crate::cut::ColumnType;

/// The members of an object for Splunk's collector that have a meaning of their own.
const HEC_MEMBERS: [&str; 7] = ["event", "time", "host", "source", "sourcetype", "index", "fields"];

/// What an envelope says of its event.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Envelope<'a> {
    is_there: bool,
    hostname: Option<&'a str>,
    hec_source: Option<&'a str>,
    hec_sourcetype: Option<&'a str>,
    hec_index: Option<&'a str>,
    bulk_action: Option<&'a str>,
    index_name: Option<&'a str>,
    document_id: Option<&'a str>,
    /// Microseconds since 1970.
    pub(super) time_us: Option<i64>,
    /// An object of fields beside the event.
    fields: Option<Document<'a>>,
    /// The object that the event is a member of.
    outer: Option<Document<'a>>,
}

/// The columns of what an envelope says.
#[derive(Debug)]
pub(super) struct Columns {
    hostname: ColumnIndex,
    hec_source: ColumnIndex,
    hec_sourcetype: ColumnIndex,
    hec_index: ColumnIndex,
    bulk_action: ColumnIndex,
    index_name: ColumnIndex,
    document_id: ColumnIndex,
}

impl Columns {
    pub(super) fn define(rows: &mut BatchBuilder) -> Self {
        Self {
            hostname: rows.define("hostname", ColumnType::String),
            hec_source: rows.define("hec_source", ColumnType::String),
            hec_sourcetype: rows.define("hec_sourcetype", ColumnType::String),
            hec_index: rows.define("hec_index", ColumnType::String),
            bulk_action: rows.define("bulk_action", ColumnType::String),
            index_name: rows.define("index_name", ColumnType::String),
            document_id: rows.define("document_id", ColumnType::String),
        }
    }
}

impl Envelope<'_> {
    pub(super) fn is_empty(&self) -> bool {
        !self.is_there
    }

    /// The fields that stand beside the event.
    pub(super) fn put_fields(&self, scratch: &mut Scratch, sink: &mut impl FieldSink) {
        if let Some(fields) = self.fields {
            fields.put_fields(scratch, sink);
        }
        let members = self.outer.iter().flat_map(Document::members);
        for (name, value) in members.filter(|(name, _)| !HEC_MEMBERS.contains(name)) {
            value.put_member(name, scratch, sink);
        }
    }

    #[inline]
    pub(super) fn put(&self, columns: &Columns, rows: &mut BatchBuilder) {
        if !self.is_there {
            return;
        }
        for (column, text) in [
            (columns.hostname, self.hostname),
            (columns.hec_source, self.hec_source),
            (columns.hec_sourcetype, self.hec_sourcetype),
            (columns.hec_index, self.hec_index),
            (columns.bulk_action, self.bulk_action),
            (columns.index_name, self.index_name),
            (columns.document_id, self.document_id),
        ] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                rows.put_text(column, text);
            }
        }
    }
}

impl RowMaker {
    /// The row of an object as Splunk's collector takes it: `{"event": .., "time": .., "host": .., "fields": {..}}`.
    pub(super) fn put_hec(
        &mut self,
        readers: (&mut JsonReader, &mut JsonReader),
        text: &str,
        around: Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        let (reader, inner) = readers;
        let (event, fault) = (around.event, around.fault);
        let read = reader.read(text, |document, scratch| {
            if !document.members().any(|(name, _)| name == "event") {
                return false;
            }
            let (envelope, body) = self.hec_envelope(&document, event);
            let mut around = Around { event, envelope, fault: fault.or(document.liberty()) };
            match body.map(|body| (body, body.kind())) {
                Some((_, Kind::Text(text))) => self.put_message(text, inner, scratch, &mut around, rows),
                Some((body, _)) => self.put_document(body, scratch, &mut around, rows),
                None => self.put_nothing(scratch, &mut around, rows),
            }
            true
        });
        if read != Ok(true) {
            // Without an event in it, it is an event itself.
            self.put_text(reader, text, around, rows);
        }
    }

    fn hec_envelope<'a>(
        &mut self,
        document: &Document<'a>,
        event: &Event<'_>,
    ) -> (Envelope<'a>, Option<Document<'a>>) {
        let mut envelope = Envelope { is_there: true, outer: Some(*document), ..Envelope::default() };
        let mut body = None;
        for (name, value) in document.members() {
            let text = value.text();
            match name {
                "event" => body = Some(value),
                "time" => {
                    let time = value.scalar();
                    envelope.time_us = time
                        .and_then(|time: Value<'_>| instant_us(&time, &mut self.times, event.received_us));
                }
                "host" => envelope.hostname = text,
                "source" => envelope.hec_source = text,
                "sourcetype" => envelope.hec_sourcetype = text,
                "index" => envelope.hec_index = text,
                "fields" if matches!(value.kind(), Kind::Object) => envelope.fields = Some(value),
                _ => {}
            }
        }
        (envelope, body)
    }

    /// The row of an action of `_bulk` and its document: `{"index":{"_index":"logs","_id":"1"}}`, a line break, an object.
    pub(super) fn put_bulk(
        &mut self,
        readers: (&mut JsonReader, &mut JsonReader),
        text: &str,
        around: Around<'_, '_>,
        rows: &mut BatchBuilder,
    ) {
        let (reader, inner) = readers;
        let (action, document) = text.split_once('\n').unwrap_or((text, ""));
        let (event, fault) = (around.event, around.fault);
        let read = inner.read(action, |action, scratch| {
            let Some(envelope) = bulk_envelope(&action) else { return false };
            let mut around = Around { event, envelope, fault: fault.or(action.liberty()) };
            if document.trim_ascii().is_empty() {
                self.put_nothing(scratch, &mut around, rows);
            } else {
                self.put_text(reader, document, around, rows);
            }
            true
        });
        if read != Ok(true) {
            self.put_text(reader, text, around, rows);
        }
    }
}

fn bulk_envelope<'a>(action: &Document<'a>) -> Option<Envelope<'a>> {
    let (name, target) = action.members().next()?;
    if !matches!(name, "index" | "create" | "update" | "delete") {
        return None;
    }
    let mut envelope = Envelope { is_there: true, bulk_action: Some(name), ..Envelope::default() };
    for (name, value) in target.members() {
        match (name, value.kind()) {
            ("_index", Kind::Text(text)) => envelope.index_name = Some(text),
            ("_id", Kind::Text(text)) => envelope.document_id = Some(text),
            _ => {}
        }
    }
    Some(envelope)
}
