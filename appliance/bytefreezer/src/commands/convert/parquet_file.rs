//! The one Parquet file that `convert` writes, with the settings and the order of rows of the appliance's files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::RecordBatch;
use hotpath::batch::ColumnRegistry;
use hotpath::encode::EncodeError;
use hotpath::encode::columns::ColumnKnowledge;
use hotpath::encode::memory::held_bytes;
use hotpath::encode::options::DatasetOptions;
use hotpath::encode::schema::ColumnSet;
use hotpath::encode::sort::for_each_sorted;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;

use super::new_registry;

/// What is known of the columns of an input.
///
/// The columns of a Parquet file are settled when its first row group is written. Rows with further columns may come
/// later: then the rest of the input is read for its columns only, and the input a second time to write the file.
pub struct Columns {
    registry: Arc<ColumnRegistry>,
    known: ColumnSet,
    sufficient: bool,
}

impl Default for Columns {
    fn default() -> Self {
        Self { registry: new_registry(), known: ColumnSet::default(), sufficient: true }
    }
}

impl Columns {
    /// What decoders agree on types through.
    pub fn registry(&self) -> Arc<ColumnRegistry> {
        Arc::clone(&self.registry)
    }

    /// Whether the file that was begun has all columns.
    pub fn were_sufficient(&self) -> bool {
        self.sufficient
    }

    /// Prepares for another reading with what is known now.
    pub fn begin_again(&mut self) {
        self.sufficient = true;
    }
}

/// A file being written. Its rows are sorted by `event_time` within each row group.
pub struct ParquetFile {
    path: PathBuf,
    options: DatasetOptions,
    row_group: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    written: Option<Written>,
}

/// What is on disk, under a name that says it is not finished.
struct Written {
    path: PathBuf,
    columns: ColumnSet,
    writer: ArrowWriter<File>,
    is_finished: bool,
}

impl ParquetFile {
    /// A file that will stand at `path` when it is finished.
    pub fn new(path: &Path, zstd_level: i32) -> Self {
        let options = DatasetOptions { zstd_level, ..DatasetOptions::default() };
        Self { path: path.to_owned(), options, row_group: Vec::new(), rows: 0, bytes: 0, written: None }
    }

    /// Adds rows. Once the columns have turned out insufficient it only learns the columns.
    pub fn push(&mut self, rows: RecordBatch, columns: &mut Columns) -> Result<()> {
        columns.known.add(rows.schema_ref()).map_err(EncodeError::from)?;
        if let Some(written) = &self.written
            && !written.columns.takes(rows.schema_ref())
        {
            columns.sufficient = false;
            self.written = None;
            self.row_group.clear();
        }
        if !columns.sufficient || rows.num_rows() == 0 {
            return Ok(());
        }
        self.rows += rows.num_rows();
        self.bytes += held_bytes(&rows);
        self.row_group.push(rows);
        if self.rows >= self.options.row_group_rows || self.bytes >= self.options.row_group_memory_bytes {
            self.write_row_group(columns)?;
        }
        Ok(())
    }

    fn write_row_group(&mut self, columns: &Columns) -> Result<()> {
        let failed = || format!("cannot write {}", self.path.display());
        let mut written = match self.written.take() {
            Some(written) => written,
            None => Written::create(&self.path, &self.options, columns, &self.row_group, self.rows)?,
        };
        let schema = written.columns.schema();
        for_each_sorted(&self.row_group, &schema, |batch| {
            written.writer.write(batch).map_err(|error| EncodeError::parquet(&self.path, error))
        })
        .and_then(|()| written.writer.flush().map_err(|error| EncodeError::parquet(&self.path, error)))
        .with_context(failed)?;
        self.written = Some(written);
        self.row_group.clear();
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Ends the file and gives it its name, if the columns were sufficient. A file without rows has no columns but
    /// those that every row would have.
    pub fn finish(mut self, columns: &Columns) -> Result<()> {
        if !columns.sufficient {
            return Ok(());
        }
        if self.rows > 0 || self.written.is_none() {
            self.write_row_group(columns)?;
        }
        match self.written {
            Some(written) => written.finish(&self.path),
            None => Ok(()),
        }
    }
}

impl Written {
    fn create(
        output: &Path,
        options: &DatasetOptions,
        columns: &Columns,
        row_group: &[RecordBatch],
        rows: usize,
    ) -> Result<Self> {
        let mut knowledge = ColumnKnowledge::default();
        knowledge.observe(row_group);
        let columns = columns.known.clone();
        let schema = columns.schema();
        let properties = knowledge.writer_properties(&schema, rows, options.zstd_level);
        let mut name = output.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        let failed = || format!("cannot write {}", path.display());
        let file = File::create(&path).with_context(failed)?;
        // As in the appliance's files: without the Arrow schema every reader sees the types of Parquet.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, schema, options).with_context(failed)?;
        Ok(Self { path, columns, writer, is_finished: false })
    }

    fn finish(mut self, output: &Path) -> Result<()> {
        let failed = || format!("cannot write {}", output.display());
        self.writer.finish().with_context(failed)?;
        self.writer.inner().sync_all().with_context(failed)?;
        std::fs::rename(&self.path, output).with_context(failed)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if !self.is_finished {
            // Half a file is of no use; what kept it from being finished is reported.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
