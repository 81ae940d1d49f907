//! Times as texts of one form and length: `2026-11-22T03:04:05.000006Z` (RFC 3339).

use chrono::{DateTime, Datelike, NaiveDate, Timelike};

/// Bytes of such a text.
pub(super) const TIME_TEXT_BYTES: usize = 27;

const TEMPLATE: &[u8; TIME_TEXT_BYTES] = b"0000-00-00T00:00:00.000000Z";
const DAY_SECONDS: i64 = 86_400;

/// The text of a time in µs since 1970; `None` outside of the years 0 to 9999.
pub(super) fn time_text(time_us: i64) -> Option<[u8; TIME_TEXT_BYTES]> {
    let time = DateTime::from_timestamp_micros(time_us)?;
    let year = u32::try_from(time.year()).ok().filter(|year| *year <= 9999)?;
    let mut text = *TEMPLATE;
    let mut put = |start: usize, digits: usize, mut number: u32| {
        for place in text.iter_mut().skip(start).take(digits).rev() {
            *place = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, time.month());
    put(8, 2, time.day());
    put(11, 2, time.hour());
    put(14, 2, time.minute());
    put(17, 2, time.second());
    put(20, 6, time.timestamp_subsec_micros());
    Some(text)
}

/// The time that such a text says; `None` for any other text.
pub(super) fn time_of(text: &str) -> Option<i64> {
    let text: &[u8; TIME_TEXT_BYTES] = text.as_bytes().try_into().ok()?;
    for (byte, form) in text.iter().zip(TEMPLATE) {
        let fits = if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
        if !fits {
            return None;
        }
    }
    let number = |start: usize, digits: usize| {
        let places = text.iter().skip(start).take(digits);
        places.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let date = NaiveDate::from_ymd_opt(number(0, 4) as i32, number(5, 2), number(8, 2))?;
    let (hour, minute, second) = (number(11, 2), number(14, 2), number(17, 2));
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = i64::from(date.to_epoch_days());
    let seconds = days * DAY_SECONDS + i64::from(hour * 3600 + minute * 60 + second);
    Some(seconds * 1_000_000 + i64::from(number(20, 6)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(time_us: i64) -> String {
        String::from_utf8(time_text(time_us).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn times_have_one_form() {
        assert_eq!(text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(-1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(text(1_795_316_645_000_006), "2026-11-22T03:04:05.000006Z");
        assert_eq!(time_text(i64::MAX), None);
        assert_eq!(time_text(i64::MIN), None);
    }

    #[test]
    fn other_texts_are_no_times() {
        for other in [
            "",
            "2026-11-22T03:04:05Z",
            "2026-11-22T03:04:05.000006+",
            "2026-11-22 03:04:05.000006Z",
            "2026-02-30T03:04:05.000006Z",
            "2026-11-22T24:00:00.000000Z",
            "2026-11-22T23:59:60.000000Z",
            "+026-11-22T03:04:05.000006Z",
            "２026-11-22T03:04:05.00000Z",
        ] {
            assert_eq!(time_of(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_time_comes_back(time_us in -62_167_219_200_000_000_i64..253_402_300_800_000_000) {
            prop_assert_eq!(time_of(&text(time_us)), Some(time_us));
        }
    }
}
