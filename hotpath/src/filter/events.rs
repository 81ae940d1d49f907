//! A batch on its way through the filters. What is dropped is only marked; the rows that stay are gathered once, at the end.

use arrow::array::RecordBatch;
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;

use super::mask::Mask;

/// The events of a batch: its columns, and which of its rows are still there.
#[derive(Debug, Clone)]
pub struct Events {
    batch: RecordBatch,
    live: Mask,
}

impl Events {
    pub(super) fn new(batch: RecordBatch) -> Self {
        let live = Mask::all(batch.num_rows());
        Self { batch, live }
    }

    /// All rows, those already dropped too: a row keeps its number until the last filter is through.
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The rows not dropped so far.
    pub fn live(&self) -> &Mask {
        &self.live
    }

    /// Drops `rows`.
    pub fn drop_rows(&mut self, rows: &Mask) {
        self.live = self.live.minus(rows);
    }

    /// Whether `rows` are all the events there are, so that a column may be changed as a whole.
    pub fn are_all(&self, rows: &Mask) -> bool {
        self.live.minus(rows).is_none()
    }

    /// Puts another batch of as many rows in the place of this one.
    pub fn replace(&mut self, batch: RecordBatch) {
        debug_assert_eq!(batch.num_rows(), self.batch.num_rows(), "a filter drops rows by marking them");
        self.batch = batch;
    }

    /// The rows that stayed. A batch that lost none is handed back as it is.
    pub(super) fn into_batch(self) -> Result<RecordBatch, ArrowError> {
        if self.live.is_all() {
            return Ok(self.batch);
        }
        if self.live.is_none() {
            return Ok(self.batch.slice(0, 0));
        }
        filter_record_batch(&self.batch, &self.live.to_array())
    }
}
