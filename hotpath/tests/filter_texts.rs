//! What the filters do that change texts: regex_replace, mutate, mask, fingerprint, and the values of add_field.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod filter_rows;

use filter_rows::{
    assert_cases, assert_refusals, batch_of, compiled, fault, filtered, refusal, rows_after, rows_of,
};
use hotpath::filter::{FilterSurroundings, limits};
use hotpath::names::DatasetKey;
use serde_json::json;

#[test]
fn regex_replace_puts_another_text_in_the_place_of_matches() {
    assert_cases(
        "regex_replace",
        &[
            (
                json!({"pattern": "[0-9]+", "replacement": "N"}),
                json!([{"message": "a1 b22"}]),
                json!([{"message": "aN bN"}]),
            ),
            (
                json!({"pattern": "(\\w)(?P<rest>\\w*)", "replacement": "${rest}$1$$", "global": false}),
                json!([{"message": "word two"}]),
                json!([{"message": "ordw$ two"}]),
            ),
            (json!({"pattern": "é+"}), json!([{"message": "caféé ü"}]), json!([{"message": "caf ü"}])),
            // Only what is there is changed, and no other column.
            (
                json!({"pattern": "a", "replacement": "b", "source_field": "x"}),
                json!([{"x": "a", "y": "a"}, {"y": "a"}, {"x": "c"}]),
                json!([{"x": "b", "y": "a"}, {"y": "a"}, {"x": "c"}]),
            ),
            (json!({"pattern": "a", "source_field": "absent"}), json!([{"y": "a"}]), json!([{"y": "a"}])),
            // Into another field: where nothing matches, as it is; what the field has in rows without a source stays.
            (
                json!({"pattern": "a", "replacement": "b", "target_field": "z"}),
                json!([{"message": "a"}, {"message": "x", "z": "old"}, {"z": "old"}]),
                json!([{"message": "a", "z": "b"}, {"message": "x", "z": "x"}, {"z": "old"}]),
            ),
            // Numbers are the texts that they are written as; a column in which nothing matches keeps its type.
            (
                json!({"pattern": "4", "replacement": "x", "source_field": "n"}),
                json!([{"n": 443}, {"n": 22}]),
                json!([{"n": "xx3"}, {"n": "22"}]),
            ),
            (json!({"pattern": "z", "source_field": "n"}), json!([{"n": 443}, {}]), json!([{"n": 443}, {}])),
            (
                json!({"pattern": "a", "replacement": "b", "source_field": "l"}),
                json!([{"l": ["a", "c", null]}, {"l": ["d"]}, {"l": []}, {}]),
                json!([{"l": ["b", "c", null]}, {"l": ["d"]}, {"l": []}, {}]),
            ),
        ],
    );
    // `a.b` means the column `a_b`.
    let rows = rows_after(
        "regex_replace",
        json!({"pattern": "x", "replacement": "y", "source_field": "a.b"}),
        &json!([{"a_b": "x"}]),
    );
    assert_eq!(rows, json!([{"a_b": "y"}]));
}

#[test]
fn a_replacement_that_makes_too_long_a_text_is_a_fault_and_changes_nothing() {
    let long = "a".repeat(limits::MAX_MADE_TEXT_BYTES / 2);
    let rows = json!([{"message": long}, {"message": "a"}]);
    let after = rows_after("regex_replace", json!({"pattern": "(a+)", "replacement": "$1$1$1"}), &rows);
    assert_eq!(after[0]["message"], json!(long));
    assert_eq!(
        after[0]["_errors"],
        fault("regex_replace", "the text would be longer than the limit after the replacement")
    );
    assert_eq!(after[1], json!({"message": "aaa"}));
}

#[test]
fn a_condition_keeps_the_other_rows_and_their_type() {
    let filters = json!([{"type": "regex_replace", "condition": "keep != true",
        "config": {"source_field": "n", "pattern": "4", "replacement": "x"}}]);
    let outcome = filtered(&filters, batch_of(&json!([{"n": 44, "keep": false}, {"n": 44, "keep": true}])));
    assert_eq!(rows_of(&outcome.batch), json!([{"n__string": "xx", "keep": false}, {"n": 44, "keep": true}]));
}

#[test]
fn add_field_knows_four_variables() {
    let surroundings = FilterSurroundings {
        dataset: Some(DatasetKey::new("acme", "fw").expect("names")),
        ..FilterSurroundings::default()
    };
    let filters = json!([{"type": "add_field", "config": {
        "field": "v", "value": "${tenant_id}/${dataset_id} ${line_number} at ${timestamp} for $5"}}]);
    let filters = compiled(&filters, &surroundings);
    let batch = batch_of(&json!([{"ingest_time": 1_700_000_000_000_001_i64}, {"x": 1}]));
    let outcome = filters.apply(batch, &mut filters.new_state(), 0);
    let rows = rows_of(&outcome.batch);
    assert_eq!(rows[0]["v"], "acme/fw 1 at 2023-11-14T22:13:20.000001Z for $5");
    let reason = "${timestamp} is the ingest_time, which the event does not have";
    assert_eq!(rows[1], json!({"x": 1, "_errors": fault("add_field", reason)}));

    assert_cases(
        "add_field",
        &[(
            json!({"field": "v", "value": "${line_number}"}),
            json!([{"v": "a"}, {"v": "b"}]),
            json!([{"v": "1"}, {"v": "2"}]),
        )],
    );
    assert_refusals(&[
        (
            "add_field",
            json!({"field": "a", "value": "${host}"}),
            "there is no variable `${host}`; known: ${timestamp}",
        ),
        ("add_field", json!({"field": "a", "value": "${line_number"}), "without its `}`"),
        ("add_field", json!({"field": "a", "value": "${tenant_id}"}), "is of a dataset"),
    ]);
}
