//! `parse`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, ListArray, RecordBatch};
use arrow::datatypes::Int64Type;
use hotpath::batch::ColumnRegistry;
use hotpath::cut::ColumnType;
use hotpath::filter::FilterSurroundings;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{apply, batch_of, compile, compile_with, fault_of, refusal, row_of, rows_of};

#[test]
fn a_text_of_any_format_is_decoded_into_the_row() {
    for (config, text, expected) in [
        (
            json!({"format": "json"}),
            r#"{"user":{"name":"é"},"bytes":12,"ok":true,"tags":["a","b"]}"#,
            json!({"user_name": "é", "bytes": 12, "ok": true, "tags": ["a", "b"]}),
        ),
        (json!({"parser_name": "ndjson"}), r#"{"a":1.5}"#, json!({"a": 1.5})),
        (json!({"format": "logfmt"}), "level=info size=3", json!({"level": "info", "size": 3})),
        (json!({"format": "csv", "columns": ["who", "n"]}), "ann,7", json!({"who": "ann", "n": 7})),
        (json!({"format": "json", "target_field": "inner"}), r#"{"a":"b"}"#, json!({"inner_a": "b"})),
        (
            json!({"format": "json", "preserve_raw": true}),
            r#"{"a":"b"}"#,
            json!({"a": "b", "raw": r#"{"a":"b"}"#}),
        ),
        // Names that say how an event was received are not the text's.
        (
            json!({"format": "json"}),
            r#"{"peer_ip":"192.0.2.1","source_type":"x"}"#,
            json!({"body_peer_ip": "192.0.2.1", "body_source_type": "x"}),
        ),
    ] {
        let mut row = row_of("parse", &config, "message", text);
        assert_eq!(row.remove("message"), Some(json!(text)));
        assert_eq!(Value::Object(row), expected, "{config}");
    }
}

#[test]
fn a_syslog_message_in_a_field_says_its_time_and_its_message() {
    let text = "<34>1 2024-03-05T06:07:08.5Z host su - ID47 - 'su root' failed";
    let row = row_of("parse", &json!({"format": "syslog"}), "message", text);
    assert_eq!(row["event_time"], "2024-03-05T06:07:08.500Z");
    assert_eq!(row["message"], "'su root' failed");
    assert_eq!((&row["hostname"], &row["severity"]), (&json!("host"), &json!(2)));
    let text = "<34>Mar  5 06:07:08 host su: hello";
    let row = row_of("parse", &json!({"format": "syslog", "timezone": "Asia/Tokyo"}), "message", text);
    assert_eq!(row["event_time"], "2024-03-04T21:07:08Z");
}

#[test]
fn a_time_out_of_bounds_is_kept_beside() {
    let row = row_of("parse", &json!({"format": "json"}), "message", r#"{"time":"2001-03-05T06:07:08Z"}"#);
    assert_eq!(row["event_time_raw"], "2001-03-05T06:07:08Z");
    assert_eq!(row.get("event_time"), None, "that of receipt");
}

#[test]
fn what_is_not_of_the_format_is_told_passed_or_dropped() {
    let texts = [Some(r#"{"a":1}"#), Some("no json"), None, Some("{"), Some("")];
    let config = |what: &str| json!({"format": "json", "on_parse_failure": what});
    let rows = rows_of(&apply("parse", &config("tag"), batch_of("message", &texts)).batch);
    let failed: Vec<bool> = rows.iter().map(|row| fault_of(row).is_some()).collect();
    assert_eq!(failed, [false, true, false, true, true]);
    assert!(rows.iter().all(|row| !row.contains_key("parse_error") && !row.contains_key("raw")));

    let rows = rows_of(&apply("parse", &config("pass_through"), batch_of("message", &texts)).batch);
    assert!(rows.iter().all(|row| fault_of(row).is_none()));
    assert_eq!(rows[1]["message"], "no json");

    let filters = compile("parse", &config("skip"));
    let outcome = filters.apply(batch_of("message", &texts), &mut filters.new_state(), 0);
    assert_eq!((outcome.batch.num_rows(), outcome.dropped_rows), (2, 3));
}

#[test]
fn a_text_of_several_records_is_left_and_says_so() {
    let row = row_of("parse", &json!({"format": "json"}), "message", r#"[{"a":1},{"a":2}]"#);
    assert_eq!(fault_of(&row).as_deref(), Some("the text holds several records: split it first"));
    assert_eq!(row.get("a"), None);
}

#[test]
fn other_types_and_missing_fields() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![12]));
    let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
    let row =
        rows_of(&apply("parse", &json!({"format": "lines", "source_field": "n"}), batch).batch).remove(0);
    assert_eq!((&row["message"], &row["n"]), (&json!("12"), &json!(12)));
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]));
    let batch = RecordBatch::try_from_iter([("message", list)]).unwrap();
    let row = rows_of(&apply("parse", &json!({"format": "json"}), batch).batch).remove(0);
    assert_eq!(fault_of(&row).as_deref(), Some("the field is a list, not a text"));
    let without = batch_of("other", &[Some("{}")]);
    assert_eq!(apply("parse", &json!({"format": "json"}), without.clone()).batch, without);
    let huge = format!(r#"{{"a":"{}"}}"#, "x".repeat(1 << 20));
    assert_eq!(
        row_of("parse", &json!({"format": "json"}), "message", &huge)["a"].as_str().unwrap().len(),
        1 << 20
    );
}

#[test]
fn columns_agree_with_those_that_the_dataset_has() {
    let known = [("n".to_owned(), ColumnType::Double), ("s".to_owned(), ColumnType::Int64)];
    let surroundings =
        FilterSurroundings { columns: Arc::new(ColumnRegistry::new(known)), ..FilterSurroundings::default() };
    let filters = compile_with("parse", &json!({"format": "json"}), &surroundings).unwrap();
    let batch = batch_of("message", &[Some(r#"{"n":1,"s":"x","severity":"high"}"#)]);
    let row = rows_of(&filters.apply(batch, &mut filters.new_state(), 0).batch).remove(0);
    assert_eq!((&row["n"], &row["s__string"], &row["severity"]), (&json!(1.0), &json!("x"), &json!("high")));
}

#[test]
fn what_cannot_be_compiled_is_refused_with_a_way_out() {
    for (config, parts) in [
        (json!({}), &["one of the keys format, parser_name is needed"][..]),
        (json!({"format": "jsn"}), &["unknown format \"jsn\"", "use one of syslog"]),
        (json!({"format": "netflow"}), &["netflow is sent in datagrams", "receive it with a dataset"]),
        (json!({"parser_name": "sflow"}), &["key `parser_name`", "which are no text"]),
        (json!({"format": "zeek"}), &["write json for Zeek's JSON"]),
        (json!({"format": "auto"}), &["name the format"]),
        (json!({"format": "csv"}), &["key `columns`: is needed for csv"]),
        (json!({"format": "json", "columns": ["a"]}), &["does not go with json"]),
        (json!({"format": "json", "on_parse_failure": "drop"}), &["write tag, pass_through or skip"]),
        (json!({"format": "json", "target_field": "Inner"}), &["write `inner`"]),
        (json!({"format": "json", "timezone": "nowhere"}), &["`nowhere` is no time zone"]),
    ] {
        let message = refusal("parse", &config);
        for part in parts {
            assert!(message.contains(part), "{config}: no {part:?} in {message}");
        }
    }
}

proptest! {
    #[test]
    fn rows_and_other_columns_stay(
        texts in prop::collection::vec(prop::option::of(r#"[{}\[\]":,a-c0-3é<> ]{0,16}|\{"a":[0-9]{1,3}\}"#), 1..12),
        format in prop::sample::select(vec!["json", "syslog", "cef", "leef", "logfmt", "weblog", "influx", "statsd", "gelf", "lines", "vpcflow"]),
    ) {
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let before = batch_of("text", &texts);
        let config = json!({"format": format, "source_field": "text", "target_field": "in"});
        let outcome = apply("parse", &config, before.clone());
        for name in ["ingest_time", "text"] {
            prop_assert_eq!(&before[name], &outcome.batch[name]);
        }
        for field in outcome.batch.schema_ref().fields() {
            let name = field.name().as_str();
            let is_known = before.column_by_name(name).is_some();
            prop_assert!(is_known || name.starts_with("in_") || ["_errors", "_extra", "event_time_raw"].contains(&name), "{}", name);
        }
    }
}
