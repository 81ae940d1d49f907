//! LEEF, IBM's Log Event Extended Format:
//! `LEEF:1.0|Vendor|Product|Version|EventID|attributes` and
//! `LEEF:2.0|Vendor|Product|Version|EventID|Delimiter|attributes`. See `docs/protocols/leef.md`.

mod attributes;
mod delimiter;
mod dev_time;
mod keys;

use crate::batch::{BatchBuilder, Value};
use crate::decode::marked::{Clock, Header, Outcome, Place, key_name, put_header_field};
use crate::decode::text::unescape;
use crate::limits::KEY_VALUE_PAIRS_MAX;
use attributes::{Attribute, Attributes, has_attribute};
use keys::{Kind, kind};

/// Fields of the header behind its version.
const FIELDS: usize = 4;
/// Their columns, in this order.
const FIELD_COLUMNS: [&str; FIELDS] = ["device_vendor", "device_product", "device_version", "signature_id"];

/// Parses LEEF messages; its memory is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct LeefBody {
    /// A field or value that had backslashes.
    unescaped: String,
}

/// The time of the device, and how it says it is written.
#[derive(Debug, Default)]
struct DevTime<'a> {
    text: Option<&'a str>,
    format: Option<&'a str>,
}

impl LeefBody {
    /// Puts the fields of the message that lies at a place of the text.
    pub(super) fn put(
        &mut self,
        text: &str,
        place: Place,
        clock: &mut Clock<'_>,
        rows: &mut BatchBuilder,
    ) -> Outcome {
        let version = place.version(text);
        rows.field("leef_version", &Value::Text(version));
        let header = Header::<FIELDS>::parse(text.get(place.fields_start..).unwrap_or(""), has_attribute);
        for (column, field) in FIELD_COLUMNS.iter().zip(header.fields) {
            put_header_field(column, field, &mut self.unescaped, rows);
        }
        let (delimiter, attributes) = delimiter::split(header.rest, version);
        let mut dev_time = DevTime::default();
        let fault = self.put_attributes(Attributes::new(attributes, delimiter), &mut dev_time, rows);
        let time_us = put_dev_time(&dev_time, clock, rows);
        let header_fault = header.incomplete.then_some("a LEEF header with fewer than its five fields");
        Outcome { time_us, time_is_first: true, fault: header_fault.or(fault) }
    }

    fn put_attributes<'a>(
        &mut self,
        attributes: Attributes<'a>,
        dev_time: &mut DevTime<'a>,
        rows: &mut BatchBuilder,
    ) -> Option<&'static str> {
        let mut fault = None;
        if !attributes.text_before().is_empty() {
            fault = Some("text before the first key of the LEEF attributes");
        }
        for (number, attribute) in attributes.enumerate() {
            if number == KEY_VALUE_PAIRS_MAX {
                return Some("more LEEF attributes than are taken");
            }
            match attribute.key {
                _ if attribute.value.is_empty() => {}
                "devTime" if dev_time.text.is_none() => dev_time.text = Some(attribute.value),
                "devTimeFormat" if dev_time.format.is_none() => {
                    dev_time.format = Some(attribute.value);
                    self.put_text(attribute.key, &attribute, rows);
                }
                _ => self.put_attribute(&attribute, rows),
            }
        }
        fault
    }

    /// Puts an attribute by the type of its key.
    fn put_attribute(&mut self, attribute: &Attribute<'_>, rows: &mut BatchBuilder) {
        let kind = kind(attribute.key);
        let value = match kind {
            Kind::Severity => return self.put_text("event_severity", attribute, rows),
            Kind::Text => return self.put_text(key_name(attribute.key), attribute, rows),
            Kind::Integer => attribute.value.parse().ok().map(Value::Int64),
            Kind::Truth => truth(attribute.value).map(Value::Boolean),
        };
        match value {
            Some(value) => rows.field(attribute.key, &value),
            None => {
                // The column keeps the key's type, whatever the first value of a dataset is.
                rows.expect_field(attribute.key, &kind.column_type());
                self.put_text(attribute.key, attribute, rows);
            }
        }
    }

    fn put_text(&mut self, name: &str, attribute: &Attribute<'_>, rows: &mut BatchBuilder) {
        // The format has no escapes of its own: these are what devices put before what would end a value.
        let escape = |behind: &str| {
            let byte = behind.bytes().next()?;
            let is_known = matches!(byte, b'=' | b'|') || attribute.delimiter == Some(byte);
            (is_known && byte.is_ascii()).then_some((char::from(byte), 1))
        };
        rows.field(name, &Value::Text(unescape(attribute.value, escape, &mut self.unescaped)));
    }
}

/// Puts `devTime`, and returns it.
fn put_dev_time(dev_time: &DevTime<'_>, clock: &mut Clock<'_>, rows: &mut BatchBuilder) -> Option<i64> {
    let text = dev_time.text?;
    let by_format = dev_time.format.and_then(|format| dev_time::parse(text, format));
    let by_format = by_format.and_then(|stamp| clock.times.of(&stamp, clock.received_us));
    // Many devices state a format that is not theirs.
    match by_format.or_else(|| clock.times.instant_us(text, clock.received_us)) {
        Some(time_us) => {
            rows.field("devTime", &Value::Timestamp(time_us));
            Some(time_us)
        }
        None => {
            rows.expect_field("devTime", &crate::cut::ColumnType::Timestamp);
            rows.field("devTime", &Value::Text(text));
            None
        }
    }
}

fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

#[cfg(test)]
mod tests;
