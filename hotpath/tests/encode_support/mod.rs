//! What the tests of the encoder share: batches, an encoder with a clock of the test, and a reader.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]
#![allow(dead_code, reason = "each test file uses a part")]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow::compute::concat_batches;
use hotpath::cut::FileKind;
use hotpath::encode::dataset::AccountedCut;
use hotpath::encode::thread::EncoderSurroundings;
use hotpath::encode::{DatasetOptions, Encoder, EncoderEvent, EncoderIdentity, EncoderMessage};
use hotpath::names::DatasetKey;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use tempfile::TempDir;

pub const HOUR_US: i64 = 3_600_000_000;
/// An hour of 2026 and the first microsecond of it.
pub const HOUR: i64 = 498_658;
pub const START_US: i64 = HOUR * HOUR_US;

pub struct Bench {
    pub spool: TempDir,
    pub clock_ms: Arc<AtomicU64>,
    pub pool_is_low: Arc<AtomicBool>,
    pub encoder: Encoder,
    next_position: u64,
}

impl Bench {
    pub fn new(options: DatasetOptions) -> Self {
        Self::with_held_bytes_max(options, usize::MAX)
    }

    pub fn with_held_bytes_max(options: DatasetOptions, held_bytes_max: usize) -> Self {
        let spool = tempfile::tempdir().unwrap();
        let clock_ms = Arc::new(AtomicU64::new(1_000));
        let pool_is_low = Arc::new(AtomicBool::new(false));
        let mut encoder = Encoder::new(EncoderSurroundings {
            identity: identity(spool.path()),
            held_bytes_max,
            clock_ms: Box::new({
                let clock_ms = Arc::clone(&clock_ms);
                move || clock_ms.load(Ordering::SeqCst)
            }),
            pool_is_low: Box::new({
                let pool_is_low = Arc::clone(&pool_is_low);
                move || pool_is_low.load(Ordering::SeqCst)
            }),
            cpu: None,
        });
        encoder.handle(EncoderMessage::Configure { dataset: 0, key: key(), options });
        Self { spool, clock_ms, pool_is_low, encoder, next_position: 0 }
    }

    /// Sends a batch that stands for as many events as it has rows.
    pub fn send(&mut self, batch: RecordBatch) -> Vec<EncoderEvent> {
        let events = batch.num_rows() as u64;
        self.send_as(batch, events, None)
    }

    pub fn send_held(&mut self, batch: RecordBatch) -> Vec<EncoderEvent> {
        let events = batch.num_rows() as u64;
        self.send_as(batch, events, Some(FileKind::Parquet))
    }

    pub fn send_as(
        &mut self,
        batch: RecordBatch,
        events: u64,
        hold_cut: Option<FileKind>,
    ) -> Vec<EncoderEvent> {
        self.send_with_dead_letters((batch, None), events, hold_cut)
    }

    pub fn send_with_dead_letters(
        &mut self,
        (batch, dead_letters): (RecordBatch, Option<RecordBatch>),
        events: u64,
        hold_cut: Option<FileKind>,
    ) -> Vec<EncoderEvent> {
        let first_position = self.next_position;
        self.next_position += events;
        let last_position = self.next_position - 1;
        self.encoder.handle(EncoderMessage::Rows {
            dataset: 0,
            batch,
            dead_letters,
            first_position,
            last_position,
            events,
            decoder_state: None,
            hold_cut,
        })
    }

    pub fn cut(&mut self) -> AccountedCut {
        only_cut(self.encoder.handle(EncoderMessage::Cut { dataset: 0 }))
    }

    pub fn at_ms(&mut self, now_ms: u64) -> Vec<EncoderEvent> {
        self.clock_ms.store(now_ms, Ordering::SeqCst);
        self.encoder.tick()
    }

    pub fn files_in_spool(&self) -> usize {
        std::fs::read_dir(self.spool.path()).unwrap().count()
    }
}

pub fn identity(spool: &Path) -> EncoderIdentity {
    EncoderIdentity {
        instance: "box1".to_owned(),
        shard: 3,
        spool: spool.to_path_buf(),
        decoder_states: spool.to_path_buf(),
    }
}

pub fn key() -> DatasetKey {
    DatasetKey::new("acme", "fw").unwrap()
}

pub fn only_cut(events: Vec<EncoderEvent>) -> AccountedCut {
    assert_eq!(events.len(), 1, "{events:?}");
    match events.into_iter().next() {
        Some(EncoderEvent::Cut { dataset: 0, cut }) => cut,
        other => panic!("not a cut: {other:?}"),
    }
}

/// A batch with these times and columns.
pub fn batch(times_us: &[i64], columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let times = TimestampMicrosecondArray::from(times_us.to_vec()).with_timezone("UTC");
    let mut all: Vec<(&str, ArrayRef)> = vec![("event_time", Arc::new(times))];
    all.extend(columns);
    // Every column may be null, as those of the batch builder.
    RecordBatch::try_from_iter_with_nullable(all.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

/// `rows` rows from `start_us` on, a microsecond apart, with a number and a text.
pub fn numbered(start_us: i64, rows: usize) -> RecordBatch {
    let times: Vec<i64> = (0..rows as i64).map(|row| start_us + row).collect();
    let texts: Vec<String> = (0..rows).map(|row| format!("text of row number {row}")).collect();
    batch(
        &times,
        vec![("number", ints((0..rows as i64).map(Some))), ("note", strings(texts.iter().map(Some)))],
    )
}

pub fn ints(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from_iter(values))
}

pub fn strings(values: impl IntoIterator<Item = Option<impl AsRef<str>>>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter(values))
}

/// All rows of a file in one batch.
pub fn read(path: &Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

/// The footer of a file, page index included.
pub fn metadata(path: &Path) -> ParquetMetaData {
    ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Optional)
        .parse_and_finish(&File::open(path).unwrap())
        .unwrap()
}
