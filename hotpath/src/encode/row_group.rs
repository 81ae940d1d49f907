//! The row group being gathered: batches as they came, until there are enough of them.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use super::error::EncodeError;
use super::memory::{compact, held_bytes};
use super::partition::event_times;
use super::schema::{ColumnSet, Conflict, align};
use crate::limits::ROW_GROUP_BATCHES_MAX;

/// Memory up to which many small batches are put together instead of written as a small row group.
const TOGETHER_BYTES_MAX: usize = 8 << 20;

/// Batches of one hour that are not written yet.
#[derive(Debug, Default)]
pub(super) struct RowGroup {
    batches: Vec<RecordBatch>,
    columns: ColumnSet,
    rows: usize,
    held_bytes: usize,
    /// Of these, what batches hold that have not been copied.
    pinned_bytes: usize,
    event_time_us: Option<(i64, i64)>,
}

impl RowGroup {
    /// Adds a batch with at least one row.
    ///
    /// # Errors
    /// When its times are not there; the row group is as it was.
    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<(), EncodeError> {
        let times = event_times(&batch)?.values();
        let before = self.event_time_us.unwrap_or((i64::MAX, i64::MIN));
        let after = times.iter().fold(before, |(least, most), time| (least.min(*time), most.max(*time)));
        self.columns.add(batch.schema_ref())?;
        self.event_time_us = Some(after);
        self.rows += batch.num_rows();
        let held_bytes = held_bytes(&batch);
        self.held_bytes += held_bytes;
        self.pinned_bytes += held_bytes;
        self.batches.push(batch);
        if self.batches.len() >= ROW_GROUP_BATCHES_MAX && self.held_bytes <= TOGETHER_BYTES_MAX {
            self.put_together()?;
        }
        Ok(())
    }

    /// Makes one batch of all, with memory of its own.
    pub(super) fn put_together(&mut self) -> Result<(), EncodeError> {
        let schema = self.columns.schema();
        let aligned =
            self.batches.iter().map(|batch| align(batch, &schema)).collect::<Result<Vec<_>, _>>()?;
        let together = compact(&concat_batches(&schema, &aligned)?)?;
        self.held_bytes = held_bytes(&together);
        self.pinned_bytes = 0;
        self.batches = vec![together];
        Ok(())
    }

    /// Whether it takes no further batch.
    pub(super) fn is_full(&self, rows_max: usize, bytes_max: usize) -> bool {
        self.rows >= rows_max || self.held_bytes >= bytes_max || self.batches.len() >= ROW_GROUP_BATCHES_MAX
    }

    /// Whether rows with these columns can stand in one row group with those that are here.
    pub(super) fn check(&self, schema: &arrow::datatypes::Schema) -> Result<(), Conflict> {
        self.columns.clone().add(schema)
    }

    pub(super) fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    pub(super) fn columns(&self) -> &ColumnSet {
        &self.columns
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    pub(super) fn pinned_bytes(&self) -> usize {
        self.pinned_bytes
    }

    /// Least and greatest `event_time`.
    pub(super) fn event_time_us(&self) -> Option<(i64, i64)> {
        self.event_time_us
    }
}
