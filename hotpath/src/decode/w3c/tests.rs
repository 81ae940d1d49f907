use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::*;
use crate::batch::{ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::decode_block;
use crate::limits::{W3C_FIELDS_MAX, W3C_PEERS_MAX};

const RECEIVED_US: i64 = 1_709_619_000_000_000;

/// A decoder and its rows.
struct Bench {
    rows: BatchBuilder,
    decoder: W3cDecoder,
}

impl Bench {
    fn new() -> Self {
        let unbounded = RowOptions {
            keep_raw: false,
            event_time_past_max_us: i64::MAX,
            event_time_future_max_us: i64::MAX,
        };
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), unbounded);
        let decoder = W3cDecoder::new(SyslogOptions { time_zone: chrono_tz::Tz::Europe__Berlin }, &mut rows);
        Self { rows, decoder }
    }

    fn decode_from(&mut self, peer: &str, line: &str) -> Row {
        let mut block = Block::new(BlockMemory::unpooled(64 << 10), RECEIVED_US);
        let peer = Peer::new(format!("{peer}:1").parse().unwrap(), SourceType::Tcp);
        block.push(line.as_bytes(), &peer, RECEIVED_US, false).unwrap();
        Row(decode_block(&block.seal(), &mut self.decoder, &mut self.rows))
    }

    fn decode(&mut self, line: &str) -> Row {
        self.decode_from("192.0.2.1", line)
    }
}

struct Row(RecordBatch);

impl Row {
    fn text(&self, name: &str) -> Option<&str> {
        let column = self.0.column_by_name(name)?.as_string_view();
        column.is_valid(0).then(|| column.value(0))
    }

    fn number(&self, name: &str) -> Option<i64> {
        let column = self.0.column_by_name(name)?.as_primitive::<Int64Type>();
        column.is_valid(0).then(|| column.value(0))
    }

    fn time(&self) -> String {
        let column = self.0.column_by_name("event_time").unwrap().as_primitive::<TimestampMicrosecondType>();
        let time = chrono::DateTime::from_timestamp_micros(column.value(0)).unwrap();
        time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
    }
}

#[test]
fn the_fields_directive_names_the_values_behind_it() {
    let mut bench = Bench::new();
    let row = bench.decode("#Fields: date time c-ip cs-username cs-method cs-uri-stem cs-uri-query sc-status sc-bytes cs(User-Agent) s-port x-own");
    assert_eq!((row.text("record_type"), row.text("log_format")), (Some("directive"), Some("w3c")));
    assert!(row.text("message").unwrap().starts_with("#Fields"));
    let row =
        bench.decode("2024-03-05 06:07:08.5 192.0.2.9 D\\joe GET /p q=1 404 17 A/1+(b) 443 \"two words\"");
    assert_eq!(row.time(), "2024-03-05T06:07:08.500Z", "the draft has UTC, whatever the dataset's zone is");
    let texts = ["source_ip", "user_name", "http_method", "url_path", "url_query", "user_agent", "x_own"];
    let expected = ["192.0.2.9", "D\\joe", "GET", "/p", "q=1", "A/1+(b)", "two words"];
    assert_eq!(texts.map(|name| row.text(name)), expected.map(Some));
    assert_eq!(
        (row.number("http_status"), row.number("bytes"), row.number("s_port")),
        (Some(404), Some(17), Some(443))
    );
    assert_eq!((row.text("parse_error"), row.text("message")), (None, None));

    let row = bench.decode("2024-03-05 06:07:08 192.0.2.9");
    assert!(row.text("parse_error").unwrap().starts_with("fewer values"));
    assert_eq!(row.text("source_ip"), Some("192.0.2.9"));
    let row = bench.decode("2024-03-05 06:07:08 192.0.2.9 - GET /p - 404 17 - 443 - more of it");
    assert!(row.text("parse_error").unwrap().starts_with("more values"));
    assert_eq!((row.text("other_fields"), row.text("user_name")), (Some("more of it"), None));
}

#[test]
fn each_sender_has_its_own_fields_and_new_ones_take_their_place() {
    let mut bench = Bench::new();
    bench.decode_from("192.0.2.1", "#Fields: c-ip cs-method");
    bench.decode_from("192.0.2.2", "#fields: cs-method c-ip");
    assert_eq!(bench.decode_from("192.0.2.1", "10.0.0.1 GET").text("source_ip"), Some("10.0.0.1"));
    assert_eq!(bench.decode_from("192.0.2.2", "GET 10.0.0.2").text("source_ip"), Some("10.0.0.2"));
    bench.decode_from("192.0.2.1", "#Fields: cs-uri");
    assert_eq!(bench.decode_from("192.0.2.1", "http://h/x?y").text("url_query"), Some("y"));
}

#[test]
fn a_time_alone_is_of_the_day_of_the_date_directive() {
    let mut bench = Bench::new();
    bench.decode("#Date: 2013-07-30 00:00:00");
    bench.decode("#Fields: time c-ip");
    assert_eq!(bench.decode("00:00:03 10.0.0.1").time(), "2013-07-30T00:00:03Z");
    bench.decode("#Fields: date-local time-local c-ip");
    assert_eq!(bench.decode("2024-03-05 06:07:08 10.0.0.1").time(), "2024-03-05T05:07:08Z");
    let row = bench.decode("2024-03-05 25:07:08 10.0.0.1");
    assert_eq!(
        (row.text("parse_error"), row.text("source_ip")),
        (Some("a date or time that is none"), Some("10.0.0.1"))
    );
}

#[test]
fn without_a_directive_lines_have_the_fields_that_iis_writes_by_default() {
    let mut bench = Bench::new();
    for line in [
        "2024-03-05 06:07:08 10.0.0.5 GET /p q 443 joe 10.0.0.1 A - 200 0 0 65",
        "2024-03-05 06:07:08 10.0.0.5 GET /p q 443 joe 10.0.0.1 A 200 0 0 65",
        "2024-03-05 06:07:08 W3SVC1 S 10.0.0.5 GET /p q 443 joe 10.0.0.1 HTTP/1.1 A - - h 200 0 0 1 2 65",
    ] {
        let row = bench.decode(line);
        assert_eq!(
            (row.text("source_ip"), row.number("http_status")),
            (Some("10.0.0.1"), Some(200)),
            "{line}"
        );
        assert_eq!((row.text("user_name"), row.text("url_path")), (Some("joe"), Some("/p")), "{line}");
        assert_eq!((row.time().as_str(), row.text("parse_error")), ("2024-03-05T06:07:08Z", None), "{line}");
    }
    let cloudfront = "2024-03-05\t06:07:08\tCDG50\t703\t10.0.0.1\tGET\th\t/p\t400\t-\tcurl\tq=1\t-\tError\tid==\thh\thttps\t62\t0.113\t-\tTLSv1.3\tC\tError\tHTTP/2.0";
    let row = bench.decode(cloudfront);
    assert_eq!(
        (row.text("source_ip"), row.text("http_version"), row.number("bytes")),
        (Some("10.0.0.1"), Some("2.0"), Some(703))
    );
    for line in ["2024-03-05 06:07:08 text", "no W3C line", ""] {
        let row = bench.decode(line);
        assert!(row.text("parse_error").is_some(), "{line}");
        assert_eq!(row.text("raw"), Some(line), "{line}");
    }
}

#[test]
fn the_state_makes_another_decoder_read_on() {
    let mut bench = Bench::new();
    assert_eq!(bench.decoder.take_changed_state(), None);
    bench.decode("#Date: 2013-07-30 00:00:00");
    bench.decode("#Fields: time x-own c-ip");
    let state = bench.decoder.take_changed_state().unwrap();
    assert_eq!(bench.decoder.take_changed_state(), None, "nothing has changed since");
    bench.decode("#Fields: time x-own c-ip");
    assert_eq!(bench.decoder.take_changed_state(), None, "the same again is no change");

    let mut other = Bench::new();
    other.decoder.restore_state(&state).unwrap();
    let line = "00:00:03 v 10.0.0.1";
    assert_eq!(bench.decode(line).0, other.decode(line).0);
    assert_eq!(other.decode(line).text("x_own"), Some("v"));

    assert!(other.decoder.restore_state(b"{").is_err());
    assert!(other.decode(line).text("parse_error").is_some(), "it knows nothing then");
    other.decoder.restore_state(&state).unwrap();
    other.decoder.restore_state(b"").unwrap();
    assert!(other.decode(line).text("parse_error").is_some());
}

#[test]
fn what_is_remembered_has_a_bound() {
    let mut bench = Bench::new();
    for number in 0..=W3C_PEERS_MAX {
        let peer = format!("10.0.{}.{}", number / 256, number % 256);
        bench.decode_from(&peer, "#Fields: x-own c-ip");
    }
    assert_eq!(bench.decode_from("10.0.0.1", "a 10.9.9.9").text("x_own"), Some("a"));
    assert!(
        bench.decode_from("10.0.0.0", "a 10.9.9.9").text("parse_error").is_some(),
        "the oldest is forgotten"
    );
    let row = bench.decode(&format!("#Fields:{}", " a".repeat(W3C_FIELDS_MAX + 1)));
    assert!(row.text("parse_error").unwrap().contains("more fields"));
}
