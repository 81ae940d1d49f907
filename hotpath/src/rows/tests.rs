use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListBuilder, RecordBatch,
    StringViewArray, StringViewBuilder, TimestampMicrosecondArray,
};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use proptest::prelude::*;

use super::{RowReader, RowWriter};
use crate::batch::{ColumnRegistry, arrow_type, column_type};
use crate::cut::ColumnType;

/// A batch; a list of times is such a column, a list of texts one of texts.
fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| {
            let column_type = column_type(array.data_type()).unwrap();
            Field::new(*name, arrow_type(&column_type), true)
        })
        .collect();
    let arrays = columns.into_iter().zip(&fields).map(|((_, array), field)| {
        // The item of a list is called as batches call it.
        arrow::compute::cast(&array, field.data_type()).unwrap()
    });
    let arrays = arrays.collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn times(times: &[Option<i64>]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(times.to_vec()).with_timezone("UTC"))
}

fn written(batch: &RecordBatch) -> String {
    let mut lines = Vec::new();
    RowWriter::new().write(batch, &mut lines).unwrap();
    String::from_utf8(lines).unwrap()
}

fn read(lines: &str) -> (RecordBatch, Vec<&'static str>) {
    let mut reader = RowReader::new(Arc::new(ColumnRegistry::default()));
    let batch = reader.read(&Buffer::from(lines.as_bytes()));
    (batch, reader.refused().iter().map(|row| row.reason).collect())
}

/// Every column that has a value is in both, with the same values.
fn assert_same_rows(sent: &RecordBatch, received: &RecordBatch) {
    assert_eq!(sent.num_rows(), received.num_rows());
    for (field, column) in sent.schema_ref().fields().iter().zip(sent.columns()) {
        match received.column_by_name(field.name()) {
            None => assert_eq!(column.null_count(), column.len(), "{} is missing", field.name()),
            Some(found) if *field.data_type() == DataType::Float64 => {
                let (sent, found) =
                    (column.as_primitive::<Float64Type>(), found.as_primitive::<Float64Type>());
                let bits =
                    |array: &Float64Array| array.iter().map(|of| of.map(f64::to_bits)).collect::<Vec<_>>();
                assert_eq!(bits(sent), bits(found), "{}", field.name());
            }
            Some(found) => assert_eq!(column, found, "{}", field.name()),
        }
    }
    for field in received.schema_ref().fields() {
        assert!(sent.column_by_name(field.name()).is_some(), "{} came up on the way", field.name());
    }
}

fn assert_comes_back(sent: &RecordBatch) {
    let lines = written(sent);
    let (received, refused) = read(&lines);
    assert!(refused.is_empty(), "{refused:?} of {lines}");
    assert_same_rows(sent, &received);
}

#[test]
fn a_row_is_a_line_of_its_values() {
    let batch = batch(vec![
        ("event_time", times(&[Some(0), Some(1)])),
        ("message", Arc::new(StringViewArray::from(vec![Some("a \"b\"\n\u{1}"), None]))),
        ("bytes", Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(7)]))),
        ("share", Arc::new(Float64Array::from(vec![Some(1.0), Some(1e300)]))),
        ("is_new", Arc::new(BooleanArray::from(vec![None, Some(true)]))),
    ]);
    let lines = written(&batch);
    let expected = concat!(
        r#"{"event_time":"1970-01-01T00:00:00.000000Z","message":"a \"b\"\n\u0001","bytes":-9223372036854775808,"share":1.0}"#,
        "\n",
        r#"{"event_time":"1970-01-01T00:00:00.000001Z","bytes":7,"share":1e+300,"is_new":true}"#,
        "\n"
    );
    assert_eq!(lines, expected);
    assert_comes_back(&batch);
}

#[test]
fn types_that_json_does_not_say_stand_beside_the_values() {
    let mut texts = ListBuilder::new(StringViewBuilder::new());
    texts.append(true);
    texts.append_value([Some("1970-01-01T00:00:00.000000Z"), None]);
    texts.append_null();
    let batch = batch(vec![
        ("event_time", times(&[Some(0), Some(0), Some(0)])),
        ("start_time", times(&[Some(i64::MAX), Some(i64::MIN), Some(-1)])),
        ("date", Arc::new(StringViewArray::from(vec!["1970-01-01T00:00:00.000000Z", "", "x"]))),
        ("share", Arc::new(Float64Array::from(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]))),
        ("tags", Arc::new(texts.finish())),
    ]);
    let lines = written(&batch);
    let types =
        r#""@types":{"start_time":"timestamp","date":"string","share":"double","tags":"list<string>"}}"#;
    assert!(lines.lines().next().unwrap().ends_with(types), "{lines}");
    assert_comes_back(&batch);
}

#[test]
fn a_side_column_and_what_found_no_column_keep_their_places() {
    let lines = concat!(
        r#"{"event_time":"1970-01-01T00:00:00.000000Z","port":1,"_extra":"{\"a\":1}"}"#,
        "\n",
        r#"{"event_time":"1970-01-01T00:00:00.000000Z","port__string":"x","_extra":"{\"a\":1}","Odd name":[{}]}"#,
    );
    let (batch, refused) = read(lines);
    assert!(refused.is_empty());
    assert_eq!(batch.column_by_name("port__string").unwrap().as_string_view().value(1), "x");
    let extra = batch.column_by_name("_extra").unwrap().as_string_view();
    assert_eq!(extra.value(0), r#"{"a":1}"#);
    assert_eq!(extra.value(1), r#"{"a":1,"Odd name":"[{}]"}"#);
}

#[test]
fn a_value_of_another_type_than_its_column_goes_beside_it() {
    let lines = concat!(
        r#"{"event_time":"1970-01-01T00:00:00.000000Z","port":1}"#,
        "\n",
        r#"{"event_time":"1970-01-01T00:00:00.000000Z","port":"http"}"#,
        "\n",
        r#"{"event_time":"1970-01-01T00:00:00.000000Z","port":1.5}"#,
    );
    let (batch, _) = read(lines);
    assert_eq!(batch.column_by_name("port").unwrap().as_primitive::<Float64Type>().value(2), 1.5);
    assert_eq!(batch.column_by_name("port__string").unwrap().as_string_view().value(1), "http");
}

#[test]
fn what_is_no_row_is_refused_with_its_place_and_the_rest_is_read() {
    let row = r#"{"event_time":"1970-01-01T00:00:00.000000Z"}"#;
    let cases = [
        ("[]", "a row that is no JSON object"),
        ("{", "broken JSON (RFC 8259)"),
        ("x", "no JSON (RFC 8259)"),
        ("{}", "a row without an event_time"),
        (r#"{"event_time":1}"#, "a row without an event_time"),
        (r#"{"event_time":"1970-01-01T00:00:00Z"}"#, "a row without an event_time"),
        (
            r#"{"event_time":"1970-01-01T00:00:00.000000Z","@types":{"event_time":"string"}}"#,
            "a row without an event_time",
        ),
        (
            r#"{"event_time":"1970-01-01T00:00:00.000000Z","@types":{"a":1}}"#,
            "a row whose @types are not names of columns with types",
        ),
        (
            r#"{"event_time":"1970-01-01T00:00:00.000000Z","@types":{"a":"map"}}"#,
            "a row whose @types are not names of columns with types",
        ),
    ];
    for (line, reason) in cases {
        let lines = format!("{row}\n\n{line}\n{row}");
        let mut reader = RowReader::new(Arc::new(ColumnRegistry::default()));
        let batch = reader.read(&Buffer::from(lines.as_bytes()));
        assert_eq!(batch.num_rows(), 2, "{line}");
        let [refused] = reader.refused() else { panic!("{line}") };
        assert_eq!((&lines[refused.line.clone()], refused.reason), (line, reason));
    }
}

#[test]
fn a_time_may_be_a_number_where_its_type_is_named() {
    let (batch, refused) = read(r#"{"event_time":5,"@types":{"event_time":"timestamp"}}"#);
    assert!(refused.is_empty());
    assert_eq!(batch.column_by_name("event_time").unwrap(), &times(&[Some(5)]));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        any::<String>(),
        Just("2026-11-22T03:04:05.000006Z".to_owned()),
        Just("\u{0}\\u0000\u{2028}".to_owned()),
    ]
}

proptest! {
    #[test]
    fn rows_come_back_as_they_were(
        rows in prop::collection::vec(
            (
                any::<i64>(),
                prop::option::of(any_text()),
                prop::option::of(any::<i64>()),
                prop::option::of(any::<f64>()),
                prop::option::of(any::<bool>()),
                prop::option::of(any::<i64>()),
                prop::option::of(prop::collection::vec(prop::option::of(any_text()), 0..4)),
            ),
            1..20,
        ),
    ) {
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        for row in &rows {
            match &row.6 {
                Some(items) => lists.append_value(items.iter().map(|item| item.as_deref())),
                None => lists.append_null(),
            }
        }
        // JSON has one NaN.
        let double = |number: f64| if number.is_nan() { f64::NAN } else { number };
        assert_comes_back(&batch(vec![
            ("event_time", times(&rows.iter().map(|row| Some(row.0)).collect::<Vec<_>>())),
            ("message", Arc::new(rows.iter().map(|row| row.1.as_deref()).collect::<StringViewArray>())),
            ("bytes", Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>())),
            ("share", Arc::new(rows.iter().map(|row| row.3.map(double)).collect::<Float64Array>())),
            ("is_new", Arc::new(rows.iter().map(|row| row.4).collect::<BooleanArray>())),
            ("start_time", times(&rows.iter().map(|row| row.5).collect::<Vec<_>>())),
            ("tags", Arc::new(lists.finish())),
        ]));
    }

    #[test]
    fn no_lines_make_it_panic(lines in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut reader = RowReader::new(Arc::new(ColumnRegistry::default()));
        let batch = reader.read(&Buffer::from(lines));
        prop_assert!(batch.num_rows() + reader.refused().len() <= 400);
    }
}

#[test]
fn a_type_is_written_as_it_is_read() {
    let list = ColumnType::List(Box::new(ColumnType::Timestamp));
    assert_eq!(list.to_string().parse(), Ok(list));
}
