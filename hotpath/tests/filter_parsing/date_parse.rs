//! `date_parse`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, ListArray, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::Int64Type;
use hotpath::batch::{ColumnRegistry, RowOptions};
use hotpath::cut::ColumnType;
use hotpath::filter::FilterSurroundings;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{RECEIVED_US, apply, batch_of, compile_with, fault_of, refusal, row_of, rows_of};

const NO_TIME: &str = "not a time of the given formats";

#[test]
fn the_time_in_a_field_becomes_the_time_of_the_event() {
    for (config, text, expected) in [
        (json!({}), "2024-03-05T06:07:08.123456Z", "2024-03-05T06:07:08.123456Z"),
        (json!({"target_field": "@timestamp"}), "2024-03-05 06:07:08", "2024-03-05T06:07:08Z"),
        (json!({"format": "unix_ms"}), "1709618828123", "2024-03-05T06:07:08.123Z"),
        (
            json!({"formats": ["unix_ms", "2006-01-02T15:04:05Z07:00"]}),
            "2024-03-05T07:07:08+01:00",
            "2024-03-05T06:07:08Z",
        ),
        (
            json!({"format": "%d.%m.%Y %H:%M", "timezone": "Europe/Berlin", "locale": "en_US"}),
            "05.03.2024 07:07",
            "2024-03-05T06:07:00Z",
        ),
    ] {
        let row = row_of("date_parse", &config, "timestamp", text);
        assert_eq!(row["event_time"], expected, "{config}");
        assert_eq!(row["timestamp"], text);
        assert_eq!(row.len(), 2, "{row:?}");
    }
}

#[test]
fn a_time_out_of_the_datasets_bounds_is_kept_beside_and_receipt_stands_for_it() {
    let hour_us = 3_600_000_000;
    let rows = RowOptions { keep_raw: false, event_time_past_max_us: hour_us, event_time_future_max_us: 0 };
    let surroundings = FilterSurroundings { rows, ..FilterSurroundings::default() };
    let filters = compile_with("date_parse", &json!({"format": "unix_us"}), &surroundings).unwrap();
    let stamps = [RECEIVED_US - hour_us, RECEIVED_US - hour_us - 1, RECEIVED_US + 1, RECEIVED_US]
        .map(|us| us.to_string());
    let texts: Vec<Option<&str>> =
        stamps.iter().map(|text| Some(text.as_str())).chain([Some("no")]).collect();
    let mut batch = batch_of("timestamp", &texts);
    // What an earlier time had there is of no use any more.
    let earlier: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(0); 5]).with_timezone("UTC"));
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    let mut columns: Vec<(String, ArrayRef)> =
        columns.map(|(field, column)| (field.name().clone(), Arc::clone(column))).collect();
    columns.push(("event_time_raw".to_owned(), earlier));
    batch = RecordBatch::try_from_iter(columns).unwrap();
    let outcome = filters.apply(batch, &mut filters.new_state(), 0);
    let rows = rows_of(&outcome.batch);
    let received = "2024-03-05T06:10:00Z";
    let times: Vec<&Value> = rows.iter().map(|row| &row["event_time"]).collect();
    assert_eq!(times, ["2024-03-05T05:10:00Z", received, received, received, received]);
    let aside: Vec<Option<&Value>> = rows.iter().map(|row| row.get("event_time_raw")).collect();
    let (past, future, untouched) = (
        json!("2024-03-05T05:09:59.999999Z"),
        json!("2024-03-05T06:10:00.000001Z"),
        json!("1970-01-01T00:00:00Z"),
    );
    assert_eq!(aside, [None, Some(&past), Some(&future), None, Some(&untouched)]);
}

#[test]
fn another_target_is_a_column_of_times() {
    let config = json!({"source_field": "started", "target_field": "started_at"});
    let texts = [Some("2024-03-05T06:07:08Z"), None, Some("soon"), Some("été"), Some("")];
    let rows = rows_of(&apply("date_parse", &config, batch_of("started", &texts)).batch);
    let times: Vec<Option<&Value>> = rows.iter().map(|row| row.get("started_at")).collect();
    assert_eq!(times, [Some(&json!("2024-03-05T06:07:08Z")), None, None, None, None]);
    assert!(rows.iter().all(|row| row["event_time"] == "2024-03-05T06:10:00Z"));
    let faults: Vec<Option<String>> = rows.iter().map(fault_of).collect();
    let no_time = Some(NO_TIME.to_owned());
    assert_eq!(faults, [None, None, no_time.clone(), no_time.clone(), no_time]);
}

#[test]
fn a_target_of_another_type_is_left_and_the_time_stands_beside() {
    let config = json!({"target_field": "timestamp"});
    let row = row_of("date_parse", &config, "timestamp", "2024-03-05T06:07:08Z");
    assert_eq!(row["timestamp__timestamp"], "2024-03-05T06:07:08Z");
    let columns = Arc::new(ColumnRegistry::new([("seen".to_owned(), ColumnType::String)]));
    let surroundings = FilterSurroundings { columns, ..FilterSurroundings::default() };
    let filters = compile_with("date_parse", &json!({"target_field": "seen"}), &surroundings).unwrap();
    let batch = batch_of("timestamp", &[Some("2024-03-05T06:07:08Z")]);
    let row = rows_of(&filters.apply(batch, &mut filters.new_state(), 0).batch).remove(0);
    assert_eq!(row["seen__timestamp"], "2024-03-05T06:07:08Z");
}

#[test]
fn numbers_and_times_are_read_and_lists_are_not() {
    let columns: [(ArrayRef, &str, Option<&str>); 5] = [
        (Arc::new(Int64Array::from(vec![1_709_618_828])), "unix", Some("2024-03-05T06:07:08Z")),
        (Arc::new(Int64Array::from(vec![1_709_618_828_123])), "unix_ms", Some("2024-03-05T06:07:08.123Z")),
        (Arc::new(Float64Array::from(vec![1_709_618_828.25])), "unix", Some("2024-03-05T06:07:08.250Z")),
        (
            Arc::new(TimestampMicrosecondArray::from(vec![0]).with_timezone("UTC")),
            "unix",
            Some("1970-01-01T00:00:00Z"),
        ),
        (Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])])), "unix", None),
    ];
    for (column, format, expected) in columns {
        let batch = RecordBatch::try_from_iter([("timestamp", column)]).unwrap();
        let config = json!({"format": format, "target_field": "t"});
        let row = rows_of(&apply("date_parse", &config, batch).batch).remove(0);
        assert_eq!(row.get("t").and_then(Value::as_str), expected);
        assert_eq!(fault_of(&row).is_some(), expected.is_none());
    }
    let without = batch_of("other", &[Some("x")]);
    assert_eq!(apply("date_parse", &json!({}), without.clone()).batch, without);
    let long = "9".repeat(100_000);
    assert_eq!(fault_of(&row_of("date_parse", &json!({}), "timestamp", &long)).as_deref(), Some(NO_TIME));
}

#[test]
fn what_cannot_be_compiled_is_refused_with_a_way_out() {
    for (config, parts) in [
        (
            json!({"format": "yyyy-MM-dd HH:mm:ss"}),
            &["key `format`", "write a Go layout (2006-01-02 15:04:05)"][..],
        ),
        (json!({"formats": ["unix", "%Q"]}), &["key `formats`", "`%Q` is no directive"]),
        (json!({"formats": []}), &["the list is empty"]),
        (json!({"format": "unix", "formats": ["unix"]}), &["exclude each other"]),
        (json!({"formats": [1]}), &["expected texts, found 1"]),
        (json!({"timezone": "Mars/Olympus"}), &["`Mars/Olympus` is no time zone", "Europe/Berlin"]),
        (json!({"locale": "de_DE"}), &["`de_DE` are not read", "leave it out"]),
        (json!({"target_field": "ingest_time"}), &["decides where an event is stored"]),
        (json!({"target_field": "startedAt"}), &["write `started_at`"]),
    ] {
        let message = refusal("date_parse", &config);
        for part in parts {
            assert!(message.contains(part), "{config}: no {part:?} in {message}");
        }
    }
}

proptest! {
    #[test]
    fn rows_and_other_columns_stay(texts in prop::collection::vec(prop::option::of("[0-9:TZ. -]{0,24}|2024-03-0[1-9] 06:07:0[0-9]"), 1..20)) {
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let before = batch_of("timestamp", &texts);
        let outcome = apply("date_parse", &json!({"formats": ["iso8601", "unix", "%Y-%m-%d"]}), before.clone());
        for name in ["ingest_time", "timestamp"] {
            prop_assert_eq!(&before[name], &outcome.batch[name]);
        }
        prop_assert_eq!(outcome.batch["event_time"].null_count(), 0);
        let rows = rows_of(&outcome.batch);
        for (text, row) in texts.iter().zip(rows) {
            let is_changed = row["event_time"] != "2024-03-05T06:10:00Z" || row.contains_key("event_time_raw");
            prop_assert_eq!(is_changed, text.is_some() && fault_of(&row).is_none());
        }
    }

    #[test]
    fn any_text_is_a_format_or_is_refused(format in "[%0-9a-zA-Z:. ,_é-]{0,16}", text in "[0-9a-zA-Z:. ,+é-]{0,24}") {
        let config = json!({"format": format, "target_field": "t"});
        if let Ok(filters) = compile_with("date_parse", &config, &FilterSurroundings::default()) {
            let outcome = filters.apply(batch_of("timestamp", &[Some(&text)]), &mut filters.new_state(), 0);
            prop_assert_eq!(outcome.batch.num_rows(), 1);
        }
    }
}
