//! Which files of a dataset a filter can match at all, from the catalog alone: bounds of `event_time` and the hour
//! partition. No file is opened for it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, BooleanArray, Int64Array, TimestampMicrosecondArray, UInt64Array};
use arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicate;
use tracing::debug;

use crate::catalog::{DataFile, DatasetName, EVENT_TIME, HourPartition, hour_bounds_us};

/// The columns of the hour partition, in the order of the path.
pub(crate) const PARTITION_COLUMNS: [&str; 4] = ["year", "month", "day", "hour"];

/// What pruning did to one scan of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanPruning {
    /// The dataset scanned.
    pub dataset: DatasetName,
    /// Files that have to be opened.
    pub files_read: usize,
    /// Files that the dataset has.
    pub files_total: usize,
    /// The columns that told them apart.
    pub by_columns: Vec<String>,
}

impl std::fmt::Display for ScanPruning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: files={} of {}", self.dataset, self.files_read, self.files_total)?;
        if self.by_columns.is_empty() {
            return f.write_str(" (no condition on event_time, year, month, day or hour)");
        }
        write!(f, " (pruned by {})", self.by_columns.join(", "))
    }
}

/// What the scans of one query did, filled while it is planned. At most one entry a table mentioned.
#[derive(Debug, Default)]
pub(crate) struct PruningLog(Mutex<Vec<ScanPruning>>);

impl PruningLog {
    pub(crate) fn record(&self, scan: ScanPruning) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scan);
    }

    pub(crate) fn scans(&self) -> Vec<ScanPruning> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// For each file, whether rows in it may match all filters; and the columns that decided. A filter that cannot be
/// judged from the catalog keeps every file.
pub(crate) fn files_that_may_match(
    state: &dyn Session,
    table_schema: &SchemaRef,
    partition_columns: &[&str],
    files: &[DataFile],
    filters: &[Expr],
) -> Result<(Vec<bool>, Vec<String>), DataFusionError> {
    let known = |column: &str| column == EVENT_TIME || partition_columns.contains(&column);
    let usable: Vec<Expr> = filters
        .iter()
        .filter(|filter| filter.column_refs().iter().any(|column| known(&column.name)))
        .cloned()
        .collect();
    let all = vec![true; files.len()];
    let Some(predicate) = conjunction(usable.clone()) else { return Ok((all, Vec::new())) };

    let df_schema = DFSchema::try_from(Arc::clone(table_schema))?;
    let predicate = state.create_physical_expr(predicate, &df_schema)?;
    let statistics = FileStatistics { files, partition_columns };
    let kept = PruningPredicate::try_new(predicate, Arc::clone(table_schema))
        .and_then(|predicate| predicate.prune(&statistics));
    let kept = match kept {
        Ok(kept) => kept,
        Err(error) => {
            debug!(%error, "filters cannot prune files");
            return Ok((all, Vec::new()));
        }
    };
    let mut by_columns: Vec<String> = Vec::new();
    for filter in &usable {
        for column in filter.column_refs() {
            if known(&column.name) && !by_columns.contains(&column.name) {
                by_columns.push(column.name.clone());
            }
        }
    }
    by_columns.sort();
    Ok((kept, by_columns))
}

/// The least and the greatest `event_time` that a file can hold: what the catalog says, or else its hour.
pub(crate) fn event_time_bounds_us(file: &DataFile) -> (Option<i64>, Option<i64>) {
    let hour = file.hour.as_ref().and_then(hour_bounds_us);
    let min = file.min_event_time_us.or_else(|| hour.map(|(first, _)| first));
    let max = file.max_event_time_us.or_else(|| hour.map(|(_, last)| last));
    (min, max)
}

/// One value of the hour partition by column name.
pub(crate) fn partition_value(hour: &HourPartition, column: &str) -> Option<i64> {
    match column {
        "year" => Some(hour.year),
        "month" => Some(hour.month),
        "day" => Some(hour.day),
        "hour" => Some(hour.hour),
        _ => None,
    }
}

/// The catalog's figures in the form that DataFusion's pruning asks for: one row a file.
struct FileStatistics<'a> {
    files: &'a [DataFile],
    partition_columns: &'a [&'a str],
}

impl FileStatistics<'_> {
    fn times(&self, bound: impl Fn(&DataFile) -> Option<i64>) -> ArrayRef {
        let values: TimestampMicrosecondArray = self.files.iter().map(bound).collect();
        Arc::new(values.with_timezone("UTC"))
    }

    fn partition_values(&self, column: &str) -> ArrayRef {
        let values = self.files.iter().map(|file| partition_value(file.hour.as_ref()?, column));
        Arc::new(values.collect::<Int64Array>())
    }
}

impl PruningStatistics for FileStatistics<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        if self.partition_columns.contains(&column.name.as_str()) {
            return Some(self.partition_values(&column.name));
        }
        (column.name == EVENT_TIME).then(|| self.times(|file| event_time_bounds_us(file).0))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        if self.partition_columns.contains(&column.name.as_str()) {
            return Some(self.partition_values(&column.name));
        }
        (column.name == EVENT_TIME).then(|| self.times(|file| event_time_bounds_us(file).1))
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, _column: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self, _column: &Column) -> Option<ArrayRef> {
        let rows: UInt64Array = self.files.iter().map(|file| file.rows).collect();
        Some(Arc::new(rows))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
