//! What a sample row says about its receipt. Decoders are told that and do not read it from the event, so that a row
//! as the lake shows it would get its sender in `body_peer_ip`, and a condition on `peer_ip` would not see it.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Int64Type, Schema, TimestampMicrosecondType};
use arrow::error::ArrowError;
use chrono::DateTime;
use serde_json::{Map, Value};

/// Columns of text.
const TEXTS: [&str; 4] = ["peer_ip", "source_type", "parse_error", "raw"];
const PEER_PORT: &str = "peer_port";
const INGEST_TIME: &str = "ingest_time";

/// What one row says.
#[derive(Debug, Default)]
pub(super) struct Receipt {
    texts: [Option<String>; TEXTS.len()],
    peer_port: Option<i64>,
    ingest_time_us: Option<i64>,
}

impl Receipt {
    /// Takes it out of a row. What is of another type than its column stays there, as a field of the event.
    pub(super) fn take(row: &mut Map<String, Value>) -> Self {
        let mut receipt = Self::default();
        for (name, text) in TEXTS.iter().zip(&mut receipt.texts) {
            if row.get(*name).is_some_and(Value::is_string)
                && let Some(Value::String(value)) = row.shift_remove(*name)
            {
                *text = Some(value);
            }
        }
        if let Some(port) = row.get(PEER_PORT).and_then(Value::as_i64) {
            receipt.peer_port = Some(port);
            row.shift_remove(PEER_PORT);
        }
        let time = row.get(INGEST_TIME).and_then(Value::as_str);
        if let Some(time) = time.and_then(|text| DateTime::parse_from_rfc3339(text).ok()) {
            receipt.ingest_time_us = Some(time.timestamp_micros());
            row.shift_remove(INGEST_TIME);
        }
        receipt
    }
}

/// Puts what rows said into their columns; `of_row` gives what the row of a number said.
pub(super) fn put<'a>(
    batch: &RecordBatch,
    of_row: impl Fn(usize) -> Option<&'a Receipt>,
) -> Result<RecordBatch, ArrowError> {
    let rows = 0..batch.num_rows();
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    for (place, name) in TEXTS.into_iter().enumerate() {
        let said = |row| of_row(row)?.texts.get(place)?.as_deref();
        if rows.clone().any(|row| said(row).is_some()) {
            let before = batch.column_by_name(name).and_then(|column| column.as_string_view_opt());
            let texts = rows.clone().map(|row| {
                said(row)
                    .or_else(|| before.filter(|before| before.is_valid(row)).map(|before| before.value(row)))
            });
            columns.push((name, Arc::new(texts.collect::<StringViewArray>())));
        }
    }
    let port = |row| of_row(row)?.peer_port;
    if rows.clone().any(|row| port(row).is_some()) {
        let before =
            batch.column_by_name(PEER_PORT).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let ports = rows.clone().map(|row| {
            port(row).or_else(|| before.filter(|before| before.is_valid(row)).map(|before| before.value(row)))
        });
        columns.push((PEER_PORT, Arc::new(ports.collect::<Int64Array>())));
    }
    let time = |row| of_row(row)?.ingest_time_us;
    if rows.clone().any(|row| time(row).is_some()) {
        let before = batch.column_by_name(INGEST_TIME);
        let before = before.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        let times = rows.map(|row| {
            time(row).or_else(|| before.filter(|before| before.is_valid(row)).map(|before| before.value(row)))
        });
        columns
            .push((INGEST_TIME, Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))));
    }
    with_columns(batch, columns)
}

/// The batch with `columns` in the place of those of their names, or behind all others.
fn with_columns(batch: &RecordBatch, columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, ArrowError> {
    if columns.is_empty() {
        return Ok(batch.clone());
    }
    let mut fields: Vec<_> = batch.schema_ref().fields().iter().cloned().collect();
    let mut arrays = batch.columns().to_vec();
    for (name, column) in columns {
        let field = Arc::new(Field::new(name, column.data_type().clone(), true));
        let place = fields.iter().position(|known| known.name() == name).unwrap_or(fields.len());
        if place == fields.len() {
            fields.push(field);
            arrays.push(column);
        } else {
            fields[place] = field;
            arrays[place] = column;
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}
