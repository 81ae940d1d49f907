//! The time of events as filters change it: within the dataset's bounds, as with decoders.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;

use super::columns::{Columns, null_in_rows};
use super::mask::Mask;
use crate::batch::RowOptions;

/// The column that says when the event happened.
pub(super) const EVENT_TIME_COLUMN: &str = "event_time";
/// The column that keeps a time that is out of bounds.
const EVENT_TIME_RAW_COLUMN: &str = "event_time_raw";
/// The column that says when the event was received.
const INGEST_TIME_COLUMN: &str = "ingest_time";

/// The times of a column of times.
pub(super) fn as_times(column: &ArrayRef) -> Option<&TimestampMicrosecondArray> {
    column.as_primitive_opt::<TimestampMicrosecondType>()
}

/// A column of times.
pub(super) fn times_column(times_us: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(times_us).with_timezone("UTC"))
}

/// Whether a column's type is that of times.
pub(super) fn is_time(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond, _))
}

/// When each row was received.
#[derive(Debug)]
pub(super) struct ReceivedTimes<'a>(Option<&'a TimestampMicrosecondArray>);

impl<'a> ReceivedTimes<'a> {
    pub(super) fn of(batch: &'a RecordBatch) -> Self {
        Self(batch.column_by_name(INGEST_TIME_COLUMN).and_then(as_times))
    }

    /// In microseconds since 1970. Every row that was received says it.
    pub(super) fn of_row_us(&self, row: usize) -> Option<i64> {
        self.0.filter(|times| row < times.len() && times.is_valid(row)).map(|times| times.value(row))
    }
}

/// Makes `times_us` the time of the events in `rows`. One out of the dataset's bounds is kept in `event_time_raw`, and the
/// time of receipt stands for it.
pub(super) fn set_event_time(
    batch: &RecordBatch,
    mut times_us: Vec<i64>,
    rows: &Mask,
    options: &RowOptions,
) -> Result<RecordBatch, ArrowError> {
    let received = ReceivedTimes::of(batch);
    let mut aside_us = vec![0; times_us.len()];
    let outside = rows.keep_where(|row| {
        let (Some(time_us), Some(received_us)) = (times_us.get(row), received.of_row_us(row)) else {
            return false;
        };
        !options.takes_event_time(*time_us, received_us)
    });
    for row in outside.rows() {
        if let (Some(time_us), Some(aside_us)) = (times_us.get_mut(row), aside_us.get_mut(row)) {
            *aside_us = *time_us;
            *time_us = received.of_row_us(row).unwrap_or(*time_us);
        }
    }
    let mut columns = Columns::of(batch);
    columns.set_in_rows(EVENT_TIME_COLUMN, &times_column(times_us), rows)?;
    if let Some(before) = columns.get(EVENT_TIME_RAW_COLUMN) {
        let emptied = null_in_rows(before, rows)?;
        columns.set(EVENT_TIME_RAW_COLUMN, emptied);
    }
    if !outside.is_none() {
        columns.set_in_rows(EVENT_TIME_RAW_COLUMN, &times_column(aside_us), &outside)?;
    }
    columns.into_batch()
}
