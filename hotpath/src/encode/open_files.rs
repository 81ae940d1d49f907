//! The files of a cut that are being written: Parquet files by hour, or one file of rows.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::error::EncodeError;
use super::file::{FileContext, Finish, HourFile};
use super::rows_file::RowsFile;
use crate::cut::FinishedFile;

/// One of them.
#[derive(Debug)]
pub(super) enum OpenFile {
    Parquet(HourFile),
    Rows(RowsFile),
}

/// By the hour of their rows; a file of rows by the hour 0.
pub(super) type OpenFiles = BTreeMap<i64, OpenFile>;

impl OpenFile {
    /// Whether rows with these columns can be added without a new file.
    pub(super) fn takes(&self, schema: &Schema) -> bool {
        match self {
            Self::Parquet(file) => file.takes(schema),
            Self::Rows(_) => true,
        }
    }

    pub(super) fn push(
        &mut self,
        rows: RecordBatch,
        context: &mut FileContext<'_>,
    ) -> Result<(), EncodeError> {
        match self {
            Self::Parquet(file) => file.push(rows, context),
            Self::Rows(file) => file.push(&rows),
        }
    }

    /// Writes the open row group, so that its memory is free.
    pub(super) fn write_row_group(&mut self, context: &mut FileContext<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Parquet(file) => file.write_row_group(context, false),
            Self::Rows(_) => Ok(()),
        }
    }

    /// Copies the open row group out of its blocks.
    pub(super) fn copy_row_group(&mut self) -> Result<(), EncodeError> {
        match self {
            Self::Parquet(file) => file.copy_row_group(),
            Self::Rows(_) => Ok(()),
        }
    }

    pub(super) fn finish(
        self,
        finish: &Finish<'_>,
        context: &mut FileContext<'_>,
    ) -> Result<Option<FinishedFile>, EncodeError> {
        match self {
            Self::Parquet(file) => file.finish(finish, context),
            Self::Rows(file) => file.finish(finish.path),
        }
    }

    /// Bytes that count for the greatest size of a file: of rows before they were packed.
    pub(super) fn estimated_bytes(&self) -> u64 {
        match self {
            Self::Parquet(file) => file.estimated_bytes(),
            Self::Rows(file) => file.bytes(),
        }
    }

    /// Memory that the open row group holds.
    pub(super) fn held_bytes(&self) -> usize {
        match self {
            Self::Parquet(file) => file.held_bytes(),
            Self::Rows(_) => 0,
        }
    }

    /// Memory that the open row group holds in blocks, as far as is known.
    pub(super) fn pinned_bytes(&self) -> usize {
        match self {
            Self::Parquet(file) => file.pinned_bytes(),
            Self::Rows(_) => 0,
        }
    }
}
