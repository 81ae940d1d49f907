mod access;
mod json;
mod servers;

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};

use super::*;
use crate::batch::{ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::decode_block;

const RECEIVED: &str = "2024-03-05T06:10:00Z";

fn us(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
}

fn decode_all(lines: &[&str]) -> RecordBatch {
    let unbounded =
        RowOptions { keep_raw: false, event_time_past_max_us: i64::MAX, event_time_future_max_us: i64::MAX };
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), unbounded);
    let mut decoder = WeblogDecoder::new(SyslogOptions::default(), &mut rows);
    let mut block = Block::new(BlockMemory::unpooled(1 << 20), us(RECEIVED));
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), SourceType::Syslog);
    for line in lines {
        block.push(line.as_bytes(), &peer, us(RECEIVED), false).unwrap();
    }
    decode_block(&block.seal(), &mut decoder, &mut rows)
}

/// One decoded line, every value as text.
struct Row(RecordBatch);

impl Row {
    fn get(&self, name: &str) -> Option<String> {
        let column = self.0.column_by_name(name)?;
        if column.is_null(0) {
            return None;
        }
        if let Some(text) = column.as_string_view_opt() {
            return Some(text.value(0).to_owned());
        }
        if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
            return Some(numbers.value(0).to_string());
        }
        if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
            return Some(numbers.value(0).to_string());
        }
        let time_us = column.as_primitive::<TimestampMicrosecondType>().value(0);
        let time = chrono::DateTime::from_timestamp_micros(time_us)?;
        Some(time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }
}

fn decode(line: &str) -> Row {
    Row(decode_all(&[line]))
}

/// Checks the columns of a line; `-` stands for none. Those of receipt are not looked at.
fn assert_columns(line: &str, expected: &[(&str, &str)]) {
    let row = decode(line);
    for (name, value) in expected {
        let wanted = Some((*value).to_owned()).filter(|value| value != "-");
        assert_eq!(row.get(name), wanted, "{name}: {line}");
    }
    let is_expected = |name: &str| expected.iter().any(|(column, _)| *column == name);
    for field in row.0.schema().fields() {
        let name = field.name().as_str();
        let is_of_receipt =
            matches!(name, "ingest_time" | "peer_ip" | "peer_port" | "source_type" | "event_time");
        assert!(is_of_receipt || is_expected(name), "{name} is {:?}: {line}", row.get(name));
    }
}

#[test]
fn each_line_is_told_by_itself() {
    let batch = decode_all(&[
        "192.0.2.9 - - [17/Oct/2023:05:57:49 +1100] \"GET / HTTP/1.1\" 200 1",
        "#Fields: c-ip cs-method cs-uri-stem",
        "192.0.2.9 GET /w3c",
        "192.0.2.9 - - [17/Oct/2023:05:57:49 +1100] \"GET /clf HTTP/1.1\" 200 1",
        "2015-07-28 15:07:26 1.2.3.4 GET /iis a=b 80 - 31.3.3.7 agent 302 0 0 624",
        "2022-06-08 22:49:20.774649 [NOTICE] text",
        "28-Mar-2022 07:01:48.459 INFO [main] starting",
        "<13>Mar  5 06:07:08 h nginx: reopening logs",
        "h nginx[9]: 2023/12/09 21:35:20 [notice] 9#9: *2 m, client: 192.0.2.2",
        "what is this",
        "",
    ]);
    let formats =
        ["access", "w3c", "w3c", "access", "w3c", "text", "text", "syslog", "nginx_error", "-", "-"];
    for (number, expected) in formats.into_iter().enumerate() {
        let row = Row(batch.slice(number, 1));
        assert_eq!(row.get("log_format").as_deref().unwrap_or("-"), expected, "line {number}");
        assert_eq!(row.get("parse_error").is_some(), expected == "-", "line {number}");
    }
    let paths = [(0, "/"), (2, "/w3c"), (3, "/clf"), (4, "/iis")];
    for (number, path) in paths {
        assert_eq!(Row(batch.slice(number, 1)).get("url_path").as_deref(), Some(path));
    }
    assert_eq!(Row(batch.slice(6, 1)).get("level").as_deref(), Some("INFO"));
    assert_eq!(Row(batch.slice(7, 1)).get("message").as_deref(), Some("reopening logs"));
    assert_eq!(Row(batch.slice(9, 1)).get("raw").as_deref(), Some("what is this"));
}
