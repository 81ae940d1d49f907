//! From the stamps of all formats to instants.

use chrono_tz::Tz;

use super::bsd_time::{self, BsdStamp, StampZone};
use super::iso_time::{self, DAY_US, IsoParser, IsoStamp};
use super::local_time::{YearFinder, ZoneClock};
use super::rfc3164::Stamp;

/// Bytes of `Mon ` before a date.
const WEEKDAY_BYTES: usize = 4;
/// Numbers below are seconds since 1970, those from there on milliseconds (1973 in these, 5138 in those).
const EPOCH_MS_MIN: u64 = 100_000_000_000;
/// Numbers from here on are microseconds, and a thousand times that nanoseconds.
const EPOCH_US_MIN: u64 = EPOCH_MS_MIN * 1_000;
const EPOCH_NS_MIN: u64 = EPOCH_US_MIN * 1_000;

/// Makes instants of stamps.
#[derive(Debug)]
pub(in crate::decode) struct Times {
    pub(super) iso: IsoParser,
    years: YearFinder,
    zone: ZoneClock,
}

impl Times {
    /// Times in which a stamp without a zone is in this one.
    pub(in crate::decode) fn new(zone: Tz) -> Self {
        Self { iso: IsoParser::default(), years: YearFinder::default(), zone: ZoneClock::new(zone) }
    }

    /// The instant of a stamp in microseconds since 1970, `None` for a day that no year has.
    pub(in crate::decode) fn of(&mut self, stamp: &Stamp, received_us: i64) -> Option<i64> {
        match stamp {
            Stamp::Iso(stamp) => Some(self.of_iso(stamp, received_us)),
            Stamp::Bsd(stamp) => self.of_bsd(stamp, received_us),
            Stamp::EpochUs(time_us) => Some(*time_us),
        }
    }

    /// The stamp of RFC 3339 that a text begins with.
    pub(in crate::decode) fn parse_iso(&mut self, text: &str) -> Option<IsoStamp> {
        self.iso.parse(text.as_bytes())
    }

    #[inline]
    pub(in crate::decode) fn of_iso(&mut self, stamp: &IsoStamp, received_us: i64) -> i64 {
        match stamp.offset_s {
            Some(offset_s) => stamp.local_us - i64::from(offset_s) * 1_000_000,
            None => self.zone.utc_us(stamp.local_us, received_us),
        }
    }

    fn of_bsd(&mut self, stamp: &BsdStamp, received_us: i64) -> Option<i64> {
        let days = match stamp.year {
            Some(year) => iso_time::days_from_1970(year, stamp.month, stamp.day)?,
            None => self.years.days(stamp.month, stamp.day, received_us)?,
        };
        let local_us = days * DAY_US + i64::from(stamp.seconds) * 1_000_000 + i64::from(stamp.micros);
        Some(match stamp.zone {
            StampZone::OffsetS(offset_s) => local_us - i64::from(offset_s) * 1_000_000,
            StampZone::Unknown => self.zone.utc_us(local_us, received_us),
        })
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
            && let Some(stamp) = self.iso.parse(text.as_bytes())
        {
            return (stamp.length == text.len()).then(|| self.of_iso(&stamp, received_us));
        }
        let date = without_weekday(text);
        let stamp = bsd_time::parse(date)?;
        if stamp.length != date.len() {
            return None;
        }
        self.of(&Stamp::Bsd(stamp), received_us)
    }
}

/// A number of seconds, milliseconds, microseconds or nanoseconds since 1970, in microseconds.
fn epoch_us(digits: &str) -> Option<i64> {
    instant_of_number_us(digits.parse().ok()?)
}

/// The same of a number.
pub(in crate::decode) fn instant_of_number_us(number: u64) -> Option<i64> {
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
    use super::*;

    #[test]
    fn instants_as_devices_write_them() {
        let us = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
        let received_us = us("2024-03-05T06:10:00Z");
        let mut times = Times::new(Tz::UTC);
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
            assert_eq!(times.instant_us(text, received_us), expected.map(us), "{text}");
        }
    }
}
