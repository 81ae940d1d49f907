//! The file of one hour of a dataset: a row group in memory, and behind it the Parquet file as far as it is written.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::file::metadata::KeyValue;

use super::columns::ColumnKnowledge;
use super::error::EncodeError;
use super::options::DatasetOptions;
use super::row_group::RowGroup;
use super::schema::{ColumnSet, described};
use super::sort::for_each_sorted;
use crate::cut::FinishedFile;

/// Share of a row group's memory that its bytes in the file are taken to be before one has been written.
const FILE_SHARE_AT_FIRST: f64 = 0.25;

/// Rows of a row group that is written anew (see [`HourFile::make_room_for`]).
const REWRITTEN_ROW_GROUP_ROWS: usize = 65_536;

/// What a dataset's files have in common while they are written.
#[derive(Debug)]
pub(super) struct FileContext<'a> {
    pub(super) options: &'a DatasetOptions,
    pub(super) knowledge: &'a mut ColumnKnowledge,
    /// Columns that rows of the last cuts had: a file that will get more row groups has them from the start.
    pub(super) recent: &'a ColumnSet,
}

/// Where a file goes when it is finished, and what is written about it into its metadata.
#[derive(Debug)]
pub(super) struct Finish<'a> {
    pub(super) path: &'a Path,
    /// Key and value, beside the rows and times which the file knows by itself.
    pub(super) metadata: &'a [(&'static str, String)],
}

/// Rows of one hour.
#[derive(Debug)]
pub(super) struct HourFile {
    hour: i64,
    path: PathBuf,
    row_group: RowGroup,
    written: Option<WrittenPart>,
    rows: u64,
    event_time_us: (i64, i64),
    file_share: f64,
}

/// The part of a file that is written: it has a schema that does not change any more.
struct WrittenPart {
    path: PathBuf,
    columns: ColumnSet,
    writer: ArrowWriter<File>,
    /// The file has been given its name of a finished one; until then it is removed on drop.
    is_finished: bool,
}

impl std::fmt::Debug for WrittenPart {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("WrittenPart").field("path", &self.path).finish_non_exhaustive()
    }
}

impl HourFile {
    /// A file that has no rows yet; `path` is where they are written until it is finished.
    pub(super) fn new(hour: i64, path: PathBuf) -> Self {
        Self {
            hour,
            path,
            row_group: RowGroup::default(),
            written: None,
            rows: 0,
            event_time_us: (i64::MAX, i64::MIN),
            file_share: FILE_SHARE_AT_FIRST,
        }
    }

    /// Whether rows with these columns can be added without a new file.
    pub(super) fn takes(&self, schema: &Schema) -> bool {
        self.row_group.check(schema).is_ok()
            && self.written.as_ref().is_none_or(|written| written.columns.takes(schema))
    }

    /// Adds rows; writes a row group when it is full.
    ///
    /// # Errors
    /// Any; the file is of no use afterwards.
    pub(super) fn push(
        &mut self,
        rows: RecordBatch,
        context: &mut FileContext<'_>,
    ) -> Result<(), EncodeError> {
        if !self.takes(rows.schema_ref()) {
            self.make_room_for(rows.schema_ref(), context)?;
        }
        let options = context.options;
        if rows.num_rows() + self.row_group.rows() > options.row_group_rows {
            return self.push_in_parts(&rows, context);
        }
        self.row_group.push(rows)?;
        if self.row_group.is_full(options.row_group_rows, options.row_group_memory_bytes) {
            self.write_row_group(context, false)?;
        }
        Ok(())
    }

    /// Fills the row group to its last row, writes it, and goes on with the rest.
    fn push_in_parts(
        &mut self,
        rows: &RecordBatch,
        context: &mut FileContext<'_>,
    ) -> Result<(), EncodeError> {
        let rows_max = context.options.row_group_rows.max(1);
        let mut start = 0;
        while start < rows.num_rows() {
            let length = (rows_max - self.row_group.rows().min(rows_max - 1)).min(rows.num_rows() - start);
            self.row_group.push(rows.slice(start, length))?;
            start += length;
            if self.row_group.rows() >= rows_max {
                self.write_row_group(context, false)?;
            }
        }
        Ok(())
    }

    /// Writes the open row group; `is_last` when the file is about to be finished.
    pub(super) fn write_row_group(
        &mut self,
        context: &mut FileContext<'_>,
        is_last: bool,
    ) -> Result<(), EncodeError> {
        let row_group = std::mem::take(&mut self.row_group);
        let Some((least, most)) = row_group.event_time_us() else { return Ok(()) };
        let mut written = match self.written.take() {
            Some(written) => written,
            None => WrittenPart::create(&self.path, &row_group, context, is_last)?,
        };
        let before = written.bytes();
        written.write(&row_group)?;
        self.file_share = (written.bytes() - before) as f64 / row_group.held_bytes().max(1) as f64;
        self.written = Some(written);
        self.rows += row_group.rows() as u64;
        self.event_time_us = (self.event_time_us.0.min(least), self.event_time_us.1.max(most));
        Ok(())
    }

    /// Writes the file anew with further columns. Only a cut that is closed again after a restart comes here:
    /// its rows must end in one file, whatever was divided where the first time.
    fn make_room_for(&mut self, schema: &Schema, context: &mut FileContext<'_>) -> Result<(), EncodeError> {
        self.row_group.check(schema)?;
        let Some(old) = self.written.take() else { return Ok(()) };
        let mut columns = old.columns.clone();
        columns.add(schema)?;
        columns.add(&self.row_group.columns().schema())?;
        let old = old.set_aside()?;
        let mut new = WrittenPart::with_columns(&self.path, columns, self.row_group.rows(), context)?;
        for batch in old.read()? {
            let mut part = RowGroup::default();
            part.push(batch?)?;
            new.write(&part)?;
        }
        self.written = Some(new);
        Ok(())
    }

    /// Ends the file: everything is on disk, under its final name, when this returns. The caller syncs the directory.
    ///
    /// # Errors
    /// Any; what was written is removed then.
    pub(super) fn finish(
        mut self,
        finish: &Finish<'_>,
        context: &mut FileContext<'_>,
    ) -> Result<Option<FinishedFile>, EncodeError> {
        self.write_row_group(context, true)?;
        let Some(written) = self.written.take() else { return Ok(None) };
        let (least, most) = self.event_time_us;
        let columns = described(&written.columns.schema());
        let mut metadata = finish.metadata.to_vec();
        metadata.push(("bytefreezer.rows", self.rows.to_string()));
        metadata.push(("bytefreezer.min_event_time_us", least.to_string()));
        metadata.push(("bytefreezer.max_event_time_us", most.to_string()));
        let bytes = written.finish(finish.path, metadata)?;
        Ok(Some(FinishedFile {
            path: finish.path.to_path_buf(),
            hour: self.hour,
            rows: self.rows,
            bytes,
            min_event_time_us: least,
            max_event_time_us: most,
            received_us: None,
            columns,
        }))
    }

    /// Bytes of the file if it were finished now: written, and estimated for the open row group.
    pub(super) fn estimated_bytes(&self) -> u64 {
        let written = self.written.as_ref().map_or(0, WrittenPart::bytes);
        written + (self.row_group.held_bytes() as f64 * self.file_share) as u64
    }

    /// Copies the open row group out of its blocks.
    pub(super) fn copy_row_group(&mut self) -> Result<(), EncodeError> {
        self.row_group.put_together()
    }

    /// Memory that the open row group holds.
    pub(super) fn held_bytes(&self) -> usize {
        self.row_group.held_bytes()
    }

    /// Memory that the open row group holds in blocks, as far as is known.
    pub(super) fn pinned_bytes(&self) -> usize {
        self.row_group.pinned_bytes()
    }
}

impl WrittenPart {
    /// The file for a first row group.
    fn create(
        path: &Path,
        row_group: &RowGroup,
        context: &mut FileContext<'_>,
        is_last: bool,
    ) -> Result<Self, EncodeError> {
        context.knowledge.observe(row_group.batches());
        let mut columns = row_group.columns().clone();
        if !is_last {
            columns.add_what_fits(context.recent);
        }
        Self::with_columns(path, columns, row_group.rows(), context)
    }

    fn with_columns(
        path: &Path,
        columns: ColumnSet,
        row_group_rows: usize,
        context: &FileContext<'_>,
    ) -> Result<Self, EncodeError> {
        let schema = columns.schema();
        let level = context.options.zstd_level;
        let properties = context.knowledge.writer_properties(&schema, row_group_rows, level);
        let file = File::create(path).map_err(|error| EncodeError::io("create", path, error))?;
        // Without the Arrow schema every reader sees the same types, those of Parquet.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, schema, options)
            .map_err(|error| EncodeError::parquet(path, error))?;
        Ok(Self { path: path.to_path_buf(), columns, writer, is_finished: false })
    }

    fn write(&mut self, row_group: &RowGroup) -> Result<(), EncodeError> {
        let Self { path, columns, writer, .. } = self;
        let schema = columns.schema();
        for_each_sorted(row_group.batches(), &schema, |batch| {
            writer.write(batch).map_err(|error| EncodeError::parquet(path, error))
        })?;
        writer.flush().map_err(|error| EncodeError::parquet(path, error))
    }

    fn bytes(&self) -> u64 {
        self.writer.bytes_written() as u64
    }

    /// Ends the file and gives it its final name. Returns its size.
    fn finish(mut self, to: &Path, metadata: Vec<(&'static str, String)>) -> Result<u64, EncodeError> {
        for (key, value) in metadata {
            self.writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        }
        self.writer.finish().map_err(|error| EncodeError::parquet(&self.path, error))?;
        let file = self.writer.inner();
        file.sync_all().map_err(|error| EncodeError::io("sync", &self.path, error))?;
        let bytes = file.metadata().map_err(|error| EncodeError::io("stat", &self.path, error))?.len();
        std::fs::rename(&self.path, to).map_err(|error| EncodeError::io("rename", &self.path, error))?;
        self.is_finished = true;
        Ok(bytes)
    }

    /// Ends the file beside its place, to read it again.
    fn set_aside(mut self) -> Result<SetAside, EncodeError> {
        self.writer.finish().map_err(|error| EncodeError::parquet(&self.path, error))?;
        let path = self.path.with_extension("old");
        std::fs::rename(&self.path, &path).map_err(|error| EncodeError::io("rename", &self.path, error))?;
        self.is_finished = true;
        Ok(SetAside { path, schema: self.columns.schema() })
    }
}

impl Drop for WrittenPart {
    fn drop(&mut self) {
        if !self.is_finished {
            // The rows are still in the log; were the file to stay, the next start would remove it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A file whose rows are being written anew.
struct SetAside {
    path: PathBuf,
    schema: SchemaRef,
}

impl SetAside {
    fn read(&self) -> Result<ParquetRecordBatchReader, EncodeError> {
        let file = File::open(&self.path).map_err(|error| EncodeError::io("open", &self.path, error))?;
        let options = ArrowReaderOptions::new().with_schema(Arc::clone(&self.schema));
        ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
            .and_then(|builder| builder.with_batch_size(REWRITTEN_ROW_GROUP_ROWS).build())
            .map_err(|error| EncodeError::parquet(&self.path, error))
    }
}

impl Drop for SetAside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
