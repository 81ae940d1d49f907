//! `merge`: the values of two fields in one list.

use std::any::Any;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, ListArray, UInt32Array, new_empty_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::Field;

use crate::filter::columns::{FieldName, as_texts};
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure};
use crate::limits::JSON_LIST_ITEMS_MAX;

const TOO_MANY: &str = "the two fields have more values together than a list takes";
const NO_TEXTS: &str = "the values of the two fields do not go into one list";

#[derive(Debug)]
pub(super) struct Merge {
    pub(super) source: FieldName,
    pub(super) target: String,
}

impl Filter for Merge {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let source = self.source.column_in(events.batch()).cloned();
        let target = events.batch().column_by_name(&self.target).cloned();
        let (source, target) = match (source, target) {
            (None, None) => return Ok(()),
            (Some(source), target) => {
                let target = target.unwrap_or_else(|| new_empty_array(source.data_type()));
                (source, target)
            }
            (None, Some(target)) => (new_empty_array(target.data_type()), target),
        };
        let row_count = events.batch().num_rows();
        // Those without a source too: what is a list in some events is one in all.
        let present = rows.keep_where(|row| !range_of(&source, row).is_empty() || has_value(&target, row));
        if present.is_none() {
            return Ok(());
        }
        let (Some(first), Some(second)) = (items(&target), items(&source)) else {
            events.fault(&present, NO_TEXTS);
            return Ok(());
        };
        let Some((first_items, second_items)) = of_one_type(first, second) else {
            events.fault(&present, NO_TEXTS);
            return Ok(());
        };
        let all = concat(&[first_items.as_ref(), second_items.as_ref()])?;
        let behind = first_items.len();
        let mut places: Vec<u32> = Vec::new();
        let mut lengths = Vec::with_capacity(row_count);
        let mut too_many = Vec::new();
        for row in 0..row_count {
            let (of_target, of_source) = (range_of(&target, row), range_of(&source, row));
            let length = of_target.len() + of_source.len();
            if !present.contains(row) || length > JSON_LIST_ITEMS_MAX {
                if present.contains(row) {
                    too_many.push(row);
                }
                lengths.push(0);
                continue;
            }
            places.extend(of_target.map(|at| at as u32));
            places.extend(of_source.map(|at| (at + behind) as u32));
            lengths.push(length);
        }
        let too_many = Mask::of_rows(row_count, too_many);
        let merged = present.minus(&too_many);
        events.fault(&too_many, TOO_MANY);
        if merged.is_none() {
            return Ok(());
        }
        let values = take(&all, &UInt32Array::from(places), None)?;
        let item = Arc::new(Field::new("item", values.data_type().clone(), true));
        let nulls = NullBuffer::new(merged.to_bits());
        let lists = ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), values, Some(nulls))?;
        let lists: ArrayRef = Arc::new(lists);
        events.put_retyped(&self.target, &lists, &merged, &too_many)?;
        Ok(())
    }
}

/// The values of a column: those of its lists, or its own. `None` for lists of lists.
fn items(column: &ArrayRef) -> Option<ArrayRef> {
    let items = column.as_list_opt::<i32>().map_or(column, |lists| lists.values());
    (!items.data_type().is_nested()).then(|| Arc::clone(items))
}

/// Both as they are where they have one type, as texts otherwise.
fn of_one_type(first: ArrayRef, second: ArrayRef) -> Option<(ArrayRef, ArrayRef)> {
    if first.data_type() == second.data_type() {
        return Some((first, second));
    }
    Some((Arc::new(as_texts(&first)?), Arc::new(as_texts(&second)?)))
}

fn has_value(column: &ArrayRef, row: usize) -> bool {
    row < column.len() && column.is_valid(row)
}

/// Where the values of a row lie among the items of its column.
fn range_of(column: &ArrayRef, row: usize) -> Range<usize> {
    if !has_value(column, row) {
        return 0..0;
    }
    match column.as_list_opt::<i32>() {
        Some(lists) => {
            let offsets = lists.value_offsets();
            offsets[row] as usize..offsets[row + 1] as usize
        }
        None => row..row + 1,
    }
}
