//! Which field of an event says when it happened, and what its value means.

use super::profile::Profile;
use crate::batch::Value;
use crate::decode::syslog::{Times, instant_of_number_us};

/// The columns of fields that may hold an event's time, the likeliest first. `@timestamp` and `timestamp` are one column, and
/// so are `eventTime`, `EventTime` and `event_time`: the name that every row has, with the prefix of what is closed to fields.
pub(super) const TIME_COLUMNS: [&str; 24] = [
    OWN_TIME_COLUMN,
    "timestamp",
    "time",
    "ts",
    "event_timestamp",
    "event_ts",
    "eventtime",
    "datetime",
    "date_time",
    "time_stamp",
    "_time",
    "time_generated",
    "time_created",
    "creation_time",
    "created_at",
    "utc_time",
    "timestamp_ms",
    "time_unix_nano",
    "t_date",
    "timestamp_date",
    "published",
    "logged_at",
    "started_at",
    "date",
];

/// The column of a field `event_time`, whose own name is that of the row's time.
pub(super) const OWN_TIME_COLUMN: &str = "body_event_time";

/// Smaller numbers are no time (3 March 1973 in seconds): they count something else, or say that there is none.
const EPOCH_MIN: u64 = 100_000_000;
/// The same as a double; seconds above 11 digits are smaller units.
const EPOCH_MIN_DOUBLE: f64 = 1e8;

/// How likely a time is the event's: the smallest number is it.
pub(super) type Rank = u8;

/// A rank for each column that may hold the time: those of the profile, then [`TIME_COLUMNS`]; if the dataset names one, that
/// alone.
pub(super) fn ranked(profile: &'static Profile, named: Option<&str>) -> Vec<(String, Rank)> {
    if let Some(named) = named {
        return vec![(named.to_owned(), 0)];
    }
    let columns = profile.times.iter().chain(&TIME_COLUMNS);
    columns.enumerate().map(|(number, column)| ((*column).to_owned(), number as Rank)).collect()
}

/// The best time that was found in an event so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FoundTime {
    best: Option<(Rank, i64)>,
}

impl FoundTime {
    /// Takes a time, unless one as good is there.
    pub(super) fn add(&mut self, rank: Rank, time_us: i64) -> bool {
        let is_better = self.best.is_none_or(|(best, _)| rank < best);
        if is_better {
            self.best = Some((rank, time_us));
        }
        is_better
    }

    pub(super) fn time_us(&self) -> Option<i64> {
        self.best.map(|(_, time_us)| time_us)
    }
}

/// The instant that a value says, in microseconds since 1970.
///
/// A number counts seconds, milliseconds, microseconds or nanoseconds, told by its size, with a fraction where it has one. A
/// text is such a number, RFC 3339 with its usual liberties, a stamp of RFC 3164, or `/Date(1700000000000)/`.
pub(in crate::decode) fn instant_us(value: &Value<'_>, times: &mut Times, received_us: i64) -> Option<i64> {
    match value {
        Value::Int64(number) => of_integer(u64::try_from(*number).ok()?),
        Value::Double(number) => of_double(*number),
        Value::Text(text) => of_text(text.trim_ascii(), times, received_us),
        _ => None,
    }
}

fn of_integer(number: u64) -> Option<i64> {
    if number < EPOCH_MIN {
        return None;
    }
    instant_of_number_us(number)
}

fn of_double(number: f64) -> Option<i64> {
    // A double of seconds is exact to a microsecond until 2255.
    let micros = match number {
        EPOCH_MIN_DOUBLE..1e11 => number * 1e6,
        1e11..1e14 => number * 1e3,
        1e14..1e17 => number,
        1e17..1e19 => number / 1e3,
        _ => return None,
    };
    Some(micros.round() as i64)
}

fn of_text(text: &str, times: &mut Times, received_us: i64) -> Option<i64> {
    let first = text.as_bytes().first()?;
    if !first.is_ascii_digit() {
        if let Some(inner) = text.strip_prefix("/Date(") {
            return of_integer(inner.strip_suffix(")/")?.parse().ok()?);
        }
        return times.instant_us(text, received_us);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return of_integer(text.parse().ok()?);
    }
    if let Some((seconds, fraction)) = text.split_once('.')
        && [seconds, fraction].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return of_decimal(seconds, fraction);
    }
    times.instant_us(text, received_us).or_else(|| {
        let stamp = text.strip_suffix(" UTC")?;
        times.instant_us(&format!("{stamp}Z"), received_us)
    })
}

/// Seconds with a fraction, exactly; smaller units without it.
fn of_decimal(whole: &str, fraction: &str) -> Option<i64> {
    const MICROS_DIGITS: usize = 6;
    let number: u64 = whole.parse().ok()?;
    let instant = of_integer(number)?;
    if number >= 100_000_000_000 {
        return Some(instant);
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(MICROS_DIGITS);
    let micros = digits.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0'));
    instant.checked_add(micros)
}

/// Whether a text says no more of its instant than its microseconds.
pub(super) fn is_said_by_micros(value: &Value<'_>) -> bool {
    const FRACTION_DIGITS: usize = 6;
    match value {
        Value::Int64(number) => *number < 100_000_000_000_000_000,
        Value::Text(text) => {
            let Some((_, fraction)) = text.split_once('.') else { return true };
            fraction.bytes().take_while(u8::is_ascii_digit).count() <= FRACTION_DIGITS
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    fn us(text: &str) -> i64 {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    #[test]
    fn times_as_programs_write_them() {
        let received_us = us("2024-03-05T06:10:00Z");
        let mut times = Times::new(Tz::UTC);
        for (value, expected) in [
            (Value::Int64(1_709_618_828), Some("2024-03-05T06:07:08Z")),
            (Value::Int64(1_709_618_828_123), Some("2024-03-05T06:07:08.123Z")),
            (Value::Int64(1_709_618_828_123_456), Some("2024-03-05T06:07:08.123456Z")),
            (Value::Int64(1_709_618_828_123_456_789), Some("2024-03-05T06:07:08.123456Z")),
            (Value::Double(1_709_618_828.123_456), Some("2024-03-05T06:07:08.123456Z")),
            (Value::Double(1_709_618_828_123.5), Some("2024-03-05T06:07:08.1235Z")),
            (Value::Text("1709618828"), Some("2024-03-05T06:07:08Z")),
            (Value::Text("1709618828.123456789"), Some("2024-03-05T06:07:08.123456Z")),
            (Value::Text("1709618828.5"), Some("2024-03-05T06:07:08.5Z")),
            (Value::Text("2024-03-05T06:07:08.123456Z"), Some("2024-03-05T06:07:08.123456Z")),
            (Value::Text("2024-03-05T06:07:08.123456789+01:00"), Some("2024-03-05T05:07:08.123456Z")),
            (Value::Text("2024-03-05T14:07:08.136079+0800"), Some("2024-03-05T06:07:08.136079Z")),
            (Value::Text("2024-03-05 06:07:08.000000000"), Some("2024-03-05T06:07:08Z")),
            (Value::Text("2024-03-05 06:07:08.123 UTC"), Some("2024-03-05T06:07:08.123Z")),
            (Value::Text("Mar  5 06:07:08"), Some("2024-03-05T06:07:08Z")),
            (Value::Text("/Date(1709618828123)/"), Some("2024-03-05T06:07:08.123Z")),
            (Value::Text("2024-03-05"), None),
            (Value::Text("yesterday"), None),
            (Value::Text(""), None),
            (Value::Text("..."), None),
            (Value::Text("12"), None),
            (Value::Text("1.5"), None),
            (Value::Int64(0), None),
            (Value::Int64(-1), None),
            (Value::Double(f64::NAN), None),
            (Value::Double(12.5), None),
            (Value::Boolean(true), None),
        ] {
            assert_eq!(instant_us(&value, &mut times, received_us), expected.map(us), "{value:?}");
        }
    }

    #[test]
    fn a_text_in_utc_is_not_in_the_dataset_s_zone() {
        let mut times = Times::new(Tz::America__New_York);
        let mut of = |text| instant_us(&Value::Text(text), &mut times, 0);
        assert_eq!(of("2024-03-05 06:07:08 UTC"), Some(us("2024-03-05T06:07:08Z")));
        assert_eq!(of("2024-03-05 06:07:08"), Some(us("2024-03-05T11:07:08Z")));
    }

    #[test]
    fn what_a_microsecond_does_not_say_is_known() {
        assert!(is_said_by_micros(&Value::Text("2024-03-05T06:07:08.123456Z")));
        assert!(!is_said_by_micros(&Value::Text("2024-03-05T06:07:08.1234567Z")));
        assert!(is_said_by_micros(&Value::Int64(1_709_618_828_123_456)));
        assert!(!is_said_by_micros(&Value::Int64(1_709_618_828_123_456_789)));
    }
}
