//! Plain lines: each message whole in `message`, and nothing else looked for. See `docs/protocols/lines.md`.

use super::Decoder;
use crate::batch::{BatchBuilder, ColumnIndex};
use crate::block::Event;
use crate::cut::ColumnType;
use crate::decode::text::text_or_escaped;

/// Keeps messages as they are, one row each.
#[derive(Debug)]
pub struct LinesDecoder {
    message: ColumnIndex,
    /// The message where it is not UTF-8.
    escaped: String,
}

impl LinesDecoder {
    /// A decoder that writes to `rows`.
    pub fn new(rows: &mut BatchBuilder) -> Self {
        Self { message: rows.define("message", ColumnType::String), escaped: String::new() }
    }
}

impl Decoder for LinesDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        rows.begin_row(event);
        if event.truncated {
            rows.put_raw(event.bytes);
        }
        rows.put_text(self.message, text_or_escaped(event, &mut self.escaped));
        rows.end_row();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::testing::{Row, decode};

    #[test]
    fn a_message_is_whole_whatever_it_looks_like() {
        for message in ["<13>1 - - - - - - a", "{\"a\":1}", " two  spaces \t", "a,b\r\n"] {
            let rows = decode(message.as_bytes(), |rows| Box::new(LinesDecoder::new(rows)));
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0], Row::from([("message", message.into())]), "{message}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_escaped() {
        let rows = decode(b"caf\xe9", |rows| Box::new(LinesDecoder::new(rows)));
        assert_eq!(rows[0]["message"], "caf\\xe9");
        assert_eq!(rows[0].get("parse_error"), None);
    }
}
