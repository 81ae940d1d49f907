//! The formats `cef` and `leef`: messages alone or behind a syslog header; other messages are decoded as syslog.
//! See `docs/protocols/cef.md` and `docs/protocols/leef.md`.

use super::{Place, expect_header_columns};
use crate::batch::BatchBuilder;
use crate::block::Event;
use crate::decode::Decoder;
use crate::decode::syslog::{BYTE_ORDER_MARK, END_OF_MESSAGE, SyslogDecoder, SyslogOptions};
use crate::decode::text::text_or_escaped;

/// Decodes CEF and LEEF messages, one row each. Its memory is used again from event to event.
#[derive(Debug)]
pub struct MarkedDecoder {
    syslog: SyslogDecoder,
    /// The message where it is not UTF-8.
    escaped: String,
}

impl MarkedDecoder {
    /// A decoder that writes to `rows`; the options are for syslog headers, their time zone holds for all times.
    pub fn new(options: SyslogOptions, rows: &mut BatchBuilder) -> Self {
        let syslog = SyslogDecoder::new(options, rows);
        expect_header_columns(rows);
        Self { syslog, escaped: String::new() }
    }

    /// The row of a message, or that of syslog where it is neither of them.
    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        let text = text.trim_end_matches(END_OF_MESSAGE);
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let Some(place) = Place::find(text) else {
            self.syslog.decode(event, rows);
            return;
        };
        rows.begin_row(event);
        if event.truncated {
            rows.put_raw(event.bytes);
        }
        self.put_message(text, place, event, rows);
        rows.end_row();
    }

    fn put_message(&mut self, text: &str, place: Place, event: &Event<'_>, rows: &mut BatchBuilder) {
        let marker = place.kind.marker();
        let before = self.syslog.put_header_before(text, place.start, marker, event.received_us, rows);
        let body_fault = self.syslog.put_marked_body(text, place, before.has_time, event.received_us, rows);
        let message = if body_fault.is_some() { &text[place.start..] } else { before.text };
        self.syslog.put_text_before_body(message, rows);
        if let Some(fault) = before.fault.or(body_fault) {
            rows.parse_error(fault);
            rows.put_raw(event.bytes);
        }
    }
}

impl Decoder for MarkedDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let mut escaped = std::mem::take(&mut self.escaped);
        let text = text_or_escaped(event, &mut escaped);
        self.decode_text(text, event, rows);
        self.escaped = escaped;
    }
}
