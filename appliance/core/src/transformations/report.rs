//! What a trial found out, as the API and the command line show it.

use hotpath::filter::{FilterDefinition, FilterProblem};
use serde::Serialize;
use serde_json::{Map, Value};

/// What became of the samples.
#[derive(Debug, Default, Serialize)]
pub struct TrialReport {
    /// Whether the filters compile. Without that there are `errors`, and nothing was carried out.
    pub valid: bool,
    /// What is wrong with the filters, at most one thing for each.
    pub errors: Vec<FilterFault>,
    /// Rows that the samples gave.
    pub rows_in: usize,
    /// Rows after the last filter.
    pub rows_out: usize,
    /// Rows dropped by all filters.
    pub rows_dropped: usize,
    /// Rows that filters made beside those that came.
    pub rows_added: usize,
    /// Rows after the last filter with which something went wrong (`_errors`).
    pub rows_failed: usize,
    /// The time of all filters, in microseconds.
    pub duration_us: f64,
    /// The filters, in their order.
    pub filters: Vec<FilterFigures>,
    /// A report for each row, in the order of the samples.
    pub results: Vec<RowReport>,
}

/// One thing that is wrong with the filters.
#[derive(Debug, Serialize)]
pub struct FilterFault {
    /// The filter of the list, counted from 1; none when it is the list itself.
    pub index: Option<usize>,
    /// Its type, where it could be read.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The key that is wrong, where it is one.
    pub key: Option<String>,
    /// The character of a condition's text where it is wrong, counted from 1.
    pub column: Option<usize>,
    /// The whole message, place included.
    pub message: String,
}

impl FilterFault {
    /// A problem of one of `definitions`, which are none where the list could not be read.
    pub(super) fn new(problem: &FilterProblem, definitions: &[FilterDefinition]) -> Self {
        let definition = problem.filter.and_then(|number| definitions.get(number.checked_sub(1)?));
        Self {
            index: problem.filter,
            kind: definition.map(|definition| definition.kind.clone()),
            key: problem.error.key().map(str::to_owned),
            column: problem.error.column(),
            message: problem.error.to_string(),
        }
    }
}

/// What one filter did with all rows.
#[derive(Debug, Serialize)]
pub struct FilterFigures {
    /// Counted from 1, as in messages.
    pub index: usize,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Rows that it was carried out on: those still there for which its condition held.
    pub rows: usize,
    /// Rows it dropped.
    pub dropped: usize,
    /// Rows it could do nothing with.
    pub failed: usize,
    /// Its time, in microseconds.
    pub duration_us: f64,
}

/// One row before and after.
#[derive(Debug, Serialize)]
pub struct RowReport {
    /// The sample that it came of, counted from 1.
    pub sample: usize,
    /// The row before the first filter; columns without a value are left out.
    pub input: Map<String, Value>,
    /// What became of it: nothing, a row, or several.
    pub output: Vec<Map<String, Value>>,
    /// What each filter did, up to the one that dropped it.
    pub applied: Vec<AppliedFilter>,
    /// Its share of the time of the filters that were carried out on it, in microseconds.
    pub duration_us: f64,
    /// What went wrong first: why the sample could not be decoded, or what a filter could not do.
    pub error: Option<String>,
}

/// What one filter did with one row.
#[derive(Debug, Serialize)]
pub struct AppliedFilter {
    /// Counted from 1, as in messages.
    pub index: usize,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it did.
    pub outcome: Outcome,
    /// Why it was skipped or failed.
    pub reason: Option<String>,
    /// Rows that there were of the row before it.
    pub rows_in: usize,
    /// The same after it.
    pub rows_out: usize,
    /// Columns that have a value only now.
    pub added: Vec<String>,
    /// Columns that have another value.
    pub changed: Vec<String>,
    /// Columns that have no value any more.
    pub removed: Vec<String>,
}

/// What a filter did with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It changed the row, or made several of it.
    Changed,
    /// It dropped the row, all of it.
    Dropped,
    /// It was carried out and had nothing to do.
    Unchanged,
    /// Its condition did not hold, or it is not enabled.
    Skipped,
    /// It could not do what it was to do; what it did nevertheless stands in the columns.
    Failed,
}
