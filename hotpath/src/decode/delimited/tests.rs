use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::block::SourceType;
use crate::decode::testing::{Bench, Row};

fn csv_with(options: &DelimitedOptions) -> Bench {
    Bench::new(|rows| Box::new(DelimitedDecoder::csv(options, Tz::UTC, rows)))
}

fn csv() -> Bench {
    csv_with(&DelimitedOptions::default())
}

fn tsv() -> Bench {
    Bench::new(|rows| Box::new(DelimitedDecoder::tsv(&DelimitedOptions::default(), Tz::UTC, rows)))
}

#[test]
fn the_first_line_names_the_fields_and_is_a_row_that_says_so() {
    let mut csv = csv();
    let header = csv.decode("\u{feff}First Name,zip,n,share,ok,\r\n".as_bytes());
    assert_eq!(
        header,
        [Row::from([("record_type", json!("header")), ("message", json!("First Name,zip,n,share,ok,"))])]
    );
}

#[test]
fn values_have_the_type_that_they_are_written_in() {
    let mut csv = csv();
    csv.decode(b"First Name,zip,n,share,ok");
    let rows = csv.decode(b"\"Doe, J\",08123,-7,1.5,true,more,");
    let expected = Row::from([
        ("first_name", json!("Doe, J")),
        ("zip", json!("08123")),
        ("n", json!(-7)),
        ("share", json!(1.5)),
        ("ok", json!(true)),
        ("column_6", json!("more")),
    ]);
    assert_eq!(rows, [expected]);
    // A column of text has text, a column of whole numbers becomes one of doubles.
    let rows = csv.decode(b"7,12345,2.5");
    assert_eq!(
        rows,
        [Row::from([("first_name", json!("7")), ("zip", json!("12345")), ("n", json!(2.5))])],
        "fewer fields than columns, and empty ones, have no value"
    );
    assert_eq!(csv.decode(b",x,y"), [Row::from([("zip", json!("x")), ("n__string", json!("y"))])]);
}

#[test]
fn a_header_that_comes_again_is_no_record() {
    let mut csv = csv();
    csv.decode(b"a,b");
    csv.decode(b"x,y");
    assert_eq!(csv.decode(b"a,b\r")[0]["record_type"], "header");
    assert_eq!(csv.decode(b"c,d"), [Row::from([("a", json!("c")), ("b", json!("d"))])]);
}

#[test]
fn each_connection_has_its_header_and_datagrams_have_that_of_their_address() {
    let mut csv = csv();
    csv.decode(b"a,b");
    csv.peer.port += 1;
    assert_eq!(csv.decode(b"1,2"), [Row::from([("a", json!(1)), ("b", json!(2))])], "it goes on");
    csv.peer.port += 1;
    assert_eq!(csv.decode(b"c,d")[0]["record_type"], "header", "another file");
    assert_eq!(csv.decode(b"1,2"), [Row::from([("c", json!(1)), ("d", json!(2))])]);
    csv.peer.source_type = SourceType::Udp;
    assert_eq!(csv.decode(b"3,4"), [Row::from([("c", json!(3)), ("d", json!(4))])]);
    csv.peer.ip = [192, 0, 2, 99].into();
    assert_eq!(csv.decode(b"1,2"), [Row::from([("column_1", json!(1)), ("column_2", json!(2))])]);
    assert_eq!(
        csv.decode(b"a,b"),
        [Row::from([("column_1__string", json!("a")), ("column_2__string", json!("b"))])],
        "a sender whose first line names nothing sends no header"
    );
}

#[test]
fn given_columns_and_lines_without_a_header() {
    let columns = vec!["a".to_owned(), String::new()];
    let mut given =
        csv_with(&DelimitedOptions { columns: columns.clone(), delimiter: Some(b';'), ..Default::default() });
    assert_eq!(given.decode(b"x;y"), [Row::from([("a", json!("x")), ("column_2", json!("y"))])]);
    assert_eq!(given.decode(b"a;column_2")[0]["record_type"], "header");
    let header = HeaderLine::Absent;
    let mut given = csv_with(&DelimitedOptions { columns, header, ..Default::default() });
    assert_eq!(
        given.decode(b"a,column_2"),
        [Row::from([("a", json!("a")), ("column_2", json!("column_2"))])]
    );
    let mut none = csv_with(&DelimitedOptions { header, ..Default::default() });
    assert_eq!(none.decode(b"a,b"), [Row::from([("column_1", json!("a")), ("column_2", json!("b"))])]);
    assert_eq!(none.decoder.take_changed_state(), None);
}

#[test]
fn a_message_may_hold_several_records_and_line_breaks_in_quotes() {
    let rows = csv().decode(b"a,b\n1,\"ha \n\"\"ha\"\" \nha\"\n\n3,4\n");
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[1], Row::from([("a", json!(1)), ("b", json!("ha \n\"ha\" \nha"))]));
    assert_eq!(rows[2]["a"], 3);
}

#[test]
fn what_is_no_record_is_kept_with_a_reason() {
    let mut csv = csv();
    csv.decode(b"a,b");
    for (record, reason) in [
        ("1,\"open", "a quote that is not closed (RFC 4180 section 2)"),
        ("1,\"x\"y", "text behind a closing quote (RFC 4180 section 2)"),
        ("\r\n", "no record in the message"),
    ] {
        let rows = csv.decode(record.as_bytes());
        assert_eq!((&rows[0]["parse_error"], &rows[0]["raw"]), (&json!(reason), &json!(record)));
    }
    let rows = csv.decode_cut(b"1,2", true);
    assert_eq!((&rows[0]["raw"], &rows[0]["a"]), (&json!("1,2"), &json!(1)));
    let long = format!("a{}", ",abcdefgh".repeat(4_000));
    let names = (0..4_000).fold(String::from("x"), |names, number| format!("{names},name_{number}"));
    csv.peer.port += 1;
    assert_eq!(csv.decode(names.as_bytes())[0]["parse_error"], "a header longer than is remembered");
    assert_eq!(csv.decode(long.as_bytes())[0].get("parse_error"), None);
}

#[test]
fn a_field_may_be_the_time_of_its_event() {
    let mut csv = csv();
    csv.decode(b"time,@timestamp,n");
    let rows = csv.decode(b"12,2024-03-05T06:07:08.25Z,1");
    assert_eq!(rows[0]["event_time"], "2024-03-05T06:07:08.250Z");
    assert_eq!((&rows[0]["time"], &rows[0]["timestamp"]), (&json!(12), &json!("2024-03-05T06:07:08.25Z")));
}

#[test]
fn tabs_and_quotes_that_enclose_nothing() {
    let mut tsv = tsv();
    tsv.decode(b"a\tb\tc");
    let rows = tsv.decode(b"\"x\ty\"\t5\" disk\t\"open");
    assert_eq!(rows, [Row::from([("a", json!("x\ty")), ("b", json!("5\" disk")), ("c", json!("\"open"))])]);
}

#[test]
fn what_was_learned_outlives_the_decoder() {
    let mut before = csv();
    before.decode(b"a,\"b,c\"");
    let state = before.decoder.take_changed_state().unwrap();
    let mut after = csv();
    after.decoder.restore_state(&state).unwrap();
    assert_eq!(after.decode(b"1,2"), [Row::from([("a", json!(1)), ("b_c", json!(2))])]);
    assert_eq!(after.decoder.take_changed_state(), None);
    assert!(after.decoder.restore_state(b"{").is_err());
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        table in prop::collection::vec(prop::collection::vec("[ -~\u{e9}\r\n\"]{0,8}x", 3), 1..5),
        quotes_all in any::<bool>(),
    ) {
        let mut text = String::from("one,two,three\r\n");
        for record in &table {
            let fields: Vec<String> = record
                .iter()
                .map(|field| match quotes_all || field.contains([',', '"', '\r', '\n']) {
                    true => format!("\"{}\"", field.replace('"', "\"\"")),
                    false => field.clone(),
                })
                .collect();
            text.push_str(&fields.join(","));
            text.push_str("\r\n");
        }
        let rows = csv().decode(text.as_bytes());
        prop_assert_eq!(rows.len(), table.len() + 1);
        for (row, record) in rows[1..].iter().zip(&table) {
            prop_assert_eq!(row.get("parse_error"), None);
            for (name, value) in ["one", "two", "three"].iter().zip(record) {
                prop_assert_eq!(&row[name], &json!(value));
            }
        }
    }
}
