//! W3C extended log format (W3C working draft WD-logfile-960323), as IIS, CloudFront and others write it.
//! See `docs/protocols/weblog.md`.

mod fields;
mod lines;
mod state;

use super::syslog::{BYTE_ORDER_MARK, END_OF_MESSAGE, SyslogOptions, Times};
use super::weblog::{Columns, Writer};
use super::{Decoder, StateError};
use crate::batch::BatchBuilder;
use crate::block::Event;
use crate::decode::marked::Clock;
use crate::decode::text::text_or_escaped;
pub(in crate::decode) use lines::W3cLines;

const UNKNOWN: &str = "a line that is not as the #Fields directive says";

/// Decodes lines of W3C logs, one row each; a directive gives a row that says so.
#[derive(Debug)]
pub struct W3cDecoder {
    columns: Columns,
    times: Times,
    lines: W3cLines,
    /// The line where it is not UTF-8.
    escaped: String,
}

impl W3cDecoder {
    /// A decoder that writes to `rows`; the time zone of the options holds for times that a log says are local.
    pub fn new(options: SyslogOptions, rows: &mut BatchBuilder) -> Self {
        Self {
            columns: Columns::define(rows),
            times: Times::new(options.time_zone),
            lines: W3cLines::default(),
            escaped: String::new(),
        }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        let line = text.trim_end_matches(END_OF_MESSAGE);
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        rows.begin_row(event);
        let clock = Clock { times: &mut self.times, received_us: event.received_us };
        let mut writer = Writer { columns: self.columns, clock, rows };
        let result = match self.lines.put(line, event.peer.ip, &mut writer) {
            Some(result) => result,
            None => {
                writer.text(self.columns.message, line);
                Err(UNKNOWN)
            }
        };
        if event.truncated {
            rows.put_raw(event.bytes);
        }
        if let Err(fault) = result {
            rows.parse_error(fault);
            rows.put_raw(event.bytes);
        }
        rows.end_row();
    }
}

impl Decoder for W3cDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let mut escaped = std::mem::take(&mut self.escaped);
        let text = text_or_escaped(event, &mut escaped);
        self.decode_text(text, event, rows);
        self.escaped = escaped;
    }

    fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        self.lines.take_changed_state()
    }

    fn restore_state(&mut self, state: &[u8]) -> Result<(), StateError> {
        self.lines.restore_state(state)
    }
}

#[cfg(test)]
mod tests;
