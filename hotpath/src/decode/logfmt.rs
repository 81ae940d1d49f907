//! logfmt: `key=value` between spaces, values with spaces in quotes. See `docs/protocols/logfmt.md`.
//!
//! Pairs in the text of a syslog message are told apart from prose by other rules (`body/key_value.rs`); here the whole
//! message is pairs, so that keys and values may be made of anything.

use chrono_tz::Tz;

use super::Decoder;
use super::scalar::scalar;
use super::time_fields::TimeFields;
use crate::batch::{BatchBuilder, Value};
use crate::block::Event;
use crate::decode::text::{closing_quote, quoted_escape, text_or_escaped, unescape};
use crate::limits::KEY_VALUE_PAIRS_MAX;

type Fault = &'static str;

/// Decodes lines of pairs, a row each. Its memory is used again from event to event.
#[derive(Debug)]
pub struct LogfmtDecoder {
    times: TimeFields,
    /// The event where it is not UTF-8.
    escaped: String,
    /// A value that had escapes.
    unescaped: String,
}

/// A pair of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair<'a> {
    key: &'a str,
    value: Option<Written<'a>>,
}

/// A value as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written<'a> {
    Bare(&'a str),
    /// Without its quotes, with its escapes.
    Quoted(&'a str),
}

impl LogfmtDecoder {
    /// A decoder that makes rows of pairs. Times that name no zone are in `time_zone`.
    pub fn new(time_zone: Tz) -> Self {
        Self { times: TimeFields::new(time_zone), escaped: String::new(), unescaped: String::new() }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        let first_row = rows.rows();
        for line in text.split(['\n', '\r']).filter(|line| !line.trim_ascii().is_empty()) {
            rows.begin_row_of(event, first_row);
            if event.truncated {
                rows.put_raw(line.as_bytes());
            }
            if let Some(fault) = self.put_line(line, event.received_us, rows) {
                rows.parse_error(fault);
                rows.put_raw(line.as_bytes());
            }
            rows.end_row();
        }
        if rows.rows() == first_row {
            rows.begin_row(event);
            rows.parse_error("no pair in the message");
            rows.put_raw(event.bytes);
            rows.end_row();
        }
    }

    fn put_line(&mut self, line: &str, received_us: i64, rows: &mut BatchBuilder) -> Option<Fault> {
        self.times.begin();
        let mut has_value = false;
        let mut fault = None;
        let mut rest = line;
        for number in 0.. {
            match next_pair(&mut rest) {
                Ok(None) => break,
                Ok(Some(_)) if number == KEY_VALUE_PAIRS_MAX => {
                    fault = Some("more pairs than are taken");
                    break;
                }
                Ok(Some(pair)) => {
                    has_value |= pair.value.is_some();
                    self.put_pair(pair, received_us, rows);
                }
                Err(found) => {
                    fault = Some(found);
                    break;
                }
            }
        }
        if let Some(time_us) = self.times.found_us() {
            rows.set_event_time(time_us);
        }
        if has_value { fault } else { fault.or(Some("no pair with a value")) }
    }

    fn put_pair(&mut self, pair: Pair<'_>, received_us: i64, rows: &mut BatchBuilder) {
        let text = match pair.value {
            // A key by itself says that it holds.
            None => return rows.event_field(pair.key, &Value::Boolean(true)),
            Some(Written::Bare("")) => return,
            Some(Written::Bare(text)) => {
                self.times.look_at(pair.key, text, received_us);
                rows.guessed_field(pair.key, &scalar(text), text);
                return;
            }
            Some(Written::Quoted(text)) => unescape(text, quoted_escape, &mut self.unescaped),
        };
        self.times.look_at(pair.key, text, received_us);
        rows.event_field(pair.key, &Value::Text(text));
    }
}

/// Takes the next pair away from the text. What is left where there is a fault is no pair.
fn next_pair<'a>(rest: &mut &'a str) -> Result<Option<Pair<'a>>, Fault> {
    let text = rest.trim_start_matches(is_space);
    if text.is_empty() {
        return Ok(None);
    }
    let key_end = text.find(|byte| is_space(byte) || matches!(byte, '=' | '"')).unwrap_or(text.len());
    let (key, after) = text.split_at(key_end);
    if key.is_empty() {
        return Err("a pair without a key");
    }
    if after.starts_with('"') {
        return Err("a quote in a key");
    }
    let Some(value) = after.strip_prefix('=') else {
        *rest = after;
        return Ok(Some(Pair { key, value: None }));
    };
    if let Some(quoted) = value.strip_prefix('"') {
        let Some(end) = closing_quote(quoted, b'"') else { return Err("a quote that is not closed") };
        let after = &quoted[end + 1..];
        if !after.is_empty() && !after.starts_with(is_space) {
            return Err("text behind a closing quote");
        }
        *rest = after;
        return Ok(Some(Pair { key, value: Some(Written::Quoted(&quoted[..end])) }));
    }
    let end = value.find(is_space).unwrap_or(value.len());
    *rest = &value[end..];
    Ok(Some(Pair { key, value: Some(Written::Bare(&value[..end])) }))
}

fn is_space(character: char) -> bool {
    character <= ' '
}

impl Decoder for LogfmtDecoder {
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

    fn decode(line: &str) -> Vec<Row> {
        decode_with(line.as_bytes(), |_| Box::new(LogfmtDecoder::new(Tz::UTC)))
    }

    #[test]
    fn a_line_as_programs_write_it() {
        let rows = decode(
            r#"time="2024-03-05T06:07:08Z" level=info msg="Stopping all \"fetchers\"" id=ConsumerFetcher-14 n=7 took=1.5 zip=01234 quoted="17" ok=true debug empty="#,
        );
        let expected = Row::from([
            ("event_time", json!("2024-03-05T06:07:08Z")),
            ("time", json!("2024-03-05T06:07:08Z")),
            ("level", json!("info")),
            ("msg", json!("Stopping all \"fetchers\"")),
            ("id", json!("ConsumerFetcher-14")),
            ("n", json!(7)),
            ("took", json!(1.5)),
            ("zip", json!("01234")),
            ("quoted", json!("17")),
            ("ok", json!(true)),
            ("debug", json!(true)),
        ]);
        assert_eq!(rows, [expected]);
    }

    #[test]
    fn what_is_no_pair_is_kept_with_a_reason_and_those_before_it() {
        for (line, reason) in [
            ("just some words", "no pair with a value"),
            ("a=1 =2", "a pair without a key"),
            ("a=1 b=\"open", "a quote that is not closed"),
            ("a=1 b=\"x\"y", "text behind a closing quote"),
            ("a=1 \"b\"=2", "a pair without a key"),
            (" \t ", "no pair in the message"),
        ] {
            let rows = decode(line);
            assert_eq!(rows[0]["parse_error"], reason, "{line}");
            assert_eq!(rows[0]["raw"], line);
            assert_eq!(rows[0].contains_key("a"), line.starts_with("a=1"));
        }
    }

    #[test]
    fn each_line_is_a_row() {
        let rows = decode("a=1\r\n\r\na=2\n");
        assert_eq!(rows, [Row::from([("a", json!(1))]), Row::from([("a", json!(2))])]);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            values in prop::collection::vec("[ -~\u{e9}\u{20ac}\n\t\"\\\\=]{1,12}", 1..6),
        ) {
            let mut line = String::new();
            for (number, value) in values.iter().enumerate() {
                // The escapes of JSON are those of logfmt.
                line.push_str(&format!("key_{number}={} ", serde_json::to_string(value).unwrap()));
            }
            let rows = decode(&line);
            prop_assert_eq!(rows.len(), 1);
            for (number, value) in values.iter().enumerate() {
                prop_assert_eq!(&rows[0][format!("key_{number}").as_str()], &json!(value));
            }
        }
    }
}
