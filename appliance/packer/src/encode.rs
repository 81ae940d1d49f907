//! From the batches of a plan to Parquet files in the spool.
//!
//! The rows of a plan are divided among parts, each with one file for an hour. Where a part ends follows from the plan and
//! its batches alone, so that a second packer that carries out the same plan makes the same objects.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use bytefreezer_lake::{LeaseGuard, ObjectInfo, Store};
use hotpath::batch::ColumnRegistry;
use hotpath::cut::{FileKind, FinishedCut};
use hotpath::encode::partition::event_times;
use hotpath::encode::schema::ColumnSet;
use hotpath::encode::thread::EncoderSurroundings;
use hotpath::encode::{DatasetOptions, EncodeError, Encoder, EncoderEvent, EncoderIdentity, EncoderMessage};
use hotpath::layout::hour_of;
use hotpath::limits::OPEN_HOURS_MAX;
use hotpath::names::DatasetKey;
use hotpath::rows::{LinePieces, RowReader};
use tokio::sync::mpsc;

use crate::dead_letters::{self, DeadLetters};
use crate::error::PackError;
use crate::limits::PLAN_PARTS_MAX;
use crate::pieces::{BatchBytes, Piece, send_batches};
use crate::plan::WRITER;

/// The encoder's number for its one dataset.
const DATASET: u32 = 0;

/// A plan as the thread is given it.
#[derive(Debug)]
pub(crate) struct EncodeJob {
    pub(crate) dataset: DatasetKey,
    /// The plan's number.
    pub(crate) number: u64,
    pub(crate) part_bytes: u64,
    pub(crate) batches: Vec<ObjectInfo>,
    /// What columns are known to be.
    pub(crate) registry: Arc<ColumnRegistry>,
    /// Columns that rows had lately: a file has them from its first row group on.
    pub(crate) expected: ColumnSet,
    /// An empty folder for the files.
    pub(crate) folder: PathBuf,
    pub(crate) options: DatasetOptions,
    /// Memory that open row groups may hold.
    pub(crate) memory_bytes_max: usize,
}

/// The files of a plan.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    /// One for each part that has rows.
    pub(crate) cuts: Vec<FinishedCut>,
    /// Rows that were read.
    pub(crate) rows: u64,
    /// Lines that were no rows, and where they are.
    pub(crate) refused_lines: u64,
    pub(crate) dead_letters: Option<PathBuf>,
    /// Columns that the rows had.
    pub(crate) columns: ColumnSet,
}

/// Reads the batches of a plan and writes their rows, on a thread of its own.
///
/// # Errors
/// Those of the store; [`PackError::Source`] for a batch that is not made of lines; those of the encoder.
pub(crate) async fn encode(
    stage: &Arc<dyn Store>,
    job: EncodeJob,
    guard: &LeaseGuard,
    on_progress: &(dyn Fn() + Sync),
) -> Result<Encoded, PackError> {
    let batches = job.batches.clone();
    let (sender, pieces) = mpsc::channel(1);
    let worker = tokio::task::spawn_blocking(move || work(job, pieces));
    let sent = send_batches(stage, &batches, &sender, guard, on_progress).await;
    drop(sender);
    let encoded = worker.await.map_err(|_| PackError::Stopped)?;
    // When sending failed, that is why the thread has failed too.
    sent?;
    encoded
}

fn work(job: EncodeJob, mut pieces: mpsc::Receiver<Piece>) -> Result<Encoded, PackError> {
    let mut reader = RowReader::new(Arc::clone(&job.registry));
    let mut dead_letters = DeadLetters::new(dead_letters::path_in(&job.folder));
    let batches = job.batches.clone();
    let mut parts = Parts::new(job);
    for batch in &batches {
        let mut lines = LinePieces::new(BatchBytes::new(&mut pieces));
        let not_lines =
            |error: std::io::Error| PackError::Source { key: batch.key.clone(), reason: error.to_string() };
        while let Some(piece) = lines.next_piece().map_err(not_lines)? {
            let piece = Buffer::from_vec(piece);
            let rows = reader.read(&piece);
            for refused in reader.refused() {
                let line = piece.get(refused.line.clone()).unwrap_or_default();
                dead_letters.push(&batch.key, refused.reason, line)?;
            }
            parts.push(rows, piece.len() as u64)?;
        }
    }
    let mut encoded = parts.finish()?;
    encoded.refused_lines = dead_letters.count();
    encoded.dead_letters = dead_letters.finish()?;
    Ok(encoded)
}

/// The parts of a plan, one after the other.
struct Parts {
    job: EncodeJob,
    encoder: Option<Encoder>,
    /// The number of the part under way, which stands in names where a proxy has its shard.
    part: usize,
    part_bytes: u64,
    hours: BTreeSet<i64>,
    encoded: Encoded,
}

impl Parts {
    fn new(job: EncodeJob) -> Self {
        Self {
            job,
            encoder: None,
            part: 0,
            part_bytes: 0,
            hours: BTreeSet::new(),
            encoded: Encoded::default(),
        }
    }

    /// Adds the rows of a piece, which has so many bytes.
    fn push(&mut self, rows: RecordBatch, bytes: u64) -> Result<(), PackError> {
        let new_hours = hours_of(&rows)?;
        let hours = self.hours.union(&new_hours).count();
        if self.part_bytes >= self.job.part_bytes || (hours > OPEN_HOURS_MAX && !self.hours.is_empty()) {
            self.end_part()?;
        }
        self.part_bytes += bytes;
        if rows.num_rows() == 0 {
            return Ok(());
        }
        self.hours.extend(new_hours);
        self.encoded.rows += rows.num_rows() as u64;
        let mut arrived = ColumnSet::default();
        arrived.add(rows.schema_ref()).map_err(EncodeError::from)?;
        self.encoded.columns.add_what_fits(&arrived);
        let number = self.job.number;
        let events = rows.num_rows() as u64;
        let message = EncoderMessage::Rows {
            dataset: DATASET,
            batch: rows,
            dead_letters: None,
            first_position: number,
            last_position: number,
            events,
            decoder_state: None,
            // Only we end a part: when the encoder's own rules hold depends on its memory.
            hold_cut: Some(FileKind::Parquet),
        };
        let happened = self.encoder()?.handle(message);
        self.note(happened)
    }

    /// The encoder of the part under way.
    fn encoder(&mut self) -> Result<&mut Encoder, PackError> {
        let encoder = match self.encoder.take() {
            Some(encoder) => encoder,
            None => self.new_encoder()?,
        };
        Ok(self.encoder.insert(encoder))
    }

    fn new_encoder(&self) -> Result<Encoder, PackError> {
        let job = &self.job;
        let too_many = || PackError::Parts { number: job.number, parts_max: PLAN_PARTS_MAX };
        let identity = EncoderIdentity {
            instance: WRITER.to_owned(),
            shard: u16::try_from(self.part).map_err(|_| too_many())?,
            spool: job.folder.clone(),
            decoder_states: job.folder.clone(),
        };
        let started = Instant::now();
        let mut encoder = Encoder::new(EncoderSurroundings {
            identity,
            held_bytes_max: job.memory_bytes_max,
            clock_ms: Box::new(move || u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)),
            pool_is_low: Box::new(|| false),
            cpu: None,
        });
        let (key, options) = (job.dataset.clone(), job.options.clone());
        encoder.handle(EncoderMessage::Configure { dataset: DATASET, key, options });
        let mut expected = self.encoded.columns.clone();
        expected.add_what_fits(&job.expected);
        encoder.expect_columns(DATASET, expected);
        Ok(encoder)
    }

    fn end_part(&mut self) -> Result<(), PackError> {
        self.hours.clear();
        self.part_bytes = 0;
        let Some(mut encoder) = self.encoder.take() else { return Ok(()) };
        self.part += 1;
        let happened = encoder.handle(EncoderMessage::Cut { dataset: DATASET });
        self.note(happened)
    }

    fn note(&mut self, happened: Vec<EncoderEvent>) -> Result<(), PackError> {
        for event in happened {
            match event {
                EncoderEvent::Cut { cut, .. } => self.encoded.cuts.push(cut.cut),
                EncoderEvent::Failed { error, .. } => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Encoded, PackError> {
        self.end_part()?;
        Ok(self.encoded)
    }
}

/// The hours of the rows.
fn hours_of(rows: &RecordBatch) -> Result<BTreeSet<i64>, EncodeError> {
    if rows.num_rows() == 0 {
        return Ok(BTreeSet::new());
    }
    let times = event_times(rows)?.values();
    let mut hours = BTreeSet::new();
    let mut last = None;
    for time_us in times {
        let hour = hour_of(*time_us);
        if last != Some(hour) {
            hours.insert(hour);
            last = Some(hour);
        }
    }
    Ok(hours)
}
