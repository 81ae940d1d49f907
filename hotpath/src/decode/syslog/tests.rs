use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use proptest::prelude::*;

use super::*;
use crate::batch::escape_invalid_utf8;
use crate::batch::{ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::decode_block;

const RECEIVED: &str = "2024-03-05T06:10:00Z";

fn us(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
}

fn decode_all(messages: &[&[u8]], zone: Tz, received: &str) -> RecordBatch {
    let unbounded =
        RowOptions { keep_raw: false, event_time_past_max_us: i64::MAX, event_time_future_max_us: i64::MAX };
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), unbounded);
    let mut decoder = SyslogDecoder::new(SyslogOptions { time_zone: zone }, &mut rows);
    let bytes = messages.iter().map(|message| message.len()).sum::<usize>().max(4096);
    let mut block = Block::new(BlockMemory::unpooled(bytes), us(received));
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), SourceType::Syslog);
    for message in messages {
        block.push(message, &peer, us(received), false).unwrap();
    }
    decode_block(&block.seal(), &mut decoder, &mut rows)
}

/// One decoded message, its values as text.
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
        let us =
            self.0.column_by_name("event_time").unwrap().as_primitive::<TimestampMicrosecondType>().value(0);
        let time = chrono::DateTime::from_timestamp_micros(us).unwrap();
        time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
    }

    fn head(&self) -> [Option<&str>; 4] {
        ["hostname", "app_name", "proc_id", "msg_id"].map(|name| self.text(name))
    }
}

fn decode(message: &str) -> Row {
    Row(decode_all(&[message.as_bytes()], Tz::UTC, RECEIVED))
}

/// RFC 5424 section 6.5.
#[test]
fn examples_of_rfc_5424() {
    let row = decode(
        "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{feff}'su root' failed for lonvick on /dev/pts/8",
    );
    assert_eq!((row.number("facility"), row.number("severity")), (Some(4), Some(2)));
    assert_eq!((row.text("facility_name"), row.text("severity_name")), (Some("auth"), Some("crit")));
    assert_eq!(row.text("rfc"), Some("5424"));
    assert_eq!(row.time(), "2003-10-11T22:14:15.003Z");
    assert_eq!(row.head(), [Some("mymachine.example.com"), Some("su"), None, Some("ID47")]);
    assert_eq!(row.text("message"), Some("'su root' failed for lonvick on /dev/pts/8"));
    assert_eq!((row.text("raw"), row.text("parse_error"), row.text("structured_data")), (None, None, None));

    let row = decode(
        "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
    );
    assert_eq!(row.time(), "2003-08-24T12:14:15.000003Z");
    assert_eq!(row.head(), [Some("192.0.2.1"), Some("myproc"), Some("8710"), None]);

    let data = r#"[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]"#;
    let header = "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47";
    let row = decode(&format!("{header} {data} \u{feff}An application event log entry..."));
    let expected = r#"{"exampleSDID@32473":{"iut":"3","eventSource":"Application","eventID":"1011"}}"#;
    assert_eq!(row.text("structured_data"), Some(expected));
    assert_eq!(row.text("message"), Some("An application event log entry..."));

    let row = decode(&format!(r#"{header} {data}[examplePriority@32473 class="high"]"#));
    assert!(row.text("structured_data").unwrap().ends_with(r#","examplePriority@32473":{"class":"high"}}"#));
    assert_eq!((row.text("message"), row.text("parse_error")), (None, None));
}

#[test]
fn nil_values_are_null_and_receipt_stands_for_the_time() {
    let row = decode("<1>999 - - - - - -");
    assert_eq!((row.text("rfc"), row.head(), row.text("message")), (Some("5424"), [None; 4], None));
    assert_eq!(row.time(), RECEIVED);
}

#[test]
fn what_breaks_rfc_5424_is_told_and_kept_beside_what_was_found() {
    let long = "x".repeat(49);
    for (message, app_name) in [
        (format!("<1>1 - h {long} - - - m"), Some(long.as_str())),
        ("<1>1 - h a - - [] m".to_owned(), Some("a")),
        ("<1>1 - h a - - [x m".to_owned(), Some("a")),
        ("<1>1 - h a - - [x]m".to_owned(), Some("a")),
        ("<1>1 - h a - -".to_owned(), Some("a")),
        ("<1>1 - h a - - Event m".to_owned(), Some("a")),
        ("<1>1 -  a - - - m".to_owned(), Some("a")),
        (r#"<1>1 - h a - - [x y="1"][z][x y="2"] m"#.to_owned(), Some("a")),
        ("<1>1 2024-03-05t06:07:08z h a - - - m".to_owned(), Some("a")),
    ] {
        let row = decode(&message);
        assert_eq!(row.text("rfc"), Some("5424"), "{message}");
        assert_eq!(row.text("raw"), Some(message.as_str()));
        assert!(row.text("parse_error").is_some(), "{message}");
        assert_eq!(row.text("app_name"), app_name, "{message}");
    }
    for message in ["<1>1 2024-13-05T06:07:08Z h a - - - m", "<1>1 2024-03-05T06:07:08.Z h a - - -", "<1>1 x"]
    {
        let row = decode(message);
        assert_eq!((row.text("rfc"), row.text("raw")), (Some("raw"), Some(message)));
        assert_eq!(row.number("severity"), Some(1));
    }
}

/// RFC 3164 section 5.4.
#[test]
fn examples_of_rfc_3164() {
    let row = decode("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8");
    assert_eq!((row.text("rfc"), row.number("facility")), (Some("3164"), Some(4)));
    assert_eq!(row.time(), "2023-10-11T22:14:15Z");
    assert_eq!(row.head(), [Some("mymachine"), Some("su"), None, None]);
    assert_eq!(row.text("message"), Some("'su root' failed for lonvick on /dev/pts/8"));
    assert_eq!(row.text("parse_error"), None);

    let row = decode("Use the BFG!");
    assert_eq!((row.text("rfc"), row.text("raw")), (Some("raw"), Some("Use the BFG!")));
    assert!(row.text("parse_error").is_some());

    let row =
        decode("<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time. Mix=OK, Jelly=OK # $");
    assert_eq!(row.time(), "1987-08-24T11:34:00Z");
    assert_eq!(row.head(), [Some("mymachine"), Some("myproc"), Some("10"), None]);
    assert_eq!((row.text("mix"), row.text("jelly")), (Some("OK"), Some("OK")));

    let row =
        decode("<0>1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 sched[0]: That's All Folks!");
    assert_eq!(row.time(), "1990-10-22T16:52:01Z");
    assert_eq!(row.text("hostname"), Some("scapegoat.dmz.example.org"));
}

#[test]
fn headers_of_devices() {
    const MORNING: &str = "2024-03-05T06:07:08Z";
    type Case = (&'static str, [Option<&'static str>; 4], &'static str);
    let cases: &[Case] = &[
        (
            "<13>Mar  5 06:07:08 web-1 cron[77]: (root) CMD",
            [Some("web-1"), Some("cron"), Some("77"), None],
            "(root) CMD",
        ),
        (
            "Mar  5 06:07:08 web-1 cron[77]: (root) CMD",
            [Some("web-1"), Some("cron"), Some("77"), None],
            "(root) CMD",
        ),
        (
            "<13> Mar 05 06:07:08 web-1 /usr/sbin/cron[7]: x",
            [Some("web-1"), Some("/usr/sbin/cron"), Some("7"), None],
            "x",
        ),
        ("<13>Mar  5 06:07:08 filter[9]: 5,,,1", [None, Some("filter"), Some("9"), None], "5,,,1"),
        ("<13>Mar  5 06:07:08 filter: 5,,,1", [None, Some("filter"), None, None], "5,,,1"),
        ("<13>Mar  5 06:07:08 groupd [31]: up", [None, Some("groupd"), Some("31"), None], "up"),
        ("<13>Mar  5 06:07:08 192.0.2.9: link up", [Some("192.0.2.9"), None, None, None], "link up"),
        (
            "<13>Mar  5 06:07:08 2001:db8::9 kernel: up",
            [Some("2001:db8::9"), Some("kernel"), None, None],
            "up",
        ),
        ("<13>Mar  5 06:07:08 ap-3 no tag here", [Some("ap-3"), None, None, None], "no tag here"),
        (
            "<13>Mar  5 06:07:08 ap-3 at 12:30 it rained",
            [Some("ap-3"), None, None, None],
            "at 12:30 it rained",
        ),
        ("<13>Mar  5 06:07:08 last message repeated 3 times", [None; 4], "last message repeated 3 times"),
        (
            "<13>Mar  5 06:07:08 ap-3,aa01,v4 switch: STP",
            [Some("ap-3"), None, None, None],
            "aa01,v4 switch: STP",
        ),
        ("<13>Mar  5 06:07:08 date=x time=y", [None; 4], "date=x time=y"),
        ("<13>kernel: sd 2:0", [None, Some("kernel"), None, None], "sd 2:0"),
        ("<13>[Device: a] down", [None; 4], "[Device: a] down"),
        (
            "<13>Mar 05 2024 06:07:08 fw1 : %ASA-3-1: deny",
            [Some("fw1"), Some("%ASA-3-1"), None, None],
            "deny",
        ),
        ("<13>:Mar 05 06:07:08 UTC: %ASA-6-3: built", [None, Some("%ASA-6-3"), None, None], "built"),
        ("<13>: 2024 Mar 05 06:07:08 UTC: %DAEMON-3-S: ftp", [None, Some("%DAEMON-3-S"), None, None], "ftp"),
        ("<13>123: *Mar  5 06:07:08: %SYS-5-X: cfg", [None, Some("%SYS-5-X"), None, Some("123")], "cfg"),
        (
            "<13>20: sw1: 634: .Mar  5 06:07:08: %S-5-X: c",
            [Some("sw1"), Some("%S-5-X"), None, Some("634")],
            "c",
        ),
        ("<13>sw1: Mar  5 06:07:08: %S-5-X: c", [Some("sw1"), Some("%S-5-X"), None, None], "c"),
        (
            "<13>wlc: *task1: Mar  5 06:07:08: %C-4-D: x",
            [Some("wlc"), Some("%C-4-D"), Some("task1"), None],
            "x",
        ),
        ("<13>2024-03-05T06:07:08Z esx1 Hostd: info", [Some("esx1"), Some("Hostd"), None, None], "info"),
        ("<13>2024-03-05T07:07:08+0100 esx1 - - up", [Some("esx1"), None, None, None], "- - up"),
        ("<13>1 1709618828.000000000 mx events type=x", [Some("mx"), None, None, None], "events type=x"),
        ("2024-03-05T06:07:08Z esx1 Hostd[3]: info", [Some("esx1"), Some("Hostd"), Some("3"), None], "info"),
        ("2024-03-05 06:07:08,000 WARN a.b.C - slow", [None; 4], "WARN a.b.C - slow"),
        ("<13>Mar  5 06:07:08 2024 ctl1 auth[3]: ok", [Some("ctl1"), Some("auth"), Some("3"), None], "ok"),
    ];
    for (text, head, message) in cases {
        let row = decode(text);
        assert_eq!(row.head(), *head, "{text}");
        assert_eq!(row.text("message"), Some(*message), "{text}");
        assert_eq!((row.text("rfc"), row.text("parse_error")), (Some("3164"), None), "{text}");
        let has_time = text.contains("06:07") || text.contains("07:07") || text.contains("17096");
        assert_eq!(row.time(), if has_time { MORNING } else { RECEIVED }, "{text}");
    }
}

#[test]
fn a_stamp_without_a_zone_is_in_the_datasets_zone() {
    let in_berlin = |text: &str| Row(decode_all(&[text.as_bytes()], Tz::Europe__Berlin, RECEIVED)).time();
    assert_eq!(in_berlin("<13>Mar  5 06:07:08 h a: m"), "2024-03-05T05:07:08Z");
    assert_eq!(in_berlin("<13>1 2024-03-05T06:07:08 h a - - - m"), "2024-03-05T05:07:08Z");
    assert_eq!(in_berlin("<13>1 2024-03-05T06:07:08Z h a - - - m"), "2024-03-05T06:07:08Z");
    assert_eq!(in_berlin("<13>Mar  5 06:07:08 UTC: %A-1-B: m"), "2024-03-05T06:07:08Z");
}

#[test]
fn around_new_year_the_year_is_the_nearest() {
    let at = |text: &str, received: &str| Row(decode_all(&[text.as_bytes()], Tz::UTC, received)).time();
    assert_eq!(at("<13>Dec 31 23:59:59 h a: m", "2025-01-01T00:00:01Z"), "2024-12-31T23:59:59Z");
    assert_eq!(at("<13>Jan  1 00:00:01 h a: m", "2024-12-31T23:59:59Z"), "2025-01-01T00:00:01Z");
    assert_eq!(at("<13>Feb 29 12:00:00 h a: m", "2025-01-01T00:00:01Z"), "2024-02-29T12:00:00Z");
}

#[test]
fn a_day_that_no_year_has_keeps_the_message() {
    let row = decode("<13>Feb 30 06:07:08 h a: m");
    assert_eq!((row.text("parse_error"), row.text("app_name")), (Some("a day that no year has"), Some("a")));
    assert_eq!(row.text("raw"), Some("<13>Feb 30 06:07:08 h a: m"));
}

#[test]
fn a_pri_that_cannot_be_is_told() {
    let row = decode("<192>Mar  5 06:07:08 h a: m");
    assert_eq!((row.number("facility"), row.text("app_name")), (None, Some("a")));
    assert_eq!(row.text("raw"), Some("<192>Mar  5 06:07:08 h a: m"));
}

#[test]
fn json_in_the_body_becomes_columns_of_its_types() {
    let body = concat!(
        r#"{"user":"o\"brien with a long name","n":9223372036854775807,"big":18446744073709551615,"#,
        r#""ratio":0.5,"ok":true,"none":null,"geo":{"cityName":"Ulm","at":{"lat":48}},"tags":["a","b"],"#,
        r#""mixed":[1,"b"],"deep":[{"a":[1,{}]},-2.5],"empty":{},"message":"inner"}"#
    );
    let row = decode(&format!("<13>Mar  5 06:07:08 h a: {body}"));
    assert_eq!(row.text("message"), Some(body));
    assert_eq!(row.text("user"), Some("o\"brien with a long name"));
    assert_eq!(row.number("n"), Some(i64::MAX));
    assert_eq!(row.text("big"), Some("18446744073709551615"));
    assert_eq!((row.text("geo_city_name"), row.number("geo_at_lat")), (Some("Ulm"), Some(48)));
    let tags = row.0.column_by_name("tags").unwrap().as_list::<i32>().value(0);
    assert_eq!(tags.as_string_view().iter().flatten().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(row.text("mixed"), Some(r#"[1,"b"]"#));
    assert_eq!(row.text("deep"), Some(r#"[{"a":[1,{}]},-2.5]"#));
    assert_eq!((row.text("empty"), row.text("body_message")), (Some("{}"), Some("inner")));
    assert!(row.0.column_by_name("none").is_none());
    assert_eq!(decode(r#"<13>a: @cee: {"x":1}"#).number("x"), Some(1));
}

#[test]
fn json_that_is_deep_or_broken_is_only_message() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(20_000), "}".repeat(20_000));
    let row = decode(&format!("<13>a: {deep}"));
    assert_eq!(row.text("message"), Some(deep.as_str()));
    let kept = row.text("a_a_a_a_a_a_a_a_a").unwrap();
    assert!(kept.starts_with(r#"{"a":{"a":"#) && kept.ends_with("}}"), "what lies deeper is JSON text");
    for body in [r#"{"a":1"#, r#"{"a":}"#, "{}x", "{'a':1}"] {
        let row = decode(&format!("<13>a: {body}"));
        assert_eq!((row.text("message"), row.0.column_by_name("a")), (Some(body), None));
    }
}

#[test]
fn pairs_in_the_body_become_columns_of_text() {
    let row = decode(r#"<13>Mar  5 06:07:08 h a: src=10.0.0.1 bytes=007 msg="two \"words\"" hostname=other"#);
    assert_eq!((row.text("src"), row.text("bytes")), (Some("10.0.0.1"), Some("007")));
    assert_eq!(row.text("msg"), Some("two \"words\""));
    assert_eq!((row.text("hostname"), row.text("body_hostname")), (Some("h"), Some("other")));
    let prose = decode("<13>Mar  5 06:07:08 h a: the answer is x=1 they say");
    assert!(prose.0.column_by_name("x").is_none());
}

#[test]
fn bytes_that_are_not_utf8_are_escaped_and_control_characters_stay() {
    let row =
        Row(decode_all(&[b"<13>Mar  5 06:07:08 h a: caf\xe9 \x1b[0m\x00\x01 end\r\n\0"], Tz::UTC, RECEIVED));
    assert_eq!(row.text("message"), Some("caf\\xe9 \u{1b}[0m\0\u{1} end"));
    assert_eq!((row.text("app_name"), row.text("parse_error")), (Some("a"), None));
    let row = Row(decode_all(&[b"caf\xe9"], Tz::UTC, RECEIVED));
    assert_eq!((row.text("raw"), row.text("message")), (Some("caf\\xe9"), Some("caf\u{fffd}")));
}

#[test]
fn a_message_that_was_cut_says_so_and_is_kept() {
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = SyslogDecoder::new(SyslogOptions::default(), &mut rows);
    let mut block = Block::new(BlockMemory::unpooled(4096), us(RECEIVED));
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), SourceType::Syslog);
    block.push(b"<13>Mar  5 06:07:08 h a: beginn", &peer, us(RECEIVED), true).unwrap();
    let row = Row(decode_block(&block.seal(), &mut decoder, &mut rows));
    assert!(row.text("parse_error").unwrap().starts_with("message cut"));
    assert_eq!((row.text("message"), row.text("raw").is_some()), (Some("beginn"), true));
}

/// Bytes near to syslog, so that the parsers behind the first look are reached.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"<13>".to_vec()),
        Just(b"<34>1 2003-10-11T22:14:15.003Z h a p m ".to_vec()),
        Just(b"[id a=\"b\\\"]\" c=\"\"]".to_vec()),
        Just(b"Mar  5 06:07:08".to_vec()),
        Just(b"2024-03-05T06:07:08.123+01:00 ".to_vec()),
        Just(b" host app[1]: ".to_vec()),
        Just(b"k=v, q=\"a\\\"b\"|x='y';".to_vec()),
        Just(b"{\"a\":{\"b\":[1,2.5,null,\"\\u00e9\"]},\"c\":-7}".to_vec()),
        Just("\u{feff}\u{e9}\u{1f600}".as_bytes().to_vec()),
        "[ -~]{0,10}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_message_gives_one_row_and_what_was_not_understood_is_whole(
        messages in proptest::collection::vec(message(), 1..6),
        zone in prop_oneof![Just(Tz::UTC), Just(Tz::America__New_York), Just(Tz::Pacific__Apia)],
    ) {
        let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let batch = decode_all(&slices, zone, RECEIVED);
        prop_assert_eq!(batch.num_rows(), messages.len());
        for (number, message) in messages.iter().enumerate() {
            let row = Row(batch.slice(number, 1));
            prop_assert!(row.text("rfc").is_some());
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
