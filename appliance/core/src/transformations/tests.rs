use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use hotpath::decode::Format;
use hotpath::filter::Resources;
use hotpath::names::DatasetKey;
use serde_json::{Value, json};

use super::*;
use crate::limits::{TRIAL_FILTERS_MAX, TRIAL_REPORT_BYTES_MAX, TRIAL_ROWS_AFTER_MAX, TRIAL_SAMPLES_MAX};
use crate::resources::ResourceFolder;

/// 2026-11-22T03:04:05.000006Z.
const NOW_US: i64 = 1_795_316_645_000_006;

fn trial(filters: Value, samples: Samples) -> Trial {
    Trial {
        filters,
        samples,
        dataset: None,
        resources: Arc::new(Resources::default()),
        received_us: NOW_US,
        limits: TrialLimits::TEST,
        deadline: None,
    }
}

fn rows(rows: Value) -> Samples {
    Samples::Rows(serde_json::from_value(rows).unwrap())
}

fn lines(format: &str, lines: &[&str]) -> Samples {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    Samples::Lines { format: format.parse().unwrap(), lines }
}

/// The report as its readers get it.
fn report(filters: Value, samples: Samples) -> Value {
    serde_json::to_value(trial(filters, samples).run().unwrap()).unwrap()
}

fn refusal(filters: Value, samples: Samples) -> String {
    trial(filters, samples).run().map(|report| report.rows_out).unwrap_err().to_string()
}

/// What each filter did with a row: its type and the outcome.
fn outcomes(result: &Value) -> Vec<(&str, &str)> {
    let applied = result["applied"].as_array().unwrap().iter();
    applied.map(|one| (one["type"].as_str().unwrap(), one["outcome"].as_str().unwrap())).collect()
}

const DROP_DEBUG: &str = r#"{"type": "drop", "config": {"condition": "level == 'debug'"}}"#;

fn drop_debug() -> Value {
    serde_json::from_str(DROP_DEBUG).unwrap()
}

#[test]
fn each_row_tells_what_became_of_it_and_which_filter_did_what() {
    let filters = json!({"filters": [
        drop_debug(),
        {"type": "add_field", "config": {"field": "environment", "value": "test"}, "condition": "bytes > 100"},
        {"type": "mutate", "config": {"uppercase": ["level"], "remove": ["tmp"]}},
    ]});
    let samples = rows(json!([
        {"level": "debug", "bytes": 1},
        {"level": "info", "bytes": 200, "tmp": true},
        {"level": "INFO", "bytes": 5},
    ]));
    let report = report(filters, samples);
    assert_eq!(report["valid"], true);
    assert_eq!(
        (&report["rows_in"], &report["rows_out"], &report["rows_dropped"]),
        (&json!(3), &json!(2), &json!(1))
    );
    let [dropped, changed, skipped] = report["results"].as_array().unwrap().as_slice() else { panic!() };

    assert_eq!(outcomes(dropped), [("drop", "dropped")]);
    assert_eq!((&dropped["output"], &dropped["input"]["level"]), (&json!([]), &json!("debug")));

    assert_eq!(outcomes(changed), [("drop", "unchanged"), ("add_field", "changed"), ("mutate", "changed")]);
    assert_eq!(changed["applied"][1]["added"], json!(["environment"]));
    assert_eq!(changed["applied"][2]["changed"], json!(["level"]));
    assert_eq!(changed["applied"][2]["removed"], json!(["tmp"]));
    assert_eq!(changed["applied"][2]["index"], 3);
    assert_eq!(changed["output"][0]["environment"], "test");
    assert_eq!(changed["output"][0]["level"], "INFO");
    assert_eq!((&changed["input"]["tmp"], &changed["output"][0]["tmp"]), (&json!(true), &Value::Null));

    assert_eq!(outcomes(skipped), [("drop", "unchanged"), ("add_field", "skipped"), ("mutate", "unchanged")]);
    assert_eq!(skipped["applied"][1]["reason"], "its condition does not hold");
    assert_eq!(skipped["input"], skipped["output"][0]);

    let figures = &report["filters"];
    assert_eq!((&figures[0]["rows"], &figures[0]["dropped"]), (&json!(3), &json!(1)));
    assert_eq!((&figures[1]["rows"], &figures[1]["dropped"]), (&json!(1), &json!(0)));
    let parts: f64 =
        report["results"].as_array().unwrap().iter().map(|one| one["duration_us"].as_f64().unwrap()).sum();
    assert!((parts - report["duration_us"].as_f64().unwrap()).abs() < 0.01);
}

#[test]
fn a_row_that_is_split_keeps_all_that_became_of_it() {
    let filters = json!([
        {"type": "split", "config": {"field": "names", "terminator": ";", "target": "name"}},
        {"type": "drop", "config": {"condition": "name == 'b'"}},
        {"type": "split", "config": {"field": "name", "terminator": "-"}},
    ]);
    let report =
        report(filters, rows(json!([{"names": "a;b;c-d", "n": 1}, {"names": "e", "n": 2}, {"n": 3}])));
    assert_eq!((&report["rows_added"], &report["rows_out"]), (&json!(3), &json!(5)));
    let [first, second, third] = report["results"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!(outcomes(first), [("split", "changed"), ("drop", "changed"), ("split", "changed")]);
    let rows: Vec<_> = (0..3)
        .map(|step| (&first["applied"][step]["rows_in"], &first["applied"][step]["rows_out"]))
        .collect();
    assert_eq!(rows, [(&json!(1), &json!(3)), (&json!(3), &json!(2)), (&json!(2), &json!(3))]);
    assert_eq!(first["applied"][0]["added"], json!(["name"]));
    assert_eq!(first["applied"][2]["changed"], json!(["name"]));
    let names: Vec<_> = first["output"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["a", "c", "d"]);
    assert_eq!(second["output"][0]["name"], "e");
    assert_eq!(outcomes(third), [("split", "unchanged"), ("drop", "unchanged"), ("split", "unchanged")]);
    assert_eq!((&third["output"][0]["n"], &third["sample"]), (&json!(3), &json!(3)));
}

#[test]
fn a_filter_that_fails_on_a_row_says_so_there_and_nowhere_else() {
    let filters = json!([
        {"type": "passthrough"},
        {"type": "grok", "config": {"source_field": "message", "pattern": "from %{IP:client}"}},
        {"type": "conditional", "config": {"condition": "n == 2", "then": [
            {"type": "json_parse", "config": {"source_field": "message"}},
        ]}},
        {"type": "drop", "enabled": false, "config": {"always_drop": true}},
    ]);
    let report =
        report(filters, rows(json!([{"message": "from 10.0.0.1", "n": 1}, {"message": "none", "n": 2}])));
    let [fine, failed] = report["results"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!(fine["error"], Value::Null);
    assert_eq!(fine["applied"][1]["added"], json!(["client"]));
    assert_eq!(outcomes(failed)[1..], [("grok", "failed"), ("conditional", "failed"), ("drop", "skipped")]);
    let reason = failed["applied"][1]["reason"].as_str().unwrap();
    assert_eq!(failed["error"], format!("filter 2 (grok): {reason}"));
    assert!(failed["applied"][2]["reason"].as_str().unwrap().starts_with("then filter 1 (json_parse): "));
    assert_eq!(failed["applied"][3]["reason"], "it is not enabled");
    assert_eq!(failed["output"][0]["_errors"].as_array().unwrap().len(), 2);
    assert_eq!((&report["rows_failed"], &report["filters"][1]["failed"]), (&json!(1), &json!(1)));
}

#[test]
fn filters_that_do_not_compile_are_told_with_their_places_and_nothing_is_carried_out() {
    let cases = [
        (
            json!([{"type": "dropp"}]),
            json!({"index": 1, "type": "dropp", "key": "type", "column": null}),
            "did you mean `drop`",
        ),
        (
            json!([{"type": "passthrough"}, {"type": "drop", "config": {"condition": "a = 'b'"}}]),
            json!({"index": 2, "type": "drop", "key": "condition", "column": 3}),
            "filter 2 (drop), key `condition`, column 3",
        ),
        (
            json!([{"type": "drop", "config": {"always_drop": true}, "condition": "a =="}]),
            json!({"index": 1, "type": "drop", "key": "condition", "column": 5}),
            "column 5",
        ),
        (
            json!([{"type": "sample", "config": {"rat": 5}}]),
            json!({"index": 1, "type": "sample", "key": "rat", "column": null}),
            "did you mean `rate`",
        ),
        (
            json!([{"typ": "drop"}]),
            json!({"index": 1, "type": null, "key": "typ", "column": null}),
            "did you mean `type`",
        ),
        (
            json!({"filters": 1}),
            json!({"index": null, "type": null, "key": null, "column": null}),
            "`filters` is no list",
        ),
        (
            json!("drop"),
            json!({"index": null, "type": null, "key": null, "column": null}),
            "not a filter list",
        ),
    ];
    for (filters, place, message) in cases {
        let mut report = report(filters.clone(), rows(json!([{"a": 1}])));
        assert_eq!((&report["valid"], &report["results"]), (&json!(false), &json!([])), "{filters}");
        let mut error = report["errors"][0].take();
        let found = error.as_object_mut().unwrap().shift_remove("message").unwrap();
        assert_eq!(error, place, "{filters}");
        assert!(found.as_str().unwrap().contains(message), "{found}");
    }
    let both = report(json!([{"type": "nope"}, {"type": "passthrough"}, {"type": "limit"}]), rows(json!([])));
    let indexes: Vec<_> = both["errors"].as_array().unwrap().iter().map(|error| &error["index"]).collect();
    assert_eq!(indexes, [1, 3]);
    let missing = json!([{"type": "enricher", "config": {"source_field": "a", "enrichment": "absent.csv"}}]);
    let folder = Arc::new(ResourceFolder::new("/nowhere"));
    let trial = Trial { resources: Arc::new(Resources::new(folder)), ..trial(missing, rows(json!([]))) };
    let report = trial.run().unwrap();
    assert!(report.errors[0].message.contains("absent.csv") || report.errors[0].key.is_some(), "{report:?}");
}

#[test]
fn what_is_beyond_a_limit_is_refused_in_words() {
    let passing = json!({"type": "passthrough"});
    let many = vec![passing.clone(); TRIAL_FILTERS_MAX + 1];
    assert!(refusal(json!(many), rows(json!([]))).starts_with("11 filters: a test takes at most 10"));
    let validated = Trial { limits: TrialLimits::VALIDATE, ..trial(json!(many), rows(json!([{"a": 1}]))) };
    assert!(validated.run().unwrap().valid);

    let many = vec![json!({"a": 1}); TRIAL_SAMPLES_MAX + 1];
    assert!(refusal(json!([]), rows(json!(many))).contains("more than 1000 rows"));
    let one_of_many = format!("[{}1]", "1,".repeat(TRIAL_SAMPLES_MAX));
    assert!(refusal(json!([]), lines("json", &[&one_of_many])).contains("more than 1000 rows"));

    let long = "x".repeat(300 * 1024);
    assert!(refusal(json!([]), lines("lines", &["short", &long])).starts_with("sample 2 has 307200 bytes"));
    let large = "x".repeat(200 * 1024);
    assert!(refusal(json!([]), lines("lines", &[large.as_str(); 30])).contains("bytes together"));
    assert!(refusal(json!([]), lines("netflow", &["x"])).starts_with("netflow comes in datagrams"));

    let split = json!([passing, {"type": "split", "config": {"field": "a", "terminator": ","}}]);
    let parts = "b,".repeat(TRIAL_ROWS_AFTER_MAX / 2 + 1);
    let refused = refusal(split.clone(), rows(json!([{"a": parts}, {"a": parts}])));
    assert_eq!(
        refused,
        "filter 2 makes 10002 rows of the samples: at most 10000 are looked at; give fewer samples"
    );
    let wide = json!([{"a": "b,".repeat(4_000), "wide": "x".repeat(TRIAL_REPORT_BYTES_MAX / 4_000)}]);
    assert!(refusal(split, rows(wide)).contains("more than 8388608 bytes"));

    let late = Trial { deadline: Some(Instant::now()), ..trial(json!([passing]), rows(json!([{"a": 1}]))) };
    assert!(late.run().unwrap_err().to_string().contains("over before filter 1"));
}

#[test]
fn values_keep_their_types_and_what_is_not_there_is_left_out() {
    let row = json!({"event_time": "2024-03-05T06:07:08.123456Z", "count": 9_007_199_254_740_993_i64, "share": 2.0,
                     "is_new": false, "tags": ["a", "b"], "sizes": [1, 2], "nested": {"deep": {"x": 1}}, "none": null});
    let report = report(json!([]), rows(json!([row, {"count": 1}])));
    let input = &report["results"][0]["input"];
    for (name, value) in [
        ("event_time", json!("2024-03-05T06:07:08.123456Z")),
        ("ingest_time", json!("2026-11-22T03:04:05.000006Z")),
        ("count", json!(9_007_199_254_740_993_i64)),
        ("share", json!(2.0)),
        ("is_new", json!(false)),
        ("tags", json!(["a", "b"])),
        ("sizes", json!([1, 2])),
        ("nested_deep_x", json!(1)),
    ] {
        assert_eq!(input[name], value, "{name}");
    }
    assert!(input.get("none").is_none() && report["results"][1]["input"].get("share").is_none());
    assert_eq!(report["results"][0]["applied"], json!([]));
    assert_eq!(*input, report["results"][0]["output"][0]);
}

#[test]
fn a_row_says_how_it_was_received_so_that_conditions_see_it() {
    let filters = json!([drop_debug(), {"type": "drop", "config": {"condition": "peer_ip in '10.0.0.0/8' and peer_port == 514"}}]);
    let sample = json!({"peer_ip": "10.1.2.3", "peer_port": 514, "source_type": "syslog",
                        "ingest_time": "2026-01-01T00:00:00.5+01:00", "a": 1});
    let report = report(filters, rows(json!([sample, {"a": 2}, {"peer_port": "x"}])));
    let [named, bare, odd] = report["results"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!(named["input"]["ingest_time"], "2025-12-31T23:00:00.500000Z");
    assert_eq!(named["input"]["source_type"], "syslog");
    assert_eq!(outcomes(named)[1], ("drop", "dropped"));
    assert_eq!((&bare["input"]["peer_ip"], &bare["input"]["peer_port"]), (&json!("0.0.0.0"), &json!(0)));
    assert_eq!(odd["input"]["body_peer_port"], "x");
}

#[test]
fn lines_are_decoded_by_a_format_and_say_when_they_cannot_be() {
    let samples = lines(
        "syslog",
        &["<34>1 2026-01-01T00:00:00Z h1 a - - - one", "", "<34>1 2026-01-01T00:00:01Z h2 a - - - two"],
    );
    let report = report(json!([{"type": "drop", "config": {"condition": "hostname == 'h1'"}}]), samples);
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.iter().map(|one| &one["sample"]).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(results[1]["output"][0]["message"], "two");
    let report = self::report(json!([]), lines("json", &[r#"[{"a":1},{"a":2}]"#, "{broken"]));
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.iter().map(|one| &one["sample"]).collect::<Vec<_>>(), [1, 1, 2]);
    assert_eq!(results[2]["error"], results[2]["input"]["parse_error"]);
    assert!(results[2]["error"].is_string() && results[2]["input"]["raw"] == "{broken");
}

#[test]
fn stored_rows_keep_the_types_of_their_columns() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "event_time",
            Arc::new(TimestampMicrosecondArray::from(vec![NOW_US, NOW_US]).with_timezone("+00:00")),
        ),
        ("hostname", Arc::new(StringArray::from(vec![Some("h1"), None]))),
        ("bytes", Arc::new(Int64Array::from(vec![1, 2]))),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    );
    let filters = json!([
        {"type": "drop", "config": {"condition": "hostname contains '1'"}},
        {"type": "add_field", "config": {"field": "of", "value": "${tenant_id}/${dataset_id}"}},
    ]);
    let trial = Trial {
        dataset: Some(DatasetKey::new("acme", "web").unwrap()),
        limits: TrialLimits::VALIDATE,
        ..trial(filters, Samples::Stored(batch.unwrap()))
    };
    let report = serde_json::to_value(trial.run().unwrap()).unwrap();
    let [dropped, kept] = report["results"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!(outcomes(dropped), [("drop", "dropped")]);
    assert_eq!(
        kept["output"],
        json!([{"event_time": "2026-11-22T03:04:05.000006Z", "bytes": 2, "of": "acme/web"}])
    );
    assert_eq!(kept["sample"], 2);
}

#[test]
fn what_a_filter_keeps_from_row_to_row_holds_within_a_test() {
    let samples = rows(json!([{"a": 1}, {"a": 1}, {"a": 2}]));
    let report = report(json!([{"type": "dedup", "config": {"fields": ["a"]}}]), samples);
    let outcomes: Vec<_> =
        report["results"].as_array().unwrap().iter().map(|one| outcomes(one)[0].1).collect();
    assert_eq!(outcomes, ["unchanged", "dropped", "unchanged"]);
    assert_eq!(Format::JSON.name(), "json");
}

#[test]
fn without_name_servers_a_filter_that_asks_them_says_so() {
    let filters = json!([{"type": "dns", "config": {"field": "address"}}]);
    let report = report(filters, rows(json!([{"address": "192.0.2.1"}, {"a": 1}])));
    let [asked, other] = report["results"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!((outcomes(asked), outcomes(other)), (vec![("dns", "failed")], vec![("dns", "unchanged")]));
}
