//! Why a trial did not come to its end. That filters do not compile is no such reason: the report says so.

use arrow::error::ArrowError;
use thiserror::Error;

/// Why there is no report.
#[derive(Debug, Error)]
pub enum TrialError {
    /// More filters than a test takes.
    #[error("{found} filters: a test takes at most {max}; leave out those that are not in question")]
    TooManyFilters {
        /// Filters of the list.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// More sample rows than a test takes, or samples that give more rows.
    #[error("the samples are more than {max} rows: give fewer")]
    TooManySamples {
        /// The limit.
        max: usize,
    },
    /// A sample that no input would take whole.
    #[error("sample {sample} has {bytes} bytes: a message has at most {max}")]
    SampleTooLong {
        /// Which, counted from 1.
        sample: usize,
        /// Its bytes.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The samples together are too long.
    #[error("the samples have more than {max} bytes together: give fewer or shorter ones")]
    SamplesTooLarge {
        /// The limit, in bytes.
        max: usize,
    },
    /// A format whose events are no lines.
    #[error("{format} comes in datagrams, not in lines: give the rows that it is decoded to")]
    NoLines {
        /// The format.
        format: &'static str,
    },
    /// A filter made more rows of the samples than a test looks at.
    #[error(
        "filter {filter} makes {rows} rows of the samples: at most {max} are looked at; give fewer samples"
    )]
    TooManyRows {
        /// Which, counted from 1.
        filter: usize,
        /// Rows after it.
        rows: usize,
        /// The limit.
        max: usize,
    },
    /// The rows before and after are too much to show.
    #[error("the rows before and after are more than {max} bytes: give fewer or shorter samples")]
    ReportTooLarge {
        /// The limit, in bytes.
        max: usize,
    },
    /// The time was over before the last filter was through.
    #[error("the time for a test was over before filter {filter}: give fewer samples, or less to do")]
    TimeOver {
        /// The filter that was not carried out any more, counted from 1.
        filter: usize,
    },
    /// Rows that cannot be put together or shown: not for anything in the samples.
    #[error("the rows cannot be put together")]
    Columns(#[from] ArrowError),
}
