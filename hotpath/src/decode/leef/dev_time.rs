//! `devTime` as `devTimeFormat` says it is written: a pattern of Java's SimpleDateFormat.

use crate::decode::syslog::Stamp;
use crate::decode::syslog::bsd_time::{self, BsdStamp, StampZone};

/// Digits that a number of a pattern may have in the text.
const DIGITS_MAX: usize = 9;
/// Years of two digits from here on are of the last century.
const TWO_DIGIT_YEAR_PIVOT: i32 = 70;

/// What the letters of a pattern have said so far.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    micros: u32,
    afternoon: Option<bool>,
    offset_s: Option<i32>,
}

/// The stamp of a text that is written as the pattern says; `None` where it is not, or where the pattern has letters
/// that no device was seen to use (weeks, eras).
pub(super) fn parse(text: &str, pattern: &str) -> Option<Stamp> {
    let mut parts = Parts::default();
    let mut rest = text.trim_ascii();
    let mut pattern = pattern.trim_ascii().as_bytes();
    while let Some(letter) = pattern.first().copied() {
        if letter.is_ascii_alphabetic() {
            let count = pattern.iter().take_while(|byte| **byte == letter).count();
            pattern = &pattern[count..];
            // Numbers that touch take the digits that the pattern gives them.
            let touches = pattern.first().is_some_and(u8::is_ascii_alphabetic);
            rest = parts.take(letter, count, touches, rest)?;
            continue;
        }
        pattern = &pattern[1..];
        if letter == b'\'' {
            (pattern, rest) = quoted(pattern, rest)?;
        } else if letter == b' ' {
            rest = rest.trim_ascii_start();
        } else {
            rest = rest.strip_prefix(char::from(letter))?;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    parts.stamp(text.len())
}

/// Text between quotes stands for itself, two quotes for one.
fn quoted<'a, 'b>(pattern: &'a [u8], text: &'b str) -> Option<(&'a [u8], &'b str)> {
    let end = memchr::memchr(b'\'', pattern)?;
    let literal = if end == 0 { "'" } else { std::str::from_utf8(&pattern[..end]).ok()? };
    Some((&pattern[end + 1..], text.strip_prefix(literal)?))
}

impl Parts {
    /// Takes what a run of a letter stands for from the text; returns what follows it.
    fn take<'a>(&mut self, letter: u8, count: usize, touches: bool, text: &'a str) -> Option<&'a str> {
        if letter == b'M' && count >= 3 {
            return self.take_month_name(text);
        }
        match letter {
            b'E' => return Some(text.trim_start_matches(|character: char| character.is_ascii_alphabetic())),
            b'a' => return self.take_half_of_day(text),
            b'z' | b'Z' | b'X' => return self.take_zone(text),
            _ => {}
        }
        let (number, digits, rest) = number(text, if touches { count } else { DIGITS_MAX })?;
        match letter {
            b'y' | b'u' | b'Y' => self.year = Some(full_year(i32::try_from(number).ok()?, digits)),
            b'M' | b'L' => self.month = Some(number),
            b'd' => self.day = Some(number),
            b'H' | b'K' => self.hour = number,
            b'k' => self.hour = number % 24,
            b'h' => self.hour = number % 12,
            b'm' => self.minute = number,
            b's' => self.second = number,
            // Java reads a number of milliseconds; devices that write six or nine digits mean a fraction.
            b'S' => self.micros = if digits <= 3 { number * 1_000 } else { fraction_us(number, digits) },
            _ => return None,
        }
        Some(rest)
    }

    fn take_month_name<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        self.month = Some(bsd_time::month(text.as_bytes().first_chunk::<3>()?)?);
        Some(text.trim_start_matches(|character: char| character.is_ascii_alphabetic()))
    }

    fn take_half_of_day<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let (half, rest) = text.split_at_checked(2)?;
        self.afternoon = Some(half.eq_ignore_ascii_case("PM"));
        (self.afternoon == Some(true) || half.eq_ignore_ascii_case("AM")).then_some(rest)
    }

    fn take_zone<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let end = text.find(' ').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        match bsd_time::zone_of_word(word)? {
            StampZone::OffsetS(offset_s) => self.offset_s = Some(offset_s),
            StampZone::Unknown => {}
        }
        Some(rest)
    }

    fn stamp(self, length: usize) -> Option<Stamp> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = (self.month?, self.day?);
        let in_range = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && self.minute < 60
            && self.second <= 60;
        let zone = self.offset_s.map_or(StampZone::Unknown, StampZone::OffsetS);
        in_range.then_some(Stamp::Bsd(BsdStamp {
            month,
            day,
            year: self.year,
            seconds: hour * 3600 + self.minute * 60 + self.second,
            micros: self.micros,
            zone,
            length,
        }))
    }
}

/// The number that the text begins with, its digits, and what follows them.
fn number(text: &str, digits_max: usize) -> Option<(u32, usize, &str)> {
    let digits = text.bytes().take(digits_max.min(DIGITS_MAX)).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, digits, rest))
}

fn full_year(year: i32, digits: usize) -> i32 {
    match year {
        _ if digits > 2 => year,
        TWO_DIGIT_YEAR_PIVOT.. => 1900 + year,
        _ => 2000 + year,
    }
}

/// Microseconds of a fraction of more than three digits.
fn fraction_us(number: u32, digits: usize) -> u32 {
    let power = 10u32.pow(u32::try_from(digits.abs_diff(6)).unwrap_or(0).min(3));
    if digits < 6 { number.saturating_mul(power) } else { number / power }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::decode::syslog::Times;

    fn us(text: &str) -> i64 {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    #[test]
    fn patterns_that_devices_state() {
        let received_us = us("2024-03-05T06:10:00Z");
        let mut times = Times::new(Tz::UTC);
        for (text, pattern, expected) in [
            ("Mar 05 2023 06:07:08", "MMM dd yyyy HH:mm:ss", "2023-03-05T06:07:08Z"),
            ("Mar 05 06:07:08", "MMM dd HH:mm:ss", "2024-03-05T06:07:08Z"),
            ("Mar 05 2023 06:07:08.123 EST", "MMM dd yyyy HH:mm:ss.SSS z", "2023-03-05T11:07:08.123Z"),
            (
                "2023-03-05T06:07:08.123456+0100",
                "yyyy-MM-dd'T'HH:mm:ss.SSSSSSZ",
                "2023-03-05T05:07:08.123456Z",
            ),
            ("2023-03-05 06:07:08 +01:00", "yyyy-MM-dd HH:mm:ss XXX", "2023-03-05T05:07:08Z"),
            ("03/05/23 06:07:08 PM", "MM/dd/yy hh:mm:ss a", "2023-03-05T18:07:08Z"),
            ("12:07 AM 5.3.2023", "hh:mm a d.M.yyyy", "2023-03-05T00:07:00Z"),
            ("20230305060708", "yyyyMMddHHmmss", "2023-03-05T06:07:08Z"),
            ("Sun March 5 2023 6:07:08", "EEE MMMM d yyyy H:mm:ss", "2023-03-05T06:07:08Z"),
            ("5 o'clock 2023-03-05", "H 'o''clock' yyyy-MM-dd", ""),
        ] {
            let found = parse(text, pattern).and_then(|stamp| times.of(&stamp, received_us));
            assert_eq!(found, (!expected.is_empty()).then(|| us(expected)), "{text} as {pattern}");
        }
    }

    #[test]
    fn what_is_not_as_the_pattern_says_is_none() {
        for (text, pattern) in [
            ("Mar 05 06:07:08", "MMM dd yyyy HH:mm:ss"),
            ("2023-03-05", "yyyy-MM-dd HH"),
            ("2023-13-05", "yyyy-MM-dd"),
            ("2023-03-05 24", "yyyy-MM-dd HH"),
            ("2023-03-05 and", "yyyy-MM-dd"),
            ("2023-W10", "yyyy-'W'ww"),
            ("2023", "yyyy"),
            ("é", "MMM"),
            ("x", "'"),
            ("1 XX 2023-03-05", "h a yyyy-MM-dd"),
            ("", "yyyy-MM-dd"),
        ] {
            assert_eq!(parse(text, pattern), None, "{text} as {pattern}");
        }
    }
}
