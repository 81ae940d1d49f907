//! Time stamps of RFC 3339 as RFC 5424 section 6.2.3 takes them, and the liberties that senders take with them.

use chrono::{Datelike, NaiveDate};

/// Days from 0001-01-01 (day 1) to 1970-01-01.
const EPOCH_DAYS_FROM_CE: i32 = 719_163;
pub(in crate::decode) const DAY_US: i64 = 86_400_000_000;
const DATE_BYTES: usize = 10;

/// A time stamp as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) struct IsoStamp {
    /// Wall clock time, in microseconds since 1970 where the clock hangs.
    pub(in crate::decode) local_us: i64,
    /// What the stamp says of its zone, in seconds east of UTC.
    pub(in crate::decode) offset_s: Option<i32>,
    /// Bytes of the stamp.
    pub(in crate::decode) length: usize,
    /// Whether RFC 5424 allows the form (up to nine digits of a second are let pass).
    pub(in crate::decode) by_the_book: bool,
}

/// Days from 1970-01-01, `None` for a date that no calendar has.
pub(in crate::decode) fn days_from_1970(year: i32, month: u32, day: u32) -> Option<i64> {
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(i64::from(date.num_days_from_ce() - EPOCH_DAYS_FROM_CE))
}

/// The number that ASCII digits write, `None` where one is no digit.
#[inline]
pub(in crate::decode) fn number(digits: &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(u32::from(digit));
    }
    Some(value)
}

/// `HH:MM:SS` in seconds. A leap second is taken, and flagged by the caller.
#[inline]
pub(in crate::decode) fn seconds_of_day(text: &[u8]) -> Option<u32> {
    let time: &[u8; 8] = text.get(..8)?.try_into().ok()?;
    if time[2] != b':' || time[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (number(&time[..2])?, number(&time[3..5])?, number(&time[6..])?);
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

/// A fraction of a second at the beginning of the text: microseconds and the bytes taken, point included; further
/// digits are cut off. (0, 0) where there is none.
#[inline]
pub(in crate::decode) fn fraction(text: &[u8]) -> (u32, usize) {
    if !matches!(text.first(), Some(b'.' | b',')) {
        return (0, 0);
    }
    let (mut micros, mut unit, mut length) = (0, 100_000, 1);
    while let Some(digit @ b'0'..=b'9') = text.get(length) {
        micros += u32::from(digit - b'0') * unit;
        unit /= 10;
        length += 1;
    }
    if length == 1 { (0, 0) } else { (micros, length) }
}

/// An offset from UTC at the beginning of the text: seconds east, bytes taken, and whether RFC 3339 has the form.
#[inline]
fn offset(text: &[u8]) -> Option<(i32, usize, bool)> {
    let sign = match text.first()? {
        b'Z' => return Some((0, 1, true)),
        b'z' => return Some((0, 1, false)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = number(text.get(1..3)?)?;
    let (minutes, length, by_the_book) = match text.get(3..) {
        Some([b':', tens, ones, ..]) => (number(&[*tens, *ones])?, 6, true),
        Some([tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..]) => (number(&[*tens, *ones])?, 5, false),
        _ => (0, 3, false),
    };
    (hours < 24 && minutes < 60).then_some((sign * (hours * 3600 + minutes * 60) as i32, length, by_the_book))
}

/// Parses stamps; most events are of the day of the one before.
#[derive(Debug)]
pub(in crate::decode) struct IsoParser {
    last_date: [u8; DATE_BYTES],
    last_days: i64,
}

impl Default for IsoParser {
    fn default() -> Self {
        Self { last_date: *b"1970-01-01", last_days: 0 }
    }
}

impl IsoParser {
    /// The stamp that the text begins with.
    #[inline]
    pub(in crate::decode) fn parse(&mut self, text: &[u8]) -> Option<IsoStamp> {
        self.parse_usual(text).or_else(|| self.parse_any(text))
    }

    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ` of the day of the stamp before, as most programs write it.
    #[inline]
    fn parse_usual(&self, text: &[u8]) -> Option<IsoStamp> {
        const LENGTH: usize = 27;
        let text: &[u8; LENGTH] = text.first_chunk()?;
        let (time, fraction) = (text[11..].first_chunk()?, text[19..].first_chunk()?);
        if text[..DATE_BYTES] != self.last_date || text[DATE_BYTES] != b'T' {
            return None;
        }
        let seconds = usual_seconds(u64::from_le_bytes(*time))?;
        let micros = usual_micros(u64::from_le_bytes(*fraction))?;
        let local_us = self.last_days * DAY_US + (seconds * 1_000_000 + micros) as i64;
        Some(IsoStamp { local_us, offset_s: Some(0), length: LENGTH, by_the_book: true })
    }

    /// Any stamp that is taken.
    fn parse_any(&mut self, text: &[u8]) -> Option<IsoStamp> {
        let date: &[u8; DATE_BYTES] = text.get(..DATE_BYTES)?.try_into().ok()?;
        if *date != self.last_date {
            self.last_days = days_of(date)?;
            self.last_date = *date;
        }
        let separator = *text.get(DATE_BYTES)?;
        if !matches!(separator, b'T' | b't' | b' ') {
            return None;
        }
        let seconds = seconds_of_day(text.get(DATE_BYTES + 1..)?)?;
        let mut length = DATE_BYTES + 9;
        let (micros, fraction_bytes) = fraction(&text[length..]);
        let comma = text.get(length) == Some(&b',');
        length += fraction_bytes;
        let mut by_the_book = separator == b'T' && !comma && fraction_bytes <= 10 && text[17] != b'6';
        let mut offset_s = None;
        match offset(&text[length..]) {
            Some((seconds_east, bytes, known_form)) => {
                offset_s = Some(seconds_east);
                length += bytes;
                by_the_book &= known_form;
            }
            None => by_the_book = false,
        }
        let local_us = self.last_days * DAY_US + i64::from(seconds) * 1_000_000 + i64::from(micros);
        Some(IsoStamp { local_us, offset_s, length, by_the_book })
    }
}

/// Whether each byte of the number is 9 at the most.
#[inline]
fn are_digits(bytes: u64) -> bool {
    const HIGH_NIBBLES: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const TO_HIGH_NIBBLE_FROM_10: u64 = 0x0606_0606_0606_0606;
    (bytes | bytes.wrapping_add(TO_HIGH_NIBBLE_FROM_10)) & HIGH_NIBBLES == 0
}

/// The number that eight digits write, which are the bytes of `digits` from the lowest to the highest.
#[inline]
fn number_of_digits(digits: u64) -> u64 {
    // Neighbours are put together: digits to pairs, pairs to fours, fours to the whole.
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
}

/// The second of the day of `HH:MM:SS`; a leap second is not taken here.
#[inline]
fn usual_seconds(time: u64) -> Option<u64> {
    const COLONS: u64 = 0x0000_ff00_00ff_0000;
    let digits = time ^ u64::from_le_bytes(*b"00:00:00");
    if digits & COLONS != 0 || !are_digits(digits) {
        return None;
    }
    let two = |at: u32| (digits >> (8 * at) & 0xf) * 10 + (digits >> (8 * at + 8) & 0xf);
    let (hour, minute, second) = (two(0), two(3), two(6));
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

/// The microseconds of `.ffffffZ`.
#[inline]
fn usual_micros(fraction: u64) -> Option<u64> {
    const POINT_AND_ZONE: u64 = 0xff00_0000_0000_00ff;
    let digits = fraction ^ u64::from_le_bytes(*b".000000Z");
    if digits & POINT_AND_ZONE != 0 || !are_digits(digits) {
        return None;
    }
    // Two zeros before the six digits.
    Some(number_of_digits(digits << 8))
}

fn days_of(date: &[u8; DATE_BYTES]) -> Option<i64> {
    if date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    days_from_1970(number(&date[..4])? as i32, number(&date[5..7])?, number(&date[8..])?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<IsoStamp> {
        IsoParser::default().parse(text.as_bytes())
    }

    fn utc_us(text: &str) -> i64 {
        let stamp = parse(text).unwrap();
        stamp.local_us - i64::from(stamp.offset_s.unwrap()) * 1_000_000
    }

    /// RFC 5424 section 6.2.3.1, examples 1 to 4.
    #[test]
    fn examples_of_the_rfc() {
        assert_eq!(utc_us("1985-04-12T23:20:50.52Z"), 482_196_050_520_000);
        assert_eq!(utc_us("1985-04-12T19:20:50.52-04:00"), 482_196_050_520_000);
        assert_eq!(utc_us("2003-10-11T22:14:15.003Z"), 1_065_910_455_003_000);
        assert_eq!(utc_us("2003-08-24T05:14:15.000003-07:00"), 1_061_727_255_000_003);
        assert!(parse("2003-08-24T05:14:15.000003-07:00").unwrap().by_the_book);
    }

    #[test]
    fn liberties_are_taken_and_told() {
        for text in [
            "2024-03-05 06:07:08Z",
            "2024-03-05t06:07:08Z",
            "2024-03-05T06:07:08z",
            "2024-03-05T06:07:08",
            "2024-03-05T06:07:08,5Z",
            "2024-03-05T06:07:08+0000",
            "2024-03-05T06:07:08+00",
            "2024-03-05T06:07:60Z",
            "2024-03-05T06:07:08.0000000001Z",
        ] {
            let stamp = parse(text).unwrap();
            assert_eq!(stamp.length, text.len(), "{text}");
            assert!(!stamp.by_the_book, "{text}");
        }
        let nanoseconds = parse("2024-03-05T06:07:08.123456789Z").unwrap();
        assert!(nanoseconds.by_the_book, "nine digits are let pass");
        assert_eq!(nanoseconds.local_us % 1_000_000, 123_456);
    }

    #[test]
    fn what_no_clock_shows_is_no_stamp() {
        for text in [
            "",
            "2024-03-05",
            "2024-13-05T06:07:08Z",
            "2018-02-29T06:07:08Z",
            "2024-03-05T24:07:08Z",
            "2024-03-05T06:60:08Z",
            "2024-03-05T06:07:61Z",
            "2024-03-05T06:07",
            "2024/03/05T06:07:08Z",
            "20x4-03-05T06:07:08Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_usual_form_is_read_as_any_other(
            (hour, minute, second, micros) in (0..25, 0..61, 0..61, 0..1_000_000),
            (place, byte) in (0usize..40, prop::sample::select(b"09:.Z-T/ \xff".to_vec())),
        ) {
            let mut parser = IsoParser::default();
            parser.parse(b"2024-03-05T00:00:00Z");
            let text = format!("2024-03-05T{hour:02}:{minute:02}:{second:02}.{micros:06}Z ");
            let mut text = text.into_bytes();
            prop_assert_eq!(parser.parse(&text), parser.parse_any(&text));
            if let Some(changed) = text.get_mut(place) {
                *changed = byte;
            }
            prop_assert_eq!(parser.parse(&text), parser.parse_any(&text));
        }
    }

    #[test]
    fn the_date_of_the_stamp_before_does_not_stick() {
        let mut parser = IsoParser::default();
        let first = parser.parse(b"2024-03-05T06:07:08Z").unwrap().local_us;
        assert_eq!(parser.parse(b"2024-02-30T06:07:08Z"), None);
        assert_eq!(parser.parse(b"2024-03-06T06:07:08Z").unwrap().local_us, first + DAY_US);
        assert_eq!(parser.parse(b"2024-03-05T06:07:08Z").unwrap().local_us, first);
    }
}
