//! A batch on its way through the filters. What is dropped is only marked; the rows that stay are gathered once, at the end.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{filter_record_batch, take_record_batch};
use arrow::error::ArrowError;

use super::columns::{Columns, null_in_rows, side_column_name};
use super::faults::Faults;
use super::mask::Mask;

/// The events of a batch: its columns, and which of its rows are still there.
#[derive(Debug)]
pub struct Events {
    batch: RecordBatch,
    live: Mask,
    /// Rows that filters around the present one go on with, the innermost last. Their numbers change with the batch's.
    outer: Vec<Mask>,
    faults: Faults,
    /// Rows that became of others, beside the first of each.
    added_rows: usize,
    /// For each row, the row that it was when the present filter began; none as long as the rows are the same.
    came_from: Option<Vec<u32>>,
    seed: u64,
}

impl Events {
    pub(super) fn new(batch: RecordBatch, seed: u64) -> Self {
        let live = Mask::all(batch.num_rows());
        Self {
            batch,
            live,
            outer: Vec::new(),
            faults: Faults::default(),
            added_rows: 0,
            came_from: None,
            seed,
        }
    }

    /// All rows, those already dropped too: a row keeps its number until [`Events::expand`] or the last filter is through.
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The rows not dropped so far.
    pub fn live(&self) -> &Mask {
        &self.live
    }

    /// What chance draws for this batch: the same when it is filtered again.
    pub fn seed(&self) -> u64 {
        self.seed
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

    /// Puts `values` under `name` in the rows of `rows`; where `values` has none, they have none. Other events keep what
    /// they have. Where that is of another type, the values go to `<name>__<type>`, see [`Columns::set_in_rows`].
    ///
    /// # Errors
    /// When the columns cannot be put together; nothing has changed then.
    pub(super) fn put_column(
        &mut self,
        name: &str,
        values: &ArrayRef,
        rows: &Mask,
    ) -> Result<(), ArrowError> {
        let mut columns = Columns::of(&self.batch);
        let others = self.live.minus(rows);
        let gives_way = columns.get(name).is_some_and(|before| {
            before.data_type() != values.data_type() && others.with_value(before).is_none()
        });
        if gives_way {
            columns.set(name, null_in_rows(values, &Mask::all(values.len()).minus(rows))?);
        } else {
            columns.set_in_rows(name, values, rows)?;
        }
        self.batch = columns.into_batch()?;
        Ok(())
    }

    /// Takes away the values of `name` in `rows`, and the column where no event has any then.
    ///
    /// # Errors
    /// When the columns cannot be put together; nothing has changed then.
    pub(super) fn clear_column(&mut self, name: &str, rows: &Mask) -> Result<(), ArrowError> {
        let mut columns = Columns::of(&self.batch);
        let Some(before) = columns.get(name).cloned() else {
            return Ok(());
        };
        if self.live.minus(rows).with_value(&before).is_none() {
            columns.remove(name);
        } else {
            columns.set(name, null_in_rows(&before, rows)?);
        }
        self.batch = columns.into_batch()?;
        Ok(())
    }

    /// Puts `values`, which are what those of `name` became in `rows`, in their place. What could not become so, in `left`,
    /// stays as it was: where the column takes another type now, in `<name>__<type>`.
    ///
    /// # Errors
    /// When the columns cannot be put together; values may have moved then, and none is lost.
    pub(super) fn put_retyped(
        &mut self,
        name: &str,
        values: &ArrayRef,
        rows: &Mask,
        left: &Mask,
    ) -> Result<(), ArrowError> {
        let others = self.live.minus(rows).minus(left);
        let gives_way = self.batch.column_by_name(name).is_some_and(|before| {
            before.data_type() != values.data_type() && others.with_value(before).is_none()
        });
        if gives_way {
            self.set_aside(name, left)?;
        }
        self.put_column(name, values, rows)
    }

    /// Moves the values of `name` in `rows` to `<name>__<type>`.
    fn set_aside(&mut self, name: &str, rows: &Mask) -> Result<(), ArrowError> {
        let Some(before) = self.batch.column_by_name(name).cloned() else {
            return Ok(());
        };
        let rows = rows.with_value(&before);
        if rows.is_none() {
            return Ok(());
        }
        self.put_column(&side_column_name(name, before.data_type()), &before, &rows)?;
        self.clear_column(name, &rows)
    }

    /// Puts in the place of the batch the rows of it that `of` names: in their order, and those of one row side by side.
    /// A row that is not named is gone; none but dropped ones may be.
    ///
    /// # Errors
    /// When the rows cannot be put together; nothing has changed then.
    pub fn expand(&mut self, of: Vec<u32>) -> Result<(), ArrowError> {
        let rows_before = self.live.selected();
        let live = self.live.take(&of);
        let outer = self.outer.iter().map(|rows| rows.take(&of)).collect();
        let faults = self.faults.take(&of);
        let came_from = match &self.came_from {
            None => of.clone(),
            Some(before) => of.iter().filter_map(|row| before.get(*row as usize).copied()).collect(),
        };
        let indices = UInt32Array::from(of);
        self.batch = take_record_batch(&self.batch, &indices)?;
        (self.live, self.outer, self.faults) = (live, outer, faults);
        self.came_from = Some(came_from);
        debug_assert!(self.live.selected() >= rows_before, "an event is dropped by marking it");
        self.added_rows += self.live.selected().saturating_sub(rows_before);
        Ok(())
    }

    /// Notes rows with which something goes on later: what [`Events::leave`] gives back are the same events.
    pub(super) fn enter(&mut self, rows: Mask) {
        self.outer.push(rows);
    }

    /// The rows noted last.
    pub(super) fn leave(&mut self) -> Mask {
        // Each `leave` has its `enter`: they stand in pairs in the engine and in `conditional`.
        self.outer.pop().unwrap_or_else(|| Mask::none(self.batch.num_rows()))
    }

    /// What the filter could not do with some of its rows, in a few words. They go on and say so in `_errors`.
    pub fn fault(&mut self, rows: &Mask, reason: &'static str) {
        self.faults.note(&rows.and(&self.live), reason);
    }

    /// The same with a reason that is not known before.
    pub(super) fn failure(&mut self, rows: &Mask, reason: &str) {
        self.faults.note(&rows.and(&self.live), reason);
    }

    /// Says which filter the next faults are of.
    pub(super) fn begin_filter(&mut self, place: &Arc<str>) {
        self.faults.begin_filter(place);
    }

    pub(super) fn added_rows(&self) -> usize {
        self.added_rows
    }

    /// Begins to note anew which row each comes of.
    pub(super) fn begin_step(&mut self) {
        self.came_from = None;
    }

    /// For each row, the row that it was at [`Events::begin_step`]; `None` when the rows are the same.
    pub(super) fn take_came_from(&mut self) -> Option<Vec<u32>> {
        self.came_from.take()
    }

    /// What went wrong so far.
    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The rows that stayed, and those of them that something went wrong with, which say so in `_errors`. A batch that
    /// lost none is handed back as it is.
    ///
    /// # Errors
    /// All rows, dropped ones too, when they cannot be gathered.
    pub(super) fn finish(self) -> Result<(RecordBatch, Mask), (RecordBatch, Mask)> {
        let faulty = self.faults.rows(self.batch.num_rows());
        let batch = match self.faults.write(&self.batch) {
            Ok(Some(written)) => written,
            Ok(None) => self.batch,
            Err(_) => return Err((self.batch, faulty)),
        };
        if self.live.is_all() {
            return Ok((batch, faulty));
        }
        if self.live.is_none() {
            return Ok((batch.slice(0, 0), Mask::none(0)));
        }
        let stayed: Vec<u32> = self.live.rows().into_iter().map(|row| row as u32).collect();
        match filter_record_batch(&batch, &self.live.to_array()) {
            Ok(gathered) => Ok((gathered, faulty.take(&stayed))),
            Err(_) => Err((batch, faulty)),
        }
    }
}
