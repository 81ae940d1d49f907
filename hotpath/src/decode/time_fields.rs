//! Which field of an event without a schema says when it happened.

use chrono_tz::Tz;

use super::syslog::Times;

/// Names of fields that hold the event's time, the likeliest first, without their `_`, `-`, `.` and `@`.
const NAMES: [&str; 7] = ["eventtime", "timestamp", "time", "ts", "datetime", "t", "date"];
/// Bytes of the longest of them, and of what is left out of it.
const NAME_BYTES_MAX: usize = 12;
/// Seconds since 1970 have so many digits since September 2001; fewer count something else.
const EPOCH_DIGITS_MIN: usize = 10;

/// Finds the time of an event among its fields.
#[derive(Debug)]
pub(super) struct TimeFields {
    times: Times,
    /// The best time so far, and how likely its name is: the smallest number is.
    found: Option<(usize, i64)>,
}

impl TimeFields {
    /// Times that name no zone are in this one.
    pub(super) fn new(time_zone: Tz) -> Self {
        Self { times: Times::new(time_zone), found: None }
    }

    /// Begins with the fields of another event.
    pub(super) fn begin(&mut self) {
        self.found = None;
    }

    /// Looks at a field, which may be the event's time.
    #[inline]
    pub(super) fn look_at(&mut self, name: &str, value: &str, received_us: i64) {
        if name.len() <= NAME_BYTES_MAX
            && matches!(name.as_bytes().first(), Some(b'e' | b't' | b'd' | b'_' | b'@' | b'E' | b'T' | b'D'))
        {
            self.look_closer(name, value, received_us);
        }
    }

    fn look_closer(&mut self, name: &str, value: &str, received_us: i64) {
        let rank = NAMES.iter().position(|known| is_name(name, known));
        let Some(rank) = rank else { return };
        if self.found.is_some_and(|(best, _)| best <= rank) {
            return;
        }
        let is_count = value.len() < EPOCH_DIGITS_MIN && value.bytes().all(|byte| byte.is_ascii_digit());
        if is_count {
            return;
        }
        if let Some(time_us) = self.times.instant_us(value, received_us) {
            self.found = Some((rank, time_us));
        }
    }

    /// The time in microseconds since 1970, if there was one.
    pub(super) fn found_us(&self) -> Option<i64> {
        self.found.map(|(_, time_us)| time_us)
    }
}

/// Whether a spelling is a name, but for capitals and separators.
fn is_name(spelling: &str, name: &str) -> bool {
    let letters = spelling.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b'.' | b'@' | b' '));
    letters.map(|byte| byte.to_ascii_lowercase()).eq(name.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_name_with_a_time_wins() {
        let mut fields = TimeFields::new(Tz::UTC);
        for (pairs, expected) in [
            (&[("time", "12"), ("@timestamp", "1709618828")][..], Some(1_709_618_828_000_000)),
            (&[("ts", "2024-03-05T06:07:08.5Z"), ("date", "1")], Some(1_709_618_828_500_000)),
            (&[("Event-Time", "1709618828123"), ("time", "1609618828")], Some(1_709_618_828_123_000)),
            (&[("time", "yesterday"), ("t", "2024-03-05 06:07:08")], Some(1_709_618_828_000_000)),
            (&[("uptime", "1709618828"), ("times", "1709618828")], None),
        ] {
            fields.begin();
            for (name, value) in pairs {
                fields.look_at(name, value, 0);
            }
            assert_eq!(fields.found_us(), expected, "{pairs:?}");
        }
    }
}
