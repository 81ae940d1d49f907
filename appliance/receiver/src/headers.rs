//! What the headers of a request say about its batch.

use axum::http::{HeaderMap, HeaderValue};
use chrono::DateTime;
use hotpath::layout::BatchKey;
use hotpath::names::{DatasetKey, NameError, check_batch_name};

use crate::spool::file_name_fits;

/// The name of the batch.
const BATCH_ID: &str = "x-proxy-batch-id";
/// How many lines it has.
const LINE_COUNT: &str = "x-proxy-line-count";
/// RFC 3339: when its first row was received.
const CREATED_AT: &str = "x-proxy-created-at";
/// What is in it.
const DATA_HINT: &str = "x-proxy-data-hint";
/// The hint of decoded rows.
const ROWS: &str = "rows";

/// What a request brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// Decoded rows, so many, as one batch.
    Rows {
        /// The batch.
        batch: BatchKey,
        /// Rows, as announced.
        rows: u64,
    },
    /// Events in the dataset's format. With a batch they are one, and otherwise join others.
    Events {
        /// The batch, where the request names one.
        batch: Option<BatchKey>,
    },
}

/// Why the headers of a request cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// One is missing.
    #[error("the header {0} is missing")]
    Missing(&'static str),
    /// One holds something else than it should.
    #[error("the header {header} is not {expected}")]
    Wrong {
        /// Which.
        header: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The name of the batch is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The names are too long for a file.
    #[error("the names of tenant, dataset and batch are too long together")]
    TooLong,
}

/// Reads the headers of a request to a dataset.
///
/// # Errors
/// [`HeaderError`]; headers that have nothing to do with the batch are not looked at.
pub fn read_headers(headers: &HeaderMap, dataset: &DatasetKey) -> Result<Brought, HeaderError> {
    let has_rows = headers.get(DATA_HINT).is_some_and(|hint| hint == ROWS);
    let batch = headers.get(BATCH_ID).map(|name| batch_key(headers, dataset, name)).transpose()?;
    if !has_rows {
        return Ok(Brought::Events { batch });
    }
    let batch = batch.ok_or(HeaderError::Missing(BATCH_ID))?;
    let rows = headers.get(LINE_COUNT).ok_or(HeaderError::Missing(LINE_COUNT))?;
    let rows = rows.to_str().ok().and_then(|rows| rows.parse().ok());
    let rows = rows.ok_or(HeaderError::Wrong { header: LINE_COUNT, expected: "a number" })?;
    Ok(Brought::Rows { batch, rows })
}

/// The name of a batch and its time are what its object is called, so that it is the same object when it comes again.
fn batch_key(headers: &HeaderMap, dataset: &DatasetKey, name: &HeaderValue) -> Result<BatchKey, HeaderError> {
    let name = name.to_str().map_err(|_| HeaderError::Wrong { header: BATCH_ID, expected: "a name" })?;
    check_batch_name(name)?;
    let created_at = headers.get(CREATED_AT).ok_or(HeaderError::Missing(CREATED_AT))?;
    let created_at = created_at.to_str().ok().and_then(|time| DateTime::parse_from_rfc3339(time).ok());
    let received_ns = created_at.and_then(|time| u64::try_from(time.timestamp_nanos_opt()?).ok());
    let received_ns = received_ns.ok_or(HeaderError::Wrong {
        header: CREATED_AT,
        expected: "a time from 1970 to 2262 as RFC 3339 writes it",
    })?;
    let key = BatchKey { dataset: dataset.clone(), received_ns, batch: name.to_owned() };
    if file_name_fits(&key) { Ok(key) } else { Err(HeaderError::TooLong) }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Result<Brought, HeaderError> {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        read_headers(&headers.collect(), &DatasetKey::new("acme", "fw").unwrap())
    }

    const NAME: (&str, &str) = (BATCH_ID, "edge-0-5-9");
    const TIME: (&str, &str) = (CREATED_AT, "2026-11-21T14:02:01.000000123+01:00");
    const HINT: (&str, &str) = (DATA_HINT, "rows");

    #[test]
    fn a_batch_of_rows_is_named_by_its_headers() {
        let Ok(Brought::Rows { batch, rows }) = read(&[NAME, TIME, HINT, (LINE_COUNT, "5")]) else {
            panic!()
        };
        assert_eq!(rows, 5);
        assert_eq!(
            hotpath::layout::intake_key(&batch),
            "acme/fw/acme--fw--1795266121000000123--edge-0-5-9.ndjson.gz"
        );
    }

    #[test]
    fn what_is_not_said_to_be_rows_is_events() {
        assert_eq!(read(&[]), Ok(Brought::Events { batch: None }));
        assert_eq!(read(&[(DATA_HINT, "ndjson"), TIME]), Ok(Brought::Events { batch: None }));
        assert!(matches!(read(&[NAME, TIME]), Ok(Brought::Events { batch: Some(_) })));
    }

    #[test]
    fn rows_need_a_name_a_time_and_a_count() {
        let count = (LINE_COUNT, "5");
        assert_eq!(read(&[HINT, TIME, count]), Err(HeaderError::Missing(BATCH_ID)));
        assert_eq!(read(&[HINT, NAME, count]), Err(HeaderError::Missing(CREATED_AT)));
        assert_eq!(read(&[HINT, NAME, TIME]), Err(HeaderError::Missing(LINE_COUNT)));
        assert_eq!(read(&[NAME]), Err(HeaderError::Missing(CREATED_AT)));
    }

    #[test]
    fn what_is_no_name_no_time_or_no_number_is_refused() {
        for name in ["", "../x", "a/b", "a--b", "a b", &"x".repeat(113)] {
            assert!(matches!(read(&[(BATCH_ID, name), TIME]), Err(HeaderError::Name(_))), "{name}");
        }
        for time in ["", "yesterday", "2026-11-21", "1969-12-31T23:59:59Z", "2300-01-01T00:00:00Z"] {
            let refused = read(&[NAME, (CREATED_AT, time)]);
            assert!(matches!(refused, Err(HeaderError::Wrong { header: CREATED_AT, .. })), "{time}");
        }
        for count in ["", "-1", "1.5", "many"] {
            let refused = read(&[NAME, TIME, HINT, (LINE_COUNT, count)]);
            assert!(matches!(refused, Err(HeaderError::Wrong { header: LINE_COUNT, .. })), "{count}");
        }
    }

    #[test]
    fn names_that_make_no_file_name_are_refused() {
        let dataset = DatasetKey::new("t".repeat(64), "d".repeat(64)).unwrap();
        let headers = [(BATCH_ID, "b".repeat(112)), (CREATED_AT, "2026-11-21T14:02:01Z".to_owned())];
        let headers = headers
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap()));
        assert_eq!(read_headers(&headers.collect(), &dataset), Err(HeaderError::TooLong));
    }
}
