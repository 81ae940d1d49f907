//! From decoded values to an Arrow record batch: one builder for a dataset on a shard, one batch for a block.

mod column;
mod names;
mod registry;
mod text;
mod views;

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use hashbrown::HashMap;

pub use column::{Value, arrow_type, column_type};
pub use names::column_name;
pub use registry::ColumnRegistry;
pub use text::{escape_invalid_utf8, push_json_text};

use crate::block::{Event, Peer, SealedBlock};
use crate::cut::ColumnType;
use crate::limits::FIELD_SPELLINGS_MAX;
use column::ColumnData;
use text::TextBuffers;

/// Whole numbers up to here are doubles exactly.
const DOUBLE_EXACT_MAX: u64 = 1 << 53;

/// A column of a [`BatchBuilder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ColumnIndex(u32);

/// What a dataset says about the rows of every decoder.
#[derive(Debug, Clone, Copy)]
pub struct RowOptions {
    /// Keep what was received in `raw` even where parsing lost nothing.
    pub keep_raw: bool,
    /// How far `event_time` may lie before receipt, in microseconds.
    pub event_time_past_max_us: i64,
    /// How far `event_time` may lie after receipt, in microseconds.
    pub event_time_future_max_us: i64,
}

impl Default for RowOptions {
    fn default() -> Self {
        const HOUR_US: i64 = 3_600_000_000;
        Self {
            keep_raw: false,
            event_time_past_max_us: 24 * 366 * HOUR_US,
            event_time_future_max_us: 24 * HOUR_US,
        }
    }
}

#[derive(Debug)]
struct Column {
    name: Arc<str>,
    column_type: ColumnType,
    data: ColumnData,
    /// The product defines it: fields of an event do not write to it.
    defined: bool,
    /// An integer that no double holds has been seen, and the registry knows.
    beyond_double: bool,
    /// The spelling that last led to this column, and the column that came after it in that row.
    spelling: Box<str>,
    next: Option<ColumnIndex>,
}

/// The columns that every row has.
#[derive(Debug, Clone, Copy)]
struct Envelope {
    event_time: ColumnIndex,
    ingest_time: ColumnIndex,
    peer_ip: ColumnIndex,
    peer_port: ColumnIndex,
    source_type: ColumnIndex,
    parse_error: ColumnIndex,
    raw: ColumnIndex,
    event_time_raw: ColumnIndex,
    extra: ColumnIndex,
}

/// Builds the batch of a block, column by column.
///
/// A decoder calls [`BatchBuilder::begin_row`], then `put_*` for columns it defined and [`BatchBuilder::field`]
/// for fields found in the event, then [`BatchBuilder::end_row`].
#[derive(Debug)]
pub struct BatchBuilder {
    columns: Vec<Column>,
    by_name: HashMap<Arc<str>, ColumnIndex, foldhash::fast::RandomState>,
    by_spelling: HashMap<Box<str>, ColumnIndex, foldhash::fast::RandomState>,
    envelope: Envelope,
    registry: Arc<ColumnRegistry>,
    options: RowOptions,
    rows: usize,
    text: TextBuffers,
    last_field: Option<ColumnIndex>,
    current: CurrentRow,
    peer_view: Option<(Peer, u128)>,
    schema: Option<(Vec<ColumnIndex>, SchemaRef)>,
    scratch: String,
    parse_errors: u64,
}

/// What is known of the row being built.
#[derive(Debug, Default)]
struct CurrentRow {
    received_us: i64,
    event_time_us: Option<i64>,
    parse_error: bool,
    /// JSON members of fields that have no column.
    extra: String,
}

impl BatchBuilder {
    /// A builder for a dataset whose columns' types are agreed on through `registry`.
    pub fn new(registry: Arc<ColumnRegistry>, options: RowOptions) -> Self {
        let placeholder = ColumnIndex(0);
        let mut builder = Self {
            columns: Vec::new(),
            by_name: HashMap::default(),
            by_spelling: HashMap::default(),
            envelope: Envelope {
                event_time: placeholder,
                ingest_time: placeholder,
                peer_ip: placeholder,
                peer_port: placeholder,
                source_type: placeholder,
                parse_error: placeholder,
                raw: placeholder,
                event_time_raw: placeholder,
                extra: placeholder,
            },
            registry,
            options,
            rows: 0,
            text: TextBuffers::default(),
            last_field: None,
            current: CurrentRow::default(),
            peer_view: None,
            schema: None,
            scratch: String::new(),
            parse_errors: 0,
        };
        builder.envelope = Envelope {
            event_time: builder.define("event_time", ColumnType::Timestamp),
            ingest_time: builder.define("ingest_time", ColumnType::Timestamp),
            peer_ip: builder.define("peer_ip", ColumnType::String),
            peer_port: builder.define("peer_port", ColumnType::Int64),
            source_type: builder.define("source_type", ColumnType::String),
            parse_error: builder.define("parse_error", ColumnType::String),
            raw: builder.define("raw", ColumnType::String),
            event_time_raw: builder.define("event_time_raw", ColumnType::Timestamp),
            extra: builder.define("_extra", ColumnType::String),
        };
        builder
    }

    /// A column that the product defines; the same name gives the same column.
    pub fn define(&mut self, name: &str, column_type: ColumnType) -> ColumnIndex {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        self.registry.define(name, column_type.clone());
        self.add_column(name, column_type, true)
    }

    fn add_column(&mut self, name: &str, column_type: ColumnType, defined: bool) -> ColumnIndex {
        let index = ColumnIndex(self.columns.len() as u32);
        let name: Arc<str> = name.into();
        self.columns.push(Column {
            name: Arc::clone(&name),
            data: ColumnData::new(&column_type),
            column_type,
            defined,
            beyond_double: false,
            spelling: Box::default(),
            next: None,
        });
        self.by_name.insert(name, index);
        self.schema = None;
        index
    }

    fn column(&mut self, index: ColumnIndex) -> &mut Column {
        // Indexes are made only by `add_column`, and columns are never removed.
        &mut self.columns[index.0 as usize]
    }

    /// Starts the batch of a block; decoders must take their text from this block's events.
    pub fn begin_block(&mut self, block: &SealedBlock) {
        self.text.begin(block.data(), block.arrow_buffer());
        self.rows = 0;
        self.peer_view = None;
    }

    /// Rows ended so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Starts a row with the columns that come from the receipt of its event.
    pub fn begin_row(&mut self, event: &Event<'_>) {
        self.current.received_us = event.received_us;
        self.current.event_time_us = None;
        self.current.parse_error = false;
        self.current.extra.clear();
        self.last_field = None;
        let peer_view = match self.peer_view {
            Some((peer, view)) if peer == event.peer => view,
            _ => {
                let view = self.text.view(&event.peer.ip.to_string());
                self.peer_view = Some((event.peer, view));
                view
            }
        };
        let envelope = self.envelope;
        self.put_i64(envelope.ingest_time, event.received_us);
        self.put_view(envelope.peer_ip, peer_view);
        self.put_i64(envelope.peer_port, i64::from(event.peer.port));
        self.put_text(envelope.source_type, event.peer.source_type.as_str());
        if event.truncated {
            self.parse_error("message cut at the longest that its input takes");
        }
        if self.options.keep_raw {
            self.put_raw(event.bytes);
        }
    }

    /// Ends the row: its time is settled, and the fields without a column are kept.
    pub fn end_row(&mut self) {
        let received_us = self.current.received_us;
        let envelope = self.envelope;
        let event_time_us = match self.current.event_time_us {
            None => received_us,
            Some(time_us) if self.is_within_bounds(time_us) => time_us,
            Some(time_us) => {
                self.put_i64(envelope.event_time_raw, time_us);
                received_us
            }
        };
        self.put_i64(envelope.event_time, event_time_us);
        if !self.current.extra.is_empty() {
            let mut extra = std::mem::take(&mut self.current.extra);
            extra.push('}');
            self.put_text(envelope.extra, &extra);
            self.current.extra = extra;
        }
        self.rows += 1;
    }

    fn is_within_bounds(&self, time_us: i64) -> bool {
        let ahead_us = time_us.saturating_sub(self.current.received_us);
        ahead_us <= self.options.event_time_future_max_us && ahead_us >= -self.options.event_time_past_max_us
    }

    /// The event's own time, in microseconds since 1970; without one, receipt stands for it.
    pub fn set_event_time(&mut self, time_us: i64) {
        self.current.event_time_us = Some(time_us);
    }

    /// Why the event could not be parsed; the first reason of a row stays. The caller keeps the whole event with
    /// [`BatchBuilder::put_raw`].
    pub fn parse_error(&mut self, reason: &str) {
        if !self.current.parse_error {
            self.current.parse_error = true;
            self.parse_errors += 1;
            self.put_text(self.envelope.parse_error, reason);
        }
    }

    /// Rows with a parse error since this was asked last.
    pub fn take_parse_errors(&mut self) -> u64 {
        std::mem::take(&mut self.parse_errors)
    }

    /// Keeps the whole event in `raw`, escaped where it is not UTF-8.
    pub fn put_raw(&mut self, bytes: &[u8]) {
        if self.has_value(self.envelope.raw) {
            return;
        }
        if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
            self.put_text(self.envelope.raw, text);
            return;
        }
        let mut escaped = std::mem::take(&mut self.scratch);
        escape_invalid_utf8(bytes, &mut escaped);
        self.put_text(self.envelope.raw, &escaped);
        self.scratch = escaped;
    }

    /// Whether the current row has a value in the column.
    pub fn has_value(&self, index: ColumnIndex) -> bool {
        self.columns.get(index.0 as usize).is_some_and(|column| column.data.length() > self.rows)
    }

    /// Puts text into a column of strings. A column that has a value in this row keeps it.
    #[inline]
    pub fn put_text(&mut self, index: ColumnIndex, text: &str) {
        let view = self.text.view(text);
        self.put_view(index, view);
    }

    #[inline]
    fn put_view(&mut self, index: ColumnIndex, view: u128) {
        let rows = self.rows;
        let data = &mut self.column(index).data;
        if data.length() <= rows {
            data.pad_to(rows);
            data.push_view(view);
        }
    }

    /// Puts a number into a column of integers or times. A column that has a value in this row keeps it.
    #[inline]
    pub fn put_i64(&mut self, index: ColumnIndex, value: i64) {
        let rows = self.rows;
        let data = &mut self.column(index).data;
        if data.length() <= rows {
            data.pad_to(rows);
            data.push_i64(value);
        }
    }

    /// Puts any value into a column that the decoder defined with the value's type; `false` when it does not fit.
    pub fn put(&mut self, index: ColumnIndex, value: &Value<'_>) -> bool {
        let rows = self.rows;
        // As `column`, but the text buffers are borrowed beside it.
        let data = &mut self.columns[index.0 as usize].data;
        if data.length() > rows {
            return false;
        }
        data.pad_to(rows);
        data.push(value, &mut self.text)
    }

    /// Puts a field that was found in the event into the column of its name (see [`column_name`]).
    ///
    /// A name that the product defines gets the prefix `body_`; a value that does not fit its column's type goes
    /// to `<name>__<type>`; where no column is left, and for the second value of a name, `_extra` takes it.
    pub fn field(&mut self, spelling: &str, value: &Value<'_>) {
        if let Value::Text(text) = value
            && self.put_hinted_text(spelling, text)
        {
            return;
        }
        let Some(wanted) = value.column_type() else { return self.put_mixed_list(spelling, value) };
        let Some(index) = self.locate(spelling, &wanted) else { return self.put_extra(spelling, value) };
        if self.has_value(index) {
            return self.put_extra(spelling, value);
        }
        if let Some(before) = self.last_field.replace(index) {
            self.column(before).next = Some(index);
        }
        if self.put_lattice(index, value) {
            return;
        }
        let side_name = format!("{}__{}", self.column(index).name, side_type_name(&wanted));
        match self.side_column(&side_name, &wanted) {
            Some(side) if self.put(side, value) => {}
            _ => self.put_extra(spelling, value),
        }
    }

    /// Settles the type that the column of a field has, if there is none yet: for a value that is not of it, and
    /// comes before one that is.
    pub fn expect_field(&mut self, spelling: &str, column_type: &ColumnType) {
        // Without a column left, `_extra` takes the field.
        let _ = self.locate(spelling, column_type);
    }

    /// The way that most fields take: text, into the column that followed the last field in the row before.
    #[inline]
    fn put_hinted_text(&mut self, spelling: &str, text: &str) -> bool {
        let Some(hint) = self.last_field.and_then(|last| self.column(last).next) else { return false };
        let rows = self.rows;
        let column = &mut self.columns[hint.0 as usize];
        if *column.spelling != *spelling
            || column.column_type != ColumnType::String
            || column.data.length() > rows
        {
            return false;
        }
        column.data.pad_to(rows);
        column.data.push_view(self.text.view(text));
        self.last_field = Some(hint);
        true
    }

    /// The column for a spelling: mostly the one that followed the last field in the row before.
    fn locate(&mut self, spelling: &str, wanted: &ColumnType) -> Option<ColumnIndex> {
        let hint = self.last_field.and_then(|last| self.column(last).next);
        if let Some(hint) = hint
            && *self.column(hint).spelling == *spelling
        {
            return Some(hint);
        }
        if let Some(known) = self.by_spelling.get(spelling) {
            let known = *known;
            if *self.column(known).spelling != *spelling {
                self.column(known).spelling = spelling.into();
            }
            return Some(known);
        }
        let mut name = column_name(spelling)?;
        if self.by_name.get(name.as_str()).is_some_and(|index| self.columns[index.0 as usize].defined) {
            name.insert_str(0, "body_");
        }
        let index = self.side_column(&name, wanted)?;
        if self.by_spelling.len() < FIELD_SPELLINGS_MAX {
            self.by_spelling.insert(spelling.into(), index);
            self.column(index).spelling = spelling.into();
        }
        Some(index)
    }

    /// The column of a name that no decoder defined, made with the type that the dataset agrees on.
    fn side_column(&mut self, name: &str, wanted: &ColumnType) -> Option<ColumnIndex> {
        if let Some(index) = self.by_name.get(name) {
            return Some(*index);
        }
        let agreed = self.registry.resolve(name, wanted)?;
        Some(self.add_column(name, agreed, false))
    }

    /// Puts a value by the type lattice: as it is, or int to double where that is exact.
    fn put_lattice(&mut self, index: ColumnIndex, value: &Value<'_>) -> bool {
        match value {
            Value::Int64(number) if number.unsigned_abs() > DOUBLE_EXACT_MAX => {
                if self.column(index).column_type != ColumnType::Int64 {
                    return false;
                }
                if !self.column(index).beyond_double {
                    self.column(index).beyond_double = true;
                    let name = Arc::clone(&self.column(index).name);
                    self.registry.note_beyond_double(&name);
                }
                self.put(index, value)
            }
            Value::Int64(number) if self.column(index).column_type == ColumnType::Double => {
                self.put(index, &Value::Double(*number as f64))
            }
            Value::Double(_) if self.column(index).column_type == ColumnType::Int64 => {
                let name = Arc::clone(&self.column(index).name);
                if self.column(index).defined || !self.registry.widen_to_double(&name) {
                    return false;
                }
                let column = self.column(index);
                column.data.widen_to_double();
                column.column_type = ColumnType::Double;
                self.schema = None;
                self.put(index, value)
            }
            _ => self.put(index, value),
        }
    }

    /// A list that has no type of its own is kept as JSON text.
    fn put_mixed_list(&mut self, spelling: &str, value: &Value<'_>) {
        let mut json = String::new();
        write_json(value, &mut json);
        self.field(spelling, &Value::Text(&json));
    }

    fn put_extra(&mut self, spelling: &str, value: &Value<'_>) {
        let extra = &mut self.current.extra;
        extra.push(if extra.is_empty() { '{' } else { ',' });
        write_json(&Value::Text(spelling), extra);
        extra.push(':');
        write_json(value, extra);
    }

    /// Ends the block: its rows as a batch. Columns without a value in any row are left out.
    pub fn finish(&mut self) -> RecordBatch {
        let buffers = self.text.finish();
        let present: Vec<ColumnIndex> = (0..self.columns.len() as u32)
            .map(ColumnIndex)
            .filter(|index| self.columns[index.0 as usize].data.length() > 0)
            .collect();
        let rows = self.rows;
        let arrays = present.iter().map(|index| self.column(*index).data.finish(rows, &buffers)).collect();
        let schema = self.schema_of(present);
        self.rows = 0;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        #[expect(
            clippy::expect_used,
            reason = "every array was finished with `rows` rows and the type of its field"
        )]
        RecordBatch::try_new_with_options(schema, arrays, &options).expect("columns fit their schema")
    }

    fn schema_of(&mut self, present: Vec<ColumnIndex>) -> SchemaRef {
        if let Some((columns, schema)) = &self.schema
            && *columns == present
        {
            return Arc::clone(schema);
        }
        let fields: Vec<Field> = present
            .iter()
            .map(|index| {
                let column = &self.columns[index.0 as usize];
                Field::new(column.name.as_ref(), arrow_type(&column.column_type), true)
            })
            .collect();
        let schema = Arc::new(Schema::new(fields));
        self.schema = Some((present, Arc::clone(&schema)));
        schema
    }
}

/// The part of a side column's name that says its type.
fn side_type_name(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::List(item) => format!("list_{}", side_type_name(item)),
        scalar => scalar.to_string(),
    }
}

/// Writes a value as JSON. A number that JSON does not have (NaN, infinity) is written as null.
fn write_json(value: &Value<'_>, out: &mut String) {
    let json = match value {
        Value::Text(text) => serde_json::to_string(text),
        Value::Int64(number) | Value::Timestamp(number) => serde_json::to_string(number),
        Value::Double(number) => serde_json::to_string(number),
        Value::Boolean(truth) => serde_json::to_string(truth),
        Value::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                match item {
                    Some(item) => write_json(item, out),
                    None => out.push_str("null"),
                }
            }
            out.push(']');
            return;
        }
    };
    // Text and numbers always have a JSON form.
    out.push_str(json.as_deref().unwrap_or("null"));
}

#[cfg(test)]
mod tests;
