//! Instants in texts, for those beside decoders who read times: filters.

use chrono_tz::Tz;

use super::json::times;
use super::syslog::bsd_time::{BsdStamp, StampZone, zone_of_word};
use super::syslog::{Stamp, Times, iso_time};
use super::weblog::time::common;
use crate::batch::Value;

/// A time as a clock on a wall shows it, and what is said of its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WallTime {
    /// None: the year in which it lies nearest to receipt.
    pub(crate) year: Option<i32>,
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) seconds_of_day: u32,
    pub(crate) micros: u32,
    /// Seconds east of UTC. None: the zone that times are in which name none.
    pub(crate) offset_s: Option<i32>,
}

/// Reads instants, in microseconds since 1970. Some need to know when the event was received: those without a year, and
/// those that a clock shows twice.
#[derive(Debug)]
pub(crate) struct Instants {
    times: Times,
}

impl Instants {
    /// Times that name no zone are in this one.
    pub(crate) fn new(time_zone: Tz) -> Self {
        Self { times: Times::new(time_zone) }
    }

    /// A whole text that is a number (its size says of what), a stamp of RFC 3339 or one much like it, one of RFC 3164, or
    /// one of the common log format.
    pub(crate) fn of_any(&mut self, text: &str, received_us: i64) -> Option<i64> {
        if let Some(time_us) = times::instant_us(&Value::Text(text), &mut self.times, received_us) {
            return Some(time_us);
        }
        let text = text.trim_ascii();
        let stamp = common(text).filter(|stamp| stamp.length == text.len())?;
        self.times.of(&Stamp::Bsd(stamp), received_us)
    }

    /// A whole text that is a stamp of RFC 3339 or one much like it.
    pub(crate) fn of_iso(&mut self, text: &str, received_us: i64) -> Option<i64> {
        let text = text.trim_ascii();
        let stamp = self.times.parse_iso(text).filter(|stamp| stamp.length == text.len())?;
        Some(self.times.of_iso(&stamp, received_us))
    }

    /// A time on a wall; none for a day that no year has.
    pub(crate) fn of_wall_time(&mut self, time: &WallTime, received_us: i64) -> Option<i64> {
        let stamp = BsdStamp {
            month: time.month,
            day: time.day,
            year: time.year,
            seconds: time.seconds_of_day,
            micros: time.micros,
            zone: time.offset_s.map_or(StampZone::Unknown, StampZone::OffsetS),
            length: 0,
        };
        self.times.of(&Stamp::Bsd(stamp), received_us)
    }
}

/// The offset of the zone that a whole word names: `CET`, `UTC+2`, `-05:00`, `Z`. The outer none: it names none that is
/// known; the inner: it names one of several.
pub(crate) fn offset_of_word(word: &str) -> Option<Option<i32>> {
    Some(match zone_of_word(word)? {
        StampZone::Unknown => None,
        StampZone::OffsetS(offset_s) => Some(offset_s),
    })
}

/// A fraction of a second at the beginning of a text: microseconds, and the bytes it takes with its point or comma;
/// further digits are cut off. (0, 0) where there is none.
pub(crate) fn fraction(text: &str) -> (u32, usize) {
    iso_time::fraction(text.as_bytes())
}
