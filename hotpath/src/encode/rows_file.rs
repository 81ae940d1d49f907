//! The file of a batch on the staged route: rows as NDJSON, gzip packed, in the order of their events.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::min;
use arrow::datatypes::TimestampMicrosecondType;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::error::EncodeError;
use super::partition::event_times;
use crate::cut::FinishedFile;
use crate::rows::RowWriter;

/// Where the time of receipt stands.
const INGEST_TIME: &str = "ingest_time";

/// Rows that are being written; without [`RowsFile::finish`] the file is removed.
#[derive(Debug)]
pub(super) struct RowsFile {
    path: PathBuf,
    packer: Option<GzEncoder<File>>,
    writer: RowWriter,
    lines: Vec<u8>,
    /// Bytes of the rows before they were packed.
    bytes: u64,
    rows: u64,
    received_us: i64,
    event_time_us: (i64, i64),
}

impl RowsFile {
    /// A file that has no rows yet; `path` is where they are written until it is finished.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            packer: None,
            writer: RowWriter::new(),
            lines: Vec::new(),
            bytes: 0,
            rows: 0,
            received_us: i64::MAX,
            event_time_us: (i64::MAX, i64::MIN),
        }
    }

    /// Adds rows.
    ///
    /// # Errors
    /// Any; the file is of no use afterwards.
    pub(super) fn push(&mut self, rows: &RecordBatch) -> Result<(), EncodeError> {
        let times = event_times(rows)?.values();
        self.event_time_us =
            times.iter().fold(self.event_time_us, |(least, most), time| (least.min(*time), most.max(*time)));
        if let Some(received_us) = first_receipt(rows) {
            self.received_us = self.received_us.min(received_us);
        }
        self.lines.clear();
        self.writer.write(rows, &mut self.lines)?;
        let failed = |error| EncodeError::io("write", &self.path, error);
        let packer = match &mut self.packer {
            Some(packer) => packer,
            None => {
                let file =
                    File::create(&self.path).map_err(|error| EncodeError::io("create", &self.path, error))?;
                self.packer.insert(GzEncoder::new(file, Compression::fast()))
            }
        };
        packer.write_all(&self.lines).map_err(failed)?;
        self.bytes += self.lines.len() as u64;
        self.rows += rows.num_rows() as u64;
        Ok(())
    }

    /// Bytes of the rows before they were packed.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ends the file: everything is on disk, under its final name, when this returns. The caller syncs the directory.
    ///
    /// # Errors
    /// Any; what was written is removed then.
    pub(super) fn finish(mut self, to: &Path) -> Result<Option<FinishedFile>, EncodeError> {
        let Some(packer) = &mut self.packer else { return Ok(None) };
        let failed = |step| move |error| EncodeError::io(step, to, error);
        packer.try_finish().map_err(failed("write"))?;
        let file = packer.get_ref();
        file.sync_all().map_err(failed("sync"))?;
        let bytes = file.metadata().map_err(failed("stat"))?.len();
        std::fs::rename(&self.path, to).map_err(failed("rename"))?;
        self.packer = None;
        let (min_event_time_us, max_event_time_us) = self.event_time_us;
        Ok(Some(FinishedFile {
            path: to.to_path_buf(),
            hour: 0,
            rows: self.rows,
            bytes,
            min_event_time_us,
            max_event_time_us,
            received_us: Some(self.received_us),
            columns: Vec::new(),
        }))
    }
}

/// The least time of receipt in a batch.
fn first_receipt(rows: &RecordBatch) -> Option<i64> {
    let column = rows.column_by_name(INGEST_TIME)?;
    min(column.as_primitive_opt::<TimestampMicrosecondType>()?)
}

impl Drop for RowsFile {
    fn drop(&mut self) {
        if self.packer.take().is_some() {
            // The rows are still in the log; were the file to stay, the next start would remove it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
