//! From the time on a wall, without a year or a zone, to an instant: the year nearest to receipt, and the
//! dataset's time zone.

use chrono::{DateTime, Datelike, LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use super::iso_time::{DAY_US, days_from_1970};

const MINUTE_US: i64 = 60_000_000;
/// A year that lacks a 29 February has one that has it at most this far away (1900, 2100).
const YEARS_TO_LEAP_DAY_MAX: i32 = 8;

/// The zone that stamps without one are in.
#[derive(Debug)]
pub(in crate::decode) struct ZoneClock {
    zone: Tz,
    /// The minute of wall time asked for last, and its offset.
    last_minute: i64,
    last_offset_us: i64,
}

impl ZoneClock {
    pub(in crate::decode) fn new(zone: Tz) -> Self {
        Self { zone, last_minute: i64::MIN, last_offset_us: 0 }
    }

    /// The instant at which the zone's clocks show `local_us`.
    ///
    /// Where they show it twice (the end of summer time) it is the instant nearer to receipt; a time that they
    /// skip (its beginning) is taken with the offset from before.
    pub(in crate::decode) fn utc_us(&mut self, local_us: i64, received_us: i64) -> i64 {
        if self.zone == Tz::UTC {
            return local_us;
        }
        let minute = local_us.div_euclid(MINUTE_US);
        if minute == self.last_minute {
            return local_us - self.last_offset_us;
        }
        let Some(local) = naive(local_us) else { return local_us };
        match self.zone.from_local_datetime(&local) {
            LocalResult::Single(instant) => {
                self.last_minute = minute;
                self.last_offset_us = local_us - instant.timestamp_micros();
                instant.timestamp_micros()
            }
            LocalResult::Ambiguous(first, second) => {
                let (first_us, second_us) = (first.timestamp_micros(), second.timestamp_micros());
                let first_is_nearer = received_us.abs_diff(first_us) <= received_us.abs_diff(second_us);
                if first_is_nearer { first_us } else { second_us }
            }
            LocalResult::None => local_us - self.offset_before_us(local_us),
        }
    }

    /// The offset that held before the clocks skipped a time: an hour or two back, or a day where a day was skipped.
    fn offset_before_us(&self, local_us: i64) -> i64 {
        for hours in [3, 27] {
            let before_us = local_us - hours * 60 * MINUTE_US;
            let Some(before) = naive(before_us) else { return 0 };
            if let Some(instant) = self.zone.from_local_datetime(&before).earliest() {
                return before_us - instant.timestamp_micros();
            }
        }
        0
    }
}

fn naive(local_us: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(local_us).map(|instant| instant.naive_utc())
}

/// Offset in seconds of an abbreviation that means one thing in the zone or in the world's logs.
///
/// The outer `None`: not a zone. The inner: a zone whose offset cannot be told (IST is India, Israel or Ireland).
pub(in crate::decode) fn abbreviation_offset_s(name: &str) -> Option<Option<i32>> {
    const HOUR_S: i32 = 3600;
    let hours = match name {
        "UTC" | "GMT" | "Z" | "WET" => 0,
        "WEST" | "CET" | "BST" | "MEZ" => 1,
        "CEST" | "EET" | "MESZ" | "SAST" => 2,
        "EEST" | "MSK" => 3,
        "SGT" | "HKT" | "AWST" => 8,
        "JST" | "KST" => 9,
        "AEST" => 10,
        "AEDT" => 11,
        "NZST" => 12,
        "NZDT" => 13,
        "ADT" => -3,
        "EDT" | "AST" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" | "AKDT" => -8,
        "AKST" => -9,
        "HST" => -10,
        "IST" | "DST" | "ET" | "CT" | "MT" | "PT" => return Some(None),
        _ => return None,
    };
    Some(Some(hours * HOUR_S))
}

/// Finds the year of stamps that have none.
#[derive(Debug, Default)]
pub(in crate::decode) struct YearFinder {
    last_asked: (u32, u32, i64),
    last_days: Option<i64>,
}

impl YearFinder {
    /// The day, counted from 1970, on which a month and day lie nearest to receipt; of two equally near the past
    /// one. `None` for a day that no year has.
    pub(in crate::decode) fn days(&mut self, month: u32, day: u32, received_us: i64) -> Option<i64> {
        let received_days = received_us.div_euclid(DAY_US);
        if self.last_asked != (month, day, received_days) {
            self.last_days = nearest_days(month, day, received_us);
            self.last_asked = (month, day, received_days);
        }
        self.last_days
    }
}

fn nearest_days(month: u32, day: u32, received_us: i64) -> Option<i64> {
    let received_days = received_us.div_euclid(DAY_US);
    let received_year = naive(received_us)?.year();
    let reach = if (month, day) == (2, 29) { YEARS_TO_LEAP_DAY_MAX } else { 1 };
    (received_year - reach..=received_year + reach)
        .filter_map(|year| days_from_1970(year, month, day))
        .min_by_key(|days| received_days.abs_diff(*days))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    fn in_zone(zone: &str, local: &str, received: &str) -> i64 {
        ZoneClock::new(zone.parse().unwrap()).utc_us(us(&format!("{local}Z")), us(received))
    }

    fn year_of(month: u32, day: u32, received: &str) -> String {
        let days = YearFinder::default().days(month, day, us(received)).unwrap();
        DateTime::from_timestamp_micros(days * DAY_US).unwrap().format("%Y-%m-%d").to_string()
    }

    #[test]
    fn around_new_year_the_nearest_year_is_taken() {
        assert_eq!(year_of(12, 31, "2025-01-01T00:00:03Z"), "2024-12-31");
        assert_eq!(year_of(1, 1, "2024-12-31T23:59:58Z"), "2025-01-01");
        assert_eq!(year_of(12, 31, "2024-12-31T23:59:59Z"), "2024-12-31");
        assert_eq!(year_of(7, 1, "2024-06-30T00:00:00Z"), "2024-07-01");
    }

    #[test]
    fn a_leap_day_is_of_the_nearest_leap_year() {
        assert_eq!(year_of(2, 29, "2024-03-01T00:00:00Z"), "2024-02-29");
        assert_eq!(year_of(2, 29, "2025-03-01T00:00:00Z"), "2024-02-29");
        assert_eq!(year_of(2, 29, "2027-06-01T00:00:00Z"), "2028-02-29");
        assert_eq!(YearFinder::default().days(2, 30, us("2024-03-01T00:00:00Z")), None);
    }

    #[test]
    fn summer_and_winter_time_of_the_zone() {
        let received = "2024-07-01T00:00:00Z";
        assert_eq!(in_zone("Europe/Berlin", "2024-07-01T12:00:00", received), us("2024-07-01T10:00:00Z"));
        assert_eq!(in_zone("Europe/Berlin", "2024-01-01T12:00:00", received), us("2024-01-01T11:00:00Z"));
        assert_eq!(in_zone("UTC", "2024-01-01T12:00:00", received), us("2024-01-01T12:00:00Z"));
    }

    #[test]
    fn an_hour_that_comes_twice_is_the_one_nearer_to_receipt() {
        let local = "2024-10-27T02:30:00";
        let first = in_zone("Europe/Berlin", local, "2024-10-27T00:30:01Z");
        assert_eq!(first, us("2024-10-27T00:30:00Z"));
        let second = in_zone("Europe/Berlin", local, "2024-10-27T01:30:01Z");
        assert_eq!(second, us("2024-10-27T01:30:00Z"));
    }

    #[test]
    fn a_time_that_the_clocks_skip_keeps_the_offset_from_before() {
        let received = "2024-03-31T01:30:00Z";
        assert_eq!(in_zone("Europe/Berlin", "2024-03-31T02:30:00", received), us("2024-03-31T01:30:00Z"));
        // Samoa left out 30 December 2011.
        assert_eq!(in_zone("Pacific/Apia", "2011-12-30T12:00:00", received), us("2011-12-30T22:00:00Z"));
    }
}
