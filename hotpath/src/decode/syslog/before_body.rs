//! The syslog header before a body that has a grammar of its own and says where it begins (`CEF:`).
//!
//! What begins the body is then known not to be a tag, a host or a field of RFC 5424, which many devices leave out.

use super::bsd_time;
use super::structured_data::Fault;
use super::{PriPart, RFC_3164, RFC_5424, Stamp, SyslogDecoder, rfc3164, rfc5424};
use crate::batch::BatchBuilder;

/// Bytes of `Mon ` before a date.
const WEEKDAY_BYTES: usize = 4;
/// Numbers below are seconds since 1970, those from there on milliseconds (1973 in these, 5138 in those).
const EPOCH_MS_MIN: u64 = 100_000_000_000;
/// Numbers from here on are microseconds, and a thousand times that nanoseconds.
const EPOCH_US_MIN: u64 = EPOCH_MS_MIN * 1_000;
const EPOCH_NS_MIN: u64 = EPOCH_US_MIN * 1_000;

/// What was found before the body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::decode) struct BeforeBody<'a> {
    /// Text that is no part of a header, without its outer spaces.
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

    /// Puts what is left of a message that has a body of another grammar.
    pub(in crate::decode) fn put_text_before_body(&self, text: &str, rows: &mut BatchBuilder) {
        if !text.is_empty() {
            rows.put_text(self.columns.message, text);
        }
    }

    /// The instant that a whole text says, in microseconds since 1970: a number (seconds to nanoseconds, told by its
    /// size), a stamp of RFC 3164 with or without weekday, year, fraction and zone, or one of RFC 3339.
    pub(in crate::decode) fn instant_us(&mut self, text: &str, received_us: i64) -> Option<i64> {
        let text = text.trim_ascii();
        let first = *text.as_bytes().first()?;
        if first.is_ascii_digit() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return epoch_us(text);
        }
        if first.is_ascii_digit()
            && let Some(stamp) = self.times.iso.parse(text.as_bytes())
        {
            return (stamp.length == text.len()).then(|| self.times.of_iso(&stamp, received_us));
        }
        let date = without_weekday(text);
        let stamp = bsd_time::parse(date)?;
        if stamp.length != date.len() {
            return None;
        }
        self.times.of(&Stamp::Bsd(stamp), received_us)
    }
}

/// A number of seconds, milliseconds, microseconds or nanoseconds since 1970, in microseconds.
fn epoch_us(digits: &str) -> Option<i64> {
    let number: u64 = digits.parse().ok()?;
    let micros = match number {
        ..EPOCH_MS_MIN => number * 1_000_000,
        EPOCH_MS_MIN..EPOCH_US_MIN => number * 1_000,
        EPOCH_US_MIN..EPOCH_NS_MIN => number,
        EPOCH_NS_MIN.. => number / 1_000,
    };
    i64::try_from(micros).ok()
}

/// `Mon Aug 10 09:26:47 2020` without its `Mon `.
fn without_weekday(text: &str) -> &[u8] {
    const WEEKDAYS: [&[u8]; 7] = [b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun "];
    let bytes = text.as_bytes();
    match bytes.get(..WEEKDAY_BYTES) {
        Some(start) if WEEKDAYS.contains(&start) => &bytes[WEEKDAY_BYTES..],
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::batch::{ColumnRegistry, RowOptions};
    use crate::decode::syslog::SyslogOptions;

    #[test]
    fn instants_as_devices_write_them() {
        let us = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
        let received_us = us("2024-03-05T06:10:00Z");
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
        let mut decoder = SyslogDecoder::new(SyslogOptions::default(), &mut rows);
        for (text, expected) in [
            ("1709618828", Some("2024-03-05T06:07:08Z")),
            ("1709618828123", Some("2024-03-05T06:07:08.123Z")),
            ("1709618828123456", Some("2024-03-05T06:07:08.123456Z")),
            ("1709618828123456789", Some("2024-03-05T06:07:08.123456Z")),
            ("Mar 05 06:07:08", Some("2024-03-05T06:07:08Z")),
            ("Mar 05 06:07:08.123 UTC", Some("2024-03-05T06:07:08.123Z")),
            ("Mar 05 2023 06:07:08.5", Some("2023-03-05T06:07:08.5Z")),
            ("Mar 05 2023 06:07:08 PST", Some("2023-03-05T14:07:08Z")),
            ("Mon Aug 10 09:26:47 2020", Some("2020-08-10T09:26:47Z")),
            ("2024-03-05T06:07:08.123+01:00", Some("2024-03-05T05:07:08.123Z")),
            ("2024-03-05 06:07:08", Some("2024-03-05T06:07:08Z")),
            ("", None),
            ("0x1f", None),
            ("99999999999999999999", None),
            ("Feb 30 06:07:08", None),
            ("Mar 05 06:07:08 and more", None),
            ("2024-03-05T06:07:08Z or so", None),
        ] {
            assert_eq!(decoder.instant_us(text, received_us), expected.map(us), "{text}");
        }
    }
}
