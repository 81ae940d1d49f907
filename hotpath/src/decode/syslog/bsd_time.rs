//! Time stamps of RFC 3164 section 4.1.2 (`Mmm dd hh:mm:ss`) with what devices add: a year, a fraction, a zone.

use super::iso_time::{fraction, number, seconds_of_day};
use super::local_time::abbreviation_offset_s;

/// A zone as a stamp names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) enum StampZone {
    /// The stamp names none, or one that cannot be told: the dataset's zone holds.
    Unknown,
    /// Seconds east of UTC.
    OffsetS(i32),
}

/// A stamp as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) struct BsdStamp {
    pub(in crate::decode) month: u32,
    pub(in crate::decode) day: u32,
    pub(in crate::decode) year: Option<i32>,
    pub(in crate::decode) seconds: u32,
    pub(in crate::decode) micros: u32,
    pub(in crate::decode) zone: StampZone,
    /// Bytes of the stamp with its year and zone.
    pub(in crate::decode) length: usize,
}

/// The stamp that the text begins with: `Mar  5 06:07:08`, `Mar 5 2024 06:07:08.123 CET`, `2024 Mar 05 06:07:08`,
/// `Mar  5 06:07:08 2024`, `Aug 24 05:34:00 CST 1987`.
pub(in crate::decode) fn parse(text: &[u8]) -> Option<BsdStamp> {
    let mut at = 0;
    let mut year = leading_year(text);
    if year.is_some() {
        at = 5;
    }
    let month = month(text.get(at..at + 3)?)?;
    at = after_spaces(text, at + 3)?;
    let day_digits = text[at..].iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    if day_digits == 0 || day_digits > 2 {
        return None;
    }
    let day = number(&text[at..at + day_digits])?;
    at = after_spaces(text, at + day_digits)?;
    if year.is_none() {
        year = leading_year(&text[at..]);
        if year.is_some() {
            at += 5;
        }
    }
    let (seconds, time_bytes) = time_of_day(&text[at..])?;
    at += time_bytes;
    let (micros, fraction_bytes) = fraction(&text[at..]);
    at += fraction_bytes;
    let (zone, zone_bytes) = zone(&text[at..]);
    at += zone_bytes;
    if year.is_none()
        && let Some(found) = trailing_year(&text[at..])
    {
        year = Some(found);
        at += 5;
    }
    (1..=31).contains(&day).then_some(BsdStamp { month, day, year, seconds, micros, zone, length: at })
}

/// `hh:mm:ss`, or `h:mm:ss` as some have it: seconds and bytes taken.
fn time_of_day(text: &[u8]) -> Option<(u32, usize)> {
    if let Some(seconds) = seconds_of_day(text) {
        return Some((seconds, 8));
    }
    let short = text.get(..7)?;
    let mut padded = *b"00:00:00";
    padded[1..].copy_from_slice(short);
    seconds_of_day(&padded).map(|seconds| (seconds, 7))
}

/// The number of the month whose name begins with these three letters.
pub(in crate::decode) fn month(letters: &[u8]) -> Option<u32> {
    const MONTHS: [&[u8]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let [first, second, third] = letters.first_chunk()?;
    let lower = [first | 0x20, second | 0x20, third | 0x20];
    let position = MONTHS.iter().position(|month| **month == lower)?;
    Some(position as u32 + 1)
}

/// The position after one or more spaces, `None` where there is none.
fn after_spaces(text: &[u8], at: usize) -> Option<usize> {
    let spaces = text.get(at..)?.iter().take_while(|byte| **byte == b' ').count();
    (spaces > 0).then_some(at + spaces)
}

/// `2024 ` at the beginning of the text.
fn leading_year(text: &[u8]) -> Option<i32> {
    if text.get(4) != Some(&b' ') {
        return None;
    }
    plausible_year(&text[..4])
}

/// ` 2024` at the beginning of the text, as a word (`2001:db8::1` begins with none).
fn trailing_year(text: &[u8]) -> Option<i32> {
    let word_ends = matches!(text.get(5..)?, [] | [b' ', ..] | [b':', b' ', ..]);
    if text[0] != b' ' || !word_ends {
        return None;
    }
    plausible_year(&text[1..5])
}

fn plausible_year(digits: &[u8]) -> Option<i32> {
    let year = number(digits)? as i32;
    (1970..=2199).contains(&year).then_some(year)
}

/// A zone after the time, and the bytes it takes: ` CET`, ` UTC+2`, ` TZ-6`, ` -05:00`, `Z`, `+02:00`.
fn zone(text: &[u8]) -> (StampZone, usize) {
    const NONE: (StampZone, usize) = (StampZone::Unknown, 0);
    let space = usize::from(text.first() == Some(&b' '));
    let word = &text[space..];
    let word_bytes = word.iter().take_while(|byte| byte.is_ascii_alphanumeric() || is_offset(**byte)).count();
    let colon_ends = word_bytes > 0 && word[word_bytes - 1] == b':';
    let word = &word[..word_bytes - usize::from(colon_ends)];
    let next = text.get(space + word.len());
    if word.is_empty() || word.len() > 9 || !matches!(next, None | Some(b' ' | b':')) {
        return NONE;
    }
    let letters = word.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let (name, rest) = word.split_at(letters);
    if space == 0 && (letters > 1 || rest.is_empty() && name != b"Z") {
        return NONE;
    }
    let Ok(name) = std::str::from_utf8(name) else { return NONE };
    let length = space + word.len();
    if rest.is_empty() {
        return match abbreviation_offset_s(name) {
            Some(Some(offset_s)) => (StampZone::OffsetS(offset_s), length),
            Some(None) => (StampZone::Unknown, length),
            // Cisco ends a stamp with `XYZ:` and goes on with `%FACILITY-`; what else stands there may be a tag.
            None if (2..=5).contains(&letters) && text[length..].starts_with(b": %") => {
                (StampZone::Unknown, length)
            }
            None => NONE,
        };
    }
    if !matches!(name, "" | "UTC" | "GMT" | "TZ") {
        return NONE;
    }
    match plain_offset(rest) {
        Some(offset_s) => (StampZone::OffsetS(offset_s), length),
        None => NONE,
    }
}

/// The zone that a whole word names: `CET`, `UTC+2`, `-05:00`, `Z`.
pub(in crate::decode) fn zone_of_word(word: &str) -> Option<StampZone> {
    let letters = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let (name, rest) = word.split_at(letters);
    if rest.is_empty() {
        return abbreviation_offset_s(name)
            .map(|offset_s| offset_s.map_or(StampZone::Unknown, StampZone::OffsetS));
    }
    if !matches!(name, "" | "UTC" | "GMT" | "TZ") {
        return None;
    }
    plain_offset(rest.as_bytes()).map(StampZone::OffsetS)
}

fn is_offset(byte: u8) -> bool {
    matches!(byte, b'+' | b'-' | b':')
}

/// `+2`, `-06`, `+0530` or `-05:00` in seconds.
fn plain_offset(text: &[u8]) -> Option<i32> {
    let sign = match text.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match &text[1..] {
        digits @ ([_] | [_, _]) => (number(digits)?, 0),
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (number(&[*h1, *h2])?, number(&[*m1, *m2])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<i32>, u32, u32, u32, u32, StampZone, &str) {
        let stamp = parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
        let rest = &text[stamp.length..];
        (stamp.year, stamp.month, stamp.day, stamp.seconds, stamp.micros, stamp.zone, rest)
    }

    #[test]
    fn the_forms_of_devices() {
        use StampZone::{OffsetS, Unknown};
        let (morning, cases) = (
            6 * 3600 + 7 * 60 + 8,
            [
                ("Mar  5 06:07:08 h", None, 0, Unknown, " h"),
                ("Mar 05 06:07:08 h", None, 0, Unknown, " h"),
                ("Mar 5 6:07:08 h", None, 0, Unknown, " h"),
                ("mar 5 06:07:08.25 h", None, 250_000, Unknown, " h"),
                ("Mar 5 06:07:08,123456789: h", None, 123_456, Unknown, ": h"),
                ("Mar 05 2024 06:07:08: %ASA", Some(2024), 0, Unknown, ": %ASA"),
                ("2024 Mar  5 06:07:08.123 CET: %", Some(2024), 123_000, OffsetS(3600), ": %"),
                ("Mar  5 06:07:08 2024 host", Some(2024), 0, Unknown, " host"),
                ("Mar  5 06:07:08 CST 1987 host", Some(1987), 0, OffsetS(-21_600), " host"),
                ("Mar  5 06:07:08 UTC: %", None, 0, OffsetS(0), ": %"),
                ("Mar  5 06:07:08 IST: %", None, 0, Unknown, ": %"),
                ("Mar  5 06:07:08 XKT: %A", None, 0, Unknown, ": %A"),
                ("Mar  5 06:07:08 CRON: a", None, 0, Unknown, " CRON: a"),
                ("Mar  5 06:07:08 -05:00 host", None, 0, OffsetS(-18_000), " host"),
                ("Mar  5 06:07:08+02:00 host", None, 0, OffsetS(7200), " host"),
                ("Mar  5 06:07:08Z host", None, 0, OffsetS(0), " host"),
                ("Mar  5 06:07:08 UTC+2 host", None, 0, OffsetS(7200), " host"),
                ("Mar  5 06:07:08 TZ-6 host", None, 0, OffsetS(-21_600), " host"),
                ("Mar  5 06:07:08 10-2 host", None, 0, Unknown, " 10-2 host"),
            ],
        );
        for (text, year, micros, zone, rest) in cases {
            assert_eq!(read(text), (year, 3, 5, morning, micros, zone, rest), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_stamp() {
        for text in ["", "Mar", "Mar 5", "Mar 5 06:07", "Mar 5 24:07:08", "Mars 5 06:07:08", "Mar 0 06:07:08"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        for text in
            ["Mar 32 06:07:08", "Mar 123 06:07:08", "Mar5 06:07:08", "Mär 5 06:07:08", "5 Mar 06:07:08"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
