//! The time of a message as text: the second is written once, microseconds are patched in.

use chrono::DateTime;

/// How a kind of message writes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeStyle {
    /// `2026-11-20T12:34:56.123456Z`
    Rfc5424,
    /// `Nov 20 12:34:56`, in UTC
    Rfc3164,
    /// `1795168800`, seconds since 1970
    Seconds,
    /// `1795168800123456000`, nanoseconds since 1970
    Nanoseconds,
}

impl TimeStyle {
    /// A text of the style's length.
    pub(crate) fn placeholder(self) -> &'static str {
        match self {
            Self::Rfc5424 => "1970-01-01T00:00:00.000000Z",
            Self::Rfc3164 => "Jan  1 00:00:00",
            Self::Seconds => "1000000000",
            Self::Nanoseconds => "1000000000000000000",
        }
    }
}

/// Where the microseconds stand in the text of RFC 5424.
const MICROSECONDS_AT: usize = 20;

/// Writes times; remembers the second it wrote last.
#[derive(Debug)]
pub(crate) struct TimeText {
    second: i64,
    rfc5424: Vec<u8>,
    rfc3164: Vec<u8>,
}

impl TimeText {
    pub(crate) fn new() -> Self {
        let rfc5424 = TimeStyle::Rfc5424.placeholder().into();
        let rfc3164 = TimeStyle::Rfc3164.placeholder().into();
        Self { second: 0, rfc5424, rfc3164 }
    }

    /// Writes the time `time_us` (microseconds since 1970) over the beginning of `out`.
    pub(crate) fn write(&mut self, style: TimeStyle, time_us: i64, out: &mut [u8]) {
        let second = time_us.div_euclid(1_000_000);
        if second != self.second {
            self.set_second(second);
        }
        match style {
            TimeStyle::Seconds => write_number(second.unsigned_abs(), &mut out[..10]),
            TimeStyle::Nanoseconds => write_number(time_us.unsigned_abs() * 1000, &mut out[..19]),
            TimeStyle::Rfc3164 => out[..self.rfc3164.len()].copy_from_slice(&self.rfc3164),
            TimeStyle::Rfc5424 => {
                out[..self.rfc5424.len()].copy_from_slice(&self.rfc5424);
                let microseconds = time_us.rem_euclid(1_000_000) as u64;
                write_digits(microseconds, &mut out[MICROSECONDS_AT..MICROSECONDS_AT + 6]);
            }
        }
    }

    fn set_second(&mut self, second: i64) {
        self.second = second;
        // A time out of chrono's range or with another number of digits in its year keeps the text it had.
        let Some(time) = DateTime::from_timestamp(second, 0) else { return };
        let rfc5424 = time.format("%Y-%m-%dT%H:%M:%S.000000Z").to_string().into_bytes();
        let rfc3164 = time.format("%b %e %H:%M:%S").to_string().into_bytes();
        if rfc5424.len() == self.rfc5424.len() && rfc3164.len() == self.rfc3164.len() {
            self.rfc5424 = rfc5424;
            self.rfc3164 = rfc3164;
        }
    }
}

/// `00` to `99`.
pub(crate) const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

/// Writes the last digits of `value` over all of `out`, whose length is even.
pub(crate) fn write_digits(mut value: u64, out: &mut [u8]) {
    for pair in out.rchunks_exact_mut(2) {
        pair.copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
}

/// The same for any length.
fn write_number(mut value: u64, out: &mut [u8]) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(style: TimeStyle, time_us: i64) -> String {
        let mut out = style.placeholder().as_bytes().to_vec();
        TimeText::new().write(style, time_us, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_written_as_the_standards_say() {
        let time_us = 1_763_616_896_012_345; // 2025-11-20
        assert_eq!(written(TimeStyle::Rfc5424, time_us), "2025-11-20T05:34:56.012345Z");
        assert_eq!(written(TimeStyle::Rfc3164, time_us), "Nov 20 05:34:56");
        assert_eq!(written(TimeStyle::Rfc3164, 1_764_547_200_000_000), "Dec  1 00:00:00");
        assert_eq!(written(TimeStyle::Seconds, time_us), "1763616896");
        assert_eq!(written(TimeStyle::Nanoseconds, time_us), "1763616896012345000");
    }

    #[test]
    fn a_time_of_another_second_is_written_anew() {
        let (mut text, mut out) = (TimeText::new(), [0; 27]);
        text.write(TimeStyle::Rfc5424, 1_763_616_896_999_999, &mut out);
        text.write(TimeStyle::Rfc5424, 1_763_616_897_000_001, &mut out);
        assert_eq!(&out, b"2025-11-20T05:34:57.000001Z");
    }
}
