//! Bodies of messages that say by a marker which format they have, CEF and LEEF: taken apart in the same way whether
//! they come alone, behind a syslog header of any kind, or in messages of the format `syslog`.

mod decoder;
mod header;
mod place;

use crate::batch::{BatchBuilder, Value};
use crate::cut::ColumnType;
use crate::decode::cef::CefBody;
use crate::decode::leef::LeefBody;
use crate::decode::syslog::{Fault, Times};
use crate::decode::text::{itself, unescape};
pub use decoder::MarkedDecoder;
pub(in crate::decode) use header::{Field, Header, field_end};
pub(in crate::decode) use place::{Kind, Place};

/// Columns of the headers; they are text.
const HEADER_COLUMNS: [&str; 8] = [
    "cef_version",
    "leef_version",
    "device_vendor",
    "device_product",
    "device_version",
    "signature_id",
    "name",
    "event_severity",
];

/// What came of a body.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::decode) struct Outcome {
    /// A time of the body that may stand for the event's, in microseconds since 1970.
    pub(in crate::decode) time_us: Option<i64>,
    /// It goes before that of the syslog header.
    pub(in crate::decode) time_is_first: bool,
    /// What is wrong with the body.
    pub(in crate::decode) fault: Option<Fault>,
}

/// Parses bodies of every kind; its memory is used again for the next one.
#[derive(Debug, Default)]
pub(in crate::decode) struct MarkedBody {
    cef: CefBody,
    leef: LeefBody,
}

impl MarkedBody {
    /// Puts the fields of the message that lies at a place of a text into the current row, and its time where the
    /// header has none or the body's goes before it. Returns what is wrong with the message.
    pub(in crate::decode) fn put(
        &mut self,
        text: &str,
        place: Place,
        header_has_time: bool,
        clock: &mut Clock<'_>,
        rows: &mut BatchBuilder,
    ) -> Option<Fault> {
        let outcome = match place.kind {
            Kind::Cef => self.cef.put(text, place, clock, rows),
            Kind::Leef => self.leef.put(text, place, clock, rows),
        };
        if let Some(time_us) = outcome.time_us
            && (outcome.time_is_first || !header_has_time)
        {
            rows.set_event_time(time_us);
        }
        outcome.fault
    }
}

/// Times as they are read in a message that was received at an instant.
#[derive(Debug)]
pub(in crate::decode) struct Clock<'a> {
    pub(in crate::decode) times: &'a mut Times,
    pub(in crate::decode) received_us: i64,
}

/// Settles that the columns of the headers are text, before an event has any other field of their names.
pub(in crate::decode) fn expect_header_columns(rows: &mut BatchBuilder) {
    for name in HEADER_COLUMNS {
        rows.expect_field(name, &ColumnType::String);
    }
}

/// Puts a field of a header, which has a value of its own.
pub(in crate::decode) fn put_header_field(
    column: &str,
    field: Field<'_>,
    unescaped: &mut String,
    rows: &mut BatchBuilder,
) {
    if field.text.is_empty() {
        return;
    }
    if !field.escaped {
        rows.field(column, &Value::Text(field.text));
        return;
    }
    rows.field(column, &Value::Text(unescape(field.text, itself(b"|\\"), unescaped)));
}

/// The name under which a key of the body is put: one that has the column of a header's field gets the prefix that
/// fields with the name of a defined column have.
pub(in crate::decode) fn key_name(key: &str) -> &str {
    match key {
        "name" => "body_name",
        "cef_version" | "cefVersion" => "body_cef_version",
        "leef_version" | "leefVersion" => "body_leef_version",
        "device_vendor" | "deviceVendor" => "body_device_vendor",
        "device_product" | "deviceProduct" => "body_device_product",
        "device_version" | "deviceVersion" => "body_device_version",
        "signature_id" | "signatureId" | "signatureID" => "body_signature_id",
        "event_severity" | "eventSeverity" => "body_event_severity",
        other => other,
    }
}
