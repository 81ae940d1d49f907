use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use crate::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::marked::MarkedDecoder;
use crate::decode::syslog::{SyslogDecoder, SyslogOptions};
use crate::decode::{Decoder, decode_block};

const RECEIVED: &str = "2024-03-05T06:10:00Z";

fn us(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
}

fn decode_by(new: fn(&mut BatchBuilder) -> Box<dyn Decoder>, messages: &[&str]) -> RecordBatch {
    let unbounded =
        RowOptions { keep_raw: false, event_time_past_max_us: i64::MAX, event_time_future_max_us: i64::MAX };
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), unbounded);
    let mut decoder = new(&mut rows);
    let mut block = Block::new(BlockMemory::unpooled(1 << 20), us(RECEIVED));
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), SourceType::Syslog);
    for message in messages {
        block.push(message.as_bytes(), &peer, us(RECEIVED), false).unwrap();
    }
    decode_block(&block.seal(), decoder.as_mut(), &mut rows)
}

fn leef(rows: &mut BatchBuilder) -> Box<dyn Decoder> {
    Box::new(MarkedDecoder::new(SyslogOptions::default(), rows))
}

fn syslog(rows: &mut BatchBuilder) -> Box<dyn Decoder> {
    Box::new(SyslogDecoder::new(SyslogOptions::default(), rows))
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

    fn time(&self, name: &str) -> String {
        let column = self.0.column_by_name(name).unwrap().as_primitive::<TimestampMicrosecondType>();
        let time = chrono::DateTime::from_timestamp_micros(column.value(0)).unwrap();
        time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
    }
}

fn decode(message: &str) -> Row {
    Row(decode_by(leef, &[message]))
}

const PLAIN: &str = "LEEF:1.0|Lancope|StealthWatch|1.0|41|src=192.0.2.0\tdst=172.50.123.1\tsev=5\tcat=anomaly\t\
                     srcPort=81\tdstPort=21\tusrName=joe.black\tisLoginEvent=TRUE";

#[test]
fn header_and_attributes_become_columns() {
    let row = decode(PLAIN);
    let header = ["leef_version", "device_vendor", "device_product", "device_version", "signature_id"];
    assert_eq!(header.map(|name| row.text(name)), ["1.0", "Lancope", "StealthWatch", "1.0", "41"].map(Some));
    assert_eq!((row.text("event_severity"), row.text("src")), (Some("5"), Some("192.0.2.0")));
    assert_eq!((row.number("src_port"), row.number("dst_port")), (Some(81), Some(21)));
    assert_eq!((row.text("usr_name"), row.text("cat")), (Some("joe.black"), Some("anomaly")));
    assert!(row.0.column_by_name("is_login_event").unwrap().as_boolean().value(0));
    assert_eq!((row.text("message"), row.text("parse_error"), row.text("raw")), (None, None, None));
    assert_eq!(row.time("event_time"), RECEIVED);
}

#[test]
fn the_delimiter_of_version_2_may_be_said_in_any_form_or_not_at_all() {
    for (field, delimiter) in [
        ("^|", "^"),
        ("x5E|", "^"),
        ("0x5E|", "^"),
        ("|", "\t"),
        ("|", "^"),
        ("", "\t"),
        ("", "^"),
        ("x09|", "\t"),
        ("x7C|", "|"),
        ("\u{a6}|", "\u{a6}"),
        ("", " "),
    ] {
        let message = format!(
            "<13>Mar  5 06:07:08 h LEEF:2.0|V|P|2|7|{field}src=192.0.2.0{delimiter}sev=5{delimiter}srcPort=81"
        );
        let row = decode(&message);
        assert_eq!(row.text("src"), Some("192.0.2.0"), "{message}");
        assert_eq!((row.number("src_port"), row.text("event_severity")), (Some(81), Some("5")), "{message}");
        assert_eq!((row.text("hostname"), row.text("parse_error")), (Some("h"), None), "{message}");
        assert_eq!(row.time("event_time"), "2024-03-05T06:07:08Z", "{message}");
    }
}

#[test]
fn the_device_time_goes_before_that_of_the_syslog_header() {
    for (attributes, expected) in [
        ("devTime=1709618820", "2024-03-05T06:07:00Z"),
        ("devTime=1709618820123", "2024-03-05T06:07:00.123Z"),
        ("devTime=Mar 05 2023 06:07:08\tdevTimeFormat=MMM dd yyyy HH:mm:ss", "2023-03-05T06:07:08Z"),
        ("devTimeFormat=yyyy/MM/dd HH:mm:ss z\tdevTime=2023/03/05 06:07:08 CET", "2023-03-05T05:07:08Z"),
        ("devTime=Mar 05 06:07:00\tdevTimeFormat=MMM dd yyyy HH:mm:ss", "2024-03-05T06:07:00Z"),
        ("devTime=Mar 05 06:07:00\tdevTimeFormat=", "2024-03-05T06:07:00Z"),
        ("devTime=soon", "2024-03-05T06:01:00Z"),
    ] {
        let message = format!("<13>Mar  5 06:01:00 h LEEF:1.0|V|P|2|7|{attributes}");
        for new in [leef, syslog] {
            let row = Row(decode_by(new, &[&message]));
            assert_eq!(
                (row.time("event_time").as_str(), row.text("parse_error")),
                (expected, None),
                "{message}"
            );
        }
    }
    assert_eq!(decode("LEEF:1.0|V|P|2|7|devTime=soon").text("dev_time__string"), Some("soon"));
}

#[test]
fn values_keep_what_is_no_escape() {
    let row = decode(r"LEEF:2.0|V\|W|P|2|7|^|msg=a\=b\^c^path=C:\new\^resource=\\h\s^srcPort=n/a^name=n");
    assert_eq!((row.text("device_vendor"), row.text("msg")), (Some("V|W"), Some("a=b^c")));
    assert_eq!((row.text("path"), row.text("resource")), (Some(r"C:\new\"), Some(r"\\h\s")));
    assert_eq!((row.text("src_port__string"), row.text("body_name")), (Some("n/a"), Some("n")));
    assert_eq!(row.text("parse_error"), None);
}

#[test]
fn what_is_broken_is_whole_beside_what_was_found() {
    for (message, vendor, source) in [
        ("LEEF:1.0|", None, None),
        ("LEEF:1.0|V|P", Some("V"), None),
        ("LEEF:1.0|V|P|src=1.1.1.1\tdst=2.2.2.2", Some("V"), Some("1.1.1.1")),
        ("LEEF:2.0|V|P|1|2|^|no keys", Some("V"), None),
        ("LEEF:1.0|V|P|1|2|oh\tsrc=1.1.1.1", Some("V"), Some("1.1.1.1")),
    ] {
        let row = decode(message);
        assert!(row.text("parse_error").is_some(), "{message}");
        assert_eq!((row.text("raw"), row.text("message")), (Some(message), Some(message)), "{message}");
        assert_eq!((row.text("device_vendor"), row.text("src")), (vendor, source), "{message}");
    }
    assert_eq!(decode("LEEF:1.0|V|P|1|2|").text("parse_error"), None);
}

#[test]
fn the_format_syslog_takes_the_same_fields_and_keeps_the_message() {
    let heads = [
        ("<13>Mar  5 06:07:08 h ", ""),
        ("<13>1 2024-03-05T06:07:08Z h ", ""),
        ("<13>1 2024-03-05T06:07:08Z h a p m - ", ""),
        ("<13>1 2024-03-05T06:07:08Z h OPS ", "OPS "),
        ("<13>Mar  5 06:07:08 h tag: ", ""),
        ("<13>", ""),
        ("", ""),
    ];
    let bodies = [
        PLAIN,
        "CEF:0|security|manager|1.0|100|worm stopped|10|src=10.0.0.1 spt=1232 name=n",
        "CEF: 0|a|b|c|d|e|f|x=1",
    ];
    for (head, text) in heads {
        for body in bodies {
            let message = format!("{head}{body}");
            let (alone, within) = (Row(decode_by(leef, &[&message])), Row(decode_by(syslog, &[&message])));
            assert_eq!(within.text("message"), Some(format!("{text}{body}").as_str()), "{message}");
            for field in alone.0.schema().fields() {
                if field.name() == "message" {
                    continue;
                }
                let (expected, found) =
                    (alone.0.column_by_name(field.name()), within.0.column_by_name(field.name()));
                assert_eq!(found, expected, "{}: {message}", field.name());
            }
        }
    }
}
