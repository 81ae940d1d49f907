use serde_json::json;

use super::*;
use crate::decode::Format;
use crate::decode::testing::{Bench, Row};

fn auto() -> Bench {
    Bench::new(|rows| Box::new(AutoDecoder::new(&DecoderOptions::default(), rows)))
}

fn by_name(name: &str) -> Bench {
    let format: Format = name.parse().unwrap();
    Bench::new(|rows| decoder(format, &DecoderOptions::default(), rows))
}

const MESSAGES: [(&str, &str); 12] = [
    ("syslog", "<34>1 2003-10-11T22:14:15.003Z h su - ID47 - hello"),
    ("syslog", "Oct 11 22:14:15 h su: hello"),
    ("cef", "<13>Oct 11 22:14:15 h CEF:0|V|P|1|100|name|5|src=10.0.0.1"),
    ("leef", "LEEF:1.0|V|P|1|100|src=10.0.0.1"),
    ("weblog", "192.0.2.1 - - [05/Mar/2024:06:07:08 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"curl\""),
    ("vpcflow", "2 123456789010 eni-1 10.0.0.1 10.0.0.2 1 2 6 3 4 1418530010 1418530070 ACCEPT OK"),
    ("statsd", "page.views:1|c"),
    ("influx", "cpu,host=a usage=0.5 1465839830100400200"),
    ("logfmt", "level=info msg=\"two words\""),
    ("lines", "nothing in particular"),
    ("zeek", "#fields\tts\tuid"),
    ("w3c", "#Fields: date time c-ip"),
];

#[test]
fn each_message_gives_the_row_of_its_own_format() {
    for (name, message) in MESSAGES {
        let rows = auto().decode(message.as_bytes());
        let expected: Vec<Row> = by_name(name)
            .decode(message.as_bytes())
            .into_iter()
            .map(|mut row| {
                row.insert("detected_format", json!(name));
                row
            })
            .collect();
        assert_eq!(rows, expected, "{message}");
    }
}

#[test]
fn one_sender_may_send_them_all_in_any_order() {
    let mut auto = auto();
    for (name, message) in MESSAGES.iter().chain(MESSAGES.iter().rev()) {
        // What looks like nothing belongs to the header that was announced last.
        if *name != "lines" {
            assert_eq!(auto.decode(message.as_bytes())[0]["detected_format"], *name, "{message}");
        }
    }
}

#[test]
fn records_are_of_the_format_of_their_header() {
    let mut auto = auto();
    auto.decode(b"#fields\tname");
    assert_eq!(auto.decode(b"nothing in particular")[0]["name"], "nothing in particular");
    assert_eq!(auto.decode(b"<13>Oct 11 22:14:15 h su: x")[0]["detected_format"], "syslog");
    assert_eq!(auto.decode(b"more")[0]["detected_format"], "zeek");
    auto.peer.ip = [192, 0, 2, 2].into();
    assert_eq!(auto.decode(b"more")[0]["detected_format"], "lines");
}

#[test]
fn a_connection_that_begins_with_names_sends_a_table() {
    let mut auto = auto();
    assert_eq!(auto.decode(b"user,zip")[0]["detected_format"], "csv");
    assert_eq!(auto.decode(b"bob,01234")[0]["user"], "bob");
    auto.peer.port += 1;
    assert_eq!(auto.decode(b"Hello there")[0]["detected_format"], "csv", "it goes on with the header");
    auto.peer.ip = [192, 0, 2, 2].into();
    assert_eq!(auto.decode(b"Hello there")[0]["detected_format"], "lines");
    assert_eq!(auto.decode(b"user,zip")[0]["detected_format"], "lines", "not the first line");
    auto.peer.ip = [192, 0, 2, 3].into();
    auto.peer.source_type = SourceType::Udp;
    assert_eq!(auto.decode(b"user,zip")[0]["detected_format"], "lines", "not a connection");
}

#[test]
fn the_input_for_syslog_has_syslog_without_headers() {
    let mut auto = auto();
    auto.peer.source_type = SourceType::Syslog;
    assert_eq!(auto.decode(b"nothing in particular")[0]["detected_format"], "syslog");
}

#[test]
fn binary_formats_come_by_datagrams_alone() {
    let mut datagram = [0; 64];
    datagram[..12].copy_from_slice(&[0, 0, 0, 5, 0, 0, 0, 1, 192, 0, 2, 1]);
    let mut auto = auto();
    assert_eq!(
        auto.decode(&datagram)[0]["detected_format"],
        "lines",
        "on a stream it is no text that is known"
    );
    auto.peer.source_type = SourceType::Udp;
    assert_eq!(auto.decode(&datagram)[0]["detected_format"], "sflow");
    auto.peer.source_type = SourceType::Sflow;
    assert_eq!(auto.decode(b"text")[0]["detected_format"], "sflow", "an input for flows has flows");
}

#[test]
fn what_was_learned_outlives_the_decoder() {
    let mut before = auto();
    before.decode(b"#fields\tts\tname");
    before.decode(b"#types\ttime\tstring");
    let state = before.decoder.take_changed_state().unwrap();
    assert_eq!(before.decoder.take_changed_state(), None);
    let mut after = auto();
    after.decoder.restore_state(&state).unwrap();
    assert_eq!(after.decode(b"1.5\tx"), before.decode(b"1.5\tx"));
    assert_eq!(after.decode(b"1.5\tx")[0]["detected_format"], "zeek");
    assert!(after.decoder.restore_state(&state[1..]).is_err());
    assert_eq!(after.decode(b"1.5\tx")[0]["detected_format"], "lines", "it knows nothing then");
    after.decoder.restore_state(b"").unwrap();
}

#[test]
fn a_field_of_the_column_s_name_does_not_say_the_format() {
    let rows = auto().decode(b"detected_format=csv x=1");
    assert_eq!(
        (&rows[0]["detected_format"], &rows[0]["body_detected_format"]),
        (&json!("logfmt"), &json!("csv"))
    );
}

/// Decoders share their rows, so that a column must be of one type for all of them.
#[test]
fn no_two_decoders_define_a_column_with_different_types() {
    use crate::batch::{ColumnRegistry, RowOptions};
    use std::collections::BTreeMap;
    use std::sync::Arc;
    let mut known: BTreeMap<String, (ColumnType, &str)> = BTreeMap::new();
    for name in Format::names().filter(|name| *name != "auto") {
        let registry = Arc::new(ColumnRegistry::default());
        let mut rows = BatchBuilder::new(Arc::clone(&registry), RowOptions::default());
        let _decoder = decoder(name.parse().unwrap(), &DecoderOptions::default(), &mut rows);
        for (column, column_type) in registry.columns() {
            let (first_type, first) = known.entry(column.clone()).or_insert((column_type.clone(), name));
            assert_eq!(*first_type, column_type, "{column} of {first} and {name}");
        }
    }
}
