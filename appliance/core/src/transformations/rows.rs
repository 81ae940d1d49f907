//! Rows as JSON, their types kept: whole numbers, doubles, true and false, lists; a time is RFC 3339 with microseconds.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::json::writer::{EncoderOptions, make_encoder};
use serde_json::{Map, Value};

use super::error::TrialError;
use crate::limits::TRIAL_REPORT_BYTES_MAX;

/// Times in microseconds, UTC.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// Bytes that rows may still be shown with.
#[derive(Debug)]
pub(super) struct Room {
    bytes_left: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { bytes_left: TRIAL_REPORT_BYTES_MAX }
    }
}

impl Room {
    fn take(&mut self, bytes: usize) -> Result<(), TrialError> {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.ok_or(TrialError::ReportTooLarge { max: TRIAL_REPORT_BYTES_MAX })?;
        Ok(())
    }
}

/// The rows of a batch as objects, without the columns that have no value.
pub(super) fn rows_as_json(
    batch: &RecordBatch,
    room: &mut Room,
) -> Result<Vec<Map<String, Value>>, TrialError> {
    let options = EncoderOptions::default().with_timestamp_tz_format(TIME_FORMAT.to_owned());
    let mut rows = vec![Map::new(); batch.num_rows()];
    let mut text = Vec::new();
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let mut encoder = make_encoder(field, column.as_ref(), &options)?;
        for (number, row) in rows.iter_mut().enumerate() {
            if encoder.is_null(number) {
                continue;
            }
            text.clear();
            encoder.encode(number, &mut text);
            room.take(field.name().len() + text.len())?;
            let value = serde_json::from_slice(&text)
                .map_err(|error| ArrowError::JsonError(format!("column {}: {error}", field.name())))?;
            row.insert(field.name().clone(), value);
        }
    }
    Ok(rows)
}
