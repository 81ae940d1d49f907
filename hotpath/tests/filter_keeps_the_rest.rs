//! Whatever the texts are: a filter that drops nothing keeps the count of rows, the rows that its condition leaves out, and
//! every column but those that it is for.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod filter_rows;

use arrow::array::RecordBatch;
use filter_rows::{batch_of, filtered, rows_of};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Filters that read `v`, and the beginnings of the names of what they may write.
fn filters() -> Vec<(Value, &'static [&'static str])> {
    vec![
        (
            json!({"type": "regex_replace", "config": {"source_field": "v", "pattern": "[a-c]|é?", "replacement": "<$0>"}}),
            &["v"],
        ),
        (
            json!({"type": "regex_replace", "config": {"source_field": "v", "pattern": "a", "target_field": "w"}}),
            &["w"],
        ),
        (
            json!({"type": "mutate", "config": {
                "copy": {"v": "w"}, "convert": {"v": "integer"}, "split": {"field": "w", "separator": "="},
                "merge": [{"source": "v", "target": "w"}], "join": {"field": "w", "separator": ","}, "uppercase": ["v"], "strip": ["w"]}}),
            &["v", "w"],
        ),
        (json!({"type": "kv", "config": {"source_field": "v", "prefix": "f_"}}), &["f", "_extra"]),
        (
            json!({"type": "kv", "config": {"source_field": "v", "field_split": ",", "prefix": "f_", "remove_field": true}}),
            &["v", "f", "_extra"],
        ),
        (
            json!({"type": "json_parse", "config": {"source_field": "v", "target_field": "f"}}),
            &["f", "_extra"],
        ),
        (
            json!({"type": "json_flatten", "config": {"source_field": "v", "target_field": "f"}}),
            &["f", "_extra"],
        ),
        (json!({"type": "json_validate", "config": {"source_field": "v"}}), &[]),
        (json!({"type": "uppercase_keys", "config": {"source_field": "v"}}), &["v", "V"]),
        (
            json!({"type": "conditional_field", "config": {"field": "v", "operator": "contains", "value": "a", "action": "replace", "replace_with": 1}}),
            &["v"],
        ),
        (
            json!({"type": "fingerprint", "config": {"source_fields": ["v", "keep"], "target_field": "f"}}),
            &["f"],
        ),
        (json!({"type": "mask", "config": {"field": "v", "pattern": "[^a]"}}), &["v"]),
        (
            json!({"type": "mask", "config": {"field": "v", "method": "pseudonymise", "key": "0123456789abcdef"}}),
            &["v"],
        ),
        (json!({"type": "add_field", "config": {"field": "f", "value": "${line_number}"}}), &["f"]),
        (json!({"type": "passthrough"}), &[]),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-c=, {}\\[\\]\":0-9é\\\\]{0,24}",
        Just(r#"{"a":{"b":[1,{"c":null}]},"d":"é"}"#.to_owned()),
        Just(r#"k="v, w" k=2 x='y'"#.to_owned()),
        "-?[0-9]{1,22}(\\.[0-9])?",
    ];
    prop_oneof![4 => text.prop_map(Value::from), 1 => Just(Value::Null)]
}

fn rows() -> impl Strategy<Value = Value> {
    let column = prop_oneof![
        4 => prop::collection::vec(value(), 1..20),
        1 => prop::collection::vec(any::<i64>().prop_map(Value::from), 1..20),
        1 => prop::collection::vec(prop::collection::vec(value(), 0..4).prop_map(Value::from), 1..20),
    ];
    column.prop_map(|values| {
        let rows = values.into_iter().enumerate().map(|(number, value)| {
            json!({"v": value, "keep": format!("row {number}"), "number": number, "chosen": number % 3 != 0})
        });
        Value::Array(rows.collect())
    })
}

/// The rows without the columns that a filter may write.
fn others(batch: &RecordBatch, written: &[&str]) -> Value {
    let mut rows = rows_of(batch);
    for row in rows.as_array_mut().expect("rows") {
        row.as_object_mut()
            .expect("a row")
            .retain(|name, _| name != "_errors" && !written.iter().any(|start| name.starts_with(start)));
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_row_and_no_other_column_changes(rows in rows()) {
        let batch = batch_of(&rows);
        for (filter, written) in filters() {
            let outcome = filtered(&json!([filter]), batch.clone());
            prop_assert_eq!(outcome.batch.num_rows(), batch.num_rows(), "{}", filter);
            prop_assert_eq!(others(&outcome.batch, written), others(&batch, written), "{}", filter);
        }
    }

    #[test]
    fn rows_that_the_condition_leaves_out_do_not_change(rows in rows()) {
        let batch = batch_of(&rows);
        let before = rows_of(&batch);
        for (mut filter, _) in filters() {
            filter["condition"] = json!("chosen == true");
            let outcome = filtered(&json!([filter]), batch.clone());
            let after = rows_of(&outcome.batch);
            for number in (0..batch.num_rows()).step_by(3) {
                prop_assert_eq!(&after[number], &before[number], "{}", filter);
            }
        }
    }

    #[test]
    fn split_keeps_the_order_and_all_other_columns_of_every_event(rows in rows(), terminator in "[,=a]") {
        let batch = batch_of(&rows);
        let filter = json!([{"type": "split", "config": {"field": "v", "terminator": terminator, "target": "w"}}]);
        let outcome = filtered(&filter, batch.clone());
        let before = rows_of(&batch);
        let after = rows_of(&outcome.batch);
        let mut seen = Vec::new();
        for row in after.as_array().expect("rows") {
            let number = row["number"].as_u64().expect("a number") as usize;
            if seen.last() != Some(&number) {
                seen.push(number);
            }
            let mut row = row.clone();
            row.as_object_mut().expect("a row").remove("w");
            prop_assert_eq!(&row, &before[number]);
        }
        prop_assert_eq!(seen, (0..batch.num_rows()).collect::<Vec<_>>());
        prop_assert_eq!(after.as_array().expect("rows").len(), batch.num_rows() + outcome.added_rows);
    }
}
