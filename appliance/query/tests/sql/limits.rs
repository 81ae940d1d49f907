//! The limits hold: time, rows, memory, spilling, concurrency.

use std::time::{Duration, Instant};

use bytefreezer_query::{Caller, QueryErrorKind, QueryLimits, QueryRequest, Scope};
use serde_json::json;

use crate::common::{TestLake, error_of, ints, rows, strings, try_rows};

fn small_lake() -> TestLake {
    let lake = TestLake::new();
    lake.write_hour("acme/web", 0, "a", vec![("n", ints((0..5_000).collect()))]);
    lake
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_without_end_is_cancelled_at_the_time_limit() {
    let lake = small_lake();
    let limits =
        QueryLimits { time: Duration::from_millis(300), concurrent_queries: 1, ..QueryLimits::default() };
    let engine = lake.engine_with(limits);
    for sql in [
        "SELECT count(*) FROM web a, web b, web c WHERE a.n + b.n + c.n = -1",
        "SELECT sum(value) FROM generate_series(1, 9000000000000000)",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
    ] {
        let error = error_of(&engine, sql).await;
        assert_eq!(error.kind, QueryErrorKind::TimeLimit, "{sql}: {error}");
        wait_for_free_slot(&engine).await;
    }
}

/// A cancelled query gives its slot back; how soon depends on the machine, that it does is what counts.
async fn wait_for_free_slot(engine: &bytefreezer_query::QueryEngine) {
    loop {
        match engine.execute("SELECT 1", &Caller::everything()).await {
            // Read to its end it has given its own slot back.
            Ok(mut result) => {
                result.collect().await.unwrap();
                return;
            }
            Err(error) => assert_eq!(error.kind, QueryErrorKind::Busy, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_past_the_limit_are_left_out_and_it_is_said() {
    let lake = small_lake();
    let engine = lake.engine_with(QueryLimits { rows: Some(100), ..QueryLimits::default() });
    for (sql, wanted, count, truncated) in [
        ("SELECT n FROM web", None, 100, true),
        ("SELECT n FROM web ORDER BY n DESC", None, 100, true),
        ("SELECT n FROM web LIMIT 100", None, 100, false),
        ("SELECT n FROM web LIMIT 101", None, 100, true),
        ("SELECT n FROM web", Some(7), 7, true),
        ("SELECT n FROM web", Some(1_000), 100, true),
        ("SELECT n FROM web", Some(0), 0, true),
        ("SELECT n FROM web WHERE n < 5", None, 5, false),
        ("SELECT n FROM web WHERE n < 0", Some(0), 0, false),
        ("DESCRIBE web", Some(1), 1, true),
    ] {
        let scope = Scope::of(Caller::everything());
        let request = QueryRequest { sql: sql.to_owned(), scope, max_rows: wanted };
        let mut result = engine.execute_request(request).await.unwrap();
        let found: usize =
            result.collect().await.unwrap().iter().map(arrow::array::RecordBatch::num_rows).sum();
        assert_eq!((found, result.truncated()), (count, truncated), "{sql} {wanted:?}");
    }
    let unlimited = lake.engine_with(QueryLimits { rows: None, ..QueryLimits::default() });
    assert_eq!(rows(&unlimited, "SELECT n FROM web").await.len(), 5_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_needs_too_much_memory_fails_and_others_go_on() {
    let lake = TestLake::new();
    let texts: Vec<String> = (0..20_000).map(|n| format!("{n:0100}")).collect();
    let texts = strings(texts.iter().map(String::as_str).collect());
    lake.write_hour("acme/web", 0, "a", vec![("n", ints((0..20_000).collect())), ("message", texts)]);
    let limits = QueryLimits { memory_bytes: 1024 * 1024, rows: None, ..QueryLimits::default() };

    let engine = lake.engine_with(limits.clone());
    for sql in [
        "SELECT message, count(*) FROM web GROUP BY message",
        "SELECT n, message FROM web ORDER BY message DESC",
    ] {
        let error = error_of(&engine, sql).await;
        assert_eq!(error.kind, QueryErrorKind::MemoryLimit, "{sql}: {error}");
    }
    // The tasks of a query that failed end on their own, and give their memory back when they do.
    let deadline = Instant::now() + Duration::from_secs(30);
    let others = loop {
        let asked = try_rows(&engine, "SELECT max(n) AS m FROM web", &Caller::everything()).await;
        match asked {
            Err(error) if error.kind == QueryErrorKind::MemoryLimit && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            asked => break asked.unwrap(),
        }
    };
    assert_eq!(others, [json!({"m": 19_999})]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spilling_stays_in_its_folder_and_under_its_cap() {
    let lake = TestLake::new();
    let texts: Vec<String> = (0..40_000).map(|n| format!("{n:0200}")).collect();
    let texts = strings(texts.iter().map(String::as_str).collect());
    lake.write_hour("acme/web", 0, "a", vec![("message", texts)]);
    let spill = tempfile::tempdir().unwrap();
    let sql =
        "SELECT count(*) AS c FROM (SELECT message, row_number() OVER (ORDER BY message DESC) AS r FROM web)";
    let limits = |memory_bytes, spill_bytes| QueryLimits {
        memory_bytes,
        spill_bytes,
        spill_dir: Some(spill.path().to_owned()),
        time: Duration::from_secs(120),
        ..QueryLimits::default()
    };
    let roomy = lake.engine_with(limits(24 * 1024 * 1024, 1024 * 1024 * 1024));
    assert_eq!(rows(&roomy, sql).await, [json!({"c": 40_000})]);

    let sort = "SELECT message FROM web ORDER BY message DESC";
    let tight = lake.engine_with(QueryLimits { rows: None, ..limits(12 * 1024 * 1024, 1024) });
    let error = error_of(&tight, sort).await;
    assert_eq!(error.kind, QueryErrorKind::MemoryLimit, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_query_more_than_allowed_is_refused_until_one_ends() {
    let lake = small_lake();
    let engine = lake.engine_with(QueryLimits { concurrent_queries: 1, ..QueryLimits::default() });
    let endless = "SELECT sum(value) FROM generate_series(1, 9000000000000)";
    let running = engine.execute(endless, &Caller::everything()).await.unwrap();
    let error = error_of(&engine, "SELECT 1").await;
    assert_eq!(error.kind, QueryErrorKind::Busy);
    drop(running);
    wait_for_free_slot(&engine).await;
}
