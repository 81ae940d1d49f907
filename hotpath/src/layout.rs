//! The layout of a dataset in storage: keys of its objects. They follow from what is inside, so that a repeated upload overwrites itself.

use crate::names::{DatasetKey, check_batch_name, check_name};
use chrono::{DateTime, Datelike, NaiveDate, Timelike};

/// Microseconds in an hour.
const HOUR_US: i64 = 3_600_000_000;

/// Hours whose year is written with four digits: 0000-01-01 to 9999-12-31.
const HOURS: std::ops::RangeInclusive<i64> = -17_268_672..=70_389_527;

/// How the keys of batches end in `intake`.
const INTAKE_SUFFIX: &str = ".ndjson.gz";

/// How they end in `piper`.
const PIPER_SUFFIX: &str = ".ndjson";

/// What the key of a Parquet object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetKey {
    /// The dataset of its rows.
    pub dataset: DatasetKey,
    /// Hours since the epoch, UTC, of every row's `event_time`.
    pub hour: i64,
    /// The proxy that wrote it.
    pub instance: String,
    /// The shard of that proxy.
    pub shard: u16,
    /// First position of the cut in the shard's log.
    pub first: u64,
    /// Last position of the cut.
    pub last: u64,
}

/// What the key of a batch in the stages `intake` and `piper` says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchKey {
    /// The dataset of its rows.
    pub dataset: DatasetKey,
    /// Receipt of its first row, in nanoseconds since the epoch, UTC.
    pub received_ns: u64,
    /// Its name, as [`check_batch_name`] takes it. That of a proxy's batch is `{instance}-{shard}-{first}-{last}`.
    pub batch: String,
}

/// The hour partition of an `event_time` in µs since the epoch; right for times before 1970 too.
pub fn hour_of(event_time_us: i64) -> i64 {
    event_time_us.div_euclid(HOUR_US)
}

/// First µs of an hour. Saturates outside the range of i64.
pub fn hour_start_us(hour: i64) -> i64 {
    hour.saturating_mul(HOUR_US)
}

/// RFC 3339 in UTC with six digits of µs, such as `2026-11-21T13:00:00.000000Z`.
pub fn rfc3339_us(time_us: i64) -> String {
    let bounded = time_us.clamp(hour_start_us(*HOURS.start()), hour_start_us(*HOURS.end() + 1) - 1);
    DateTime::from_timestamp_micros(bounded)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// `year=YYYY/month=MM/day=DD/hour=HH`. An hour outside the years 0 to 9999 becomes the nearest one inside.
pub fn partition_path(hour: i64) -> String {
    let hour = hour.clamp(*HOURS.start(), *HOURS.end());
    let start = DateTime::from_timestamp(hour * 3600, 0).unwrap_or_default();
    format!(
        "year={:04}/month={:02}/day={:02}/hour={:02}",
        start.year(),
        start.month(),
        start.day(),
        start.hour()
    )
}

/// Where the Parquet objects of a dataset begin: `{tenant}/{dataset}/data/parquet/`.
pub fn data_prefix(dataset: &DatasetKey) -> String {
    format!("{dataset}/data/parquet/")
}

/// `{tenant}/{dataset}/metadata/schema.json`.
pub fn schema_key(dataset: &DatasetKey) -> String {
    format!("{dataset}/metadata/schema.json")
}

/// `{tenant}/{dataset}/metadata/partitions.json`.
pub fn partitions_key(dataset: &DatasetKey) -> String {
    format!("{dataset}/metadata/partitions.json")
}

/// The key of one Parquet object of a cut.
pub fn object_key(
    dataset: &DatasetKey,
    hour: i64,
    instance: &str,
    shard: u16,
    first: u64,
    last: u64,
) -> String {
    format!("{}{}/{instance}-{shard}-{first}-{last}.parquet", data_prefix(dataset), partition_path(hour))
}

/// The key of the rows of a cut that a filter failed on:
/// `{tenant}/{dataset}/dead_letters/{instance}-{shard}-{first}-{last}.ndjson.gz`.
pub fn dead_letters_key(dataset: &DatasetKey, instance: &str, shard: u16, first: u64, last: u64) -> String {
    format!("{dataset}/dead_letters/{instance}-{shard}-{first}-{last}.ndjson.gz")
}

/// Reads a key that [`object_key`] wrote; `None` for any other.
pub fn parse_object_key(key: &str) -> Option<ParquetKey> {
    let mut parts = key.split('/');
    let dataset = DatasetKey::new(parts.next()?, parts.next()?).ok()?;
    if parts.next()? != "data" || parts.next()? != "parquet" {
        return None;
    }
    let year = partition_number(parts.next()?, "year=", 4)?;
    let month = partition_number(parts.next()?, "month=", 2)?;
    let day = partition_number(parts.next()?, "day=", 2)?;
    let hour = partition_number(parts.next()?, "hour=", 2)?;
    let name = parts.next()?.strip_suffix(".parquet")?;
    if parts.next().is_some() {
        return None;
    }
    let start = NaiveDate::from_ymd_opt(year as i32, month, day)?.and_hms_opt(hour, 0, 0)?;

    // From the right, because an instance's name may hold `-`.
    let mut numbers = name.rsplitn(4, '-');
    let last = plain_number(numbers.next()?)?;
    let first = plain_number(numbers.next()?)?;
    let shard = u16::try_from(plain_number(numbers.next()?)?).ok()?;
    let instance = numbers.next()?;
    check_name("instance", instance).ok()?;
    let hour = start.and_utc().timestamp().div_euclid(3600);
    Some(ParquetKey { dataset, hour, instance: instance.to_owned(), shard, first, last })
}

/// Where the batches of a dataset begin in the stages: `{tenant}/{dataset}/{tenant}--{dataset}--`. Other objects of the
/// dataset (its metadata, its dead letters) lie beside them.
pub fn batch_prefix(dataset: &DatasetKey) -> String {
    format!("{dataset}/{}--{}--", dataset.tenant(), dataset.dataset())
}

/// The key of a batch in `intake`: `{tenant}/{dataset}/{tenant}--{dataset}--{unix_nanoseconds}--{batch}.ndjson.gz`.
pub fn intake_key(key: &BatchKey) -> String {
    format!("{}{}--{}{INTAKE_SUFFIX}", batch_prefix(&key.dataset), key.received_ns, key.batch)
}

/// The key of a batch in `piper`: as in `intake`, but not packed.
pub fn piper_key(key: &BatchKey) -> String {
    format!("{}{}--{}{PIPER_SUFFIX}", batch_prefix(&key.dataset), key.received_ns, key.batch)
}

/// Reads a key that [`intake_key`] wrote; `None` for any other.
pub fn parse_intake_key(key: &str) -> Option<BatchKey> {
    parse_batch_key(key, INTAKE_SUFFIX)
}

/// Reads a key that [`piper_key`] wrote; `None` for any other.
pub fn parse_piper_key(key: &str) -> Option<BatchKey> {
    parse_batch_key(key, PIPER_SUFFIX)
}

fn parse_batch_key(key: &str, suffix: &str) -> Option<BatchKey> {
    let mut parts = key.strip_suffix(suffix)?.split('/');
    let dataset = DatasetKey::new(parts.next()?, parts.next()?).ok()?;
    let name = parts.next()?;
    if parts.next().is_some() {
        return None;
    }
    // No part holds `--`.
    let mut parts = name.split("--");
    if parts.next()? != dataset.tenant() || parts.next()? != dataset.dataset() {
        return None;
    }
    let received_ns = plain_number(parts.next()?)?;
    let batch = parts.next()?.to_owned();
    if parts.next().is_some() {
        return None;
    }
    check_batch_name(&batch).ok()?;
    Some(BatchKey { dataset, received_ns, batch })
}

fn partition_number(part: &str, name: &str, digits: usize) -> Option<u32> {
    let value = part.strip_prefix(name)?;
    if value.len() != digits || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    value.parse().ok()
}

/// A decimal number as we write it: no sign, no leading zero.
fn plain_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs() -> DatasetKey {
        DatasetKey::new("acme", "fw-logs").unwrap()
    }

    #[test]
    fn the_key_is_laid_out_as_the_design_says() {
        let hour = hour_of(1_795_266_121_000_000); // 2026-11-21T13:02:01Z
        let key = object_key(&logs(), hour, "edge-1", 3, 7, 4096);
        assert_eq!(
            key,
            "acme/fw-logs/data/parquet/year=2026/month=11/day=21/hour=13/edge-1-3-7-4096.parquet"
        );
        assert_eq!(schema_key(&logs()), "acme/fw-logs/metadata/schema.json");
        assert_eq!(partitions_key(&logs()), "acme/fw-logs/metadata/partitions.json");
    }

    #[test]
    fn a_written_key_reads_back_whatever_its_parts() {
        for hour in [*HOURS.start(), -1, 0, 1, 498_685, *HOURS.end()] {
            for (first, last) in [(0, 0), (7, 4096), (0, u64::MAX)] {
                let key = object_key(&logs(), hour, "a-1-2-3", u16::MAX, first, last);
                let read = parse_object_key(&key).unwrap();
                assert_eq!((read.hour, read.first, read.last), (hour, first, last), "{key}");
                assert_eq!((read.instance.as_str(), read.shard), ("a-1-2-3", u16::MAX));
                assert_eq!(read.dataset, logs());
            }
        }
    }

    #[test]
    fn other_keys_are_not_taken_for_ours() {
        let good = object_key(&logs(), 0, "edge", 0, 1, 2);
        let others = [
            "acme/fw-logs/metadata/schema.json".to_owned(),
            good.replace("hour=00", "hour=24"),
            good.replace("month=01", "month=1"),
            good.replace("edge-0", "edge-65536"),
            good.replace("-1-2", "-01-2"),
            good.replace("-1-2", "-+1-2"),
            good.replace("edge-", ""),
            good.replace(".parquet", ".parquet/x"),
            good.replace("acme", ".."),
            String::new(),
        ];
        for other in others {
            assert_eq!(parse_object_key(&other), None, "{other}");
        }
    }

    fn batch(received_ns: u64, name: &str) -> BatchKey {
        BatchKey { dataset: logs(), received_ns, batch: name.to_owned() }
    }

    #[test]
    fn the_keys_of_a_batch_are_laid_out_as_the_decision_says() {
        let key = batch(1_795_266_121_000_000_123, "edge-1-3-7-4096");
        let name = "acme/fw-logs/acme--fw-logs--1795266121000000123--edge-1-3-7-4096";
        assert_eq!(intake_key(&key), format!("{name}.ndjson.gz"));
        assert_eq!(piper_key(&key), format!("{name}.ndjson"));
        assert!(name.starts_with(&batch_prefix(&logs())));
    }

    #[test]
    fn the_keys_of_a_batch_read_back_whatever_its_parts() {
        for received_ns in [0, 1, 1_795_266_121_000_000_123, u64::MAX] {
            for name in ["a", "edge-1-3-7-4096", "edge_a-r-5", &"x".repeat(112)] {
                let key = batch(received_ns, name);
                assert_eq!(parse_intake_key(&intake_key(&key)).as_ref(), Some(&key));
                assert_eq!(parse_piper_key(&piper_key(&key)), Some(key));
            }
        }
    }

    #[test]
    fn other_keys_are_not_taken_for_batches() {
        let good = intake_key(&batch(5, "edge-0-1-2"));
        let others = [
            piper_key(&batch(5, "edge-0-1-2")),
            good.replace("--5--", "--05--"),
            good.replace("--5--", "--+5--"),
            good.replace("--5--", "--18446744073709551616--"),
            good.replace("edge-0-1-2", ""),
            good.replace("edge-0-1-2", "edge--0"),
            good.replace("edge-0-1-2", ".."),
            good.replace("edge-0-1-2", &"x".repeat(113)),
            good.replace("acme/", "other/"),
            good.replace("/acme--", "/x/acme--"),
            good.replace(".ndjson.gz", ".ndjson.gz/x"),
            "acme/fw-logs/metadata/schema.json".to_owned(),
            String::new(),
        ];
        for other in others {
            assert_eq!(parse_intake_key(&other), None, "{other}");
        }
        assert_eq!(parse_piper_key(&good), None);
    }

    #[test]
    fn an_hour_holds_its_times_before_and_after_1970() {
        assert_eq!(hour_of(0), 0);
        assert_eq!(hour_of(HOUR_US - 1), 0);
        assert_eq!(hour_of(-1), -1);
        assert_eq!(partition_path(-1), "year=1969/month=12/day=31/hour=23");
        assert_eq!(hour_of(hour_start_us(498_685)), 498_685);
    }

    #[test]
    fn absurd_times_give_a_key_and_a_text_and_no_panic() {
        assert_eq!(partition_path(i64::MAX), "year=9999/month=12/day=31/hour=23");
        assert_eq!(partition_path(i64::MIN), "year=0000/month=01/day=01/hour=00");
        assert_eq!(rfc3339_us(1), "1970-01-01T00:00:00.000001Z");
        assert!(rfc3339_us(i64::MAX).starts_with("9999-12-31T23:59:59.999999"));
        assert!(rfc3339_us(i64::MIN).starts_with("0000-01-01"));
    }
}
