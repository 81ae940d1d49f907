//! What holds for the rows of every decoder, whatever it is given.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions, escape_invalid_utf8};
use hotpath::block::{Block, BlockMemory, Event, Peer, SealedBlock, SourceType};
use hotpath::decode::{Decoder, decode_block};

/// A second before a new year, so that stamps without a year have two to choose from.
const RECEIVED_US: i64 = 1_735_689_599_000_000;
/// How much later every second event came.
const LATER_US: i64 = 3_000_000_000;
/// Lines of an input that are decoded by themselves.
const LINES_MAX: usize = 8;

/// Makes a decoder that writes to the builder.
pub type NewDecoder = fn(&mut BatchBuilder) -> Box<dyn Decoder>;

/// As [`check`], for decoders that make several rows of an event.
pub fn check_several(input: &[u8], new_decoder: NewDecoder) {
    let block = block_of(input);
    let batch = decode(&block, &block, new_decoder);
    assert_eq!(
        batch,
        decode(&block, &block_of(b""), new_decoder),
        "rows are the same wherever the text lies"
    );
    check_columns(&batch);
    let mut rows = 0;
    for event in block.events() {
        let alone = decode_one(&event, new_decoder);
        assert!(alone.num_rows() > 0, "no event is without a row");
        check_row(&alone, 0, &event);
        for row in 1..alone.num_rows() {
            assert!(text(&alone, "raw", row).is_none(), "an event is kept whole once");
            check_json(&alone, "_extra", row);
        }
        rows += alone.num_rows();
    }
    assert_eq!(batch.num_rows(), rows, "the events before an event do not change its rows");
}

fn decode_one(event: &Event<'_>, new_decoder: NewDecoder) -> RecordBatch {
    let mut block = Block::new(BlockMemory::unpooled(event.bytes.len().max(4096)), event.received_us);
    block.push(event.bytes, &event.peer, event.received_us, event.truncated).unwrap();
    let block = block.seal();
    decode(&block, &block, new_decoder)
}

/// Decodes an input as one message, as a message for each line, and as one message again; returns the rows.
pub fn check(input: &[u8], new_decoder: NewDecoder) -> RecordBatch {
    let batch = check_stream(input, new_decoder);
    let (first, last) = (batch.slice(0, 1), batch.slice(batch.num_rows() - 1, 1));
    assert_eq!(first, last, "the events before an event do not change its row");
    batch
}

/// The same for a decoder whose rows depend on the events before: it makes the same ones from its state.
pub fn check_stream(input: &[u8], new_decoder: NewDecoder) -> RecordBatch {
    let block = block_of(input);
    let batch = decode(&block, &block, new_decoder);
    // To a builder that knows of another block, no text lies where it may be left.
    let copied = decode(&block, &block_of(b""), new_decoder);
    assert_eq!(batch, copied, "rows are the same wherever the text lies");
    assert_eq!(batch.num_rows(), block.entries().len(), "one row for each event");
    check_columns(&batch);
    for (row, event) in block.events().enumerate() {
        check_row(&batch, row, &event);
    }
    batch
}

/// A decoder that has the state of another makes the rows that this would make of the same events again.
pub fn check_state(input: &[u8], new_decoder: NewDecoder) {
    let block = block_of(input);
    // They agree on the types of the columns, as the shards of a dataset do.
    let registry = Arc::new(ColumnRegistry::default());
    let mut rows = BatchBuilder::new(Arc::clone(&registry), RowOptions::default());
    let mut decoder = new_decoder(&mut rows);
    decode_block(&block, decoder.as_mut(), &mut rows);
    let state = decoder.take_changed_state().unwrap_or_default();
    assert!(decoder.take_changed_state().is_none(), "nothing has changed since");
    // What a builder knows of columns is no state of a decoder: this one knows the same.
    let mut other_rows = BatchBuilder::new(registry, RowOptions::default());
    decode_block(&block, new_decoder(&mut other_rows).as_mut(), &mut other_rows);
    let mut other = new_decoder(&mut other_rows);
    other.restore_state(&state).unwrap();
    let (again, restored) = (
        decode_block(&block, decoder.as_mut(), &mut rows),
        decode_block(&block, other.as_mut(), &mut other_rows),
    );
    assert_eq!(by_name(&again), by_name(&restored));
    // Bytes that are no state are refused, or they are one.
    let _ = other.restore_state(input);
    decode_block(&block, other.as_mut(), &mut other_rows);
}

/// The columns of a batch by their names: the order depends on what a builder has seen.
fn by_name(batch: &RecordBatch) -> BTreeMap<String, ArrayRef> {
    let schema = batch.schema();
    schema.fields().iter().map(|field| field.name().clone()).zip(batch.columns().iter().cloned()).collect()
}

pub(super) fn block_of(input: &[u8]) -> SealedBlock {
    let memory = BlockMemory::unpooled((3 * input.len()).max(4096));
    let mut block = Block::new(memory, RECEIVED_US);
    let near = Peer::new(([192, 0, 2, 1], 514).into(), SourceType::Syslog);
    let far = Peer::new("[2001:db8::7]:6514".parse().unwrap(), SourceType::Http);
    block.push(input, &near, RECEIVED_US, false).unwrap();
    for (number, line) in input.split(|byte| *byte == b'\n').take(LINES_MAX).enumerate() {
        let (peer, later_us) = if number % 2 == 0 { (&far, LATER_US) } else { (&near, 0) };
        block.push(line, peer, RECEIVED_US + later_us, number % 4 == 3).unwrap();
    }
    block.push(input, &near, RECEIVED_US, false).unwrap();
    block.seal()
}

/// The rows of the events of `block`, by a builder that takes texts in `known` for a part of its batch.
pub(super) fn decode(block: &SealedBlock, known: &SealedBlock, new_decoder: NewDecoder) -> RecordBatch {
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = new_decoder(&mut rows);
    rows.begin_block(known);
    for event in block.events() {
        decoder.decode(&event, &mut rows);
    }
    rows.finish()
}

/// The builder makes arrays without the checks of Arrow: here they are made. UTF-8 is one of them.
pub fn check_columns(batch: &RecordBatch) {
    let mut names = HashSet::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        assert!(names.insert(field.name().clone()), "{} stands twice", field.name());
        assert!(column.null_count() < column.len(), "{} has no value", field.name());
        column.to_data().validate_full().unwrap();
    }
}

fn check_row(batch: &RecordBatch, row: usize, event: &Event<'_>) {
    let options = RowOptions::default();
    assert_eq!(time_us(batch, "ingest_time", row), Some(event.received_us));
    let ahead_us = time_us(batch, "event_time", row).unwrap() - event.received_us;
    assert!((-options.event_time_past_max_us..=options.event_time_future_max_us).contains(&ahead_us));

    let raw = text(batch, "raw", row);
    assert_eq!(text(batch, "parse_error", row).is_some(), raw.is_some(), "what was not understood is kept");
    assert!(raw.is_none_or(|raw| raw == received(event)), "and kept whole");
    check_json(batch, "_extra", row);
}

/// What holds for formats that have a message, and structured data.
pub fn check_messages(input: &[u8], batch: &RecordBatch) {
    for (row, event) in block_of(input).events().enumerate() {
        check_json(batch, "structured_data", row);
        let Some(message) = text(batch, "message", row) else { continue };
        let is_part =
            received(&event).contains(message) || String::from_utf8_lossy(event.bytes).contains(message);
        assert!(is_part, "the message is part of what was received");
    }
}

/// A column that holds JSON, if it is there.
pub fn check_json(batch: &RecordBatch, name: &str, row: usize) {
    if let Some(json) = text(batch, name, row) {
        serde_json::from_str::<serde::de::IgnoredAny>(json).unwrap();
    }
}

/// What was received, as text.
pub(super) fn received(event: &Event<'_>) -> String {
    let mut text = String::new();
    match std::str::from_utf8(event.bytes) {
        Ok(received) => text.push_str(received),
        Err(_) => escape_invalid_utf8(event.bytes, &mut text),
    }
    text
}

/// The value of a column of texts.
pub fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
    let column = batch.column_by_name(name)?.as_string_view();
    column.is_valid(row).then(|| column.value(row))
}

fn time_us(batch: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(name)?.as_primitive::<TimestampMicrosecondType>();
    column.is_valid(row).then(|| column.value(row))
}
