//! The syslog header before a body that has a grammar of its own and says where it begins (`CEF:`).
//!
//! What begins the body is then known not to be a tag, a host or a field of RFC 5424, which many devices leave out.

use super::structured_data::Fault;
use super::{PriPart, RFC_3164, RFC_5424, SyslogDecoder, Times, rfc3164, rfc5424};
use crate::batch::BatchBuilder;
use crate::block::Event;
use crate::decode::marked::Place;

/// What was found before a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::decode) struct BeforeBody<'a> {
    /// Text that is no part of the header.
    pub(in crate::decode) text: &'a str,
    /// What is wrong with the header.
    pub(in crate::decode) fault: Option<Fault>,
    /// The row has its time from the header.
    pub(in crate::decode) has_time: bool,
}

impl SyslogDecoder {
    /// Puts what a syslog header says into the current row: `head` is all before the body, `marker` the word that
    /// stands behind it in `text` and begins the body. A head without PRI and time is no header, and all text.
    pub(in crate::decode) fn put_header_before<'a>(
        &mut self,
        text: &'a str,
        head_bytes: usize,
        marker: &str,
        received_us: i64,
        rows: &mut BatchBuilder,
    ) -> BeforeBody<'a> {
        let Some(head) = text.get(..head_bytes).filter(|head| !head.trim_ascii().is_empty()) else {
            return BeforeBody::default();
        };
        let PriPart { rest, has_pri, fault: pri_fault } = self.put_pri(head, rows);
        if has_pri
            && let Some(version_bytes) = rfc5424::version_bytes(rest.as_bytes())
            && let Ok(header) = rfc5424::parse(&rest[version_bytes..], &mut self.times.iso)
        {
            rows.put_short(self.columns.rfc, RFC_5424);
            let (text, fault) = self.put_5424_header(&header, received_us, rows);
            let has_time = header.stamp.is_some();
            return BeforeBody { text: text.trim_ascii(), fault: pri_fault.or(fault), has_time };
        }
        // The marker tells a host from the first word of a message.
        let pri_bytes = head_bytes - rest.len();
        let with_marker = text.get(pri_bytes..head_bytes + marker.len()).unwrap_or(rest);
        let mut header = rfc3164::parse(with_marker, has_pri, &mut self.times.iso);
        if !has_pri && header.stamp.is_none() {
            return BeforeBody { text: head.trim_ascii(), ..BeforeBody::default() };
        }
        if header.message.is_empty() {
            // It was taken for a tag.
            header.app_name = None;
        }
        rows.put_short(self.columns.rfc, RFC_3164);
        let fault = self.put_3164_header(&header, received_us, rows);
        let text = header.message.strip_suffix(marker).unwrap_or(header.message).trim_ascii();
        let has_time = header.stamp.is_some() && fault.is_none();
        BeforeBody { text, fault: pri_fault.or(fault), has_time }
    }

    /// Puts what a syslog header says into the current row, and returns what follows it; `None`, with nothing put, for a
    /// text without one.
    pub(in crate::decode) fn put_header_of<'a>(
        &mut self,
        text: &'a str,
        received_us: i64,
        rows: &mut BatchBuilder,
    ) -> Option<BeforeBody<'a>> {
        let PriPart { rest, has_pri, fault: pri_fault } = self.put_pri(text, rows);
        if has_pri
            && let Some(version_bytes) = rfc5424::version_bytes(rest.as_bytes())
            && let Ok(header) = rfc5424::parse(&rest[version_bytes..], &mut self.times.iso)
        {
            rows.put_short(self.columns.rfc, RFC_5424);
            let (text, fault) = self.put_5424_header(&header, received_us, rows);
            let has_time = header.stamp.is_some();
            return Some(BeforeBody { text, fault: pri_fault.or(fault), has_time });
        }
        let header = rfc3164::parse(rest, has_pri, &mut self.times.iso);
        if !has_pri && header.stamp.is_none() {
            return None;
        }
        rows.put_short(self.columns.rfc, RFC_3164);
        let fault = self.put_3164_header(&header, received_us, rows);
        let has_time = header.stamp.is_some() && fault.is_none();
        Some(BeforeBody { text: header.message, fault: pri_fault.or(fault), has_time })
    }

    /// Makes instants of the stamps in a body.
    pub(in crate::decode) fn times(&mut self) -> &mut Times {
        &mut self.times
    }

    /// Puts a message whose CEF or LEEF body stands where the header's own fields would: the body and what stands
    /// before it are the message.
    pub(super) fn put_around_marker(
        &mut self,
        text: &str,
        place: Place,
        event: &Event<'_>,
        rows: &mut BatchBuilder,
    ) {
        let before = self.put_header_before(text, place.start, place.kind.marker(), event.received_us, rows);
        let head = text.get(..place.start).unwrap_or("");
        // What is no header stands at the head's end.
        let message_start = match before.text.len() {
            0 => head.len(),
            text_bytes => head.trim_ascii_end().len().saturating_sub(text_bytes),
        };
        self.put_text_before_body(text.get(message_start..).unwrap_or(text), rows);
        let fault = self.put_marked_body(text, place, before.has_time, event.received_us, rows);
        if let Some(fault) = before.fault.or(fault) {
            rows.parse_error(fault);
            rows.put_raw(event.bytes);
        }
    }

    /// Puts what is left of a message that has a body of another grammar.
    pub(in crate::decode) fn put_text_before_body(&self, text: &str, rows: &mut BatchBuilder) {
        if !text.is_empty() {
            rows.put_text(self.columns.message, text);
        }
    }
}
