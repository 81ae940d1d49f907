//! The hour partition in a file's path: `.../year=2026/month=01/day=31/hour=05/x.parquet`.

use chrono::{NaiveDate, TimeZone, Utc};

use super::HourPartition;

const MICROSECONDS_PER_HOUR: i64 = 3_600_000_000;

/// The hour partition that a key lies in, or `None` where its path does not say all four parts.
pub(super) fn hour_of_key(key: &str) -> Option<HourPartition> {
    let mut year = None;
    let mut month = None;
    let mut day = None;
    let mut hour = None;
    for segment in key.split('/') {
        let Some((name, value)) = segment.split_once('=') else { continue };
        let slot = match name {
            "year" => &mut year,
            "month" => &mut month,
            "day" => &mut day,
            "hour" => &mut hour,
            _ => continue,
        };
        *slot = Some(value.parse::<u16>().ok()?);
    }
    let partition = HourPartition {
        year: i64::from(year?),
        month: i64::from(month?),
        day: i64::from(day?),
        hour: i64::from(hour?),
    };
    first_microsecond(&partition)?;
    Some(partition)
}

/// The first and the last microsecond (since 1970 UTC) of a partition. `None` where it names no real hour.
pub(crate) fn bounds_us(partition: &HourPartition) -> Option<(i64, i64)> {
    let first = first_microsecond(partition)?;
    Some((first, first + MICROSECONDS_PER_HOUR - 1))
}

fn first_microsecond(partition: &HourPartition) -> Option<i64> {
    let year = i32::try_from(partition.year).ok()?;
    let month = u32::try_from(partition.month).ok()?;
    let day = u32::try_from(partition.day).ok()?;
    let hour = u32::try_from(partition.hour).ok()?;
    let start = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, 0, 0)?;
    Some(Utc.from_utc_datetime(&start).timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_is_read_from_the_path() {
        let key = "acme/web/data/parquet/year=1970/month=01/day=02/hour=03/a-0-1-2.parquet";
        let partition = hour_of_key(key).unwrap();
        assert_eq!(partition, HourPartition { year: 1970, month: 1, day: 2, hour: 3 });
        let first = 27 * MICROSECONDS_PER_HOUR;
        assert_eq!(bounds_us(&partition), Some((first, first + MICROSECONDS_PER_HOUR - 1)));
    }

    #[test]
    fn a_path_that_names_no_real_hour_has_none() {
        for key in [
            "acme/web/data/parquet/a.parquet",
            "year=2026/month=01/day=02/a.parquet",
            "year=2026/month=13/day=02/hour=00/a.parquet",
            "year=2026/month=02/day=30/hour=00/a.parquet",
            "year=2026/month=02/day=03/hour=24/a.parquet",
            "year=x/month=02/day=03/hour=01/a.parquet",
        ] {
            assert_eq!(hour_of_key(key), None, "{key}");
        }
    }
}
