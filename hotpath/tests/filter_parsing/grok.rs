//! `grok`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, ListArray, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Int64Type};
use hotpath::batch::ColumnRegistry;
use hotpath::cut::ColumnType;
use hotpath::filter::{FilterSurroundings, limits};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{apply, batch_of, compile, compile_with, fault_of, refusal, row_of, rows_of};

fn grok(pattern: &str, text: &str) -> Value {
    grok_with(&json!({"pattern": pattern}), text)
}

fn grok_with(config: &Value, text: &str) -> Value {
    let mut row = row_of("grok", config, "message", text);
    if row.get("message").is_some_and(|message| message == text) {
        row.remove("message");
    }
    Value::Object(row)
}

#[test]
fn fields_have_the_names_and_types_that_the_pattern_says() {
    for (pattern, text, expected) in [
        (
            "%{IP:client} %{WORD:verb} %{INT:bytes:int}",
            "10.0.0.1 GET 17",
            json!({"client": "10.0.0.1", "verb": "GET", "bytes": 17}),
        ),
        (
            "%{NUMBER:a:float} %{NUMBER:b} %{WORD:c:bool}",
            "1.5 1.5 yes",
            json!({"a": 1.5, "b": "1.5", "c": true}),
        ),
        ("%{IP:[source][address]}", "2001:db8::1", json!({"source_address": "2001:db8::1"})),
        ("%{IP:source.ip} %{WORD:UserName}", "::1 x", json!({"source_ip": "::1", "user_name": "x"})),
        (r"^(?<level>[A-Z]+) (?P<code>\d+)$", "ERROR 12", json!({"level": "ERROR", "code": "12"})),
        ("(?<count:int>[0-9]+)", "12", json!({"count": 12})),
        ("(%{WORD:a}|-)(,| )%{GREEDYDATA:rest}", "-,été 日本", json!({"rest": "été 日本"})),
        // The text of several lines is one.
        ("%{WORD:a} %{GREEDYDATA:rest}", "x 1\n2", json!({"a": "x", "rest": "1\n2"})),
        // Of a field that is there twice, the part that took part.
        ("%{IPV4:a}|%{WORD:a}", "word", json!({"a": "word"})),
        ("%{WORD:a} %{WORD:a}", "one two", json!({"a": "one"})),
        // A name of the envelope is kept for it.
        ("%{WORD:event_time}", "now", json!({"body_event_time": "now"})),
        // What is not of its type is kept beside.
        ("%{NOTSPACE:bytes:int}", "-", json!({"bytes__string": "-"})),
        (
            "%{SYSLOGLINE}",
            "Mar  5 06:07:08 host su[12]: hello",
            json!({
                "timestamp": "Mar  5 06:07:08", "host_hostname": "host", "process_name": "su", "process_pid": 12, "message": "hello",
            }),
        ),
    ] {
        assert_eq!(grok(pattern, text), expected, "{pattern}");
    }
}

#[test]
fn options_say_what_is_kept() {
    let text = "a 1";
    for (config, expected) in [
        (json!({"pattern": "%{WORD} %{INT:n}"}), json!({"n": "1"})),
        (
            json!({"pattern": "%{WORD} %{INT:n}", "named_captures_only": false}),
            json!({"word": "a", "n": "1"}),
        ),
        (
            json!({"pattern": "%{WORD:w} %{INT:n}", "target_field": "found"}),
            json!({"found_w": "a", "found_n": "1"}),
        ),
        (json!({"pattern": "%{WORD:w}%{DATA:x} "}), json!({"w": "a"})),
        (json!({"pattern": "%{WORD:w}%{DATA:x} ", "keep_empty_captures": true}), json!({"w": "a", "x": ""})),
        (json!({"pattern": "%{WORD:message} "}), json!({"message": "a"})),
        (json!({"pattern": "%{WORD:message} ", "overwrite_keys": false}), json!({})),
        (json!({"patterns": ["%{IP:ip}", "%{WORD:w} %{INT:n:int}", "%{WORD:v}"]}), json!({"w": "a", "n": 1})),
        (
            json!({"patterns": ["%{WORD:w}", "%{INT:n:int}", "%{INT:w}"], "break_on_match": false}),
            json!({"w": "a", "n": 1}),
        ),
        (
            json!({"pattern": "%{PAIR:p}", "custom_patterns": {"PAIR": "%{WORD} %{N}", "N": "[0-9]"}}),
            json!({"p": "a 1"}),
        ),
        // A pattern of one's own goes before the built-in one.
        (json!({"pattern": "%{INT:p}", "custom_patterns": {"INT": "[a-z]"}}), json!({"p": "a"})),
    ] {
        assert_eq!(grok_with(&config, text), expected, "{config}");
    }
}

#[test]
fn web_logs_have_the_names_of_either_schema() {
    let line = r#"192.0.2.1 - frank [10/Oct/2023:13:55:36 -0700] "GET /a.gif?b=c HTTP/1.0" 200 2326 "-" "Mozilla/5.0""#;
    assert_eq!(
        grok("%{COMBINEDAPACHELOG}", line),
        json!({
            "source_address": "192.0.2.1", "user_name": "frank", "timestamp": "10/Oct/2023:13:55:36 -0700",
            "http_request_method": "GET", "url_original": "/a.gif?b=c", "http_version": "1.0",
            "http_response_status_code": 200, "http_response_body_bytes": 2326, "user_agent_original": "Mozilla/5.0",
        })
    );
    assert_eq!(
        grok_with(&json!({"pattern": "%{COMBINEDAPACHELOG}", "ecs_compatibility": "disabled"}), line),
        json!({
            "clientip": "192.0.2.1", "auth": "frank", "timestamp": "10/Oct/2023:13:55:36 -0700", "verb": "GET",
            "request": "/a.gif?b=c", "httpversion": "1.0", "response": 200, "bytes": 2326, "agent": "Mozilla/5.0",
        })
    );
}

#[test]
fn a_text_that_no_pattern_matches_says_so_and_a_missing_one_passes() {
    let config = json!({"pattern": "^%{INT:n:int}$"});
    let long = "1".repeat(limits::MAX_GROK_TEXT_BYTES + 1);
    let texts = [Some("12"), None, Some("twelve"), Some("é"), Some(""), Some(long.as_str()), Some("12")];
    let outcome = apply("grok", &config, batch_of("message", &texts));
    let rows = rows_of(&outcome.batch);
    let numbers: Vec<Option<i64>> = rows.iter().map(|row| row.get("n").and_then(Value::as_i64)).collect();
    assert_eq!(numbers, [Some(12), None, None, None, None, None, Some(12)]);
    let faults: Vec<Option<String>> = rows.iter().map(fault_of).collect();
    let no_match = Some("no pattern matches".to_owned());
    let too_long = Some("the text is longer than 65536 bytes".to_owned());
    assert_eq!(faults, [None, None, no_match.clone(), no_match.clone(), no_match, too_long, None]);
    assert_eq!(outcome.faulty.rows(), [2, 3, 4, 5]);

    let without = batch_of("other", &[Some("x")]);
    assert_eq!(apply("grok", &config, without.clone()).batch, without);
}

#[test]
fn a_field_of_another_type_is_read_as_text_and_a_list_is_a_fault() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(8080), None]));
    let batch = RecordBatch::try_from_iter([("message", numbers)]).unwrap();
    let outcome = apply("grok", &json!({"pattern": "(?<first>.)"}), batch);
    assert_eq!(outcome.batch["first"].as_string_view().value(0), "8");
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)]), None]));
    let batch = RecordBatch::try_from_iter([("message", list)]).unwrap();
    let rows = rows_of(&apply("grok", &json!({"pattern": "1"}), batch).batch);
    assert_eq!(fault_of(&rows[0]).as_deref(), Some("the field is a list, not a text"));
    assert_eq!(fault_of(&rows[1]), None);
}

#[test]
fn columns_agree_with_those_that_the_dataset_has() {
    let columns = ColumnRegistry::new([("bytes".to_owned(), ColumnType::String)]);
    let surroundings = FilterSurroundings { columns: Arc::new(columns), ..FilterSurroundings::default() };
    let filters = compile_with("grok", &json!({"pattern": "%{INT:bytes:int}"}), &surroundings).unwrap();
    let outcome = filters.apply(batch_of("message", &[Some("12")]), &mut filters.new_state(), 0);
    assert!(outcome.batch.column_by_name("bytes").is_none());
    assert_eq!(outcome.batch["bytes__int64"].data_type(), &DataType::Int64);
}

#[test]
fn what_cannot_be_compiled_is_refused_with_a_way_out() {
    for (config, parts) in [
        (json!({}), &["one of the keys pattern, patterns is needed"][..]),
        (json!({"pattern": "a", "patterns": ["b"]}), &["exclude each other"]),
        (json!({"patterns": []}), &["key `patterns`: the list is empty"]),
        (json!({"patterns": ["a", 1]}), &["expected texts, found 1"]),
        (json!({"patterns": ["a", "%{IPP:x}"]}), &["pattern 2: unknown pattern `IPP`", "custom_patterns"]),
        (json!({"pattern": "%{syslogline}"}), &["did you mean `SYSLOGLINE`?"]),
        (json!({"pattern": "%{WORD:a"}), &["`%{WORD:a` is not closed"]),
        (json!({"pattern": "%{WORD:a:decimal}"}), &["`decimal` of field `a` is no type", "int, long, float"]),
        (json!({"pattern": "%{WORD:--}"}), &["`--` can be no column's name"]),
        (json!({"pattern": "(?<a"}), &["is not closed: write `(?<field>...)`"]),
        (json!({"pattern": "a(?=b)"}), &["`(?=` at `(?=b)` looks around", "linear time"]),
        (json!({"pattern": "(?<!a)b"}), &["`(?<!` at"]),
        (json!({"pattern": "(?>a)b"}), &["write `(?:`"]),
        (json!({"pattern": "("}), &["not a regular expression", "unclosed group"]),
        (json!({"pattern": "a{1000}{1000}"}), &["make its repetitions smaller"]),
        (
            json!({"pattern": "a", "custom_patterns": {"A": "%{B}", "B": "x%{A}"}}),
            &["cannot contain itself: ", "B", "A"],
        ),
        (json!({"pattern": "%{A}", "custom_patterns": {"A": "%{A}"}}), &["cannot contain itself: A -> A"]),
        (json!({"pattern": "a", "custom_patterns": {"A-B": "x"}}), &["`A-B`: a pattern's name has letters"]),
        (json!({"pattern": "a", "custom_patterns": {"A": 1}}), &["`A`: expected a text, found 1"]),
        (json!({"pattern": "a", "custom_patterns": ["x"]}), &["expected an object"]),
        (json!({"pattern": "a", "target_field": "Found"}), &["lower snake case", "`found`"]),
        (json!({"pattern": "a", "ecs_compatibility": "v7"}), &["`v7` is not known: write v1 or disabled"]),
        (json!({"pattern": "a", "break_on_match": 1}), &["expected true or false"]),
    ] {
        let message = refusal("grok", &config);
        for part in parts {
            assert!(message.contains(part), "{config}: no {part:?} in {message}");
        }
    }
}

#[test]
fn an_expansion_is_bounded() {
    // Each pattern is ten of the one before.
    let mut custom = serde_json::Map::new();
    custom.insert("P0".to_owned(), json!("x"));
    for number in 1..10 {
        custom.insert(format!("P{number}"), json!(format!("%{{P{}}}", number - 1).repeat(10)));
    }
    let message = refusal("grok", &json!({"pattern": "%{P9}", "custom_patterns": custom}));
    assert!(message.contains("is longer than 262144 bytes"), "{message}");
    let mut custom = serde_json::Map::new();
    for number in 0..=limits::MAX_GROK_DEPTH {
        custom.insert(format!("P{number}"), json!(format!("%{{P{}}}", number + 1)));
    }
    custom.insert(format!("P{}", limits::MAX_GROK_DEPTH + 1), json!("x"));
    let message = refusal("grok", &json!({"pattern": "%{P0}", "custom_patterns": custom}));
    assert!(message.contains("deeper in one another than 32"), "{message}");
}

proptest! {
    #[test]
    fn rows_and_other_columns_stay_and_each_row_has_what_it_has_alone(
        texts in prop::collection::vec(prop::option::of("[a-c0-3é:. \n]{0,8}"), 1..20),
    ) {
        let config = json!({"patterns": ["^%{INT:n:int} %{GREEDYDATA:rest}", "(?<n>[a-c]+)(?<x>:?)", "^%{HOUR:hour}"]});
        let filters = compile("grok", &config);
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let before = batch_of("message", &texts);
        let outcome = filters.apply(before.clone(), &mut filters.new_state(), 0);
        prop_assert_eq!((outcome.batch.num_rows(), outcome.dropped_rows), (texts.len(), 0));
        for name in ["event_time", "ingest_time", "message"] {
            prop_assert_eq!(&before[name], &outcome.batch[name]);
        }
        for (text, row) in texts.iter().zip(rows_of(&outcome.batch)) {
            let alone = filters.apply(batch_of("message", &[*text]), &mut filters.new_state(), 0);
            prop_assert_eq!(row, rows_of(&alone.batch).remove(0));
        }
    }

    #[test]
    fn any_text_is_a_pattern_or_is_refused(pattern in r"[%{}()\[\]\\?<>:a-zA-Z|*+^$ é]{0,24}") {
        let _ = compile_with("grok", &json!({"pattern": pattern}), &FilterSurroundings::default());
    }
}

#[test]
fn a_text_of_any_program_is_taken_apart_in_its_rows_alone() {
    let texts: Vec<Option<&str>> = vec![Some("a 1"), Some("b 2"), Some("a 1")];
    let mut batch = batch_of("message", &texts);
    let kept: ArrayRef = Arc::new(StringViewArray::from(vec!["x", "y", "z"]));
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        columns.push((field.name().clone(), Arc::clone(column)));
    }
    columns.push(("w".to_owned(), kept));
    batch = RecordBatch::try_from_iter(columns).unwrap();
    let outcome = apply("grok", &json!({"pattern": "^%{WORD:w} 1"}), batch);
    let texts: Vec<Option<&str>> = outcome.batch["w"].as_string_view().iter().collect();
    assert_eq!(texts, [Some("a"), Some("y"), Some("a")]);
}
