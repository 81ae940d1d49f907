//! Fields that a filter finds in single rows: columns of whatever names and types they have, as a decoder's.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewBuilder, UInt32Array};
use arrow::compute::take;

use super::columns::Columns;
use super::events::Events;
use super::mask::Mask;
use super::registry::FilterFailure;
use crate::batch::{BatchBuilder, ColumnRegistry, RowOptions, Value};
use crate::cut::ColumnType;

/// The column that takes what no other column does, as a JSON object.
pub(in crate::filter) const EXTRA_COLUMN: &str = "_extra";

/// What becomes of a value that a row has already in the column of a field that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::filter) enum Present {
    Replaced,
    Kept,
}

/// Collects the fields of some rows of a batch, and puts them into its columns. Its memory is used again.
#[derive(Debug)]
pub(in crate::filter) struct FieldRows {
    builder: BatchBuilder,
    /// The row of the batch that each row of the builder is for.
    rows: Vec<u32>,
}

impl FieldRows {
    /// Fields whose types agree with `columns`.
    pub(in crate::filter) fn new(columns: &Arc<ColumnRegistry>) -> Self {
        let mut builder = BatchBuilder::new(Arc::clone(columns), RowOptions::default());
        builder.begin_detached();
        Self { builder, rows: Vec::new() }
    }

    /// Begins a row: the fields that follow are of this row of the batch. Rows come in their order, each once.
    pub(in crate::filter) fn begin_row(&mut self, row: usize) {
        debug_assert!(self.rows.last().is_none_or(|last| (*last as usize) < row), "rows come in their order");
        self.rows.push(row as u32);
        self.builder.begin_detached_row();
    }

    /// A field of the row, named as it is spelled there.
    pub(in crate::filter) fn put(&mut self, name: &str, value: &Value<'_>) {
        self.builder.event_field(name, value);
    }

    /// Settles the type that the column of a field has, for a value that is not of it.
    pub(in crate::filter) fn expect(&mut self, name: &str, column_type: &ColumnType) {
        self.builder.expect_event_field(name, column_type);
    }

    /// Ends the row.
    pub(in crate::filter) fn end_row(&mut self) {
        self.builder.end_detached_row();
    }

    /// Begins a row that is for several rows of the batch, which [`FieldRows::merge_shared`] is told.
    pub(in crate::filter) fn begin_shared_row(&mut self) {
        self.builder.begin_detached_row();
    }

    /// Puts what was found into the columns of the batch, and begins anew. `of` names rows of the batch, each with the
    /// number of the shared row that was found for it.
    pub(in crate::filter) fn merge_shared(
        &mut self,
        of: impl IntoIterator<Item = (u32, u32)>,
        events: &mut Events,
        present: Present,
    ) -> Result<(), FilterFailure> {
        let found = self.builder.finish();
        self.builder.begin_detached();
        let mut places = vec![None; events.batch().num_rows()];
        for (row, place) in of {
            if let Some(of_row) = places.get_mut(row as usize) {
                *of_row = Some(place);
            }
        }
        merge_placed(&found, Some(&places.into()), events, present)
    }

    /// Puts what was found into the columns of the batch, and begins anew.
    pub(in crate::filter) fn merge(
        &mut self,
        events: &mut Events,
        present: Present,
    ) -> Result<(), FilterFailure> {
        let found = self.builder.finish();
        self.builder.begin_detached();
        let rows = std::mem::take(&mut self.rows);
        merge(&found, &rows, events, present)
    }
}

/// Puts the columns of `found`, of which row `n` is for row `rows[n]`, into the batch.
pub(in crate::filter) fn merge(
    found: &RecordBatch,
    rows: &[u32],
    events: &mut Events,
    present: Present,
) -> Result<(), FilterFailure> {
    let places = places(rows, events.batch().num_rows());
    merge_placed(found, places.as_ref(), events, present)
}

/// Puts the columns of `found` into the batch; `places` names for each row of the batch the row that was found for it.
pub(in crate::filter) fn merge_placed(
    found: &RecordBatch,
    places: Option<&UInt32Array>,
    events: &mut Events,
    present: Present,
) -> Result<(), FilterFailure> {
    if found.num_columns() == 0 {
        return Ok(());
    }
    let row_count = events.batch().num_rows();
    let mut columns = Columns::of(events.batch());
    for (field, column) in found.schema_ref().fields().iter().zip(found.columns()) {
        let values = match places {
            Some(places) => take(column, places, None)?,
            None => Arc::clone(column),
        };
        let before = columns.get(field.name());
        if field.name() == EXTRA_COLUMN
            && let Some(before) = before
        {
            let joined = join_objects(before, &values);
            columns.set(EXTRA_COLUMN, joined);
            continue;
        }
        let mut with_value = Mask::all(row_count).with_value(&values);
        if present == Present::Kept
            && let Some(before) = before
        {
            with_value = with_value.minus(&with_value.with_value(before));
        }
        if with_value.is_none() {
            continue;
        }
        columns.set_in_rows(field.name(), &values, &with_value)?;
    }
    events.replace(columns.into_batch()?);
    Ok(())
}

/// For each row of the batch, the row that was found for it; `None` when they are the same.
fn places(rows: &[u32], row_count: usize) -> Option<UInt32Array> {
    if rows.len() == row_count {
        return None;
    }
    let mut places = vec![None; row_count];
    for (place, row) in rows.iter().enumerate() {
        if let Some(of_row) = places.get_mut(*row as usize) {
            *of_row = Some(place as u32);
        }
    }
    Some(places.into())
}

/// The members of the JSON objects of both columns in one object.
fn join_objects(before: &ArrayRef, found: &ArrayRef) -> ArrayRef {
    let (Some(before), Some(found)) = (before.as_string_view_opt(), found.as_string_view_opt()) else {
        return Arc::clone(before);
    };
    let mut joined = StringViewBuilder::with_capacity(before.len());
    for (before, found) in before.iter().zip(found) {
        match (before, found) {
            (Some(before), Some(found)) => {
                let members = found.strip_prefix('{').unwrap_or(found);
                joined.append_value(format!("{},{members}", before.strip_suffix('}').unwrap_or(before)));
            }
            (before, found) => joined.append_option(before.or(found)),
        }
    }
    Arc::new(joined.finish())
}
