use serde_json::json;

use super::*;
use crate::decode::testing::{Bench, Row};

const HEADER: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2024-03-05-06-07-08\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\tlocal\tnote\ttunnel_parents\trtts\tseen\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tinterval\tbool\tstring\tset[string]\tvector[interval]\ttime\n";

fn zeek() -> Bench {
    Bench::new(|rows| Box::new(ZeekDecoder::new(&DecoderOptions::default(), rows)))
}

fn zeek_with_header() -> Bench {
    let mut zeek = zeek();
    for line in HEADER.lines() {
        let rows = zeek.decode(line.as_bytes());
        assert_eq!(rows, [Row::from([("record_type", json!("header")), ("message", json!(line))])]);
    }
    zeek
}

#[test]
fn a_record_has_the_types_of_its_header() {
    let rows = zeek_with_header().decode(
        b"1521911720.615923\tCmC9kY\t10.0.0.1\t39611\t2001:db8::1\t443\ttcp\t0.025\tT\ta\\x09b\tC1,C\\x2c2,-\t0.5,1.5\t1521911721.5",
    );
    let expected = Row::from([
        ("event_time", json!("2018-03-24T17:15:20.615923Z")),
        ("_path", json!("conn")),
        ("uid", json!("CmC9kY")),
        ("id_orig_h", json!("10.0.0.1")),
        ("source_ip", json!("10.0.0.1")),
        ("id_orig_p", json!(39611)),
        ("source_port", json!(39611)),
        ("id_resp_h", json!("2001:db8::1")),
        ("dest_ip", json!("2001:db8::1")),
        ("id_resp_p", json!(443)),
        ("dest_port", json!(443)),
        ("proto", json!("tcp")),
        ("protocol", json!(6)),
        ("protocol_name", json!("tcp")),
        ("duration", json!(0.025)),
        ("local", json!(true)),
        ("note", json!("a\tb")),
        ("tunnel_parents", json!(["C1", "C,2", null])),
        ("rtts", json!([0.5, 1.5])),
        ("seen", json!("2018-03-24T17:15:21.500Z")),
    ]);
    assert_eq!(rows, [expected]);
}

#[test]
fn unset_fields_have_no_value_and_empty_ones_are_empty() {
    let rows =
        zeek_with_header().decode(b"1521911720.0\t-\t-\t-\t-\t-\t-\t-\t-\t(empty)\t(empty)\t(empty)\t-");
    let expected = Row::from([
        ("event_time", json!("2018-03-24T17:15:20Z")),
        ("_path", json!("conn")),
        ("note", json!("")),
        ("tunnel_parents", json!([])),
        ("rtts", json!([])),
    ]);
    assert_eq!(rows, [expected]);
}

#[test]
fn a_whole_log_may_come_in_one_message() {
    let text = format!("{HEADER}1521911720.0\tA\r\n#close\t2024-03-05-07-00-00\n");
    let rows = zeek().decode(text.as_bytes());
    assert_eq!(rows.len(), HEADER.lines().count() + 2);
    assert_eq!(rows[8]["uid"], "A");
    assert_eq!(rows[8]["parse_error"], "a Zeek record with fewer fields than its header");
}

#[test]
fn what_does_not_fit_its_header_is_kept_with_a_reason() {
    let mut zeek = zeek();
    assert_eq!(zeek.decode(b"1\t2")[0]["parse_error"], "a Zeek record without a header before it");
    zeek.decode(b"#fields\tts\tn\tl\n#types\ttime\tcount\tset[count]");
    for (line, reason, column) in [
        ("XXXXXXXXXX.XXXXXX\t1\t1", "a value that is not of the type that the header says", "ts__string"),
        ("1.5\tx\t1", "a value that is not of the type that the header says", "n__string"),
        ("1.5\t1\t1,y", "a value that is not of the type that the header says", "l__string"),
        ("1.5\t1\t1\tmore", "a Zeek record with more fields than its header", "n"),
    ] {
        let rows = zeek.decode(line.as_bytes());
        assert_eq!(rows[0]["parse_error"], reason, "{line}");
        assert_eq!(rows[0]["raw"], line);
        assert!(rows[0].contains_key(column), "{line}: {rows:?}");
    }
    assert_eq!(zeek.decode(b"\n")[0]["parse_error"], "no record in the message");
}

#[test]
fn a_notice_has_its_addresses_under_other_names() {
    let mut zeek = zeek();
    zeek.decode(b"#path\tnotice\n#fields\tts\tsrc\tdst\tp\n#types\ttime\taddr\taddr\tport");
    let rows = zeek.decode(b"1.5\t10.0.0.1\t10.0.0.2\t22");
    assert_eq!((&rows[0]["source_ip"], &rows[0]["dest_ip"]), (&json!("10.0.0.1"), &json!("10.0.0.2")));
    assert_eq!(rows[0]["dest_port"], 22);
}

#[test]
fn what_was_learned_outlives_the_decoder() {
    let mut before = zeek_with_header();
    let state = before.decoder.take_changed_state().unwrap();
    let mut after = zeek();
    after.decoder.restore_state(&state).unwrap();
    let line = b"1521911720.5\tX\t10.0.0.1\t1\t10.0.0.2\t2\tudp\t1.0\tF\tn\tA\t1.0\t2.5";
    assert_eq!(after.decode(line), before.decode(line));
    assert_eq!(after.decoder.take_changed_state(), None);
}

#[test]
fn json_has_the_same_columns() {
    let rows = zeek().decode(
        br#"{"ts":1521911720.615923,"uid":"CmC9kY","id.orig_h":"10.0.0.1","id.orig_p":39611,"id.resp_h":"2001:db8::1","id.resp_p":443,"proto":"tcp","local":true}"#,
    );
    assert_eq!(rows[0]["event_time"], "2018-03-24T17:15:20.615923Z");
    assert_eq!((&rows[0]["source_ip"], &rows[0]["id_orig_h"]), (&json!("10.0.0.1"), &json!("10.0.0.1")));
    assert_eq!((&rows[0]["dest_ip"], &rows[0]["dest_port"]), (&json!("2001:db8::1"), &json!(443)));
    assert_eq!((&rows[0]["protocol"], &rows[0]["protocol_name"]), (&json!(6), &json!("tcp")));
}
