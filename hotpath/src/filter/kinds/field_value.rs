//! A value that a configuration gives for a field: the same in every event, or a text with what differs between them.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringViewArray,
    StringViewBuilder, make_view,
};
use arrow::buffer::{BooleanBuffer, Buffer, ScalarBuffer};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;
use chrono::DateTime;
use serde_json::Value;

use crate::filter::condition::{Literal, Number};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::{MAX_FIELD_TEMPLATE_BYTES, MAX_FIELD_VALUE_BYTES};
use crate::filter::mask::Mask;
use crate::filter::registry::FilterFailure;

const KNOWN_VARIABLES: &str = "${timestamp}, ${tenant_id}, ${dataset_id}, ${line_number}";
const INGEST_TIME: &str = "ingest_time";
const NO_INGEST_TIME: &str = "${timestamp} is the ingest_time, which the event does not have";

/// A value for a field.
#[derive(Debug, PartialEq)]
pub(super) enum FieldValue {
    Same(Literal),
    Parts(Vec<Part>),
}

/// A part of a text.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    Timestamp,
    LineNumber,
}

impl FieldValue {
    /// The value that stands under `key`.
    pub(super) fn new(config: &FilterConfig<'_>, key: &str, value: &Value) -> Result<Self, FilterError> {
        let literal = config.literal(key, value)?;
        let text = match literal {
            Literal::Null => return Err(config.key_error(key, "null is no value: use remove_field")),
            Literal::Text(text) => text,
            literal => return Ok(Self::Same(literal)),
        };
        if text.len() > MAX_FIELD_VALUE_BYTES {
            return Err(config.key_error(key, format!("a text has at most {MAX_FIELD_VALUE_BYTES} bytes")));
        }
        let mut parts = parts_of(config, key, &text)?;
        let is_same = parts.iter().all(|part| matches!(part, Part::Text(_)));
        // Neighbouring texts are one part.
        match parts.pop() {
            Some(Part::Text(text)) if is_same => Ok(Self::Same(Literal::Text(text))),
            None => Ok(Self::Same(Literal::Text(String::new()))),
            Some(_) if text.len() > MAX_FIELD_TEMPLATE_BYTES => {
                let reason = format!("a text with variables has at most {MAX_FIELD_TEMPLATE_BYTES} bytes");
                Err(config.key_error(key, reason))
            }
            Some(last) => {
                parts.push(last);
                Ok(Self::Parts(parts))
            }
        }
    }

    /// Puts the value into `field` in `rows`.
    pub(super) fn put(&self, events: &mut Events, field: &str, rows: &Mask) -> Result<(), FilterFailure> {
        match self {
            Self::Same(literal) => {
                let values = repeated(literal, rows.row_count())?;
                events.put_column(field, &values, rows)?;
            }
            Self::Parts(parts) => {
                let (values, with_value) = written(parts, events.batch(), rows);
                events.put_column(field, &values, &with_value)?;
                events.fault(&rows.minus(&with_value), NO_INGEST_TIME);
            }
        }
        Ok(())
    }
}

/// The parts of a text, neighbouring texts as one.
fn parts_of(config: &FilterConfig<'_>, key: &str, text: &str) -> Result<Vec<Part>, FilterError> {
    let mut parts = Vec::new();
    let push_text = |parts: &mut Vec<Part>, text: &str| match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(before)) => before.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    };
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        push_text(&mut parts, before);
        let Some((name, after)) = behind.split_once('}') else {
            return Err(config.key_error(key, "`${` without its `}`"));
        };
        match name {
            "timestamp" => parts.push(Part::Timestamp),
            "line_number" => parts.push(Part::LineNumber),
            "tenant_id" | "dataset_id" => {
                let Some(dataset) = &config.surroundings().dataset else {
                    let reason = format!("`${{{name}}}` is of a dataset, and these filters are of none");
                    return Err(config.key_error(key, reason));
                };
                let id = if name == "tenant_id" { dataset.tenant() } else { dataset.dataset() };
                push_text(&mut parts, id);
            }
            other => {
                let reason = format!("there is no variable `${{{other}}}`; known: {KNOWN_VARIABLES}");
                return Err(config.key_error(key, reason));
            }
        }
        rest = after;
    }
    push_text(&mut parts, rest);
    Ok(parts)
}

/// A column that has `value` in each of its rows. A text is stored once, whatever the number of rows.
fn repeated(value: &Literal, row_count: usize) -> Result<ArrayRef, ArrowError> {
    Ok(match value {
        Literal::Text(text) => {
            let view = make_view(text.as_bytes(), 0, 0);
            let buffers = vec![Buffer::from(text.as_bytes())];
            Arc::new(StringViewArray::try_new(ScalarBuffer::from(vec![view; row_count]), buffers, None)?)
        }
        Literal::Number(Number::Integer(integer)) => Arc::new(Int64Array::from(vec![*integer; row_count])),
        Literal::Number(Number::Double(double)) => Arc::new(Float64Array::from(vec![*double; row_count])),
        Literal::Boolean(true) => Arc::new(BooleanArray::new(BooleanBuffer::new_set(row_count), None)),
        Literal::Boolean(false) | Literal::Null => {
            Arc::new(BooleanArray::new(BooleanBuffer::new_unset(row_count), None))
        }
    })
}

/// The texts of `rows`, and those of them that have what the parts ask for.
fn written(parts: &[Part], batch: &RecordBatch, rows: &Mask) -> (ArrayRef, Mask) {
    let times = batch
        .column_by_name(INGEST_TIME)
        .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let with_value = match times {
        _ if !parts.contains(&Part::Timestamp) => rows.clone(),
        Some(times) => rows.with_value(times),
        None => Mask::none(rows.row_count()),
    };
    let mut texts = StringViewBuilder::with_capacity(rows.row_count());
    let mut text = String::new();
    let mut written_time = (i64::MIN, String::new());
    for row in 0..rows.row_count() {
        if !with_value.contains(row) {
            texts.append_null();
            continue;
        }
        text.clear();
        for part in parts {
            match part {
                Part::Text(part) => text.push_str(part),
                // Writing to a String cannot fail.
                Part::LineNumber => _ = write!(text, "{}", row + 1),
                Part::Timestamp => {
                    let time_us = times.map_or(0, |times| times.value(row));
                    if written_time.0 != time_us {
                        // The rows of a block came within moments, many in one datagram.
                        written_time = (time_us, rfc_3339(time_us));
                    }
                    text.push_str(&written_time.1);
                }
            }
        }
        texts.append_value(&text);
    }
    (Arc::new(texts.finish()), with_value)
}

/// A time in RFC 3339, with microseconds.
fn rfc_3339(time_us: i64) -> String {
    let time = DateTime::from_timestamp_micros(time_us).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
