//! From decoded values to an Arrow record batch: one builder for a dataset on a shard, one batch for a block.

mod addresses;
mod bulk;
mod column;
mod event_fields;
mod fields;
mod late_columns;
mod names;
mod nulls;
mod registry;
mod row_fields;
mod text;
mod untyped;
mod views;

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::buffer::Buffer;
use arrow::datatypes::{Field, Schema, SchemaRef};
use hashbrown::HashMap;

pub use bulk::{NO_TIME, RowRun};
pub use column::{Value, arrow_type, column_type};
pub use names::column_name;
pub use registry::ColumnRegistry;
pub use text::{ShortText, escape_invalid_utf8, push_json_text};

use crate::block::{Event, Peer, SealedBlock};
use crate::cut::ColumnType;
use addresses::AddressTexts;
use column::ColumnData;
pub(crate) use fields::{DOUBLE_EXACT_MAX, side_type_name};
use fields::{Spelling, Spellings};
use text::TextBuffers;

/// A column of a [`BatchBuilder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnIndex(u32);

impl ColumnIndex {
    /// The columns of a builder are counted from 0.
    pub(crate) fn number(self) -> usize {
        self.0 as usize
    }
}

/// Stands where there is no column.
const NO_COLUMN: ColumnIndex = ColumnIndex(u32::MAX);
/// Stands where there is no row: a batch has the rows of one block, which are far fewer.
const NO_ROW: u32 = u32::MAX;

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

impl RowOptions {
    /// Whether a time lies so near to receipt that it becomes the row's `event_time`.
    pub fn takes_event_time(&self, time_us: i64, received_us: i64) -> bool {
        let ahead_us = time_us.saturating_sub(received_us);
        ahead_us <= self.event_time_future_max_us && ahead_us >= self.event_time_past_max_us.saturating_neg()
    }
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
    /// The product defines it: fields of a text do not write to it.
    defined: bool,
    /// The last row that a field of the event wrote to it.
    event_field_row: u32,
    /// An integer that no double holds has been seen, and the registry knows.
    beyond_double: bool,
    /// It had a value in the block before.
    used: bool,
    /// The spelling that last led to this column, and the column that came after it in that row.
    spelling: Spelling,
    next: ColumnIndex,
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

impl Envelope {
    /// Whether the column is one of these, which are defined before all others.
    fn has(&self, index: ColumnIndex) -> bool {
        index <= self.extra
    }
}

/// Builds the batch of a block, column by column.
///
/// A decoder calls [`BatchBuilder::begin_row`], then `put_*` for columns it defined, [`BatchBuilder::field`] for fields
/// found in a text of the event and [`BatchBuilder::event_field`] where the event is its fields, then
/// [`BatchBuilder::end_row`].
#[derive(Debug)]
pub struct BatchBuilder {
    columns: Vec<Column>,
    by_name: HashMap<Arc<str>, ColumnIndex, foldhash::fast::RandomState>,
    spellings: Spellings,
    envelope: Envelope,
    registry: Arc<ColumnRegistry>,
    options: RowOptions,
    rows: usize,
    /// Rows of the block before.
    last_rows: usize,
    text: TextBuffers,
    addresses: AddressTexts,
    /// The column that the row before began its fields with.
    first_field: ColumnIndex,
    /// The column of the last field of this row.
    last_field: ColumnIndex,
    /// The column that the next field is likely to have.
    following: ColumnIndex,
    current: CurrentRow,
    peer_run: Option<PeerRun>,
    schema: Option<(Vec<ColumnIndex>, SchemaRef)>,
    scratch: String,
    parse_errors: u64,
    /// What every row that begins says in a column.
    mark: Option<(ColumnIndex, ShortText)>,
}

/// Rows from one peer on, which come in runs: their columns are filled when it ends.
#[derive(Debug)]
struct PeerRun {
    peer: Peer,
    ip_view: u128,
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
            spellings: Spellings::default(),
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
            last_rows: 0,
            text: TextBuffers::default(),
            addresses: AddressTexts::default(),
            first_field: NO_COLUMN,
            last_field: NO_COLUMN,
            following: NO_COLUMN,
            current: CurrentRow::default(),
            peer_run: None,
            schema: None,
            scratch: String::new(),
            parse_errors: 0,
            mark: None,
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
            event_field_row: NO_ROW,
            beyond_double: false,
            used: false,
            spelling: Spelling::default(),
            next: NO_COLUMN,
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
        self.begin_batch(block.data(), block.arrow_buffer());
        // Most events give one row, or as many as those of the block before, and have its columns.
        let rows = block.entries().len().max(self.last_rows + self.last_rows / 8);
        for column in self.columns.iter_mut().filter(|column| column.used) {
            column.data.reserve(rows);
        }
    }

    /// Starts a batch whose rows are of no block, see [`BatchBuilder::begin_detached_row`].
    pub(crate) fn begin_detached(&mut self) {
        self.begin_batch(&[], Buffer::default());
    }

    fn begin_batch(&mut self, seen: &[u8], block: Buffer) {
        self.text.begin(seen, block);
        self.addresses.begin();
        self.rows = 0;
        self.peer_run = None;
        for column in &mut self.columns {
            column.event_field_row = NO_ROW;
        }
    }

    /// Starts a row that is not an event, but has fields as one: it gets none of the columns that every event has.
    pub(crate) fn begin_detached_row(&mut self) {
        self.current.event_time_us = None;
        self.current.parse_error = false;
        self.current.extra.clear();
        self.last_field = NO_COLUMN;
        self.following = self.first_field;
    }

    /// Ends such a row.
    pub(crate) fn end_detached_row(&mut self) {
        self.end_extra();
        self.rows += 1;
    }

    /// The name of a column.
    pub(crate) fn name(&self, index: ColumnIndex) -> &str {
        self.name_of_number(index.number())
    }

    /// The name of a column, by its number.
    pub(crate) fn name_of_number(&self, number: usize) -> &str {
        self.columns.get(number).map_or("", |column| &column.name)
    }

    /// Rows ended so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Starts a row with the columns that come from the receipt of its event.
    pub fn begin_row(&mut self, event: &Event<'_>) {
        self.begin_further_row(event);
        if self.options.keep_raw {
            self.put_raw(event.bytes);
        }
    }

    /// Starts another row of an event, as [`BatchBuilder::begin_row`]; what was received is kept in the first alone.
    pub fn begin_further_row(&mut self, event: &Event<'_>) {
        self.current.received_us = event.received_us;
        self.current.event_time_us = None;
        self.current.parse_error = false;
        self.current.extra.clear();
        self.last_field = NO_COLUMN;
        self.following = self.first_field;
        self.follow_peer(event.peer);
        self.put_i64(self.envelope.ingest_time, event.received_us);
        if event.truncated {
            self.parse_error("message cut at the longest that its input takes");
        }
        if let Some((column, text)) = self.mark {
            self.put_short(column, text);
        }
    }

    /// Has every row that begins from now on say this in a column, until [`BatchBuilder::end_mark`].
    pub(crate) fn begin_mark(&mut self, column: ColumnIndex, text: ShortText) {
        self.mark = Some((column, text));
    }

    /// Ends what [`BatchBuilder::begin_mark`] began.
    pub(crate) fn end_mark(&mut self) {
        self.mark = None;
    }

    /// Begins a run of rows from a peer, if it is not that of the last rows.
    #[inline]
    fn follow_peer(&mut self, peer: Peer) {
        if self.peer_run.as_ref().is_none_or(|run| run.peer != peer) {
            self.end_peer_run();
            let ip_view = self.text.view(&peer.ip.to_string());
            self.peer_run = Some(PeerRun { peer, ip_view });
        }
    }

    /// Fills the columns of the peer of the last rows.
    fn end_peer_run(&mut self) {
        let Some(PeerRun { peer, ip_view }) = self.peer_run.take() else { return };
        let (envelope, rows) = (self.envelope, self.rows);
        let source_type = self.text.view(peer.source_type.as_str());
        self.column(envelope.peer_ip).data.fill_views(rows, ip_view);
        self.column(envelope.peer_port).data.fill_numbers(rows, i64::from(peer.port));
        self.column(envelope.source_type).data.fill_views(rows, source_type);
    }

    /// Ends the row: its time is settled, and the fields without a column are kept.
    pub fn end_row(&mut self) {
        let received_us = self.current.received_us;
        let envelope = self.envelope;
        let event_time_us = match self.current.event_time_us {
            None => received_us,
            Some(time_us) if self.options.takes_event_time(time_us, received_us) => time_us,
            Some(time_us) => {
                self.put_i64(envelope.event_time_raw, time_us);
                received_us
            }
        };
        self.put_i64(envelope.event_time, event_time_us);
        self.end_extra();
        self.rows += 1;
    }

    /// Puts the fields of the row that have no column.
    #[inline]
    fn end_extra(&mut self) {
        if self.current.extra.is_empty() {
            return;
        }
        let mut extra = std::mem::take(&mut self.current.extra);
        extra.push('}');
        self.put_text(self.envelope.extra, &extra);
        extra.clear();
        self.current.extra = extra;
    }

    /// The event's own time, in microseconds since 1970; without one, receipt stands for it.
    pub fn set_event_time(&mut self, time_us: i64) {
        self.current.event_time_us = Some(time_us);
    }

    /// The time that the last event was found to have.
    pub(crate) fn last_event_time_us(&self) -> Option<i64> {
        self.current.event_time_us
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

    /// Puts a constant into a column of strings. A column that has a value in this row keeps it.
    #[inline]
    pub fn put_short(&mut self, index: ColumnIndex, text: ShortText) {
        self.put_view(index, text.view());
    }

    #[inline]
    fn put_view(&mut self, index: ColumnIndex, view: u128) {
        let rows = self.rows;
        if let Some(views) = self.column(index).data.views_at(rows) {
            views.push(view);
        }
    }

    /// Puts a number into a column of integers or times. A column that has a value in this row keeps it.
    #[inline]
    pub fn put_i64(&mut self, index: ColumnIndex, value: i64) {
        let rows = self.rows;
        if let Some(numbers) = self.column(index).data.numbers_at(rows) {
            numbers.push(value);
        }
    }

    /// Puts any value into a column that the decoder defined with the value's type; `false` when it does not fit.
    pub fn put(&mut self, index: ColumnIndex, value: &Value<'_>) -> bool {
        let rows = self.rows;
        // As `column`, but the text buffers are borrowed beside it.
        let data = &mut self.columns[index.0 as usize].data;
        // Asked before nulls are filled in: a column that gets no value stays out of the batch.
        if data.length() > rows || !data.takes(value) {
            return false;
        }
        data.pad_to(rows);
        data.push(value, &mut self.text)
    }

    /// Ends the block: its rows as a batch. Columns without a value in any row are left out.
    pub fn finish(&mut self) -> RecordBatch {
        self.end_peer_run();
        let buffers = self.text.finish();
        let present: Vec<ColumnIndex> = (0..self.columns.len() as u32)
            .map(ColumnIndex)
            .filter(|index| self.columns[index.0 as usize].data.length() > 0)
            .collect();
        let rows = self.rows;
        for (number, column) in self.columns.iter_mut().enumerate() {
            column.used = present.binary_search(&ColumnIndex(number as u32)).is_ok();
        }
        let arrays = present.iter().map(|index| self.column(*index).data.finish(rows, &buffers)).collect();
        let schema = self.schema_of(present);
        self.last_rows = std::mem::take(&mut self.rows);
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

#[cfg(test)]
mod tests;
