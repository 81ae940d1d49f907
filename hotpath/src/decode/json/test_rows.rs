//! What the tests of JSON share: rows of an event, and the values in them.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};

use crate::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::{DecoderOptions, decoder};

/// When every event was received.
pub(super) const RECEIVED: &str = "2024-03-05T06:10:00Z";

pub(super) fn us(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
}

/// The rows of events by a format.
pub(super) fn decode_by(
    format: &str,
    source_type: SourceType,
    options: &DecoderOptions,
    events: &[&[u8]],
) -> RecordBatch {
    let bytes = events.iter().map(|event| event.len()).sum::<usize>();
    let mut block = Block::new(BlockMemory::unpooled(bytes.max(4096)), us(RECEIVED));
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), source_type);
    for event in events {
        block.push(event, &peer, us(RECEIVED), false).unwrap();
    }
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = decoder(format.parse().unwrap(), options, &mut rows);
    crate::decode::decode_block(&block.seal(), decoder.as_mut(), &mut rows)
}

pub(super) fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
    let column = batch.column_by_name(name)?.as_string_view();
    column.is_valid(row).then(|| column.value(row))
}

pub(super) fn int64(batch: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(name)?.as_primitive::<Int64Type>();
    column.is_valid(row).then(|| column.value(row))
}

pub(super) fn double(batch: &RecordBatch, name: &str, row: usize) -> Option<f64> {
    let column = batch.column_by_name(name)?.as_primitive::<Float64Type>();
    column.is_valid(row).then(|| column.value(row))
}

pub(super) fn event_time(batch: &RecordBatch, row: usize) -> i64 {
    batch.column_by_name("event_time").unwrap().as_primitive::<TimestampMicrosecondType>().value(row)
}
