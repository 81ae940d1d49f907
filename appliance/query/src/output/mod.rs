//! Results for people and programs on the command line: `table`, `json`, `csv`.

mod cells;
mod csv;
mod json;
mod table;

use std::io;
use std::str::FromStr;
use std::time::Duration;

use crate::error::QueryError;
use crate::result::QueryResult;

pub(crate) use json::{RowEncoder, encoder_options};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// A drawn table, for a terminal. Control characters in values are escaped.
    Table,
    /// One JSON array with an object a row, one row a line.
    Json,
    /// RFC 4180 with a header line. Lists are JSON text.
    Csv,
}

impl FromStr for OutputFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            other => Err(format!("'{other}' is not a format: table, json or csv")),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy)]
pub struct OutputSummary {
    /// Rows written.
    pub rows: u64,
    /// Whether there were more. The writer of a table says so itself; for the others the caller should, on standard
    /// error.
    pub truncated: bool,
    /// Time from the statement to the last row.
    pub elapsed: Duration,
}

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The query failed. What was written before stands.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The output cannot be written to.
    #[error("the result cannot be written")]
    Write(#[from] io::Error),
}

/// Writes all rows of a result as they come.
pub async fn write_result(
    result: &mut QueryResult,
    format: OutputFormat,
    out: &mut (dyn io::Write + Send),
) -> Result<OutputSummary, OutputError> {
    let (rows, cut) = match format {
        OutputFormat::Table => table::write(result, out).await?,
        OutputFormat::Json => (json::write(result, out).await?, false),
        OutputFormat::Csv => (csv::write(result, out).await?, false),
    };
    out.flush()?;
    Ok(OutputSummary { rows, truncated: cut || result.truncated(), elapsed: result.elapsed() })
}
