//! The forms of times that `date_parse` knows.

use super::layout::Layout;
use super::{go_layout, strftime};
use crate::decode::instants::Instants;

/// How a time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 3339 and what is much like it, RFC 3164, the common log format, and numbers by their size.
    Usual,
    /// RFC 3339 and what is much like it.
    Iso,
    /// A number since 1970.
    Count(Unit),
    Layout(Layout),
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Format {
    /// Reads a form; the reason is for the person who wrote it.
    pub(super) fn compile(text: &str) -> Result<Self, String> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "unix" => Self::Count(Unit::Seconds),
            "unix_ms" => Self::Count(Unit::Milliseconds),
            "unix_us" => Self::Count(Unit::Microseconds),
            "unix_ns" => Self::Count(Unit::Nanoseconds),
            "iso8601" | "rfc3339" => Self::Iso,
            _ if text.contains('%') => Self::Layout(strftime::compile(text)?),
            _ => Self::Layout(go_layout::compile(text)?),
        })
    }

    /// The instant that a whole text says, in microseconds since 1970.
    pub(super) fn read(&self, text: &str, instants: &mut Instants, received_us: i64) -> Option<i64> {
        match self {
            Self::Usual => instants.of_any(text, received_us),
            Self::Iso => instants.of_iso(text, received_us),
            Self::Count(unit) => unit.read(text.trim_ascii()),
            Self::Layout(layout) => layout.read(text, instants, received_us),
        }
    }
}

impl Unit {
    /// The instant of a number, in microseconds; what is smaller is cut off.
    fn read(self, text: &str) -> Option<i64> {
        if text.contains(['e', 'E']) {
            return self.of_double(text.parse().ok()?);
        }
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !are_digits(whole) || !are_digits(part) {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let micros = match self {
            Self::Seconds => whole.checked_mul(1_000_000)?.checked_add(first_digits(part, 6))?,
            Self::Milliseconds => whole.checked_mul(1_000)?.checked_add(first_digits(part, 3))?,
            Self::Microseconds => whole,
            Self::Nanoseconds => whole / 1_000,
        };
        Some(if is_negative { -micros } else { micros })
    }

    fn of_double(self, number: f64) -> Option<i64> {
        let micros = match self {
            Self::Seconds => number * 1e6,
            Self::Milliseconds => number * 1e3,
            Self::Microseconds => number,
            Self::Nanoseconds => number / 1e3,
        };
        // Beyond, there is no such year.
        const MICROS_MAX: f64 = 8e18;
        (micros.abs() < MICROS_MAX).then(|| micros.trunc() as i64)
    }
}

/// The number that so many digits behind the point write.
fn first_digits(digits: &str, count: usize) -> i64 {
    let digits = digits.bytes().chain(std::iter::repeat(b'0')).take(count);
    digits.fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat};
    use chrono_tz::Tz;

    use super::*;

    /// 2024-03-05T06:10:00Z.
    const RECEIVED_US: i64 = 1_709_619_000_000_000;

    fn read_in(zone: Tz, format: &str, text: &str) -> Option<String> {
        let format = if format.is_empty() { Format::Usual } else { Format::compile(format).unwrap() };
        let time_us = format.read(text, &mut Instants::new(zone), RECEIVED_US)?;
        let time = DateTime::from_timestamp_micros(time_us)?;
        Some(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    #[test]
    fn texts_are_read_by_their_form() {
        for (format, text, expected) in [
            ("", "2024-03-05T06:07:08.123456789+01:00", "2024-03-05T05:07:08.123456Z"),
            ("", "2024-03-05 06:07:08", "2024-03-05T06:07:08Z"),
            ("", "17/Oct/2023:05:57:49 +1100", "2023-10-16T18:57:49Z"),
            ("", "Mar  5 06:07:08", "2024-03-05T06:07:08Z"),
            ("", "1709618828", "2024-03-05T06:07:08Z"),
            ("", "1709618828.25", "2024-03-05T06:07:08.250Z"),
            ("", "1709618828123", "2024-03-05T06:07:08.123Z"),
            ("", "1709618828123456", "2024-03-05T06:07:08.123456Z"),
            ("", "1709618828123456789", "2024-03-05T06:07:08.123456Z"),
            ("iso8601", "2024-03-05T06:07:08Z", "2024-03-05T06:07:08Z"),
            ("RFC3339", " 2024-03-05T06:07:08.5Z ", "2024-03-05T06:07:08.500Z"),
            ("unix", "0", "1970-01-01T00:00:00Z"),
            ("unix", "-1.5", "1969-12-31T23:59:58.500Z"),
            ("unix", "1709618828.1234567", "2024-03-05T06:07:08.123456Z"),
            ("unix", "1.709618828e9", "2024-03-05T06:07:08Z"),
            ("unix_ms", "1709618828123.4567", "2024-03-05T06:07:08.123456Z"),
            ("unix_us", "1709618828123456", "2024-03-05T06:07:08.123456Z"),
            ("unix_ns", "1709618828123456789", "2024-03-05T06:07:08.123456Z"),
            // Go.
            ("2006-01-02T15:04:05Z07:00", "2024-03-05T06:07:08.123456+01:00", "2024-03-05T05:07:08.123456Z"),
            ("2006-01-02T15:04:05Z07:00", "2024-03-05T06:07:08Z", "2024-03-05T06:07:08Z"),
            ("2006-01-02 15:04:05.000", "2024-03-05 06:07:08.123456", "2024-03-05T06:07:08.123456Z"),
            ("2006-01-02 15:04:05,999", "2024-03-05 06:07:08,5", "2024-03-05T06:07:08.500Z"),
            ("02/Jan/2006:15:04:05 -0700", "17/Oct/2023:05:57:49 +1100", "2023-10-16T18:57:49Z"),
            ("Mon Jan _2 15:04:05 2006", "Tue Mar  5 06:07:08 2024", "2024-03-05T06:07:08Z"),
            (
                "Monday, 2 January 2006 3:04 PM MST",
                "Tuesday, 5 March 2024 6:07 PM CET",
                "2024-03-05T17:07:00Z",
            ),
            ("Jan _2 15:04:05", "Mar  5 06:07:08", "2024-03-05T06:07:08Z"),
            ("1/2/06 3:04:05 pm", "3/5/24 12:07:08 am", "2024-03-05T00:07:08Z"),
            ("20060102150405", "20240305060708", "2024-03-05T06:07:08Z"),
            ("2006-002", "2024-065", "2024-03-05T00:00:00Z"),
            ("2006-01-02", "2024-03-05", "2024-03-05T00:00:00Z"),
            // strftime.
            ("%Y-%m-%dT%H:%M:%S%z", "2024-03-05T06:07:08.5+0100", "2024-03-05T05:07:08.500Z"),
            ("%Y-%m-%d %H:%M:%S,%f", "2024-03-05 06:07:08,123", "2024-03-05T06:07:08.123Z"),
            ("%Y-%m-%d %H:%M:%S.%f", "2024-03-05 06:07:08.026490", "2024-03-05T06:07:08.026490Z"),
            ("%d/%b/%Y:%T %z", "17/Oct/2023:05:57:49 +11:00", "2023-10-16T18:57:49Z"),
            ("%a, %d %b %Y %H:%M:%S %Z", "Tue, 05 Mar 2024 06:07:08 GMT", "2024-03-05T06:07:08Z"),
            ("%b %e %H:%M:%S", "Mar  5 06:07:08", "2024-03-05T06:07:08Z"),
            ("%m/%d/%y %I:%M:%S %p", "03/05/24 06:07:08 PM", "2024-03-05T18:07:08Z"),
            ("%F%%%T", "2024-03-05%06:07:08", "2024-03-05T06:07:08Z"),
            ("%s", "1709618828.5", "2024-03-05T06:07:08.500Z"),
            ("%Y%m%d%H%M%S%3f", "20240305060708123", "2024-03-05T06:07:08.123Z"),
        ] {
            assert_eq!(read_in(Tz::UTC, format, text).as_deref(), Some(expected), "{format} {text}");
        }
    }

    #[test]
    fn other_texts_are_no_times() {
        for (format, text) in [
            ("", "yesterday"),
            ("", ""),
            ("", "12"),
            ("iso8601", "1709618828"),
            ("unix", "1e99"),
            ("unix", "12:00"),
            ("unix", "99999999999999999999"),
            ("unix", "."),
            ("2006-01-02", "2024-02-30"),
            ("2006-01-02", "2024-03-05 06:07:08"),
            ("2006-01-02", "2024-03"),
            ("2006-01-02 15:04", "2024-03-05 24:07"),
            ("2006-01-02 MST", "2024-03-05 XYZ"),
            ("%d %b %Y", "5 Mär 2024"),
        ] {
            assert_eq!(read_in(Tz::UTC, format, text), None, "{format} {text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_in_the_one_that_is_set() {
        let in_berlin = |format, text| read_in(Tz::Europe__Berlin, format, text);
        for format in ["", "2006-01-02 15:04:05", "%Y-%m-%d %H:%M:%S", "iso8601"] {
            assert_eq!(in_berlin(format, "2024-07-05 06:07:08").as_deref(), Some("2024-07-05T04:07:08Z"));
        }
        assert_eq!(in_berlin("unix", "0").as_deref(), Some("1970-01-01T00:00:00Z"));
        // Shown twice that night: the one nearer to receipt, which was in spring.
        let twice = in_berlin("2006-01-02 15:04:05", "2024-10-27 02:30:00");
        assert_eq!(twice.as_deref(), Some("2024-10-27T00:30:00Z"));
    }

    #[test]
    fn a_form_that_names_no_day_or_no_directive_is_refused() {
        for (format, part) in [
            ("yyyy-MM-dd", "write a Go layout"),
            ("15:04:05", "names no day"),
            ("%H:%M", "names no day"),
            ("%d %Q", "`%Q` is no directive"),
            ("%d %", "`%` at the end"),
            ("", "names no day"),
        ] {
            let reason = Format::compile(format).unwrap_err();
            assert!(reason.contains(part), "{format}: {reason}");
        }
    }
}
