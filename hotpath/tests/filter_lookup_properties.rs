//! What holds for every filter that looks something up or counts, whatever the events: no row is lost but those it drops,
//! no other column changes, and a row's answer does not depend on the rows beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod filter_support;

use std::sync::LazyLock;

use arrow::array::{Array, RecordBatch};
use filter_support::mmdb::{Map, Text, U32, database};
use filter_support::{batch, compile, integer_column, surroundings, text_column, time_column};
use hotpath::filter::{FilterSurroundings, Filters};
use proptest::prelude::*;

/// Filters that give each row an answer of its own, and what the columns that they may write begin with.
const LOOKUPS: [(&str, &str); 5] = [
    (
        r#"{"type":"geoip","config":{"field":"a","target_field":"new","fields":["country_code","asn"]}}"#,
        "new_",
    ),
    (r#"{"type":"useragent","config":{"field":"a","target_field":"new"}}"#, "new_"),
    (r#"{"type":"enricher","config":{"enrichment":"table","field":"a","target_field":"new"}}"#, "new_"),
    (
        r#"{"type":"cidr","config":{"field":"a","target_field":"new","networks":{"n":["10.0.0.0/8","::/1"]}}}"#,
        "new",
    ),
    (r#"{"type":"threat_intel","config":{"field":"a","lists":"list","subdomains":true}}"#, "a_threat_"),
];

static RESOURCES: LazyLock<FilterSurroundings> = LazyLock::new(|| {
    let record = Map(vec![("country", Map(vec![("iso_code", Text("DE"))])), ("asn", U32(1))]);
    surroundings(&[
        ("GeoLite2-City.mmdb", database(6, &[("10.0.0.0/8", record.clone()), ("2001::/16", record)])),
        ("table", b"key,value,other\n10.0.0.0/9,net,\nx,text,\xc3\xa4\n".to_vec()),
        ("list", b"10.0.0.0/8\nexample.org\nx\n".to_vec()),
    ])
});

fn compiled(filter: &str) -> Filters {
    compile(filter, &RESOURCES)
}

fn a_text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some("x".to_owned())),
        "(10|192)\\.[0-9]{1,3}\\.[0-9]{1,2}\\.[0-9]{1,3}".prop_map(Some),
        "(2001|fe80):[0-9a-f]{0,4}::[0-9a-f]{1,4}".prop_map(Some),
        "(www\\.)?(example\\.org|chrome)\\.?".prop_map(Some),
        "(Mozilla|Chrome|Firefox)/[0-9]{1,3}\\.[0-9] \\PC{0,20}".prop_map(Some),
        "\\PC{0,40}".prop_map(Some),
    ]
}

fn a_batch() -> impl Strategy<Value = RecordBatch> {
    let row = (a_text(), proptest::option::of(-3..3_i64), 0.0..100.0);
    proptest::collection::vec(row, 0..30).prop_map(|rows| {
        let a: Vec<Option<&str>> = rows.iter().map(|row| row.0.as_deref()).collect();
        let b: Vec<Option<i64>> = rows.iter().map(|row| row.1).collect();
        let seconds: Vec<f64> = rows.iter().map(|row| row.2).collect();
        batch(vec![("a", text_column(&a)), ("b", integer_column(&b)), ("ingest_time", time_column(&seconds))])
    })
}

/// Every column of `before` is in `after` as it was; what is new begins with `prefix` or is `_errors`.
fn check_columns(before: &RecordBatch, after: &RecordBatch, prefix: &str) {
    for (field, column) in before.schema().fields().iter().zip(before.columns()) {
        assert_eq!(&after[field.name().as_str()], column, "{}", field.name());
    }
    for field in after.schema().fields().iter().skip(before.num_columns()) {
        assert!(field.name().starts_with(prefix) || field.name() == "_errors", "{}", field.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lookups_add_columns_and_change_nothing_else(before in a_batch()) {
        for (filter, prefix) in LOOKUPS {
            let filters = compiled(filter);
            let mut state = filters.new_state();
            let outcome = filters.apply(before.clone(), &mut state, 0);
            prop_assert_eq!(outcome.batch.num_rows(), before.num_rows());
            check_columns(&before, &outcome.batch, prefix);
            for row in 0..before.num_rows() {
                let alone = filters.apply(before.slice(row, 1), &mut state, 0).batch;
                for (field, column) in outcome.batch.schema().fields().iter().zip(outcome.batch.columns()) {
                    match alone.column_by_name(field.name()) {
                        Some(same) => prop_assert_eq!(same, &column.slice(row, 1), "{}", field.name()),
                        None => prop_assert!(column.is_null(row), "{}", field.name()),
                    }
                }
            }
        }
    }

    #[test]
    fn marking_and_dropping_choose_the_same_rows_however_they_are_cut_into_batches(before in a_batch(), cut in 0..30_usize) {
        for config in [r#""fields":["a","b"],"window_seconds":7"#, r#""field":"b","events":2,"burst":1,"window_seconds":9"#] {
            let kind = if config.contains("events") { "limit" } else { "dedup" };
            let drops = compiled(&format!(r#"{{"type":"{kind}","config":{{{config}}}}}"#));
            let marks = compiled(&format!(r#"{{"type":"{kind}","config":{{{config},"mark":"beyond"}}}}"#));
            let cut = cut.min(before.num_rows());
            let dropped = drops.apply(before.clone(), &mut drops.new_state(), 0);
            let mut state = marks.new_state();
            let mut stayed = 0;
            for part in [before.slice(0, cut), before.slice(cut, before.num_rows() - cut)] {
                let marked = marks.apply(part.clone(), &mut state, 0).batch;
                prop_assert_eq!(marked.num_rows(), part.num_rows());
                check_columns(&part, &marked, "beyond");
                stayed += marked.column_by_name("beyond").map_or(part.num_rows(), Array::null_count);
            }
            prop_assert_eq!(dropped.batch.num_rows(), stayed);
            prop_assert_eq!(dropped.batch.num_rows() + dropped.dropped_rows, before.num_rows());
        }
    }
}
