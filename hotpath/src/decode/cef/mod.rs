//! CEF, the ArcSight Common Event Format:
//! `CEF:Version|Device Vendor|Device Product|Device Version|Signature ID|Name|Severity|Extension`.
//! See `docs/protocols/cef.md`.

mod extension;
mod keys;

use crate::batch::{BatchBuilder, Value};
use crate::decode::marked::{Clock, Header, Outcome, Place, key_name, put_header_field};
use crate::decode::text::unescape;
use crate::limits::KEY_VALUE_PAIRS_MAX;
use extension::value_escape;
pub(super) use extension::{Pair, Pairs, has_pair};
use keys::{Kind, TimeRank, kind};

/// Fields of the header behind its version.
const FIELDS: usize = 6;
/// Their columns, in this order.
const FIELD_COLUMNS: [&str; FIELDS] =
    ["device_vendor", "device_product", "device_version", "signature_id", "name", "event_severity"];

/// Parses CEF messages; its memory is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct CefBody {
    /// A field or value that had backslashes.
    unescaped: String,
}

/// What came of an extension.
#[derive(Debug, Default)]
struct Extension {
    /// The time that may stand for the event's, in microseconds since 1970.
    time: Option<(TimeRank, i64)>,
    fault: Option<&'static str>,
}

impl CefBody {
    /// Puts the fields of the message that lies at a place of the text.
    pub(super) fn put(
        &mut self,
        text: &str,
        place: Place,
        clock: &mut Clock<'_>,
        rows: &mut BatchBuilder,
    ) -> Outcome {
        rows.field("cef_version", &Value::Text(place.version(text)));
        let header = Header::<FIELDS>::parse(text.get(place.fields_start..).unwrap_or(""), has_pair);
        for (column, field) in FIELD_COLUMNS.iter().zip(header.fields) {
            put_header_field(column, field, &mut self.unescaped, rows);
        }
        let extension = self.put_extension(header.rest, clock, rows);
        let header_fault = header.incomplete.then_some("a CEF header with fewer than its seven fields");
        Outcome {
            time_us: extension.time.map(|(_, time_us)| time_us),
            time_is_first: false,
            fault: header_fault.or(extension.fault),
        }
    }

    fn put_extension(&mut self, text: &str, clock: &mut Clock<'_>, rows: &mut BatchBuilder) -> Extension {
        let mut found = Extension::default();
        // Most extensions have none, and one look is cheaper than one for each value.
        let has_escapes = memchr::memchr(b'\\', text.as_bytes()).is_some();
        let pairs = Pairs::new(text);
        if !pairs.text_before().is_empty() {
            found.fault = Some("text before the first key of the CEF extension");
        }
        for (number, pair) in pairs.enumerate() {
            if number == KEY_VALUE_PAIRS_MAX {
                found.fault = Some("a CEF extension with more keys than are taken");
                break;
            }
            if pair.value.is_empty() {
                continue;
            }
            let Some(time) = self.put_pair(pair, has_escapes, clock, rows) else { continue };
            if found.time.is_none_or(|(rank, _)| time.0 < rank) {
                found.time = Some(time);
            }
        }
        found
    }

    /// Puts a pair by the type of its key; returns its time where it may stand for the event's.
    fn put_pair(
        &mut self,
        pair: Pair<'_>,
        has_escapes: bool,
        clock: &mut Clock<'_>,
        rows: &mut BatchBuilder,
    ) -> Option<(TimeRank, i64)> {
        let kind = kind(pair.key);
        let value = match kind {
            Kind::Text => {
                self.put_text(pair, has_escapes, rows);
                return None;
            }
            Kind::Integer => pair.value.parse().ok().map(Value::Int64),
            Kind::Double => {
                pair.value.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Double)
            }
            Kind::Time(_) => clock.times.instant_us(pair.value, clock.received_us).map(Value::Timestamp),
        };
        let Some(value) = value else {
            // The column keeps the key's type, whatever the first value of a dataset is.
            rows.expect_field(pair.key, &kind.column_type());
            self.put_text(pair, has_escapes, rows);
            return None;
        };
        rows.field(pair.key, &value);
        match (kind, value) {
            // Devices write 0 for a time that they do not have.
            (Kind::Time(Some(rank)), Value::Timestamp(time_us)) if time_us > 0 => Some((rank, time_us)),
            _ => None,
        }
    }

    fn put_text(&mut self, pair: Pair<'_>, has_escapes: bool, rows: &mut BatchBuilder) {
        let name = key_name(pair.key);
        let value =
            if has_escapes { unescape(pair.value, value_escape, &mut self.unescaped) } else { pair.value };
        rows.field(name, &Value::Text(value));
    }
}

#[cfg(test)]
mod tests;
