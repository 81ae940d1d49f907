//! Changing the texts of a column: once for each distinct text, with a bound on what is made.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringViewArray, StringViewBuilder};
use arrow::compute::kernels::zip::zip;
use arrow::datatypes::Field;
use arrow::error::ArrowError;

use super::columns::{FieldName, as_texts, null_in_rows};
use super::distinct::Distinct;
use super::events::Events;
use super::limits::MAX_MADE_BYTES;
use super::mask::Mask;
use super::registry::FilterFailure;

const TOO_MUCH: &str = "the texts made for one batch are more than the limit";
const NO_TEXT: &str = "the field has a value that is no text";

/// What becomes of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It stays.
    Same,
    /// What was written takes its place.
    Made,
    /// It cannot be changed, for this reason.
    Fault(&'static str),
}

/// What a value is that cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unchanged {
    /// It stays as it was.
    Stays,
    /// It is taken away: it must not be seen.
    Goes,
}

/// Puts what `change` writes for each text of `source` into `target`, or into `source` itself where there is none. Of a
/// list, the members are changed. Numbers, times and truths are taken as the texts that they are written as.
///
/// What `change` makes for one batch has at most [`MAX_MADE_BYTES`]; what is beyond is a fault.
pub(super) fn change_texts(
    events: &mut Events,
    rows: &Mask,
    (source, target): (&FieldName, Option<&str>),
    unchanged: Unchanged,
    change: impl FnMut(&str, &mut String) -> Change,
) -> Result<(), FilterFailure> {
    let Some(index) = source.index_in(events.batch()) else {
        return Ok(());
    };
    let column = Arc::clone(events.batch().column(index));
    let source = events.batch().schema_ref().field(index).name().clone();
    let target = target.filter(|target| *target != source);
    let present = rows.with_value(&column);
    if present.is_none() {
        return Ok(());
    }
    let changed = match column.as_list_opt::<i32>() {
        Some(lists) => change_lists(lists, &present, change)?,
        None => change_column(&column, &present, change)?,
    };
    // Where the type changes, the texts that stay are put too, so that all of the column's are in one place.
    let becomes_text = !changed.made.is_none() && changed.values.data_type() != column.data_type();
    let puts_all = target.is_some() || becomes_text;
    let mut put = if puts_all { changed.made.or(&changed.same) } else { changed.made };
    let mut values = changed.values;
    let mut faulty = Mask::none(present.row_count());
    for (reason, rows) in &changed.faults {
        events.fault(rows, reason);
        faulty = faulty.or(rows);
    }
    if unchanged == Unchanged::Goes && !faulty.is_none() {
        values = null_in_rows(&values, &faulty)?;
        put = put.or(&faulty);
    }
    if !put.is_none() {
        events.put_column(target.unwrap_or(&source), &values, &put)?;
    }
    Ok(())
}

/// A column after the change.
struct Changed {
    /// The values in rows of `made` and `same`.
    values: ArrayRef,
    made: Mask,
    same: Mask,
    faults: Vec<(&'static str, Mask)>,
}

fn change_column(
    column: &ArrayRef,
    rows: &Mask,
    mut change: impl FnMut(&str, &mut String) -> Change,
) -> Result<Changed, ArrowError> {
    let row_count = column.len();
    let Some(texts) = as_texts(column) else {
        return Ok(Changed {
            values: Arc::clone(column),
            made: Mask::none(row_count),
            same: Mask::none(row_count),
            faults: vec![(NO_TEXT, rows.clone())],
        });
    };
    let distinct = Distinct::of(&texts, rows);
    let mut made_texts = StringViewBuilder::with_capacity(distinct.first_rows.len());
    let mut changes = Vec::with_capacity(distinct.first_rows.len());
    let mut made = String::new();
    let mut bytes_left = MAX_MADE_BYTES;
    for text in distinct.texts(&texts) {
        made.clear();
        let mut what = change(text, &mut made);
        if what == Change::Made && made.len() > bytes_left {
            what = Change::Fault(TOO_MUCH);
        }
        if what == Change::Made {
            bytes_left -= made.len();
            made_texts.append_value(&made);
        } else {
            made_texts.append_null();
        }
        changes.push(what);
    }
    let made = distinct.rows_where(row_count, |number| changes[number] == Change::Made);
    let same = distinct.rows_where(row_count, |number| changes[number] == Change::Same);
    let values: ArrayRef = if made.is_none() {
        Arc::new(texts)
    } else {
        merged(&distinct.spread(&made_texts.finish(), row_count)?, &made, &texts)?
    };
    let mut faults: Vec<(&'static str, Mask)> = Vec::new();
    for what in &changes {
        if let Change::Fault(reason) = what
            && !faults.iter().any(|(known, _)| known == reason)
        {
            faults.push((*reason, distinct.rows_where(row_count, |number| changes[number] == *what)));
        }
    }
    Ok(Changed { values, made, same, faults })
}

/// What was made, and the texts as they were in the other rows.
fn merged(made: &ArrayRef, rows: &Mask, texts: &StringViewArray) -> Result<ArrayRef, ArrowError> {
    if rows.is_all() {
        return Ok(Arc::clone(made));
    }
    zip(&rows.to_array(), made, texts)
}

/// The same for the members of lists.
fn change_lists(
    lists: &ListArray,
    rows: &Mask,
    change: impl FnMut(&str, &mut String) -> Change,
) -> Result<Changed, ArrowError> {
    let offsets = lists.value_offsets();
    let row_rows = rows.rows();
    let members_of = |row: usize| (offsets[row] as usize)..(offsets[row + 1] as usize);
    let members = Mask::of_rows(lists.values().len(), row_rows.iter().flat_map(|row| members_of(*row)));
    let members = members.with_value(lists.values());
    let changed = change_column(lists.values(), &members, change)?;
    let of_any = |of_members: &Mask| rows.keep_where(|row| members_of(row).any(|at| of_members.contains(at)));
    let made = of_any(&changed.made);
    let mut faults = Vec::with_capacity(changed.faults.len());
    let mut faulty = Mask::none(rows.row_count());
    for (reason, of_members) in &changed.faults {
        let of_rows = of_any(of_members);
        faulty = faulty.or(&of_rows);
        faults.push((*reason, of_rows));
    }
    // A list with a member that cannot be changed stays whole.
    let made = made.minus(&faulty);
    let same = rows.minus(&made).minus(&faulty);
    if made.is_none() {
        return Ok(Changed { values: Arc::new(lists.clone()), made, same, faults });
    }
    let item = Arc::new(Field::new("item", changed.values.data_type().clone(), true));
    let values = ListArray::try_new(item, lists.offsets().clone(), changed.values, lists.nulls().cloned())?;
    Ok(Changed { values: Arc::new(values), made, same, faults })
}
