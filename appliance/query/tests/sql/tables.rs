//! What a dataset looks like in SQL: columns, files of different ages, pruning, names, freshness.

use std::sync::Arc;

use crate::common::{TestLake, doubles, error_of, ints, rows, strings, text, try_rows};
use arrow::array::{ArrayRef, ListBuilder, StringBuilder};
use bytefreezer_query::{Caller, QueryErrorKind, QueryRequest, Scope};
use serde_json::json;

fn lists(values: &[&[&str]]) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for list in values {
        for item in *list {
            builder.values().append_value(item);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// 48 hourly files with 10 rows each; `n` counts through.
fn two_days(lake: &TestLake, dataset: &str) {
    let mut files = Vec::new();
    for hour in 0..48 {
        let n = ints((0..10).map(|row| hour * 10 + row).collect());
        let host = format!("host{}", hour % 3);
        let hosts = strings(vec![host.as_str(); 10]);
        files.push(lake.write_hour(dataset, hour, "a-0-0-9", vec![("n", n), ("hostname", hosts)]));
    }
    lake.write_partitions(dataset, &files);
    lake.write_schema(dataset, &[("event_time", "timestamp"), ("n", "int64"), ("hostname", "string")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_and_new_files_are_read_as_one_table() {
    let lake = TestLake::new();
    let old = lake.write_hour(
        "acme/web",
        0,
        "old",
        vec![("size", ints(vec![1, 2])), ("gone", strings(vec!["x", "y"]))],
    );
    let tags = lists(&[&["a", "b"], &[]]);
    let new = lake.write_hour("acme/web", 1, "new", vec![("size", doubles(vec![2.5, 3.5])), ("tags", tags)]);
    lake.write_partitions("acme/web", &[old, new]);
    lake.write_schema(
        "acme/web",
        &[
            ("event_time", "timestamp"),
            ("size", "double"),
            ("gone", "string"),
            ("tags", "list<string>"),
            ("never_written", "boolean"),
        ],
    );
    let engine = lake.engine();

    let all = rows(&engine, "SELECT size, gone, tags, never_written FROM web ORDER BY event_time").await;
    assert_eq!(
        all,
        [
            json!({"size": 1.0, "gone": "x", "tags": null, "never_written": null}),
            json!({"size": 2.0, "gone": "y", "tags": null, "never_written": null}),
            json!({"size": 2.5, "gone": null, "tags": ["a", "b"], "never_written": null}),
            json!({"size": 3.5, "gone": null, "tags": [], "never_written": null}),
        ]
    );
    // The condition reaches into the files: an int64 file under a double column, a file without the column.
    assert_eq!(rows(&engine, "SELECT size FROM web WHERE size = 2").await, [json!({"size": 2.0})]);
    assert_eq!(
        rows(&engine, "SELECT size FROM web WHERE size > 2.4 AND size < 3").await,
        [json!({"size": 2.5})]
    );
    assert_eq!(rows(&engine, "SELECT size FROM web WHERE gone = 'y'").await, [json!({"size": 2.0})]);
    assert_eq!(rows(&engine, "SELECT count(*) AS c FROM web WHERE gone IS NULL").await, [json!({"c": 2})]);
    assert_eq!(rows(&engine, "SELECT sum(size) AS s FROM web").await, [json!({"s": 9.0})]);
    assert_eq!(
        rows(&engine, "SELECT size FROM web WHERE array_has(tags, 'b')").await,
        [json!({"size": 2.5})]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_documents_files_and_columns_are_found_by_listing() {
    let lake = TestLake::new();
    lake.write_hour("acme/web", 0, "old", vec![("size", ints(vec![1, 2]))]);
    lake.write_hour("acme/web", 1, "new", vec![("size", doubles(vec![2.5])), ("path", strings(vec!["/"]))]);
    lake.write_hour("acme/web", 1, ".unfinished", vec![("size", doubles(vec![99.0]))]);
    let engine = lake.engine();
    let all = rows(&engine, "SELECT size, path, hour FROM acme.web ORDER BY size").await;
    assert_eq!(
        all,
        [
            json!({"size": 1.0, "path": null, "hour": 0}),
            json!({"size": 2.0, "path": null, "hour": 0}),
            json!({"size": 2.5, "path": "/", "hour": 1}),
        ]
    );
    assert!(
        text(&engine, "EXPLAIN SELECT size FROM web WHERE event_time < '2026-03-01T01:00:00Z'")
            .await
            .contains("files=1 of 2 (pruned by event_time)")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_and_hours_prune_files_before_any_is_opened() {
    let lake = TestLake::new();
    two_days(&lake, "acme/web");
    let engine = lake.engine();
    for (condition, files, by, count) in [
        ("event_time >= '2026-03-02T22:00:00Z'", 2, "event_time", 20),
        ("event_time >= TIMESTAMP '2026-03-02 22:00:00'", 2, "event_time", 20),
        ("event_time >= DATE '2026-03-02'", 24, "event_time", 240),
        ("event_time BETWEEN '2026-03-01T05:00:00Z' AND '2026-03-01T05:00:00.004Z'", 1, "event_time", 5),
        ("event_time > '2026-03-02T23:00:00.008Z'", 1, "event_time", 1),
        ("event_time >= to_timestamp('2026-03-02T23:00:00Z') - INTERVAL '1 hour'", 2, "event_time", 20),
        ("event_time > '2026-03-02T23:30:00Z'", 0, "event_time", 0),
        ("event_time < now() - INTERVAL '100000 days'", 0, "event_time", 0),
        ("hour = 5", 2, "hour", 20),
        ("day = 2 AND hour IN (1, 2)", 2, "day, hour", 20),
        ("year = 2026 AND month = 3", 48, "month, year", 480),
        ("event_time < '2026-03-01T02:00:00Z' OR hour = 23", 4, "event_time, hour", 40),
        ("event_time < '2026-03-01T02:00:00Z' AND hostname = 'host1'", 2, "event_time", 10),
    ] {
        let mut result = engine
            .execute(&format!("SELECT n FROM web WHERE {condition}"), &Caller::everything())
            .await
            .unwrap();
        let scan = result.scans()[0].clone();
        assert_eq!((scan.files_read, scan.files_total), (files, 48), "{condition}");
        assert_eq!(scan.by_columns.join(", "), by, "{condition}");
        let found: usize =
            result.collect().await.unwrap().iter().map(arrow::array::RecordBatch::num_rows).sum();
        assert_eq!(found, count, "{condition}");
        let explained = text(&engine, &format!("EXPLAIN SELECT n FROM web WHERE {condition}")).await;
        assert!(
            explained.contains(&format!("acme/web: files={files} of 48 (pruned by {by})")),
            "{explained}"
        );
    }
    let unpruned = text(&engine, "EXPLAIN SELECT n FROM web WHERE hostname = 'host1'").await;
    assert!(unpruned.contains("files=48 of 48 (no condition on"), "{unpruned}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pruned_files_are_never_opened() {
    let lake = TestLake::new();
    two_days(&lake, "acme/web");
    let broken = "acme/web/data/parquet/year=2026/month=03/day=01/hour=00/a-0-0-9.parquet";
    std::fs::write(lake.path().join(broken), b"not parquet").unwrap();
    let engine = lake.engine();
    let found = rows(&engine, "SELECT count(*) AS c FROM web WHERE hour = 1 AND n > 0").await;
    assert_eq!(found, [json!({"c": 20})]);
    let error = error_of(&engine, "SELECT n FROM web WHERE hour = 0").await;
    assert_eq!(error.kind, QueryErrorKind::Storage, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_groups_are_pruned_in_a_file_by_statistics_and_bloom_filters() {
    let lake = TestLake::new();
    let n = ints((0..5_000).collect());
    let even = ints((0..5_000).map(|n| n % 1_000 * 2).collect());
    let file = lake.write_hour("acme/web", 0, "a", vec![("n", n), ("even", even)]);
    lake.write_partitions("acme/web", &[file]);
    let engine = lake.engine();
    let analyzed = text(&engine, "EXPLAIN ANALYZE SELECT n FROM web WHERE n = 4500").await;
    assert!(analyzed.contains("row_groups_pruned_statistics=5 total → 1 matched"), "{analyzed}");
    let analyzed = text(&engine, "EXPLAIN ANALYZE SELECT n FROM web WHERE even = 501").await;
    assert!(analyzed.contains("row_groups_pruned_bloom_filter=5 total → 0 matched"), "{analyzed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_and_bounds_come_from_the_catalog_alone() {
    let lake = TestLake::new();
    two_days(&lake, "acme/web");
    let engine = lake.engine();
    let sql = "SELECT count(*) AS c, min(event_time) AS a, max(event_time) AS b FROM web";
    let expected = json!({"c": 480, "a": "2026-03-01T00:00:00Z", "b": "2026-03-02T23:00:00.009Z"});
    assert_eq!(rows(&engine, sql).await, [expected]);
    let plan = text(&engine, &format!("EXPLAIN {sql}")).await;
    assert!(plan.contains("PlaceholderRowExec"), "{plan}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_partition_is_four_integer_columns_unless_the_data_has_them() {
    let lake = TestLake::new();
    two_days(&lake, "acme/web");
    let file = lake.write_hour("acme/shifts", 7, "a", vec![("hour", strings(vec!["late"]))]);
    lake.write_partitions("acme/shifts", &[file]);
    let engine = lake.engine();
    assert_eq!(
        rows(&engine, "SELECT DISTINCT year, month, day, hour FROM web WHERE n = 250").await,
        [json!({"year": 2026, "month": 3, "day": 2, "hour": 1})]
    );
    assert_eq!(rows(&engine, "SELECT hour, day FROM shifts").await, [json!({"hour": "late", "day": 1})]);
    let described = rows(&engine, "DESCRIBE acme.shifts").await;
    assert_eq!(described.len(), 5);
    assert_eq!(described[1], json!({"column_name": "hour", "data_type": "string"}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_with_hyphens_and_capitals_are_written_in_quotes() {
    let lake = TestLake::new();
    lake.write_hour("acme-corp/web-logs", 0, "a", vec![("n", ints(vec![1]))]);
    lake.write_hour("acme-corp/Firewall", 0, "a", vec![("n", ints(vec![2]))]);
    let engine = lake.engine();
    for (sql, n) in [
        ("SELECT n FROM \"acme-corp\".\"web-logs\"", 1),
        ("SELECT n FROM \"web-logs\"", 1),
        ("SELECT w.n FROM \"web-logs\" w", 1),
        ("SELECT n FROM \"acme-corp\".\"Firewall\"", 2),
    ] {
        assert_eq!(rows(&engine, sql).await, [json!({"n": n})], "{sql}");
    }
    let error = error_of(&engine, "SELECT n FROM firewall").await;
    assert_eq!(error.to_string(), "there is no table 'firewall'; did you mean \"acme-corp\".\"Firewall\"?");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_name_works_where_one_visible_tenant_has_it() {
    let lake = TestLake::new();
    lake.write_hour("acme/web", 0, "a", vec![("n", ints(vec![1]))]);
    lake.write_hour("umbrella/web", 0, "a", vec![("n", ints(vec![2]))]);
    let engine = lake.engine();
    let error = error_of(&engine, "SELECT n FROM web").await;
    assert_eq!(error.kind, QueryErrorKind::UnknownName);
    assert_eq!(error.to_string(), "several tenants have a table 'web'; write one of acme.web, umbrella.web");

    let of_umbrella = Caller::of_tenants(["umbrella"]);
    assert_eq!(try_rows(&engine, "SELECT n FROM web", &of_umbrella).await.unwrap(), [json!({"n": 2})]);
    let both = rows(&engine, "SELECT a.n AS a, b.n AS b FROM acme.web a CROSS JOIN umbrella.web b").await;
    assert_eq!(both, [json!({"a": 1, "b": 2})]);

    let scope = Scope { caller: Caller::everything(), tenant: Some("acme".to_owned()), dataset: None };
    let request = QueryRequest { sql: "SELECT n FROM web".to_owned(), scope, max_rows: None };
    let batches = engine.execute_request(request).await.unwrap().collect().await.unwrap();
    assert_eq!(batches[0].num_rows(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_tenants_do_not_exist_for_a_caller() {
    let lake = TestLake::new();
    lake.write_hour("acme/web", 0, "a", vec![("n", ints(vec![1]))]);
    lake.write_hour("umbrella/secrets", 0, "a", vec![("n", ints(vec![2]))]);
    let engine = lake.engine();
    let caller = Caller::of_tenants(["acme"]);
    for sql in [
        "SELECT n FROM umbrella.secrets",
        "SELECT n FROM secrets",
        "SELECT n FROM secretz",
        "DESCRIBE umbrella.secrets",
        "SELECT (SELECT max(n) FROM umbrella.secrets)",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM umbrella.secrets)",
        "WITH x AS (SELECT * FROM umbrella.secrets) SELECT 1",
        "SELECT n FROM web UNION ALL SELECT n FROM umbrella.secrets",
        "SELECT n FROM web WHERE n IN (SELECT n FROM umbrella.secrets)",
        "SELECT n FROM \"acme/../umbrella\".secrets",
        "SELECT n FROM \"acme\".\"../umbrella/secrets\"",
        "SELECT n FROM lake.umbrella.secrets",
    ] {
        let error = try_rows(&engine, sql, &caller).await.expect_err(sql);
        assert_eq!(error.kind, QueryErrorKind::UnknownName, "{sql}: {error}");
        let suggestion = error.suggestion.unwrap_or_default();
        assert!(!suggestion.contains("umbrella") && !suggestion.contains("secrets"), "{sql}: {suggestion}");
    }
    let listed = try_rows(&engine, "SHOW TABLES", &caller).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["dataset"], "web");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_committed_is_seen_by_the_next_query() {
    let lake = TestLake::new();
    let engine = lake.engine();
    assert_eq!(error_of(&engine, "SELECT n FROM web").await.kind, QueryErrorKind::UnknownName);

    let first = lake.write_hour("acme/web", 0, "a", vec![("n", ints(vec![1]))]);
    lake.write_partitions("acme/web", &[first]);
    lake.write_schema("acme/web", &[("event_time", "timestamp"), ("n", "int64")]);
    assert_eq!(rows(&engine, "SELECT n FROM web").await, [json!({"n": 1})]);

    let first = lake.write_hour("acme/web", 0, "a", vec![("n", ints(vec![1]))]);
    let second =
        lake.write_hour("acme/web", 1, "b", vec![("n", ints(vec![2])), ("added", strings(vec!["x"]))]);
    assert_eq!(rows(&engine, "SELECT count(*) AS c FROM web").await, [json!({"c": 1})], "not committed yet");
    lake.write_schema("acme/web", &[("event_time", "timestamp"), ("n", "int64"), ("added", "string")]);
    lake.write_partitions("acme/web", &[first, second]);
    assert_eq!(
        rows(&engine, "SELECT n, added FROM web ORDER BY n").await,
        [json!({"n": 1, "added": null}), json!({"n": 2, "added": "x"})]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_rewritten_under_its_key_is_read_anew() {
    let lake = TestLake::new();
    let engine = lake.engine();
    let one = lake.write_hour("acme/web", 0, "a", vec![("n", ints(vec![1]))]);
    lake.write_partitions("acme/web", &[one]);
    assert_eq!(rows(&engine, "SELECT sum(n) AS s FROM web").await, [json!({"s": 1})]);
    let again = lake.write_hour("acme/web", 0, "a", vec![("n", ints((0..3_000).collect()))]);
    lake.write_partitions("acme/web", &[again]);
    assert_eq!(rows(&engine, "SELECT sum(n) AS s FROM web").await, [json!({"s": 4_498_500})]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_catalog_is_an_error_that_names_it() {
    let lake = TestLake::new();
    two_days(&lake, "acme/web");
    std::fs::write(lake.path().join("acme/web/metadata/partitions.json"), b"{\"files\": [{").unwrap();
    let error = error_of(&lake.engine(), "SELECT n FROM web").await;
    assert_eq!(error.kind, QueryErrorKind::Storage);
    assert!(error.to_string().starts_with("the catalog of acme/web is damaged: partitions.json"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_rows_are_found_in_the_newest_files() {
    let lake = TestLake::new();
    two_days(&lake, "acme/web");
    let engine = lake.engine();
    let newest = rows(&engine, "SELECT n FROM web ORDER BY event_time DESC LIMIT 2").await;
    assert_eq!(newest, [json!({"n": 479}), json!({"n": 478})]);
    let show = rows(&engine, "SHOW TABLES").await;
    assert_eq!(show[0]["rows"], 480);
    assert_eq!(show[0]["files"], 48);
}
