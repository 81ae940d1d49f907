//! Types of single values that their JSON does not say.

use super::time_text::time_of;
use crate::batch::Value;
use crate::cut::ColumnType;

/// The text of a double that JSON has no number for.
pub(super) fn text_of_double(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        return Some("NaN");
    }
    if number.is_infinite() {
        return Some(if number > 0.0 { "inf" } else { "-inf" });
    }
    None
}

/// The value that JSON says by itself: a text of a time's form is a time.
pub(super) fn said<'a>(value: Value<'a>) -> Value<'a> {
    match value {
        Value::Text(text) => time_of(text).map_or(value, Value::Timestamp),
        other => other,
    }
}

/// The scalar that JSON means where `@types` names its type; `None` where it has no such value.
pub(super) fn meant<'a>(value: Value<'a>, column_type: &ColumnType) -> Option<Value<'a>> {
    Some(match (column_type, value) {
        (ColumnType::String, Value::Text(_))
        | (ColumnType::Int64, Value::Int64(_))
        | (ColumnType::Double, Value::Double(_))
        | (ColumnType::Boolean, Value::Boolean(_)) => value,
        (ColumnType::Timestamp, Value::Int64(time_us)) => Value::Timestamp(time_us),
        (ColumnType::Timestamp, Value::Text(text)) => Value::Timestamp(time_of(text)?),
        (ColumnType::Double, Value::Text("NaN")) => Value::Double(f64::NAN),
        (ColumnType::Double, Value::Text("inf")) => Value::Double(f64::INFINITY),
        (ColumnType::Double, Value::Text("-inf")) => Value::Double(f64::NEG_INFINITY),
        _ => return None,
    })
}
