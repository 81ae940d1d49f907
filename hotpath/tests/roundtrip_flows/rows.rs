//! Datagrams to rows, as maps from column to value.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{Decoder, DecoderOptions, decode_block, decoder};
use serde_json::{Value as Json, json};

/// Columns with a value, and it. Times are microseconds since 1970.
pub type Row = BTreeMap<String, Json>;

/// When all datagrams are received: 2026-11-20 10:00 UTC, in microseconds since 1970.
pub const RECEIVED_US: i64 = 1_795_168_800_000_000;

/// A decoder, and the builder it writes to.
pub struct Reading {
    decoder: Box<dyn Decoder>,
    rows: BatchBuilder,
    source_type: SourceType,
}

impl Reading {
    pub fn new(format: &str) -> Self {
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
        let decoder = decoder(format.parse().unwrap(), &DecoderOptions::default(), &mut rows);
        let source_type = if format == "sflow" { SourceType::Sflow } else { SourceType::Netflow };
        Self { decoder, rows, source_type }
    }

    /// The rows of datagrams of one exporter, which come in one block.
    pub fn read(&mut self, datagrams: &[Vec<u8>]) -> Vec<Row> {
        let bytes: usize = datagrams.iter().map(Vec::len).sum();
        let mut block = Block::new(BlockMemory::unpooled(bytes.max(4096)), RECEIVED_US);
        let peer = Peer::new(([192, 0, 2, 1], 40_000).into(), self.source_type);
        for datagram in datagrams {
            block.push(datagram, &peer, RECEIVED_US, false).unwrap();
        }
        rows_of(&decode_block(&block.seal(), self.decoder.as_mut(), &mut self.rows))
    }

    /// A decoder that knows what this one has learned: what a restart makes of it.
    pub fn restarted(mut self, format: &str, state: &mut Vec<u8>) -> Self {
        if let Some(changed) = self.decoder.take_changed_state() {
            *state = changed;
        }
        let mut new = Self::new(format);
        new.decoder.restore_state(state).unwrap();
        new
    }
}

/// The rows of datagrams read by a fresh decoder.
pub fn read(format: &str, datagrams: &[Vec<u8>]) -> Vec<Row> {
    Reading::new(format).read(datagrams)
}

/// Fails where a row lacks a value that is expected of it, or has another.
pub fn assert_holds(rows: &[Row], expected: &[Row]) {
    for (number, (row, expected)) in rows.iter().zip(expected).enumerate() {
        for (column, value) in expected {
            assert_eq!(row.get(column), Some(value), "{column} of row {number}: {row:#?}");
        }
    }
    assert_eq!(rows.len(), expected.len(), "rows; the last: {:#?}", rows.last());
}

fn rows_of(batch: &RecordBatch) -> Vec<Row> {
    let mut rows = vec![Row::new(); batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        for (index, row) in rows.iter_mut().enumerate() {
            if let Some(value) = value_of(column.as_ref(), index) {
                row.insert(field.name().clone(), value);
            }
        }
    }
    rows
}

fn value_of(column: &dyn Array, index: usize) -> Option<Json> {
    if column.is_null(index) {
        return None;
    }
    Some(match column.data_type() {
        DataType::Utf8View => json!(column.as_string_view().value(index)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(index)),
        DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(index)),
        DataType::Boolean => json!(column.as_boolean().value(index)),
        DataType::Timestamp(..) => json!(column.as_primitive::<TimestampMicrosecondType>().value(index)),
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(index);
            (0..items.len()).map(|item| value_of(items.as_ref(), item).unwrap_or_default()).collect()
        }
        other => panic!("no column of flows is of type {other}"),
    })
}
