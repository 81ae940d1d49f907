//! Which columns of a row a filter changed.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};

/// What became of the value of a column in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Added,
    Changed,
    Removed,
}

/// A row after a filter, with the row before that it came of.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowPair {
    pub(super) before: usize,
    pub(super) after: usize,
}

/// Tells every change in `pairs`, column by column: the number of the pair, the name of the column, the change.
pub(super) fn tell_changes(
    before: &RecordBatch,
    after: &RecordBatch,
    pairs: &[RowPair],
    mut tell: impl FnMut(usize, &str, Change),
) {
    let is_same_rows =
        before.num_rows() == after.num_rows() && pairs.iter().all(|pair| pair.before == pair.after);
    for (field, new) in after.schema_ref().fields().iter().zip(after.columns()) {
        let old = before.column_by_name(field.name());
        if is_same_rows && old.is_some_and(|old| Arc::ptr_eq(old, new)) {
            continue;
        }
        for (number, pair) in pairs.iter().enumerate() {
            if let Some(change) = change(old, new, *pair) {
                tell(number, field.name(), change);
            }
        }
    }
    for (field, old) in before.schema_ref().fields().iter().zip(before.columns()) {
        if after.column_by_name(field.name()).is_some() {
            continue;
        }
        for (number, pair) in pairs.iter().enumerate() {
            if old.is_valid(pair.before) {
                tell(number, field.name(), Change::Removed);
            }
        }
    }
}

fn change(old: Option<&ArrayRef>, new: &ArrayRef, pair: RowPair) -> Option<Change> {
    let old = old.filter(|old| old.is_valid(pair.before));
    match (old, new.is_valid(pair.after)) {
        (None, false) => None,
        (None, true) => Some(Change::Added),
        (Some(_), false) => Some(Change::Removed),
        (Some(old), true) => {
            let is_equal = old.slice(pair.before, 1).as_ref() == new.slice(pair.after, 1).as_ref();
            (!is_equal).then_some(Change::Changed)
        }
    }
}
