//! Time stamps of web servers.

use crate::decode::syslog::bsd_time::{self, BsdStamp, StampZone};
use crate::decode::syslog::iso_time::{fraction, number, seconds_of_day};

/// `17/Oct/2023:05:57:49 +1100` at the beginning of a text, as the common log format has it. The zone may be missing,
/// a fraction may be there (HAProxy).
pub(in crate::decode) fn common(text: &str) -> Option<BsdStamp> {
    let bytes = text.as_bytes();
    let (day, day_bytes) = one_or_two_digits(bytes)?;
    let rest = bytes.get(day_bytes..)?;
    let [b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':', ..] = rest else { return None };
    let month = bsd_time::month(&[*m1, *m2, *m3])?;
    let year = i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
    let mut length = day_bytes + 10;
    let seconds = seconds_of_day(bytes.get(length..)?)?;
    length += 8;
    let (micros, fraction_bytes) = fraction(bytes.get(length..)?);
    length += fraction_bytes;
    let (zone, zone_bytes) = zone(text.get(length..)?);
    length += zone_bytes;
    let is_day = (1..=31).contains(&day);
    is_day.then_some(BsdStamp { month, day, year: Some(year), seconds, micros, zone, length })
}

/// `2021/12/01 13:53:33` at the beginning of a text, as nginx and Caddy have it, with or without a fraction.
pub(super) fn slashed(text: &str) -> Option<BsdStamp> {
    let bytes = text.as_bytes();
    let date = bytes.first_chunk::<11>()?;
    if date[4] != b'/' || date[7] != b'/' || date[10] != b' ' {
        return None;
    }
    let year = i32::try_from(number(&date[..4])?).ok()?;
    let (month, day) = (number(&date[5..7])?, number(&date[8..10])?);
    let seconds = seconds_of_day(bytes.get(11..)?)?;
    let (micros, fraction_bytes) = fraction(bytes.get(19..)?);
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    let zone = StampZone::Unknown;
    let length = 19 + fraction_bytes;
    is_date.then_some(BsdStamp { month, day, year: Some(year), seconds, micros, zone, length })
}

/// `28-Mar-2022 07:01:48.459` at the beginning of a text, as Tomcat has it.
pub(super) fn dashed(text: &str) -> Option<BsdStamp> {
    let bytes = text.as_bytes();
    let date = bytes.first_chunk::<12>()?;
    if date[2] != b'-' || date[6] != b'-' || date[11] != b' ' {
        return None;
    }
    let (day, month) = (number(&date[..2])?, bsd_time::month(&date[3..6])?);
    let year = i32::try_from(number(&date[7..11])?).ok()?;
    let seconds = seconds_of_day(bytes.get(12..)?)?;
    let (micros, fraction_bytes) = fraction(bytes.get(20..)?);
    let zone = StampZone::Unknown;
    let length = 20 + fraction_bytes;
    (1..=31).contains(&day).then_some(BsdStamp {
        month,
        day,
        year: Some(year),
        seconds,
        micros,
        zone,
        length,
    })
}

/// `Sat Jul 20 21:34:49.453232 2013`, a whole text, as Apache has it in its error log.
pub(super) fn with_weekday(text: &str) -> Option<BsdStamp> {
    let (weekday, date) = text.split_once(' ')?;
    if weekday.len() != 3 || !weekday.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    bsd_time::parse(date.as_bytes()).filter(|stamp| stamp.length == date.len())
}

fn one_or_two_digits(text: &[u8]) -> Option<(u32, usize)> {
    let digits = text.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 2 {
        return None;
    }
    Some((number(&text[..digits])?, digits))
}

/// ` +0100` at the beginning of a text, and the bytes it takes.
fn zone(text: &str) -> (StampZone, usize) {
    let none = (StampZone::Unknown, 0);
    let Some(word) = text.strip_prefix(' ') else { return none };
    let end = word.bytes().take(9).position(|byte| matches!(byte, b']' | b' ')).unwrap_or(word.len().min(9));
    match word.get(..end).and_then(bsd_time::zone_of_word) {
        Some(zone) => (zone, end + 1),
        None => none,
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::decode::syslog::{Stamp, Times};

    fn instant(stamp: Option<BsdStamp>) -> Option<String> {
        let time_us = Times::new(Tz::UTC).of(&Stamp::Bsd(stamp?), 0)?;
        let time = chrono::DateTime::from_timestamp_micros(time_us)?;
        Some(time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }

    #[test]
    fn stamps_of_each_server() {
        for (stamp, expected) in [
            (common("17/Oct/2023:05:57:49 +1100]"), "2023-10-16T18:57:49Z"),
            (common("1/Apr/2014:00:00:01 -0500]"), "2014-04-01T05:00:01Z"),
            (common("31/Jan/2015:14:29:44 ] x"), "2015-01-31T14:29:44Z"),
            (common("27/Jun/2013:11:55:44]"), "2013-06-27T11:55:44Z"),
            (common("14/Jan/2015:12:48:57.127]"), "2015-01-14T12:48:57.127Z"),
            (slashed("2021/12/01 13:53:33 [error]"), "2021-12-01T13:53:33Z"),
            (slashed("2023/09/04 15:19:51.756\tINFO"), "2023-09-04T15:19:51.756Z"),
            (dashed("28-Mar-2022 07:01:48.459 INFO"), "2022-03-28T07:01:48.459Z"),
            (with_weekday("Sat Jun 01 02:17:42 2013"), "2013-06-01T02:17:42Z"),
            (with_weekday("Sat Jul 20 21:34:49.453232 2013"), "2013-07-20T21:34:49.453232Z"),
        ] {
            assert_eq!(instant(stamp).as_deref(), Some(expected));
        }
        assert_eq!(common("17/Oct/2023:05:57:49 +1100] x").unwrap().length, 26);
    }

    #[test]
    fn other_text_is_no_stamp() {
        for text in [
            "",
            "1/Foo/2014:00:00:01",
            "17/Oct/2023:25:00:00",
            "0/Oct/2023:05:57:49",
            "17/Oct/23:05:57:49",
            "é",
        ] {
            assert_eq!(
                (common(text), slashed(text), dashed(text), with_weekday(text)),
                (None, None, None, None),
                "{text}"
            );
        }
        for text in ["2021/13/01 13:53:33", "2021/12/01T13:53:33", "2021/12/01 13:53"] {
            assert_eq!(slashed(text), None, "{text}");
        }
        assert_eq!(with_weekday("Sat Jun 01 02:17:42 2013 x"), None);
    }
}
