//! AWS VPC flow logs as text: a record of values between spaces. See `docs/protocols/vpcflow.md`.

mod field;

use std::rc::Rc;

use super::delimited::{DelimitedOptions, RECORD_TYPE_HEADER};
use super::learned::LearnedHeaders;
use super::packet::ip_protocol_name;
use super::{Decoder, StateError};
use crate::batch::{BatchBuilder, ColumnIndex, ShortText, Value};
use crate::block::{Event, Peer};
use crate::cut::ColumnType;
use crate::decode::text::text_or_escaped;
use field::{DEFAULT_FORMAT, Field, Kind, are_names, field};

const FLOW_FORMAT: ShortText = ShortText::new("aws_vpc");
/// What stands for a value that there is none of.
const NO_VALUE: &str = "-";
/// Records of a format of fields; fewer words are none.
const FIELDS_MIN: usize = 2;

type Fault = &'static str;
type Fields = Rc<[Field]>;

/// Decodes flow records, a row each. Its memory is used again from event to event.
#[derive(Debug)]
pub struct VpcFlowDecoder {
    default_fields: Fields,
    /// The dataset says what is sent.
    is_given: bool,
    learned: LearnedHeaders<Fields>,
    record_type: ColumnIndex,
    message: ColumnIndex,
    flow_format: ColumnIndex,
    protocol_name: ColumnIndex,
    /// The event where it is not UTF-8.
    escaped: String,
}

impl VpcFlowDecoder {
    /// A decoder that writes to `rows`. The options' columns are the names of the fields in their order; with none they are
    /// those of version 2, until a header says others.
    pub fn new(options: &DelimitedOptions, rows: &mut BatchBuilder) -> Self {
        let is_given = !options.columns.is_empty();
        let default_fields = if is_given {
            options.columns.iter().map(|name| field(name)).collect()
        } else {
            fields_of(DEFAULT_FORMAT)
        };
        // These have their types before any event comes with another one.
        for Field { column, kind } in fields_of(DEFAULT_FORMAT).iter() {
            rows.expect_event_field(column, &kind.column_type());
        }
        Self {
            default_fields,
            is_given,
            learned: LearnedHeaders::default(),
            record_type: rows.define("record_type", ColumnType::String),
            message: rows.define("message", ColumnType::String),
            flow_format: rows.define("flow_format", ColumnType::String),
            protocol_name: rows.define("protocol_name", ColumnType::String),
            escaped: String::new(),
        }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        let first_row = rows.rows();
        for line in text.split('\n').map(str::trim_ascii).filter(|line| !line.is_empty()) {
            rows.begin_row_of(event, first_row);
            if event.truncated {
                rows.put_raw(line.as_bytes());
            }
            if let Some(fault) = self.put_line(line, &event.peer, rows) {
                rows.parse_error(fault);
                rows.put_raw(line.as_bytes());
            }
            rows.end_row();
        }
        if rows.rows() == first_row {
            rows.begin_row(event);
            rows.parse_error("no record in the message");
            rows.put_raw(event.bytes);
            rows.end_row();
        }
    }

    fn put_line(&mut self, line: &str, peer: &Peer, rows: &mut BatchBuilder) -> Option<Fault> {
        if line.split_ascii_whitespace().nth(FIELDS_MIN - 1).is_some()
            && are_names(line.split_ascii_whitespace())
        {
            rows.put_short(self.record_type, RECORD_TYPE_HEADER);
            rows.put_text(self.message, line);
            // No header of known names is too long, unless it repeats them.
            let is_learned = self.is_given || self.learned.learn(peer, line, &fields_of(line));
            return (!is_learned).then_some("a header longer than is remembered");
        }
        let of_address = || self.learned.of_address(peer).map(|(_, fields)| fields);
        let learned = self.learned.of_sender(peer).or_else(of_address);
        let fields = Rc::clone(learned.unwrap_or(&self.default_fields));
        self.put_record(line, &fields, rows)
    }

    fn put_record(&self, line: &str, fields: &[Field], rows: &mut BatchBuilder) -> Option<Fault> {
        // Asked first: what is no record would have its words in columns that do not mean them.
        if line.split_ascii_whitespace().count() != fields.len() {
            return Some("another number of fields than the flow log's format has");
        }
        rows.put_short(self.flow_format, FLOW_FORMAT);
        let mut fault = None;
        let mut times = [None; 2];
        for (field, word) in fields.iter().zip(line.split_ascii_whitespace()) {
            if word == NO_VALUE {
                continue;
            }
            let Some(value) = self.value(field, word, rows) else {
                rows.expect_event_field(&field.column, &field.kind.column_type());
                rows.event_field(&field.column, &Value::Text(word));
                fault = Some("a value that is not of its field's type");
                continue;
            };
            rows.event_field(&field.column, &value);
            match (field.column.as_str(), value) {
                ("end_time", Value::Timestamp(time_us)) => times[0] = Some(time_us),
                ("start_time", Value::Timestamp(time_us)) => times[1] = Some(time_us),
                _ => {}
            }
        }
        if let Some(time_us) = times.into_iter().flatten().next() {
            rows.set_event_time(time_us);
        }
        fault
    }

    /// The value of a field; the name of a protocol is put beside it.
    fn value<'w>(&self, field: &Field, word: &'w str, rows: &mut BatchBuilder) -> Option<Value<'w>> {
        if field.kind == Kind::Text {
            return Some(Value::Text(word));
        }
        let number: i64 = word.parse().ok()?;
        if field.kind == Kind::Seconds {
            return number.checked_mul(1_000_000).map(Value::Timestamp);
        }
        if field.kind == Kind::Protocol
            && let Some(name) = u8::try_from(number).ok().and_then(ip_protocol_name)
        {
            rows.put_text(self.protocol_name, name);
        }
        Some(Value::Int64(number))
    }
}

fn fields_of(names: &str) -> Fields {
    names.split_ascii_whitespace().map(field).collect()
}

impl Decoder for VpcFlowDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let mut escaped = std::mem::take(&mut self.escaped);
        let text = text_or_escaped(event, &mut escaped);
        self.decode_text(text, event, rows);
        self.escaped = escaped;
    }

    fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        self.learned.take_changed_state()
    }

    fn restore_state(&mut self, state: &[u8]) -> Result<(), StateError> {
        self.learned.restore(state, fields_of)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::decode::testing::{Bench, Row};

    fn bench() -> Bench {
        Bench::new(|rows| Box::new(VpcFlowDecoder::new(&DelimitedOptions::default(), rows)))
    }

    /// The example of an accepted SSH connection in the user guide, "Flow log record examples".
    #[test]
    fn a_record_of_version_2() {
        let rows = bench().decode(
            b"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
        );
        let expected = Row::from([
            ("flow_format", json!("aws_vpc")),
            ("version", json!(2)),
            ("account_id", json!("123456789010")),
            ("interface_id", json!("eni-1235b8ca123456789")),
            ("source_ip", json!("172.31.16.139")),
            ("dest_ip", json!("172.31.16.21")),
            ("source_port", json!(20641)),
            ("dest_port", json!(22)),
            ("protocol", json!(6)),
            ("protocol_name", json!("tcp")),
            ("packets", json!(20)),
            ("bytes", json!(4249)),
            ("start_time", json!("2014-12-14T04:06:50Z")),
            ("end_time", json!("2014-12-14T04:07:50Z")),
            ("event_time", json!("2014-12-14T04:07:50Z")),
            ("action", json!("ACCEPT")),
            ("log_status", json!("OK")),
        ]);
        assert_eq!(rows, [expected]);
    }

    #[test]
    fn no_value_makes_no_column() {
        let rows = bench().decode(b"2 123456789010 eni-1 - - - - - - - 1431280876 1431280934 - NODATA");
        assert_eq!(rows[0].len(), 8, "{rows:?}");
        assert_eq!(rows[0]["log_status"], "NODATA");
    }

    #[test]
    fn a_header_says_the_fields_of_the_records_behind_it() {
        let mut bench = bench();
        let rows = bench
            .decode(b"version vpc-id pkt-srcaddr tcp-flags flow-direction\n5 vpc-1 10.0.0.1 19 ingress\n");
        assert_eq!(rows[0]["record_type"], "header");
        assert_eq!(
            rows[1],
            Row::from([
                ("flow_format", json!("aws_vpc")),
                ("version", json!(5)),
                ("vpc_id", json!("vpc-1")),
                ("packet_source_ip", json!("10.0.0.1")),
                ("tcp_flags", json!(19)),
                ("flow_direction", json!("ingress")),
            ])
        );
        let state = bench.decoder.take_changed_state().unwrap();
        let mut again = self::bench();
        again.decoder.restore_state(&state).unwrap();
        assert_eq!(again.decode(b"5 vpc-2 10.0.0.2 2 egress")[0]["vpc_id"], "vpc-2");
    }

    #[test]
    fn what_is_no_record_is_kept_with_a_reason() {
        for line in [
            "2 123456789010 eni-1",
            "2 1 eni-1 10.0.0.1 10.0.0.2 x 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
            "",
        ] {
            let rows = bench().decode(line.as_bytes());
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0]["raw"], line);
            assert!(rows[0].contains_key("parse_error"));
        }
    }
}
