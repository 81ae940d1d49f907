//! Syslog: RFC 5424, RFC 3164 as it occurs in the field, and anything else kept whole.

mod before_body;
pub(in crate::decode) mod bsd_time;
pub(in crate::decode) mod iso_time;
pub(in crate::decode) mod local_time;
mod priority;
mod rfc3164;
mod rfc5424;
mod structured_data;
mod times;

use chrono_tz::Tz;

use super::Decoder;
use super::body::BodyFields;
use super::marked::{Clock, MarkedBody, Place};
use crate::batch::{BatchBuilder, ColumnIndex, ShortText};
use crate::block::Event;
use crate::cut::ColumnType;
use crate::decode::text::text_or_escaped;
use priority::Pri;
pub(in crate::decode) use rfc3164::Stamp;
pub(in crate::decode) use rfc3164::starts_with_header;
pub(in crate::decode) use structured_data::Fault;
use structured_data::StructuredData;
pub(in crate::decode) use times::{Times, instant_of_number_us};

/// Says that the text of a message is UTF-8 (RFC 5424 section 6.4).
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';
/// What senders put behind a message.
pub(super) const END_OF_MESSAGE: [char; 3] = ['\n', '\r', '\0'];

/// What the column `rfc` may say.
const RFC_5424: ShortText = ShortText::new("5424");
const RFC_3164: ShortText = ShortText::new("3164");
const RFC_NONE: ShortText = ShortText::new("raw");

/// What a dataset says about its syslog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyslogOptions {
    /// The zone of time stamps that name none.
    pub time_zone: Tz,
}

impl Default for SyslogOptions {
    fn default() -> Self {
        Self { time_zone: Tz::UTC }
    }
}

/// The columns of syslog, see `docs/protocols/syslog.md`.
#[derive(Debug, Clone, Copy)]
struct Columns {
    facility: ColumnIndex,
    severity: ColumnIndex,
    facility_name: ColumnIndex,
    severity_name: ColumnIndex,
    rfc: ColumnIndex,
    hostname: ColumnIndex,
    app_name: ColumnIndex,
    proc_id: ColumnIndex,
    msg_id: ColumnIndex,
    structured_data: ColumnIndex,
    message: ColumnIndex,
}

impl Columns {
    fn define(rows: &mut BatchBuilder) -> Self {
        Self {
            facility: rows.define("facility", ColumnType::Int64),
            severity: rows.define("severity", ColumnType::Int64),
            facility_name: rows.define("facility_name", ColumnType::String),
            severity_name: rows.define("severity_name", ColumnType::String),
            rfc: rows.define("rfc", ColumnType::String),
            hostname: rows.define("hostname", ColumnType::String),
            app_name: rows.define("app_name", ColumnType::String),
            proc_id: rows.define("proc_id", ColumnType::String),
            msg_id: rows.define("msg_id", ColumnType::String),
            structured_data: rows.define("structured_data", ColumnType::String),
            message: rows.define("message", ColumnType::String),
        }
    }
}

/// What the beginning of a message says of its priority.
struct PriPart<'a> {
    rest: &'a str,
    has_pri: bool,
    fault: Option<Fault>,
}

/// Decodes syslog messages, one row each. Its memory is used again from event to event.
#[derive(Debug)]
pub struct SyslogDecoder {
    columns: Columns,
    times: Times,
    structured_data: StructuredData,
    body: BodyFields,
    marked: MarkedBody,
    /// The message where it is not UTF-8.
    escaped: String,
}

impl SyslogDecoder {
    /// A decoder that writes to `rows`.
    pub fn new(options: SyslogOptions, rows: &mut BatchBuilder) -> Self {
        Self {
            columns: Columns::define(rows),
            times: Times::new(options.time_zone),
            structured_data: StructuredData::default(),
            body: BodyFields::default(),
            marked: MarkedBody::default(),
            escaped: String::new(),
        }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        // What ended the message in a stream or a datagram is no part of it (RFC 6587 section 3.4.2).
        let text = text.trim_end_matches(END_OF_MESSAGE);
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let PriPart { rest, has_pri, fault: pri_fault } = self.put_pri(text, rows);
        let mut header_fault = None;
        if has_pri && let Some(version_bytes) = rfc5424::version_bytes(rest.as_bytes()) {
            match rfc5424::parse(&rest[version_bytes..], &mut self.times.iso) {
                Ok(header) => {
                    if header.has_marker()
                        && let Some(place) = Place::find(text)
                    {
                        self.put_around_marker(text, place, event, rows);
                        return;
                    }
                    self.put_5424(&header, event, pri_fault, rows);
                    return;
                }
                Err(found) => header_fault = Some(found),
            }
            if let Some(place) = Place::find(text) {
                self.put_around_marker(text, place, event, rows);
                return;
            }
        }
        let mut header = rfc3164::parse(rest, has_pri, &mut self.times.iso);
        if !has_pri && header.stamp.is_none() {
            header_fault = Some("no syslog header: neither PRI nor time stamp");
        } else if header.stamp.is_some() {
            // A device that counts its messages begins with a number too: the time shows which header it is.
            header_fault = None;
        }
        let is_taken_for_tag = matches!(header.app_name, Some("CEF" | "LEEF"));
        let is_alone = header_fault.is_some() && Place::at_start(text).is_some();
        if (is_taken_for_tag || is_alone)
            && let Some(place) = Place::find(text)
        {
            self.put_around_marker(text, place, event, rows);
            return;
        }
        let is_raw = header_fault.is_some();
        rows.put_short(self.columns.rfc, if is_raw { RFC_NONE } else { RFC_3164 });
        if !has_pri && is_raw && event.text().is_none() {
            // `raw` holds the bytes without loss, so that the message may be readable.
            let readable = String::from_utf8_lossy(event.bytes);
            header.message = readable.trim_end_matches(END_OF_MESSAGE);
            self.put_3164(&header, pri_fault.or(header_fault), event, rows);
            return;
        }
        self.put_3164(&header, pri_fault.or(header_fault), event, rows);
    }

    /// Puts facility and severity.
    fn put_pri<'a>(&self, text: &'a str, rows: &mut BatchBuilder) -> PriPart<'a> {
        match priority::find(text.as_bytes()) {
            Pri::Valid(priority, length) => {
                rows.put_i64(self.columns.facility, priority.facility());
                rows.put_i64(self.columns.severity, priority.severity());
                rows.put_short(self.columns.facility_name, priority.facility_name());
                rows.put_short(self.columns.severity_name, priority.severity_name());
                PriPart { rest: &text[length..], has_pri: true, fault: None }
            }
            Pri::TooLarge(length) => {
                let fault = Some("a PRI above 191 (RFC 5424 section 6.2.1)");
                PriPart { rest: &text[length..], has_pri: true, fault }
            }
            Pri::Missing => PriPart { rest: text, has_pri: false, fault: None },
        }
    }

    fn put_5424(
        &mut self,
        header: &rfc5424::Header<'_>,
        event: &Event<'_>,
        fault: Option<Fault>,
        rows: &mut BatchBuilder,
    ) {
        let (message, found) = self.put_5424_header(header, event.received_us, rows);
        let body_fault = self.put_message(message, header.stamp.is_some(), event.received_us, rows);
        if let Some(fault) = fault.or(found).or(body_fault) {
            rows.parse_error(fault);
            rows.put_raw(event.bytes);
        }
    }

    /// Puts the header and structured data; returns the message and what is wrong before it.
    fn put_5424_header<'a>(
        &mut self,
        header: &rfc5424::Header<'a>,
        received_us: i64,
        rows: &mut BatchBuilder,
    ) -> (&'a str, Option<Fault>) {
        let columns = self.columns;
        rows.put_short(columns.rfc, RFC_5424);
        if let Some(stamp) = header.stamp {
            rows.set_event_time(self.times.of_iso(&stamp, received_us));
        }
        put_some(rows, columns.hostname, header.hostname);
        put_some(rows, columns.app_name, header.app_name);
        put_some(rows, columns.proc_id, header.proc_id);
        put_some(rows, columns.msg_id, header.msg_id);
        let mut fault = header.liberty;
        let message = match self.split_structured_data(header.rest) {
            Ok((data_bytes, liberty)) => {
                fault = fault.or(liberty);
                if data_bytes > 1 {
                    rows.put_text(columns.structured_data, self.structured_data.json());
                }
                // The space before MSG; a message may end without either.
                header.rest.get(data_bytes + 1..).unwrap_or("")
            }
            Err(found) => {
                fault = fault.or(Some(found));
                header.rest
            }
        };
        // Section 6.4: the mark says that MSG is UTF-8, and is no part of it.
        (message.strip_prefix(BYTE_ORDER_MARK).unwrap_or(message), fault)
    }

    /// STRUCTURED-DATA that ends at a space or with the message: its bytes, and what was let pass.
    fn split_structured_data(&mut self, text: &str) -> Result<(usize, Option<Fault>), Fault> {
        let (data_bytes, liberty) =
            if text.starts_with('-') { (1, None) } else { self.structured_data.parse(text)? };
        match text.as_bytes().get(data_bytes) {
            None | Some(b' ') => Ok((data_bytes, liberty)),
            Some(_) => Err("structured data that does not end at a space (RFC 5424 section 6)"),
        }
    }

    fn put_3164(
        &mut self,
        header: &rfc3164::Header<'_>,
        fault: Option<Fault>,
        event: &Event<'_>,
        rows: &mut BatchBuilder,
    ) {
        let found = self.put_3164_header(header, event.received_us, rows);
        let has_time = header.stamp.is_some() && found.is_none();
        let body_fault = self.put_message(header.message, has_time, event.received_us, rows);
        if let Some(fault) = fault.or(found).or(body_fault) {
            rows.parse_error(fault);
            rows.put_raw(event.bytes);
        }
    }

    /// Puts the header; returns what is wrong with it.
    fn put_3164_header(
        &mut self,
        header: &rfc3164::Header<'_>,
        received_us: i64,
        rows: &mut BatchBuilder,
    ) -> Option<Fault> {
        let columns = self.columns;
        let mut fault = None;
        if let Some(stamp) = &header.stamp {
            match self.times.of(stamp, received_us) {
                Some(time_us) => rows.set_event_time(time_us),
                None => fault = Some("a day that no year has"),
            }
        }
        put_some(rows, columns.hostname, header.hostname);
        put_some(rows, columns.app_name, header.app_name);
        put_some(rows, columns.proc_id, header.proc_id);
        put_some(rows, columns.msg_id, header.msg_id);
        fault
    }

    /// Puts the message and the fields of its body; returns what is wrong with a body that says what it is.
    #[inline]
    fn put_message(
        &mut self,
        message: &str,
        has_time: bool,
        received_us: i64,
        rows: &mut BatchBuilder,
    ) -> Option<Fault> {
        if message.is_empty() {
            return None;
        }
        rows.put_text(self.columns.message, message);
        if let Some(place) = Place::at_start(message) {
            return self.put_marked_body(message, place, has_time, received_us, rows);
        }
        self.body.extract(message, rows);
        None
    }

    /// Puts the fields of the CEF or LEEF message that lies at a place of a text; returns what is wrong with it.
    pub(in crate::decode) fn put_marked_body(
        &mut self,
        text: &str,
        place: Place,
        has_time: bool,
        received_us: i64,
        rows: &mut BatchBuilder,
    ) -> Option<Fault> {
        let mut clock = Clock { times: &mut self.times, received_us };
        self.marked.put(text, place, has_time, &mut clock, rows)
    }
}

impl Decoder for SyslogDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        rows.begin_row(event);
        if event.truncated {
            rows.put_raw(event.bytes);
        }
        let mut escaped = std::mem::take(&mut self.escaped);
        let text = text_or_escaped(event, &mut escaped);
        self.decode_text(text, event, rows);
        self.escaped = escaped;
        rows.end_row();
    }
}

#[inline]
fn put_some(rows: &mut BatchBuilder, column: ColumnIndex, text: Option<&str>) {
    if let Some(text) = text {
        rows.put_text(column, text);
    }
}

#[cfg(test)]
mod tests;
