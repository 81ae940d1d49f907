//! The InfluxDB line protocol, a row for each line. See `docs/protocols/metrics.md`.

mod line;

use chrono_tz::Tz;

use super::Decoder;
use super::syslog::Times;
use crate::batch::{BatchBuilder, ColumnIndex, ShortText, Value};
use crate::block::Event;
use crate::cut::ColumnType;
use crate::decode::text::text_or_escaped;
use line::{Cursor, Fault, FieldValue};

const COMMENT: ShortText = ShortText::new("comment");

/// Decodes lines, a row each. Its memory is used again from event to event.
#[derive(Debug)]
pub struct InfluxDecoder {
    measurement: ColumnIndex,
    record_type: ColumnIndex,
    message: ColumnIndex,
    times: Times,
    /// The event where it is not UTF-8.
    escaped: String,
    /// A key and a value without their escapes.
    key: String,
    value: String,
}

impl InfluxDecoder {
    /// A decoder that writes to `rows`.
    pub fn new(rows: &mut BatchBuilder) -> Self {
        Self {
            measurement: rows.define("measurement", ColumnType::String),
            record_type: rows.define("record_type", ColumnType::String),
            message: rows.define("message", ColumnType::String),
            times: Times::new(Tz::UTC),
            escaped: String::new(),
            key: String::new(),
            value: String::new(),
        }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        let mut cursor = Cursor::new(text);
        let first_row = rows.rows();
        while let Some(start) = cursor.begin_line() {
            rows.begin_row_of(event, first_row);
            let fault = if start.starts_with('#') {
                rows.put_short(self.record_type, COMMENT);
                rows.put_text(self.message, cursor.end_line());
                None
            } else {
                let put = self.put_line(&mut cursor, event.received_us, rows);
                let is_whole = cursor.end_line().trim_ascii().is_empty();
                put.err().or((!is_whole).then_some("text behind a line of the line protocol"))
            };
            // The cursor goes on within the text that the line began.
            let line = &start[..start.len() - cursor.left_bytes()];
            if event.truncated {
                rows.put_raw(line.as_bytes());
            }
            if let Some(fault) = fault {
                rows.parse_error(fault);
                rows.put_raw(line.as_bytes());
            }
            rows.end_row();
        }
        if rows.rows() == first_row {
            rows.begin_row(event);
            rows.parse_error("no line in the message");
            rows.put_raw(event.bytes);
            rows.end_row();
        }
    }

    fn put_line(
        &mut self,
        cursor: &mut Cursor<'_>,
        received_us: i64,
        rows: &mut BatchBuilder,
    ) -> Result<(), Fault> {
        let measurement = cursor.word(b", ");
        if measurement.is_empty() {
            return Err("a line without a measurement");
        }
        rows.put_text(self.measurement, measurement.unescape(&mut self.value));
        while cursor.take(',') {
            let key = cursor.word(b"=, ");
            if key.is_empty() || !cursor.take('=') {
                return Err("a tag without a key or value");
            }
            let value = cursor.word(b", ");
            if value.is_empty() {
                return Err("a tag without a key or value");
            }
            let value = Value::Text(value.unescape(&mut self.value));
            put_beside("tag_", key.unescape(&mut self.key), &value, rows);
        }
        if !cursor.take(' ') {
            return Err("a line without fields");
        }
        cursor.skip_spaces();
        loop {
            let key = cursor.word(b"=, ");
            if key.is_empty() || !cursor.take('=') {
                return Err("a line without fields, or a field without a key");
            }
            let value = match cursor.field_value()? {
                FieldValue::Scalar(value) => value,
                FieldValue::Quoted(text) => Value::Text(text.unescape(&mut self.value)),
            };
            put_beside("field_", key.unescape(&mut self.key), &value, rows);
            if !cursor.take(',') {
                break;
            }
        }
        cursor.skip_spaces();
        let stamp = cursor.word(b" ").text;
        if !stamp.is_empty() {
            rows.set_event_time(
                self.instant_us(stamp, received_us).ok_or("a timestamp that is no whole number")?,
            );
        }
        Ok(())
    }

    /// Nanoseconds since 1970 in microseconds. A sender that counts in another unit shows it by the size of its numbers:
    /// `precision` of the HTTP API is not in the line.
    fn instant_us(&mut self, stamp: &str, received_us: i64) -> Option<i64> {
        let number: i64 = stamp.parse().ok()?;
        if number < 0 { Some(number / 1_000) } else { self.times.instant_us(stamp, received_us) }
    }
}

/// Puts a tag or field into the column of its name; where that has a value of this row already, into the one with a prefix.
pub(super) fn put_beside(prefix: &str, name: &str, value: &Value<'_>, rows: &mut BatchBuilder) {
    let column = rows.event_column(name, value);
    if column.is_some_and(|column| rows.has_value(column)) {
        rows.event_field(&format!("{prefix}{name}"), value);
        return;
    }
    rows.put_event_value(column, name, value);
}

impl Decoder for InfluxDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let mut escaped = std::mem::take(&mut self.escaped);
        let text = text_or_escaped(event, &mut escaped);
        self.decode_text(text, event, rows);
        self.escaped = escaped;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::decode::testing::{Row, decode as decode_with};

    fn decode(text: &str) -> Vec<Row> {
        decode_with(text.as_bytes(), |rows| Box::new(InfluxDecoder::new(rows)))
    }

    /// The example of the reference, "Line protocol", and the special characters of its page.
    #[test]
    fn examples_of_the_reference() {
        let rows = decode(
            "myMeasurement,tag1=value1,tag2=value2 fieldKey=\"fieldValue\",n=1i 1556813561098000000\nmy\\ Measurement fieldKey=\"string value\"",
        );
        let expected = Row::from([
            ("measurement", json!("myMeasurement")),
            ("tag1", json!("value1")),
            ("tag2", json!("value2")),
            ("field_key", json!("fieldValue")),
            ("n", json!(1)),
            ("event_time", json!("2019-05-02T16:12:41.098Z")),
        ]);
        assert_eq!(rows[0], expected);
        assert_eq!(rows[1]["measurement"], "my Measurement");
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn a_field_of_a_tag_s_name_and_tags_of_the_product_s_names_stand_beside() {
        let rows = decode("m,host=a,measurement=b host=1i,x=2,x=3 1556813561");
        assert_eq!(rows[0]["host"], "a");
        assert_eq!(rows[0]["field_host"], 1);
        assert_eq!(rows[0]["tag_measurement"], "b");
        assert_eq!((&rows[0]["x"], &rows[0]["field_x"]), (&json!(2.0), &json!(3.0)));
        assert_eq!(rows[0]["event_time"], "2019-05-02T16:12:41Z", "seconds, by their size");
    }

    #[test]
    fn a_line_that_is_none_is_kept_and_does_not_harm_the_next() {
        for (line, reason) in [
            ("m", "a line without fields"),
            ("m ", "a line without fields, or a field without a key"),
            ("m,a f=1", "a tag without a key or value"),
            ("m,a= f=1", "a tag without a key or value"),
            (",a=b f=1", "a line without a measurement"),
            ("m f=x", "a field without a value of the line protocol"),
            ("m f=1 x", "a timestamp that is no whole number"),
            ("m f=1 1 2", "text behind a line of the line protocol"),
            ("m f=\"a\"b", "a timestamp that is no whole number"),
        ] {
            let rows = decode(&format!("{line}\nn g=2"));
            assert_eq!(rows[0]["parse_error"], reason, "{line}");
            assert_eq!(rows[0]["raw"], line);
            assert_eq!(rows[1], Row::from([("measurement", json!("n")), ("g", json!(2.0))]), "{line}");
        }
        assert_eq!(decode("# a comment\n")[0]["record_type"], "comment");
        assert_eq!(decode("\n")[0]["parse_error"], "no line in the message");
    }

    fn escaped(text: &str, special: &[char]) -> String {
        text.chars().flat_map(|c| special.contains(&c).then_some('\\').into_iter().chain([c])).collect()
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            measurement in "[a-z ,\u{e9}]{1,8}x",
            tag in "[a-z ,=\u{e9}]{1,8}x",
            text in "[ -~\n\u{e9}]{0,12}",
            (integer, eighths, truth) in (any::<i32>(), any::<i32>(), any::<bool>()),
            time_us in 100_000_000_000_000i64..4_000_000_000_000_000,
        ) {
            let double = f64::from(eighths) / 8.0;
            let line = format!(
                "{},t={} s=\"{}\",i={integer}i,d={double:?},b={truth} {}",
                escaped(&measurement, &[' ', ',']),
                escaped(&tag, &[' ', ',', '=']),
                escaped(&text, &['"', '\\']),
                time_us * 1_000,
            );
            let rows = decode(&line);
            prop_assert_eq!(rows.len(), 1);
            let row = &rows[0];
            prop_assert_eq!(row.get("parse_error"), None);
            prop_assert_eq!(&row["measurement"], &measurement);
            prop_assert_eq!((&row["t"], &row["s"]), (&json!(tag), &json!(text)));
            prop_assert_eq!((&row["i"], &row["d"], &row["b"]), (&json!(integer), &json!(double), &json!(truth)));
            let time = chrono::DateTime::from_timestamp_micros(time_us).unwrap();
            prop_assert_eq!(&row["event_time"], &json!(time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)));
        }
    }
}
