//! What can go wrong while files are written.

use std::path::{Path, PathBuf};

use arrow::error::ArrowError;
use parquet::errors::ParquetError;

use crate::rows::RowError;

/// Why rows could not be written. None of them is lost: the log has them until a cut that covers them is committed.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The local disk refused: full, read-only, away.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The Parquet writer failed, most often because the disk did.
    #[error("cannot write rows to {}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: ParquetError,
    },
    /// Columns could not be brought together.
    #[error("cannot bring the columns of batches together: {0}")]
    Arrow(#[from] ArrowError),
    /// A batch could not be written as rows.
    #[error("cannot write events as rows: {0}")]
    Rows(#[from] RowError),
    /// A batch has no time for every row; decoders give one to each, and filters must leave it there.
    #[error(
        "a batch has no column `event_time` of timestamps without nulls: a filter must not remove or change it"
    )]
    NoEventTime,
    /// Rows came for a dataset that the thread was not told of, or that was one too many.
    #[error("the encoder thread has no dataset number {dataset}")]
    UnknownDataset {
        /// The shard's number for it.
        dataset: u32,
    },
    /// A column has two types that no type holds both of, in a range of positions that may not be divided.
    #[error("column `{column}` is {present} in the open file and {wanted} in a batch of the same cut")]
    TypeConflict {
        /// Its name.
        column: String,
        /// Its type in the file.
        present: String,
        /// Its type in the batch.
        wanted: String,
    },
}

impl EncodeError {
    /// An error of the system about a file or directory.
    pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_path_buf(), source }
    }

    /// An error of the Parquet writer; an error of the system inside it is shown as such.
    pub fn parquet(path: &Path, source: ParquetError) -> Self {
        match source {
            ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
                Ok(system) => Self::io("write", path, *system),
                Err(other) => {
                    Self::Parquet { path: path.to_path_buf(), source: ParquetError::External(other) }
                }
            },
            source => Self::Parquet { path: path.to_path_buf(), source },
        }
    }
}
