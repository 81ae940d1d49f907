//! When the rows of a batch came in, which is the time of the filters that count in time.

use arrow::array::{AsArray, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;

/// The column `ingest_time`; none when the batch does not have it as a time.
pub(in crate::filter) fn ingest_times(batch: &RecordBatch) -> Option<TimestampMicrosecondArray> {
    let column = batch.column_by_name("ingest_time")?;
    column.as_primitive_opt::<TimestampMicrosecondType>().cloned()
}
