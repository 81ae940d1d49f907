//! Batches written as rows of JSON, and filters carried out on them.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::panic, clippy::expect_used, reason = "for tests")]
#![allow(clippy::needless_pass_by_value, reason = "configs are written where they are handed over")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch,
    RecordBatchOptions, StringViewArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, TimestampMicrosecondType};
use hotpath::filter::{FilterOutcome, FilterPipelineDefinition, FilterSurroundings, Filters};
use serde_json::{Value, json};

/// The batch of rows; the members of a row are its columns. Columns that end in `_time` hold microseconds.
pub fn batch_of(rows: &Value) -> RecordBatch {
    let rows = rows.as_array().expect("a list of rows");
    let mut names: Vec<&String> = Vec::new();
    for row in rows {
        for name in row.as_object().expect("a row").keys() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for name in names {
        let values: Vec<&Value> = rows.iter().map(|row| row.get(name).unwrap_or(&Value::Null)).collect();
        let column = column_of(name, &values);
        fields.push(Field::new(name, column.data_type().clone(), true));
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options).expect("columns")
}

fn column_of(name: &str, values: &[&Value]) -> ArrayRef {
    let first = values.iter().find(|value| !value.is_null());
    match first {
        Some(Value::Number(_)) if name.ends_with("_time") => {
            let times = TimestampMicrosecondArray::from_iter(values.iter().map(|value| value.as_i64()));
            Arc::new(times.with_timezone("UTC"))
        }
        Some(Value::Number(number)) if number.is_f64() => {
            Arc::new(Float64Array::from_iter(values.iter().map(|value| value.as_f64())))
        }
        Some(Value::Number(_)) => Arc::new(Int64Array::from_iter(values.iter().map(|value| value.as_i64()))),
        Some(Value::Bool(_)) => Arc::new(BooleanArray::from_iter(values.iter().map(|value| value.as_bool()))),
        Some(Value::Array(_)) => lists_of(values),
        _ => Arc::new(StringViewArray::from_iter(values.iter().map(|value| value.as_str()))),
    }
}

fn lists_of(values: &[&Value]) -> ArrayRef {
    let members: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
    let members = column_of("", &members);
    let lengths = values.iter().map(|value| value.as_array().map_or(0, Vec::len));
    let nulls: Vec<bool> = values.iter().map(|value| value.is_array()).collect();
    let item = Arc::new(Field::new("item", members.data_type().clone(), true));
    Arc::new(ListArray::new(
        item,
        OffsetBuffer::from_lengths(lengths),
        members,
        Some(NullBuffer::from(nulls)),
    ))
}

/// The rows of a batch, without what is null.
pub fn rows_of(batch: &RecordBatch) -> Value {
    let mut rows = vec![BTreeMap::new(); batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        for (number, row) in rows.iter_mut().enumerate() {
            if column.is_valid(number) {
                row.insert(field.name().clone(), value_of(column, number));
            }
        }
    }
    json!(rows)
}

fn value_of(column: &ArrayRef, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8View => json!(column.as_string_view().value(row)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => json!(column.as_boolean().value(row)),
        DataType::Timestamp(_, _) => json!(column.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::List(_) => {
            let members = column.as_list::<i32>().value(row);
            Value::Array((0..members.len()).map(|member| value_of(&members, member)).collect())
        }
        other => panic!("a column of {other}, which batches do not have"),
    }
}

/// Compiles a list of filters.
pub fn compiled(filters: &Value, surroundings: &FilterSurroundings) -> Filters {
    let pipeline = FilterPipelineDefinition::from_json(&json!({ "filters": filters }).to_string())
        .unwrap_or_else(|error| panic!("{error}"));
    Filters::compile(&pipeline.filters, surroundings).unwrap_or_else(|error| panic!("{error}"))
}

/// Carries filters out on a batch.
pub fn filtered(filters: &Value, batch: RecordBatch) -> FilterOutcome {
    let filters = compiled(filters, &FilterSurroundings::default());
    let rows = batch.num_rows();
    let outcome = filters.apply(batch, &mut filters.new_state(), 7);
    assert_eq!(rows + outcome.added_rows, outcome.batch.num_rows() + outcome.dropped_rows);
    outcome
}

/// The rows that one filter makes of rows.
pub fn rows_after(kind: &str, config: Value, rows: &Value) -> Value {
    rows_of(&filtered(&json!([{ "type": kind, "config": config }]), batch_of(rows)).batch)
}

/// The text that stands in `_errors` where the filter is the only one.
pub fn fault(kind: &str, reason: &str) -> Value {
    json!([format!("filter 1 ({kind}): {reason}")])
}

/// Asserts what a filter makes of rows, for each of the cases.
pub fn assert_cases(kind: &str, cases: &[(Value, Value, Value)]) {
    for (config, rows, expected) in cases {
        assert_eq!(rows_after(kind, config.clone(), rows), *expected, "{config} on {rows}");
    }
}

/// The error about a config.
pub fn refusal(kind: &str, config: &Value) -> String {
    let text = json!({ "filters": [{ "type": kind, "config": config }] }).to_string();
    match FilterPipelineDefinition::from_json(&text) {
        Err(error) => error.to_string(),
        Ok(pipeline) => match Filters::compile(&pipeline.filters, &FilterSurroundings::default()) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{config} is taken"),
        },
    }
}

/// Asserts that configs are refused in words that say so.
pub fn assert_refusals(cases: &[(&str, Value, &str)]) {
    for (kind, config, part) in cases {
        let message = refusal(kind, config);
        assert!(message.starts_with(&format!("filter 1 ({kind})")), "{message}");
        assert!(message.contains(part), "{config}: no {part:?} in {message}");
    }
}
