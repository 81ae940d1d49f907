//! What must not be answered: everything but one reading statement over the lake's tables.

use std::time::Duration;

use bytefreezer_query::{Caller, QueryEngine, QueryErrorKind};
use serde_json::json;

use crate::common::{TestLake, error_of, ints, rows, strings, try_rows};

fn lake() -> (TestLake, QueryEngine) {
    let lake = TestLake::new();
    lake.write_hour(
        "acme/web",
        0,
        "a",
        vec![("n", ints(vec![1, 2, 3])), ("hostname", strings(vec!["a", "b", "c"]))],
    );
    let engine = lake.engine();
    (lake, engine)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_that_do_not_only_read_are_refused() {
    let (lake, engine) = lake();
    let before = std::fs::read_dir(lake.path()).unwrap().count();
    for sql in [
        "COPY web TO '/tmp/out.parquet'",
        "COPY (SELECT * FROM web) TO 's3://bucket/out' STORED AS CSV",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE t (a INT)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "CREATE SCHEMA s",
        "CREATE DATABASE d",
        "CREATE FUNCTION f() RETURNS INT RETURN 1",
        "DROP TABLE web",
        "DROP SCHEMA acme CASCADE",
        "ALTER TABLE web ADD COLUMN x INT",
        "TRUNCATE TABLE web",
        "INSERT INTO web VALUES (1)",
        "INSERT INTO web SELECT * FROM web",
        "UPDATE web SET n = 1",
        "DELETE FROM web",
        "MERGE INTO web USING web AS w ON true WHEN MATCHED THEN DELETE",
        "SET datafusion.execution.batch_size = 1",
        "SET TIME ZONE 'UTC'",
        "RESET datafusion.execution.batch_size",
        "SHOW ALL",
        "SHOW datafusion.execution.batch_size",
        "SHOW CREATE TABLE web",
        "SHOW FUNCTIONS",
        "SHOW TABLES LIKE '%'",
        "SHOW TABLES FROM umbrella",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "DEALLOCATE p",
        "BEGIN",
        "COMMIT",
        "GRANT ALL ON web TO public",
        "ATTACH DATABASE 'x.db' AS x",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CALL f()",
        "USE acme",
        "ANALYZE TABLE web COMPUTE STATISTICS",
        "EXPLAIN INSERT INTO web VALUES (1)",
        "EXPLAIN ANALYZE INSERT INTO web SELECT * FROM web",
        "EXPLAIN COPY web TO '/tmp/x'",
        "EXPLAIN EXPLAIN SELECT 1",
        "EXPLAIN CREATE TABLE t AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE web",
        "SELECT * INTO t FROM web",
        "SELECT n FROM web UNION ALL SELECT n INTO t FROM web",
        "WITH x AS (INSERT INTO web VALUES (1) RETURNING n) SELECT * FROM x",
        "WITH x AS (DELETE FROM web RETURNING n) SELECT * FROM x",
        "SELECT n FROM web FOR UPDATE",
        "SELECT n FROM web SETTINGS max_threads = 1",
        "SELECT n FROM web FORMAT JSON",
        "TABLE web",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/**')",
        "SELECT * FROM parquet_metadata('x.parquet')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'acme/web/data/parquet/x.parquet'",
        "SELECT * FROM 's3://bucket/x.parquet'",
        "SELECT * FROM TABLE(read_parquet('x'))",
        "SELECT * FROM LATERAL read_parquet('x')",
        "SELECT * FROM (SELECT * FROM read_parquet('x'))",
        "SELECT (SELECT count(*) FROM read_text('/etc/passwd'))",
        "SELECT n FROM web WHERE n IN (SELECT a FROM read_csv('x'))",
        "SELECT lpad('x', 2000000000)",
        "SELECT rpad('x', n * 1000000) FROM web",
        "SELECT LPAD(hostname, 10001, 'x') FROM web",
    ] {
        let error = error_of(&engine, sql).await;
        let is_refused = matches!(error.kind, QueryErrorKind::Forbidden | QueryErrorKind::Syntax);
        assert!(is_refused, "{sql}: {:?} {error}", error.kind);
    }
    assert_eq!(std::fs::read_dir(lake.path()).unwrap().count(), before);
    assert_eq!(rows(&engine, "SELECT count(*) AS c FROM web").await, [json!({"c": 3})]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_outside_the_lake_s_tables_has_a_name() {
    let (_lake, engine) = lake();
    for sql in [
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM information_schema.df_settings",
        "SELECT * FROM lake.information_schema.tables",
        "SELECT * FROM \"bare names\".web",
        "SELECT * FROM pg_catalog.pg_tables",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM \"x.parquet\"",
        "SELECT * FROM `x.parquet`",
        "SELECT * FROM \"..\".\"..\"",
        "SELECT repeat('x', 1000000000)",
        "SELECT array_repeat(1, 1000000000)",
        "SELECT range(0, 1000000000)",
        "SELECT getenv('PATH')",
        "SELECT current_setting('x')",
        "SELECT version()",
    ] {
        let error = error_of(&engine, sql).await;
        assert!(matches!(error.kind, QueryErrorKind::UnknownName), "{sql}: {:?} {error}", error.kind);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_statements_of_every_kind_are_answered() {
    let (_lake, engine) = lake();
    for (sql, expected) in [
        ("SELECT max(n) AS x FROM web", 3),
        ("WITH w AS (SELECT n FROM web) SELECT sum(n) AS x FROM w", 6),
        ("WITH web AS (SELECT 7 AS n) SELECT n AS x FROM web", 7),
        ("SELECT count(*) AS x FROM web a JOIN web b ON a.n < b.n", 3),
        ("SELECT x FROM (VALUES (4)) AS t(x)", 4),
        ("SELECT sum(value) AS x FROM generate_series(1, 4)", 10),
        ("SELECT count(*) AS x FROM (SELECT n FROM web UNION ALL SELECT n FROM acme.web)", 6),
        ("SELECT count(*) AS x FROM (SELECT n FROM web EXCEPT SELECT 1)", 2),
        ("SELECT (SELECT max(n) FROM web) AS x", 3),
        ("SELECT row_number() OVER (ORDER BY n DESC) AS x FROM web ORDER BY n LIMIT 1", 3),
        (
            "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT max(n) AS x FROM t",
            5,
        ),
        ("SELECT character_length(lpad(hostname, 10)) AS x FROM web WHERE n = 1", 10),
        ("SELECT count(*) AS x FROM web WHERE hostname ~ '^[ab]$'", 2),
        ("SELECT count(*) AS x FROM web WHERE event_time < now();", 3),
        ("-- a comment\nSELECT n AS x FROM web WHERE hostname = 'b' /* another */", 2),
    ] {
        assert_eq!(rows(&engine, sql).await, [json!({"x": expected})], "{sql}");
    }
    assert!(!rows(&engine, "EXPLAIN VERBOSE SELECT n FROM web").await.is_empty());
    assert!(!rows(&engine, "EXPLAIN ANALYZE SELECT n FROM web").await.is_empty());
    assert_eq!(rows(&engine, "describe web").await.len(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_and_long_statements_neither_overflow_the_stack_nor_run() {
    let (_lake, engine) = lake();
    let nested = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let subqueries = format!("{}SELECT 1{}", "SELECT * FROM (".repeat(3_000), ")".repeat(3_000));
    let aliases: Vec<String> = (0..1_000).map(|i| format!("web w{i}")).collect();
    for sql in [
        nested,
        subqueries,
        format!("SELECT {}1", "- ".repeat(20_000)),
        format!("SELECT {}true", "NOT ".repeat(15_000)),
        format!("SELECT 1{}", "+1".repeat(30_000)),
        format!("SELECT 1{}", " OR 1=1".repeat(8_000)),
        format!("SELECT true{}", " IS TRUE".repeat(7_000)),
        format!("SELECT 1{}", "::int".repeat(10_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(4_000)),
        format!("SELECT 1 FROM {}", aliases.join(",")),
        format!("SELECT 1 FROM web{}", " NATURAL JOIN web".repeat(3_000)),
        format!("SELECT CASE{} END", " WHEN true THEN CASE".repeat(3_000)),
        format!("SELECT '{}'", "x".repeat(70_000)),
    ] {
        let error = error_of(&engine, &sql).await;
        let is_refused = matches!(error.kind, QueryErrorKind::TooLarge | QueryErrorKind::Syntax);
        assert!(is_refused, "{}: {:?} {error}", &sql[..40], error.kind);
    }
    // Just below the limits it is answered.
    let cases = format!("SELECT {}1{} AS x", "CASE WHEN true THEN ".repeat(8), " END".repeat(8));
    assert_eq!(rows(&engine, &cases).await, [json!({"x": 1})]);
    let sum = rows(&engine, &format!("SELECT 1{} AS x", "+1".repeat(490))).await;
    assert_eq!(sum, [json!({"x": 491})]);
    let sum = rows(&engine, &format!("SELECT n{} AS x FROM web WHERE n = 1", "+n".repeat(150))).await;
    assert_eq!(sum, [json!({"x": 151})]);
    let list: Vec<String> = (0..9_000).map(|n| n.to_string()).collect();
    let found =
        rows(&engine, &format!("SELECT count(*) AS x FROM web WHERE n IN ({})", list.join(","))).await;
    assert_eq!(found, [json!({"x": 3})]);
}

/// Nested so deep, with what belongs inside and with an error there.
fn depths(inner: &'static str) -> [(usize, &'static str); 8] {
    [
        (8, inner),
        (8, "~ +"),
        (20, inner),
        (20, "~ +"),
        (45, inner),
        (45, "~ +"),
        (3_000, inner),
        (3_000, "~ +"),
    ]
}

/// Some parsers try two ways at every bracket, and double their work with each level.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nested_statements_are_parsed_or_refused_in_little_time() {
    let (_lake, engine) = lake();
    let caller = Caller::everything();
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("abs(", "1", ")"),
        ("coalesce(1, ", "1", ")"),
        ("CAST(", "1", " AS INT)"),
        ("ARRAY[", "1", "]"),
        ("[", "1", "]"),
        ("{'a': ", "1", "}"),
        ("(1, ", "1", ")"),
        ("NOT (", "true", ")"),
        ("CASE WHEN true THEN ", "1", " END"),
        ("CASE ", "1", " WHEN 1 THEN 1 END"),
        ("EXTRACT(DAY FROM ", "now()", ")"),
        ("1 IN (", "1", ")"),
        ("EXISTS (SELECT ", "1", ")"),
        ("(SELECT ", "1", ")"),
        ("INTERVAL ", "'1 day'", ""),
        ("POSITION(", "'a'", " IN 'b')"),
        ("SUBSTRING(", "'a'", " FROM 1)"),
        ("TRY_CAST(", "1", " AS INT)"),
        ("CONVERT(", "1", ", INT)"),
        ("NOT (true AND ", "true", ")"),
        ("NOT ", "true", ""),
        ("CAST(abs(", "1", ") AS INT)"),
        ("- ", "1", ""),
        ("x -> ", "1", ""),
    ] {
        for (depth, inner) in depths(inner) {
            let sql = format!("SELECT {}{inner}{}", open.repeat(depth), close.repeat(depth));
            let outcome = tokio::time::timeout(Duration::from_secs(20), try_rows(&engine, &sql, &caller));
            assert!(outcome.await.is_ok(), "{open} {depth} deep takes too long");
        }
    }
    for (open, inner, close) in [
        ("(", "web", ")"),
        ("(SELECT * FROM ", "web", ") AS t"),
        ("(web CROSS JOIN ", "web", ")"),
        ("((SELECT 1) UNION ", "SELECT 1", ")"),
    ] {
        for (depth, inner) in depths(inner) {
            let sql = format!("SELECT 1 FROM {}{inner}{}", open.repeat(depth), close.repeat(depth));
            let outcome = tokio::time::timeout(Duration::from_secs(20), try_rows(&engine, &sql, &caller));
            assert!(outcome.await.is_ok(), "FROM {open} {depth} deep takes too long");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_say_what_where_and_what_was_meant() {
    let (_lake, engine) = lake();
    for (sql, expected) in [
        ("SELECT n FROM\n web WHERE )", "line 2, column 12"),
        ("SELECT 'open FROM web", "line 1, column 8"),
        (
            "SELECT hostnam FROM web",
            "there is no column 'hostnam' (line 1, column 8); did you mean 'hostname'?",
        ),
        ("SELECT n FROM web WHERE hostname_ = 'x'", "did you mean 'hostname'?"),
        ("SELECT w.nn FROM web w WHERE w.zzzzzz = 1", "there is no column"),
        ("SELECT n FROM wbe", "there is no table 'wbe'; did you mean acme.web?"),
        ("SELECT n FROM acme.weeb", "there is no table 'acme.weeb'; did you mean acme.web?"),
        ("SELECT n FROM akme.web", "there is no table 'akme.web'; did you mean acme.web?"),
        ("SELECT n FROM zzzzzzz", "there is no table 'zzzzzzz'; SHOW TABLES lists the tables"),
        (
            "SELECT uper(hostname) FROM web",
            "invalid function 'uper' (line 1, column 8); did you mean 'upper'?",
        ),
        ("SELECT n FROM web a, web b", "column 'n' is in several tables"),
        ("DROP TABLE web", "DROP is not allowed; only SELECT, WITH, EXPLAIN, SHOW TABLES and DESCRIBE are"),
        ("SELECT n / 0 FROM web", "divide by zero"),
        ("SELECT CAST(hostname AS INT) FROM web", "cannot cast"),
        ("", "there is no statement"),
        (" ; ", "there is no statement"),
    ] {
        let message = error_of(&engine, sql).await.to_string();
        assert!(message.to_lowercase().contains(&expected.to_lowercase()), "{sql}: {message}");
    }
}
