//! Batches in, rows as JSON out.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow::json::LineDelimitedWriter;
use hotpath::filter::{FilterOutcome, FilterPipelineDefinition, FilterSurroundings, Filters};
use serde_json::{Map, Value, json};

/// When the rows were received: 2024-03-05T06:10:00Z.
pub const RECEIVED_US: i64 = 1_709_619_000_000_000;

pub type Row = Map<String, Value>;

/// A batch with these texts in `field`, and the two times that every row has.
pub fn batch_of(field: &str, texts: &[Option<&str>]) -> RecordBatch {
    let times = || -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(vec![RECEIVED_US; texts.len()]).with_timezone("UTC"))
    };
    let values: ArrayRef = Arc::new(StringViewArray::from(texts.to_vec()));
    let columns = [("event_time", times()), ("ingest_time", times()), (field, values)];
    RecordBatch::try_from_iter(columns).expect("columns of as many rows")
}

pub fn compile_with(
    kind: &str,
    config: &Value,
    surroundings: &FilterSurroundings,
) -> Result<Filters, String> {
    let text = json!({"filters": [{"type": kind, "config": config}]}).to_string();
    let pipeline = FilterPipelineDefinition::from_json(&text).map_err(|error| error.to_string())?;
    Filters::compile(&pipeline.filters, surroundings).map_err(|error| error.to_string())
}

pub fn compile(kind: &str, config: &Value) -> Filters {
    let compiled = compile_with(kind, config, &FilterSurroundings::default());
    compiled.unwrap_or_else(|error| panic!("{error}"))
}

pub fn refusal(kind: &str, config: &Value) -> String {
    compile_with(kind, config, &FilterSurroundings::default()).expect_err("a refusal")
}

/// What a filter makes of a batch; no row may be lost or won.
pub fn apply(kind: &str, config: &Value, batch: RecordBatch) -> FilterOutcome {
    let filters = compile(kind, config);
    let rows = batch.num_rows();
    let outcome = filters.apply(batch, &mut filters.new_state(), 0);
    assert_eq!((outcome.batch.num_rows(), outcome.dropped_rows), (rows, 0));
    outcome
}

/// The rows of a batch, without fields that have no value.
pub fn rows_of(batch: &RecordBatch) -> Vec<Row> {
    let mut json = LineDelimitedWriter::new(Vec::new());
    json.write(batch).unwrap();
    let text = String::from_utf8(json.into_inner()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The row that a filter makes of one text, without its times.
pub fn row_of(kind: &str, config: &Value, field: &str, text: &str) -> Row {
    let outcome = apply(kind, config, batch_of(field, &[Some(text)]));
    let mut row = rows_of(&outcome.batch).remove(0);
    row.remove("ingest_time");
    if row.get("event_time").is_some_and(|time| time == "2024-03-05T06:10:00Z") {
        row.remove("event_time");
    }
    row
}

/// The one text in `_errors` of a row, without the place of the filter.
pub fn fault_of(row: &Row) -> Option<String> {
    let errors = row.get("_errors")?.as_array()?;
    assert_eq!(errors.len(), 1, "{errors:?}");
    Some(errors[0].as_str()?.split_once(": ")?.1.to_owned())
}
