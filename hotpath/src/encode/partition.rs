//! Splits a batch by the hour of `event_time`.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch, TimestampMicrosecondArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::TimestampMicrosecondType;

use super::error::EncodeError;

/// Name of the column that rows are partitioned and sorted by.
pub const EVENT_TIME: &str = "event_time";

const HOUR_US: i64 = 3_600_000_000;

/// Rows of one hour.
#[derive(Debug, Clone)]
pub struct HourPart {
    /// Hours since 1970, UTC; negative before.
    pub hour: i64,
    /// Its rows, in the order of the batch.
    pub rows: RecordBatch,
}

/// The times of a batch.
///
/// # Errors
/// [`EncodeError::NoEventTime`] when the column is not there, has another type, or has nulls.
pub fn event_times(batch: &RecordBatch) -> Result<&TimestampMicrosecondArray, EncodeError> {
    batch
        .column_by_name(EVENT_TIME)
        .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>())
        .filter(|times| times.nulls().is_none_or(|nulls| nulls.null_count() == 0))
        .ok_or(EncodeError::NoEventTime)
}

/// The rows of a batch by hour, hours ascending. A batch of one hour, which most are, is not copied.
///
/// # Errors
/// [`EncodeError::NoEventTime`], or an error of Arrow when rows are taken apart.
pub fn split_by_hour(batch: RecordBatch) -> Result<Vec<HourPart>, EncodeError> {
    if batch.num_rows() == 0 {
        return Ok(Vec::new());
    }
    let times = event_times(&batch)?.values();
    let (least, greatest) =
        times.iter().fold((i64::MAX, i64::MIN), |(least, most), time| (least.min(*time), most.max(*time)));
    let hour = least.div_euclid(HOUR_US);
    if hour == greatest.div_euclid(HOUR_US) {
        return Ok(vec![HourPart { hour, rows: batch }]);
    }
    let mut rows_by_hour: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
    for (row, time) in times.iter().enumerate() {
        rows_by_hour.entry(time.div_euclid(HOUR_US)).or_default().push(row as u32);
    }
    let mut parts = Vec::with_capacity(rows_by_hour.len());
    for (hour, rows) in rows_by_hour {
        parts.push(HourPart { hour, rows: take_record_batch(&batch, &UInt32Array::from(rows))? });
    }
    Ok(parts)
}
