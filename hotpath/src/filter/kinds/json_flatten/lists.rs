//! The members of a column of lists, each in a field of its own.

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};

use crate::batch::Value;
use crate::filter::events::Events;
use crate::filter::field_rows::{FieldRows, Present};
use crate::filter::limits::MAX_FLATTENED_ITEMS;
use crate::filter::mask::Mask;
use crate::filter::registry::FilterFailure;

const TOO_LONG: &str = "the list has more members than fields are made of";

/// Puts member `n` of the lists of `rows` into the field `<target>_<n>`. A list of more than [`MAX_FLATTENED_ITEMS`] stays as
/// it is and is a fault.
pub(super) fn flatten(
    lists: &ListArray,
    target: &str,
    rows: &Mask,
    events: &mut Events,
    found: &mut FieldRows,
) -> Result<(), FilterFailure> {
    let offsets = lists.value_offsets();
    let members = lists.values();
    let mut too_long = Vec::new();
    let mut name = String::new();
    for row in rows.with_value(lists).rows() {
        let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
        if end - start > MAX_FLATTENED_ITEMS {
            too_long.push(row);
            continue;
        }
        found.begin_row(row);
        for (number, at) in (start..end).enumerate() {
            let Some(value) = value_at(members, at) else { continue };
            name.clear();
            // Writing to a String cannot fail.
            let _ = write!(name, "{target}.{number}");
            found.put(&name, &value);
        }
        found.end_row();
    }
    events.fault(&Mask::of_rows(lists.len(), too_long), TOO_LONG);
    found.merge(events, Present::Replaced)
}

/// The value at a place of a column; `None` for no value, and for one that is no scalar.
fn value_at(column: &ArrayRef, at: usize) -> Option<Value<'_>> {
    if column.is_null(at) {
        return None;
    }
    Some(match column.data_type() {
        DataType::Utf8View => Value::Text(column.as_string_view().value(at)),
        DataType::Int64 => Value::Int64(column.as_primitive::<Int64Type>().value(at)),
        DataType::Float64 => Value::Double(column.as_primitive::<Float64Type>().value(at)),
        DataType::Boolean => Value::Boolean(column.as_boolean().value(at)),
        DataType::Timestamp(_, _) => {
            Value::Timestamp(column.as_primitive_opt::<TimestampMicrosecondType>()?.value(at))
        }
        _ => return None,
    })
}
