//! The three forms that results are written in.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use bytefreezer_query::{Caller, OutputFormat, QueryEngine, QueryLimits, write_result};

use crate::common::{TestLake, doubles, ints};

async fn written(engine: &QueryEngine, sql: &str, format: OutputFormat) -> String {
    let mut result = engine.execute(sql, &Caller::everything()).await.unwrap();
    let mut out = Vec::new();
    write_result(&mut result, format, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

fn lake() -> TestLake {
    let lake = TestLake::new();
    let messages: ArrayRef =
        Arc::new(StringArray::from(vec![Some("say \"hi\",\nyou"), None, Some("\u{1b}[31mred")]));
    lake.write_hour(
        "acme/web",
        0,
        "a",
        vec![("n", ints(vec![1, 2, 3])), ("x", doubles(vec![0.5, f64::NAN, 1e300])), ("message", messages)],
    );
    lake
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_is_one_array_with_an_object_a_row() {
    let lake = lake();
    let engine = lake.engine();
    let sql = "SELECT event_time, n, x, message, make_array(n, n) AS l FROM web ORDER BY n";
    assert_eq!(
        written(&engine, sql, OutputFormat::Json).await,
        concat!(
            "[\n",
            r#"{"event_time":"2026-03-01T00:00:00Z","n":1,"x":0.5,"message":"say \"hi\",\nyou","l":[1,1]},"#,
            "\n",
            r#"{"event_time":"2026-03-01T00:00:00.001Z","n":2,"x":null,"message":null,"l":[2,2]},"#,
            "\n",
            r#"{"event_time":"2026-03-01T00:00:00.002Z","n":3,"x":1.0e300,"message":"\u001b[31mred","l":[3,3]}"#,
            "\n]\n"
        )
    );
    assert_eq!(written(&engine, "SELECT n FROM web WHERE n > 9", OutputFormat::Json).await, "[]\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csv_has_a_header_and_quotes_where_needed() {
    let lake = lake();
    let engine = lake.engine();
    let sql = "SELECT event_time, n, message, make_array(n, 0) AS l FROM web WHERE n < 3 ORDER BY n";
    assert_eq!(
        written(&engine, sql, OutputFormat::Csv).await,
        "event_time,n,message,l\n\
         2026-03-01T00:00:00Z,1,\"say \"\"hi\"\",\nyou\",\"[1,0]\"\n\
         2026-03-01T00:00:00.001Z,2,,\"[2,0]\"\n"
    );
    assert_eq!(written(&engine, "SELECT n FROM web WHERE n > 9", OutputFormat::Csv).await, "n\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_shows_no_control_characters_and_says_when_there_is_more() {
    let lake = lake();
    let engine = lake.engine_with(QueryLimits { rows: Some(2), ..QueryLimits::default() });
    let table = written(&engine, "SELECT n, message FROM web ORDER BY n DESC", OutputFormat::Table).await;
    assert!(table.contains("| 3 | \\u{1b}[31mred |"), "{table}");
    assert!(table.contains("| 2 | null"), "{table}");
    assert!(table.contains("the first 2 rows, there are more"), "{table}");
    let one = written(&engine, "SELECT 1 AS one", OutputFormat::Table).await;
    assert!(one.contains("1 row ("), "{one}");
    let none = written(&engine, "SELECT n FROM web WHERE n > 9", OutputFormat::Table).await;
    assert!(none.contains("| n |") && none.contains("0 rows ("), "{none}");
}
