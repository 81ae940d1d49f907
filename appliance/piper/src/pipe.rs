//! A batch through the filters of its dataset, piece by piece, into a file.

use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use arrow::buffer::Buffer;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use hotpath::rows::{LinePieces, RowError, RowReader, RowWriter};
use tempfile::TempPath;

use crate::dead_letters::write_refused;
use crate::limits::BATCH_BYTES_MAX;
use crate::pipeline::Pipeline;

/// What came of a batch.
#[derive(Debug)]
pub(crate) struct Piped {
    /// Rows that were read.
    pub(crate) rows_read: u64,
    /// Bytes of the lines that were read.
    pub(crate) bytes_read: u64,
    /// Rows that filters made beside those that came.
    pub(crate) rows_added: u64,
    /// Rows that filters removed.
    pub(crate) rows_filtered: u64,
    /// Rows that a filter failed on.
    pub(crate) rows_faulty: u64,
    /// Rows that were written, dead letters too.
    pub(crate) rows_written: u64,
    /// Those of them that are dead letters: a filter failed on them.
    pub(crate) rows_dead: u64,
    /// Bytes of the others.
    pub(crate) bytes_written: u64,
    /// Lines that are no rows.
    pub(crate) lines_refused: u64,
    /// The rows; none when nothing is left of the batch.
    pub(crate) output: Option<TempPath>,
    /// The lines that are no rows, with their reasons.
    pub(crate) refused: Option<TempPath>,
    /// The rows that a filter failed on, where the dataset wants them apart, packed.
    pub(crate) failed: Option<TempPath>,
}

/// Why a batch did not come through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PipeError {
    /// It cannot be read: it is damaged, or its reading failed.
    #[error("{0}")]
    Unreadable(io::Error),
    /// The local disk refused.
    #[error("cannot write to {}: {cause}", path.display())]
    Disk {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A batch of rows cannot be written as lines.
    #[error("rows cannot be written: {0}")]
    Rows(#[from] RowError),
}

/// A file in the folder of work that is removed unless it is kept, made when it is first written to.
struct WorkFile<'a> {
    folder: &'a Path,
    file: Option<(BufWriter<File>, TempPath)>,
    bytes: u64,
}

impl<'a> WorkFile<'a> {
    fn new(folder: &'a Path) -> Self {
        Self { folder, file: None, bytes: 0 }
    }

    fn finish(self) -> Result<Option<TempPath>, PipeError> {
        let Some((mut file, path)) = self.file else { return Ok(None) };
        file.flush().map_err(|cause| disk(self.folder, cause))?;
        Ok(Some(path))
    }
}

impl Write for WorkFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (file, _) = match &mut self.file {
            Some(open) => open,
            None => {
                let (file, path) = tempfile::NamedTempFile::new_in(self.folder)?.into_parts();
                self.file.insert((BufWriter::new(file), path))
            }
        };
        let written = file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |(file, _)| file.flush())
    }
}

fn disk(folder: &Path, cause: io::Error) -> PipeError {
    PipeError::Disk { path: folder.to_path_buf(), cause }
}

/// Takes a batch through its filters. `name` is the batch's: what chance draws follows from it, so that a second time
/// draws the same. What filters keep from batch to batch begins anew with each: a batch whose result was lost is done
/// again, and must not be taken for a repetition of itself.
///
/// # Errors
/// [`PipeError`]; nothing is left of it then.
pub(crate) fn pipe(
    input: impl Read,
    name: &str,
    pipeline: &Pipeline,
    folder: &Path,
) -> Result<Piped, PipeError> {
    let mut lines = LinePieces::new(MultiGzDecoder::new(input));
    let mut reader = RowReader::new(std::sync::Arc::clone(&pipeline.registry));
    let (mut writer, mut dead_writer) = (RowWriter::new(), RowWriter::new());
    let mut state = pipeline.filters.new_state();
    let (mut output, mut refused) = (WorkFile::new(folder), WorkFile::new(folder));
    let mut failed = GzEncoder::new(WorkFile::new(folder), Compression::fast());
    let mut written = Vec::new();
    let mut piped = Piped {
        rows_read: 0,
        bytes_read: 0,
        rows_added: 0,
        rows_filtered: 0,
        rows_faulty: 0,
        rows_written: 0,
        rows_dead: 0,
        bytes_written: 0,
        lines_refused: 0,
        output: None,
        refused: None,
        failed: None,
    };
    let mut seed = seed_of(name);
    while let Some(piece) = lines.next_piece().map_err(PipeError::Unreadable)? {
        piped.bytes_read += piece.len() as u64;
        if piped.bytes_read > BATCH_BYTES_MAX {
            let reason = format!("it unpacks to more than {BATCH_BYTES_MAX} bytes");
            return Err(PipeError::Unreadable(io::Error::new(io::ErrorKind::InvalidData, reason)));
        }
        let piece = Buffer::from_vec(piece);
        let rows = reader.read(&piece);
        piped.rows_read += rows.num_rows() as u64;
        piped.lines_refused += reader.refused().len() as u64;
        written.clear();
        write_refused(&piece, reader.refused(), &mut written);
        if !written.is_empty() {
            refused.write_all(&written).map_err(|cause| disk(folder, cause))?;
        }
        let outcome = pipeline.filters.apply(rows, &mut state, seed);
        seed = seed.wrapping_add(1);
        piped.rows_added += outcome.added_rows as u64;
        piped.rows_filtered += outcome.dropped_rows as u64;
        piped.rows_faulty += outcome.faulty.selected() as u64;
        piped.rows_written += outcome.batch.num_rows() as u64;
        let (batch, dead) = if pipeline.sets_failed_aside { outcome.apart() } else { (outcome.batch, None) };
        written.clear();
        writer.write(&batch, &mut written)?;
        if !written.is_empty() {
            output.write_all(&written).map_err(|cause| disk(folder, cause))?;
        }
        if let Some(dead) = dead {
            piped.rows_dead += dead.num_rows() as u64;
            written.clear();
            dead_writer.write(&dead, &mut written)?;
            failed.write_all(&written).map_err(|cause| disk(folder, cause))?;
        }
    }
    if piped.rows_dead > 0 {
        piped.failed = failed.finish().map_err(|cause| disk(folder, cause))?.finish()?;
    }
    piped.bytes_written = output.bytes;
    piped.output = output.finish()?;
    piped.refused = refused.finish()?;
    Ok(piped)
}

/// A number that follows from the name alone.
fn seed_of(name: &str) -> u64 {
    let mut hasher = foldhash::quality::FixedState::default().build_hasher();
    hasher.write(name.as_bytes());
    hasher.finish()
}
