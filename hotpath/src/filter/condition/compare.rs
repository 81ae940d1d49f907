//! One column against one value: `==`, `!=`, `<`, `<=`, `>`, `>=`.

use std::borrow::Cow;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, LargeListArray, ListArray,
    PrimitiveArray, StringViewArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowTimestampType, DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use chrono::DateTime;

use super::expression::Comparison;
use super::literal::{Literal, Number};
use super::numeric::{
    above_bound, below_bound, double_test, integer_test, integer_test_beside, rows_satisfying,
};
use super::text::{order_satisfies, rows_ordered};
use crate::filter::mask::Mask;

/// A column in the few forms that conditions know. Narrower numbers and other string layouts are brought to these.
pub(super) enum Column<'a> {
    Text(Cow<'a, StringViewArray>),
    Integer(Cow<'a, Int64Array>),
    Double(Cow<'a, Float64Array>),
    Boolean(&'a BooleanArray),
    Timestamp(&'a ArrayRef, TimeUnit),
    List(&'a ListArray),
    LargeList(&'a LargeListArray),
    /// No comparison with it holds.
    Other,
}

impl<'a> Column<'a> {
    pub(super) fn of(array: &'a ArrayRef) -> Self {
        match array.data_type() {
            DataType::Utf8View => Self::Text(Cow::Borrowed(array.as_string_view())),
            DataType::Int64 => Self::Integer(Cow::Borrowed(array.as_primitive::<Int64Type>())),
            DataType::Float64 => Self::Double(Cow::Borrowed(array.as_primitive::<Float64Type>())),
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Timestamp(unit, _) => Self::Timestamp(array, *unit),
            DataType::List(_) => Self::List(array.as_list::<i32>()),
            DataType::LargeList(_) => Self::LargeList(array.as_list::<i64>()),
            DataType::Utf8 | DataType::LargeUtf8 => Self::converted(array, &DataType::Utf8View),
            DataType::Dictionary(_, values) if is_string(values) => {
                Self::converted(array, &DataType::Utf8View)
            }
            DataType::Float16 | DataType::Float32 => Self::converted(array, &DataType::Float64),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => Self::converted(array, &DataType::Int64),
            _ => Self::Other,
        }
    }

    /// The column brought to one of the three forms that hold their own array.
    fn converted(array: &ArrayRef, to: &DataType) -> Self {
        let Ok(converted) = cast(array, to) else {
            return Self::Other;
        };
        match to {
            DataType::Utf8View => Self::Text(Cow::Owned(converted.as_string_view().clone())),
            DataType::Int64 => Self::Integer(Cow::Owned(converted.as_primitive::<Int64Type>().clone())),
            DataType::Float64 => Self::Double(Cow::Owned(converted.as_primitive::<Float64Type>().clone())),
            _ => Self::Other,
        }
    }
}

fn is_string(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The candidates whose value in `column` compares so with `value`; a column that is not there has no values.
pub(super) fn rows_comparing(
    column: Option<&ArrayRef>,
    comparison: Comparison,
    value: &Literal,
    candidates: &Mask,
) -> Mask {
    if *value == Literal::Null {
        let present =
            column.map_or_else(|| Mask::none(candidates.row_count()), |array| candidates.with_value(array));
        return if comparison == Comparison::NotEqual { present } else { candidates.minus(&present) };
    }
    let Some(array) = column else {
        return Mask::none(candidates.row_count());
    };
    let present = candidates.with_value(array);
    if present.is_none() {
        return present;
    }
    match Column::of(array) {
        Column::Text(texts) => texts_comparing(&texts, comparison, value, &present),
        Column::Integer(integers) => match number_of(value) {
            Some(number) => rows_satisfying(integers.values(), integer_test(comparison, number), &present),
            None => of_another_kind(comparison, &present),
        },
        Column::Double(doubles) => match number_of(value) {
            Some(number) => rows_satisfying(doubles.values(), double_test(comparison, number), &present),
            None => of_another_kind(comparison, &present),
        },
        Column::Boolean(booleans) => booleans_comparing(booleans, comparison, value, &present),
        Column::Timestamp(times, unit) => times_comparing(times, unit, comparison, value, &present),
        Column::List(_) | Column::LargeList(_) | Column::Other => Mask::none(candidates.row_count()),
    }
}

/// The value as a number: written as one, or as a text that is one.
pub(super) fn number_of(value: &Literal) -> Option<Number> {
    match value {
        Literal::Number(number) => Some(*number),
        Literal::Text(text) => Number::from_text(text),
        Literal::Boolean(_) | Literal::Null => None,
    }
}

/// A value of another kind is not equal, and has no order.
fn of_another_kind(comparison: Comparison, present: &Mask) -> Mask {
    if comparison == Comparison::NotEqual { present.clone() } else { Mask::none(present.row_count()) }
}

fn texts_comparing(texts: &StringViewArray, comparison: Comparison, value: &Literal, present: &Mask) -> Mask {
    match value {
        Literal::Text(text) => rows_ordered(texts, comparison, text, present),
        Literal::Boolean(boolean) => {
            rows_ordered(texts, comparison, if *boolean { "true" } else { "false" }, present)
        }
        Literal::Number(number) => present.keep_where(|row| {
            let order = Number::from_text(texts.value(row)).and_then(|parsed| parsed.compare(*number));
            order.map_or(comparison == Comparison::NotEqual, |order| order_satisfies(comparison, order))
        }),
        Literal::Null => Mask::none(present.row_count()),
    }
}

fn booleans_comparing(
    booleans: &BooleanArray,
    comparison: Comparison,
    value: &Literal,
    present: &Mask,
) -> Mask {
    let wanted = match value {
        Literal::Boolean(boolean) => *boolean,
        Literal::Text(text) if text == "true" => true,
        Literal::Text(text) if text == "false" => false,
        _ => return of_another_kind(comparison, present),
    };
    let holds_for = match comparison {
        Comparison::Equal => wanted,
        Comparison::NotEqual => !wanted,
        _ => return Mask::none(present.row_count()),
    };
    let bits = booleans.values();
    present.and_bits(if holds_for { bits.clone() } else { !bits })
}

/// Times compare with a text in RFC 3339, exactly, whatever the column's unit is.
fn times_comparing(
    times: &ArrayRef,
    unit: TimeUnit,
    comparison: Comparison,
    value: &Literal,
    present: &Mask,
) -> Mask {
    let Literal::Text(text) = value else {
        return of_another_kind(comparison, present);
    };
    let Ok(moment) = DateTime::parse_from_rfc3339(text) else {
        return of_another_kind(comparison, present);
    };
    let nanoseconds =
        i128::from(moment.timestamp()) * 1_000_000_000 + i128::from(moment.timestamp_subsec_nanos());
    match unit {
        TimeUnit::Second => {
            times_of_unit::<TimestampSecondType>(times, 1_000_000_000, nanoseconds, comparison, present)
        }
        TimeUnit::Millisecond => {
            times_of_unit::<TimestampMillisecondType>(times, 1_000_000, nanoseconds, comparison, present)
        }
        TimeUnit::Microsecond => {
            times_of_unit::<TimestampMicrosecondType>(times, 1_000, nanoseconds, comparison, present)
        }
        TimeUnit::Nanosecond => {
            times_of_unit::<TimestampNanosecondType>(times, 1, nanoseconds, comparison, present)
        }
    }
}

fn times_of_unit<T: ArrowTimestampType>(
    times: &ArrayRef,
    nanoseconds_per_unit: i128,
    nanoseconds: i128,
    comparison: Comparison,
    present: &Mask,
) -> Mask {
    let values: &PrimitiveArray<T> = times.as_primitive::<T>();
    let floor = nanoseconds.div_euclid(nanoseconds_per_unit);
    let is_whole = nanoseconds.rem_euclid(nanoseconds_per_unit) == 0;
    let test = match i64::try_from(floor) {
        Ok(floor) => integer_test_beside(comparison, floor, is_whole),
        Err(_) if floor > 0 => below_bound(comparison),
        Err(_) => above_bound(comparison),
    };
    rows_satisfying(values.values(), test, present)
}
