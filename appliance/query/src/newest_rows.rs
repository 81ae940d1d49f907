//! The rows of a dataset with the latest `event_time`, read like any query.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::error::ArrowError;
use chrono::{DateTime, SecondsFormat};

use crate::caller::{Caller, Scope};
use crate::catalog::{DataFile, DatasetName, EVENT_TIME, hour_bounds_us};
use crate::engine::{QueryEngine, QueryRequest};
use crate::error::{QueryError, QueryErrorKind};

/// Up to `count` rows, the newest first, with the columns that files have; `None` where there are none.
pub(crate) async fn newest_rows(
    engine: &QueryEngine,
    caller: &Caller,
    name: &DatasetName,
    count: usize,
) -> Result<Option<RecordBatch>, QueryError> {
    let snapshot = engine.catalog().snapshot(name).await?;
    let Some(snapshot) = snapshot.filter(|snapshot| count > 0 && !snapshot.files.is_empty()) else {
        return Ok(None);
    };
    let scope = Scope {
        caller: caller.clone(),
        tenant: Some(name.tenant.clone()),
        dataset: Some(name.dataset.clone()),
    };
    let sql = statement(name, newest_hours_begin_us(&snapshot.files, count), count);
    let mut result = engine.execute_request(QueryRequest { sql, scope, max_rows: Some(count) }).await?;
    let batches = result.collect().await?;
    let rows = concat_batches(result.schema(), &batches).map_err(|error| internal(&error))?;
    // Without those of the partition, which SQL shows and no event has.
    let stored = |name: &String| snapshot.columns.fields().find(name).is_some();
    let fields = rows.schema_ref().fields().iter().enumerate();
    let places: Vec<usize> =
        fields.filter(|(_, field)| stored(field.name())).map(|(place, _)| place).collect();
    let rows = rows.project(&places).map_err(|error| internal(&error))?;
    Ok((rows.num_rows() > 0).then_some(rows))
}

fn statement(name: &DatasetName, since_us: Option<i64>, count: usize) -> String {
    let quoted = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    let (tenant, dataset) = (quoted(&name.tenant), quoted(&name.dataset));
    let since = since_us.and_then(DateTime::from_timestamp_micros).map_or_else(String::new, |time| {
        format!(" WHERE {EVENT_TIME} >= '{}'", time.to_rfc3339_opts(SecondsFormat::Micros, true))
    });
    format!("SELECT * FROM {tenant}.{dataset}{since} ORDER BY {EVENT_TIME} DESC LIMIT {count}")
}

/// When the hours begin that hold the newest `count` rows, so that no older file is opened. `None` where the catalog does
/// not say. `files` are those of the newest hour first.
fn newest_hours_begin_us(files: &[DataFile], count: usize) -> Option<i64> {
    let mut rows = 0_u64;
    for file in files {
        rows = rows.saturating_add(file.rows.unwrap_or(0));
        let (begin_us, _) = hour_bounds_us(&file.hour?)?;
        if rows >= count as u64 {
            return Some(begin_us);
        }
    }
    None
}

fn internal(error: &ArrowError) -> QueryError {
    QueryError::new(QueryErrorKind::Internal, "the rows cannot be put together")
        .with_operator_detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use object_store::path::Path;

    use super::*;
    use crate::catalog::HourPartition;

    fn file(hour: Option<i64>, rows: Option<u64>) -> DataFile {
        let hour = hour.map(|hour| HourPartition { year: 2026, month: 3, day: 1, hour });
        DataFile {
            key: Path::from("a.parquet"),
            bytes: 1,
            rows,
            min_event_time_us: None,
            max_event_time_us: None,
            hour,
            content_version: 0,
        }
    }

    #[test]
    fn only_the_hours_that_hold_enough_rows_are_read() {
        const MARCH_US: i64 = 1_772_323_200_000_000;
        const HOUR_US: i64 = 3_600_000_000;
        let files =
            [file(Some(3), Some(10)), file(Some(2), None), file(Some(2), Some(90)), file(Some(1), Some(1))];
        for (count, expected) in [(1, Some(3)), (10, Some(3)), (11, Some(2)), (101, Some(1)), (102, None)] {
            let expected = expected.map(|hour| MARCH_US + hour * HOUR_US);
            assert_eq!(newest_hours_begin_us(&files, count), expected, "{count}");
        }
        assert_eq!(newest_hours_begin_us(&[file(None, Some(10)), file(Some(1), Some(10))], 5), None);
    }

    #[test]
    fn names_are_quoted() {
        let name = DatasetName::new("acme", "we\"b");
        assert_eq!(
            statement(&name, Some(1), 7),
            "SELECT * FROM \"acme\".\"we\"\"b\" WHERE event_time >= '1970-01-01T00:00:00.000001Z' \
             ORDER BY event_time DESC LIMIT 7"
        );
        assert!(!statement(&name, None, 7).contains("WHERE"));
    }
}
