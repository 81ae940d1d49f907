use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::batch::{ColumnRegistry, RowOptions, escape_invalid_utf8};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::decode_block;
use crate::decode::marked::MarkedDecoder;
use crate::decode::syslog::SyslogOptions;

const RECEIVED: &str = "2024-03-05T06:10:00Z";

fn us(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
}

fn decode_all(messages: &[&[u8]], zone: Tz, truncated: bool) -> RecordBatch {
    let unbounded =
        RowOptions { keep_raw: false, event_time_past_max_us: i64::MAX, event_time_future_max_us: i64::MAX };
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), unbounded);
    let mut decoder = MarkedDecoder::new(SyslogOptions { time_zone: zone }, &mut rows);
    let bytes = messages.iter().map(|message| message.len()).sum::<usize>().max(4096);
    let mut block = Block::new(BlockMemory::unpooled(bytes), us(RECEIVED));
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), SourceType::Syslog);
    for message in messages {
        block.push(message, &peer, us(RECEIVED), truncated).unwrap();
    }
    decode_block(&block.seal(), &mut decoder, &mut rows)
}

/// One decoded message.
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

    fn double(&self, name: &str) -> Option<f64> {
        let column = self.0.column_by_name(name)?.as_primitive::<Float64Type>();
        column.is_valid(0).then(|| column.value(0))
    }

    fn time(&self, name: &str) -> Option<String> {
        let column = self.0.column_by_name(name)?.as_primitive::<TimestampMicrosecondType>();
        let time = chrono::DateTime::from_timestamp_micros(column.value(0)).unwrap();
        column.is_valid(0).then(|| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }

    fn event_time(&self) -> String {
        self.time("event_time").unwrap()
    }

    fn fields(&self) -> [Option<&str>; 6] {
        FIELD_COLUMNS.map(|name| self.text(name))
    }

    /// rfc, hostname, app_name, message, parse_error
    fn around(&self) -> [Option<&str>; 5] {
        ["rfc", "hostname", "app_name", "message", "parse_error"].map(|name| self.text(name))
    }
}

fn decode(message: &str) -> Row {
    Row(decode_all(&[message.as_bytes()], Tz::UTC, false))
}

const PLAIN: &str = "CEF:0|security|threatmanager|1.0|100|worm successfully stopped|10|src=10.0.0.1 spt=1232";

#[test]
fn a_message_alone_has_no_syslog_columns() {
    for message in [PLAIN.to_owned(), format!("{PLAIN}\r\n"), PLAIN.replace("CEF:0", "CEF: 0.1")] {
        let row = decode(&message);
        let expected =
            ["security", "threatmanager", "1.0", "100", "worm successfully stopped", "10"].map(Some);
        assert_eq!(row.fields(), expected, "{message}");
        assert_eq!((row.text("src"), row.number("spt")), (Some("10.0.0.1"), Some(1232)));
        assert_eq!((row.around(), row.text("raw")), ([None; 5], None));
        assert_eq!(row.event_time(), RECEIVED);
    }
}

#[test]
fn the_syslog_header_before_it_is_read() {
    const MORNING: &str = "2024-03-05T06:07:08Z";
    for (head, around, time) in [
        ("<14>Mar 05 06:07:08 host-1 ", [Some("3164"), Some("host-1"), None, None], MORNING),
        ("Mar  5 06:07:08 fw1: ", [Some("3164"), Some("fw1"), None, None], MORNING),
        ("<14>Mar 05 06:07:08 h OPS ", [Some("3164"), Some("h"), None, Some("OPS")], MORNING),
        ("2024-03-05T06:07:08Z h ", [Some("3164"), Some("h"), None, None], MORNING),
        ("<111> 2024-03-05T06:07:08+00:00 ", [Some("3164"), None, None, None], MORNING),
        ("<111>cef[24366]: ", [Some("3164"), None, Some("cef"), None], RECEIVED),
        ("<14>", [Some("3164"), None, None, None], RECEIVED),
        ("<1>1 2024-03-05T06:07:08Z h ", [Some("3164"), Some("h"), None, None], MORNING),
        ("<1>1 2024-03-05T06:07:08Z h a p m - ", [Some("5424"), Some("h"), Some("a"), None], MORNING),
        ("<1>1 - h a p m [x y=\"z\"] \u{feff}", [Some("5424"), Some("h"), Some("a"), None], RECEIVED),
        ("Syslogdate Sysloghost ", [None, None, None, Some("Syslogdate Sysloghost")], RECEIVED),
    ] {
        let row = decode(&format!("{head}{PLAIN}"));
        assert_eq!(row.around()[..4], around, "{head}");
        assert_eq!((row.event_time().as_str(), row.text("parse_error")), (time, None), "{head}");
        assert_eq!((row.text("device_vendor"), row.text("src")), (Some("security"), Some("10.0.0.1")));
    }
    let row = decode(&format!("<14>Mar 05 06:07:08 h {PLAIN}"));
    assert_eq!((row.number("facility"), row.text("severity_name")), (Some(1), Some("info")));
}

#[test]
fn a_fault_of_the_syslog_header_is_told() {
    let message = format!("<1>1 2024-03-05T06:07:08Z h a p m {PLAIN}");
    let row = decode(&message);
    assert!(row.text("parse_error").unwrap().contains("structured data"));
    assert_eq!(
        (row.text("raw"), row.text("name")),
        (Some(message.as_str()), Some("worm successfully stopped"))
    );
    let row = decode(&format!("<999>{PLAIN}"));
    assert!(row.text("parse_error").unwrap().contains("PRI"));
}

#[test]
fn other_messages_are_syslog() {
    let row = decode("<13>Mar  5 06:07:08 web-1 cron[77]: uid=0 a=b");
    assert_eq!(row.around(), [Some("3164"), Some("web-1"), Some("cron"), Some("uid=0 a=b"), None]);
    assert_eq!(row.text("uid"), Some("0"));
    let row = decode("0|Vendor|Product|1|2|name|3|src=1.1.1.1");
    assert_eq!((row.text("rfc"), row.text("raw").is_some()), (Some("raw"), true));
    assert!(decode("CEF:x|a|b").text("parse_error").is_some());
}

#[test]
fn escapes_are_taken_away_in_header_and_values() {
    let row = decode(r"CEF:0|a\|b|c\\d|1|2|x=y|5|act=a\=b msg=one\ntwo\\n\r path=D:\Shared|x src=1 \= 2");
    assert_eq!(row.fields()[..2], [Some("a|b"), Some(r"c\d")]);
    assert_eq!((row.text("name"), row.text("act")), (Some("x=y"), Some("a=b")));
    assert_eq!(row.text("msg"), Some("one\ntwo\\n\r"));
    assert_eq!((row.text("path"), row.text("src")), (Some(r"D:\Shared|x"), Some("1 = 2")));
    assert_eq!(row.text("parse_error"), None);
}

#[test]
fn keys_become_columns_by_the_general_rule() {
    let row = decode(
        "CEF:0|v|p|1|2|n|5|sourceServiceName=web cs1Label=Cap cs1=NO ad.field[0]=f fname= \
         name=other severity=9 ccode=IL ccode=DE",
    );
    assert_eq!((row.text("source_service_name"), row.text("ad_field_0")), (Some("web"), Some("f")));
    assert_eq!((row.text("cs1_label"), row.text("cs1")), (Some("Cap"), Some("NO")));
    assert_eq!((row.text("name"), row.text("body_name")), (Some("n"), Some("other")));
    assert_eq!(row.text("body_severity"), Some("9"));
    assert!(row.0.column_by_name("fname").is_none(), "an empty value is none");
    assert_eq!((row.text("ccode"), row.text("_extra")), (Some("IL"), Some(r#"{"ccode":"DE"}"#)));
}

#[test]
fn known_keys_have_their_types_and_what_does_not_fit_is_kept_beside() {
    let message = "CEF:0|v|p|1|2|n|5|dpt=n/a cnt=1.5 in=18446744073709551615 cfp1=nan rt=soon cn1=-3 slat=48";
    let row = decode(message);
    assert_eq!((row.text("dpt__string"), row.text("cnt__string")), (Some("n/a"), Some("1.5")));
    assert_eq!(
        (row.text("in__string"), row.text("cfp1__string")),
        (Some("18446744073709551615"), Some("nan"))
    );
    assert_eq!(row.text("rt__string"), Some("soon"));
    assert_eq!((row.number("cn1"), row.double("slat")), (Some(-3), Some(48.0)));
    assert_eq!((row.event_time().as_str(), row.text("parse_error")), (RECEIVED, None));

    let batch = decode_all(&[message.as_bytes(), b"CEF:0|v|p|1|2|n|5|dpt=53"], Tz::UTC, false);
    assert_eq!(Row(batch.slice(1, 1)).number("dpt"), Some(53), "the first value does not decide the type");
}

#[test]
fn the_times_of_the_extension_stand_for_the_events_in_their_order() {
    for (extension, expected) in [
        ("rt=1709618828123", "2024-03-05T06:07:08.123Z"),
        ("start=1709618820000 rt=1709618828000 end=1709618829000", "2024-03-05T06:07:08Z"),
        ("end=1709618829000 start=1709618820000", "2024-03-05T06:07:00Z"),
        ("end=1709618829000 start=0 mrt=1", "2024-03-05T06:07:09Z"),
        ("rt=Mar 05 06:07:08 UTC proto=tcp", "2024-03-05T06:07:08Z"),
        ("EndTime=1709618829000 startTime=Mon Aug 10 09:26:47 2020 act=x", "2020-08-10T09:26:47Z"),
        ("act=x", RECEIVED),
    ] {
        let row = decode(&format!("<14>CEF:0|v|p|1|2|n|5|{extension}"));
        assert_eq!(row.event_time(), expected, "{extension}");
        let row = decode(&format!("Mar 05 06:01:00 h CEF:0|v|p|1|2|n|5|{extension}"));
        assert_eq!(row.event_time(), "2024-03-05T06:01:00Z", "the header's time goes before {extension}");
    }
    let row = decode("CEF:0|v|p|1|2|n|5|mrt=1709618828123 deviceCustomDate1=Mar 05 2023 06:07:08");
    assert_eq!(row.time("mrt").as_deref(), Some("2024-03-05T06:07:08.123Z"));
    assert_eq!(row.time("device_custom_date1").as_deref(), Some("2023-03-05T06:07:08Z"));
    let berlin = decode_all(&[b"CEF:0|v|p|1|2|n|5|rt=Mar 05 2024 06:07:08"], Tz::Europe__Berlin, false);
    assert_eq!(Row(berlin).event_time(), "2024-03-05T05:07:08Z");
}

#[test]
fn what_is_broken_is_whole_beside_what_was_found() {
    let many: String = (0..=KEY_VALUE_PAIRS_MAX).map(|number| format!("k{number}=v ")).collect();
    for (message, vendor, source) in [
        ("CEF:0|", None, None),
        ("CEF:0|v|p", Some("v"), None),
        ("CEF:0|v|p|1|2|n|src=1.1.1.1 act=x", Some("v"), Some("1.1.1.1")),
        ("CEF:0|v|p|1|2|n|5|no keys here", Some("v"), None),
        ("CEF:0|v|p|1|2|n|5|oh src=1.1.1.1", Some("v"), Some("1.1.1.1")),
        (&format!("CEF:0|v|p|1|2|n|5|src=1.1.1.1 {many}"), Some("v"), Some("1.1.1.1")),
    ] {
        let row = decode(message);
        assert!(row.text("parse_error").is_some(), "{message}");
        assert_eq!((row.text("raw"), row.text("message")), (Some(message), Some(message)), "{message}");
        assert_eq!((row.text("device_vendor"), row.text("src")), (vendor, source), "{message}");
    }
    let row = decode("CEF:0|v|p|1|2|n|5");
    assert_eq!((row.text("event_severity"), row.text("parse_error")), (Some("5"), None));
}

#[test]
fn a_message_that_was_cut_says_so_and_is_kept() {
    let row = Row(decode_all(&[PLAIN.as_bytes()], Tz::UTC, true));
    assert!(row.text("parse_error").unwrap().starts_with("message cut"));
    assert_eq!((row.text("raw"), row.number("spt")), (Some(PLAIN), Some(1232)));
}

#[test]
fn bytes_that_are_not_utf8_are_escaped() {
    let row = Row(decode_all(&[b"CEF:0|v|p|1|2|caf\xe9|5|msg=\xe9 src=1"], Tz::UTC, false));
    assert_eq!((row.text("name"), row.text("msg")), (Some("caf\\xe9"), Some("\\xe9")));
    assert_eq!(row.text("parse_error"), None);
}

/// Bytes near to CEF, so that the parsers behind the first look are reached.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"CEF:0|".to_vec()),
        Just(b"CEF:0|v|p\\||1\\\\|2|n|5|".to_vec()),
        Just(b"<34>1 2003-10-11T22:14:15.003Z h a p m - ".to_vec()),
        Just(b"<13>Mar  5 06:07:08 host ".to_vec()),
        Just(b"2024-03-05T06:07:08.123+01:00 ".to_vec()),
        Just(b" rt=".to_vec()),
        Just(b"Mon Mar 05 06:07:08 2024 UTC".to_vec()),
        Just(b"99999999999999999999".to_vec()),
        Just(b" spt=1 dpt=x cfp1=1e400 cs1Label=a cs1=b\\=c\\n".to_vec()),
        Just(b" request=http://h/?a=1&b==2 ad.x[0],y=\\".to_vec()),
        Just("\u{feff}\u{e9}=\u{1f600}".as_bytes().to_vec()),
        "[ -~]{0,10}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_message_gives_one_row_and_what_was_not_understood_is_whole(
        messages in proptest::collection::vec(message(), 1..6),
        zone in prop_oneof![Just(Tz::UTC), Just(Tz::America__New_York)],
    ) {
        let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let batch = decode_all(&slices, zone, false);
        prop_assert_eq!(batch.num_rows(), messages.len());
        for (number, message) in messages.iter().enumerate() {
            let row = Row(batch.slice(number, 1));
            prop_assert_eq!(row.text("parse_error").is_some(), row.text("raw").is_some());
            if let Some(raw) = row.text("raw") {
                let mut expected = String::new();
                match std::str::from_utf8(message) {
                    Ok(text) => expected.push_str(text),
                    Err(_) => escape_invalid_utf8(message, &mut expected),
                }
                prop_assert_eq!(raw, expected);
            }
        }
    }
}
