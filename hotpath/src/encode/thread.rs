//! The encoder thread beside a shard: messages in, finished cuts out.
//!
//! A dataset that failed takes no rows until [`EncoderMessage::Restart`]: rows that were on their way behind the
//! failure must not be reported stored before those that failed. The shard sends all of them again after it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use arrow::array::RecordBatch;
use async_channel::{Receiver, Sender};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use super::dataset::{AccountedCut, CutReason, DatasetEncoder, Rows};
use super::error::EncodeError;
use super::options::{DatasetOptions, EncoderIdentity};
use super::queue::{MessageReceiver, MessageSender, channel};
use super::schema::ColumnSet;
use crate::cut::FileKind;
use crate::limits::{ENCODER_DATASETS_MAX, ENCODER_EVENTS_MAX};
use crate::names::DatasetKey;

/// Pinned memory from which a row group is written when the pool is low; a smaller one is copied out of its blocks.
const WRITE_WHEN_LOW_BYTES: usize = 4 << 20;

/// What a shard says to its encoder thread. Datasets are named by the shard's numbers for them.
#[derive(Debug)]
pub enum EncoderMessage {
    /// A dataset begins, or has other options.
    Configure {
        /// The shard's number for it.
        dataset: u32,
        /// Its name; that of a number never changes.
        key: DatasetKey,
        /// Rules of its files.
        options: DatasetOptions,
    },
    /// Rows to store. A batch without rows moves the positions on all the same.
    Rows {
        /// The shard's number for the dataset.
        dataset: u32,
        /// What filters left.
        batch: RecordBatch,
        /// Rows that a filter failed on, where the dataset wants them apart.
        dead_letters: Option<RecordBatch>,
        /// First position that the batch comes from.
        first_position: u64,
        /// Last position that the batch comes from, itself included.
        last_position: u64,
        /// Events of the dataset between them.
        events: u64,
        /// The state of the decoder behind the last position, if it has changed since the rows before.
        decoder_state: Option<Arc<[u8]>>,
        /// Until the next rows no rule closes the files, only [`EncoderMessage::Cut`]; they are of this kind.
        hold_cut: Option<FileKind>,
    },
    /// Closes the files of a dataset exactly here.
    Cut {
        /// The shard's number for it.
        dataset: u32,
    },
    /// Closes the files of all datasets that are not held.
    CutAll,
    /// Ends the failure of a dataset: rows that follow are taken again.
    Restart {
        /// The shard's number for it.
        dataset: u32,
    },
    /// Closes the files of all datasets that are not held, and ends the thread.
    Stop,
}

/// What an encoder thread says to its shard.
#[derive(Debug)]
pub enum EncoderEvent {
    /// Files were closed and are on disk. The log may forget the positions once they are uploaded and committed.
    Cut {
        /// The shard's number for the dataset.
        dataset: u32,
        /// Files, positions and counts.
        cut: AccountedCut,
    },
    /// Rows since the last cut could not be written, and no file of them is left. The log keeps them; see
    /// [`EncoderMessage::Restart`].
    Failed {
        /// The shard's number for the dataset.
        dataset: u32,
        /// First position that is not stored.
        first_position: u64,
        /// Last position that the thread had taken.
        last_position: u64,
        /// What went wrong.
        error: EncodeError,
    },
}

/// Figures of an encoder thread, to be read at any time.
#[derive(Debug, Default)]
pub struct EncoderGauges {
    /// Memory that open row groups hold, in bytes: blocks and columns.
    pub pinned_bytes: AtomicU64,
}

/// What an encoder is told of its surroundings.
pub struct EncoderSurroundings {
    /// Who writes, and where to.
    pub identity: EncoderIdentity,
    /// Memory that all open row groups may hold, in bytes; beyond it the largest is written.
    pub held_bytes_max: usize,
    /// Milliseconds of a clock that never goes back.
    pub clock_ms: Box<dyn Fn() -> u64 + Send>,
    /// Whether the pool of blocks is about to run out.
    pub pool_is_low: Box<dyn Fn() -> bool + Send>,
    /// The CPU that the thread is bound to, that of its shard; `None` leaves it to the kernel.
    pub cpu: Option<usize>,
}

struct Slot {
    encoder: DatasetEncoder,
    is_held: bool,
    has_failed: bool,
}

/// The encoder without its thread: each call does its work before it returns.
pub struct Encoder {
    surroundings: EncoderSurroundings,
    identity: Arc<EncoderIdentity>,
    datasets: BTreeMap<u32, Slot>,
    held_bytes: usize,
    /// When the next open range becomes too old; may be too early, never too late.
    next_due_ms: u64,
    gauges: Arc<EncoderGauges>,
    events: Vec<EncoderEvent>,
}

impl Encoder {
    /// An encoder without datasets.
    pub fn new(surroundings: EncoderSurroundings) -> Self {
        Self {
            identity: Arc::new(surroundings.identity.clone()),
            surroundings,
            datasets: BTreeMap::new(),
            held_bytes: 0,
            next_due_ms: u64::MAX,
            gauges: Arc::default(),
            events: Vec::new(),
        }
    }

    /// Its figures.
    pub fn gauges(&self) -> Arc<EncoderGauges> {
        Arc::clone(&self.gauges)
    }

    /// Does what a message says; returns what came of it. `Stop` closes files as `CutAll` does.
    pub fn handle(&mut self, message: EncoderMessage) -> Vec<EncoderEvent> {
        match message {
            EncoderMessage::Configure { dataset, key, options } => self.configure(dataset, key, options),
            EncoderMessage::Rows {
                dataset,
                batch,
                dead_letters,
                first_position,
                last_position,
                events,
                decoder_state,
                hold_cut,
            } => {
                let rows = Rows { batch, dead_letters, first_position, last_position, events, decoder_state };
                self.take_rows(dataset, &rows, hold_cut);
                self.relieve_memory();
            }
            EncoderMessage::Cut { dataset } => {
                self.cut(dataset, CutReason::Asked);
                if let Some(slot) = self.datasets.get_mut(&dataset) {
                    slot.is_held = false;
                }
            }
            EncoderMessage::CutAll => self.cut_all(CutReason::Asked),
            EncoderMessage::Restart { dataset } => {
                if let Some(slot) = self.datasets.get_mut(&dataset) {
                    slot.has_failed = false;
                }
            }
            EncoderMessage::Stop => {
                self.cut_all(CutReason::Stop);
                self.discard_all();
            }
        }
        self.publish();
        std::mem::take(&mut self.events)
    }

    /// Names columns that the rows of a dataset are likely to have, as those of its last cut are taken to be likely. A file
    /// that gets more than one row group has them from the start.
    pub fn expect_columns(&mut self, dataset: u32, columns: ColumnSet) {
        if let Some(slot) = self.datasets.get_mut(&dataset) {
            slot.encoder.expect_columns(columns);
        }
    }

    /// Closes the files of datasets whose time has come.
    pub fn tick(&mut self) -> Vec<EncoderEvent> {
        let now_ms = (self.surroundings.clock_ms)();
        if now_ms < self.next_due_ms {
            return Vec::new();
        }
        let open: Vec<u32> =
            self.datasets.iter().filter(|(_, slot)| !slot.is_held).map(|(dataset, _)| *dataset).collect();
        for dataset in open {
            self.cut_if_due(dataset, now_ms);
        }
        let not_held = self.datasets.values().filter(|slot| !slot.is_held);
        self.next_due_ms = not_held.filter_map(|slot| slot.encoder.due_ms()).min().unwrap_or(u64::MAX);
        self.publish();
        std::mem::take(&mut self.events)
    }

    /// How long nothing needs to be done unless a message comes; `None` when for ever.
    fn idle_time(&self) -> Option<Duration> {
        if self.next_due_ms == u64::MAX {
            return None;
        }
        Some(Duration::from_millis(self.next_due_ms.saturating_sub((self.surroundings.clock_ms)())))
    }

    fn configure(&mut self, dataset: u32, key: DatasetKey, options: DatasetOptions) {
        if let Some(slot) = self.datasets.get_mut(&dataset) {
            slot.encoder.set_options(options);
            // A shorter age counts from now on.
            self.next_due_ms = 0;
            return;
        }
        if self.datasets.len() == ENCODER_DATASETS_MAX {
            // Its rows will be answered with the error of a dataset that is not known.
            tracing::error!(dataset = %key, limit = ENCODER_DATASETS_MAX, "too many datasets on one encoder thread");
            return;
        }
        let encoder = DatasetEncoder::new(key, options, Arc::clone(&self.identity));
        self.datasets.insert(dataset, Slot { encoder, is_held: false, has_failed: false });
    }

    fn take_rows(&mut self, dataset: u32, rows: &Rows, hold_cut: Option<FileKind>) {
        let Some(slot) = self.datasets.get_mut(&dataset) else {
            self.events.push(EncoderEvent::Failed {
                dataset,
                first_position: rows.first_position,
                last_position: rows.last_position,
                error: EncodeError::UnknownDataset { dataset },
            });
            return;
        };
        if slot.has_failed {
            return;
        }
        slot.is_held = hold_cut.is_some();
        if let Err(error) = self.store(dataset, rows, hold_cut) {
            self.fail(dataset, (rows.first_position, rows.last_position), error);
        }
    }

    fn store(&mut self, dataset: u32, rows: &Rows, wanted: Option<FileKind>) -> Result<(), EncodeError> {
        let Some(slot) = self.datasets.get(&dataset) else { return Ok(()) };
        if !slot.is_held && slot.encoder.has_files_of_another_kind() {
            self.cut(dataset, CutReason::Kind);
        }
        let Some(slot) = self.datasets.get(&dataset) else { return Ok(()) };
        let kind = slot.encoder.kind(wanted);
        let parts = DatasetEncoder::divide(rows, kind)?;
        if !slot.is_held
            && let Some(reason) = slot.encoder.cut_before(&parts)
        {
            self.cut(dataset, reason);
        }
        let now_ms = (self.surroundings.clock_ms)();
        let Some(slot) = self.datasets.get_mut(&dataset).filter(|slot| !slot.has_failed) else {
            return Ok(());
        };
        let held_before = slot.encoder.held_bytes();
        let pushed = slot.encoder.push(rows, (kind, parts), now_ms);
        self.held_bytes = self.held_bytes.saturating_sub(held_before) + slot.encoder.held_bytes();
        pushed?;
        if slot.is_held {
            return Ok(());
        }
        self.next_due_ms = self.next_due_ms.min(slot.encoder.due_ms().unwrap_or(u64::MAX));
        self.cut_if_due(dataset, now_ms);
        Ok(())
    }

    fn cut_if_due(&mut self, dataset: u32, now_ms: u64) {
        let Some(slot) = self.datasets.get(&dataset) else { return };
        if let Some(reason) = slot.encoder.cut_now(now_ms) {
            self.cut(dataset, reason);
        }
    }

    fn cut_all(&mut self, reason: CutReason) {
        let open: Vec<u32> =
            self.datasets.iter().filter(|(_, slot)| !slot.is_held).map(|(dataset, _)| *dataset).collect();
        for dataset in open {
            self.cut(dataset, reason);
        }
    }

    fn cut(&mut self, dataset: u32, reason: CutReason) {
        let Some(slot) = self.datasets.get_mut(&dataset) else { return };
        let Some(range) = slot.encoder.range() else { return };
        let held_before = slot.encoder.held_bytes();
        match slot.encoder.cut(reason) {
            Ok(Some(cut)) => {
                self.held_bytes = self.held_bytes.saturating_sub(held_before);
                self.events.push(EncoderEvent::Cut { dataset, cut });
            }
            Ok(None) => {}
            Err(error) => {
                self.held_bytes = self.held_bytes.saturating_sub(held_before);
                self.fail(dataset, (range.first_position, range.last_position), error);
            }
        }
    }

    /// Gives up what a dataset has since its last cut. `touched` are positions of which it may not know yet.
    fn fail(&mut self, dataset: u32, touched: (u64, u64), error: EncodeError) {
        let Some(slot) = self.datasets.get_mut(&dataset) else { return };
        let (mut first_position, mut last_position) = touched;
        if let Some(range) = slot.encoder.range() {
            first_position = first_position.min(range.first_position);
            last_position = last_position.max(range.last_position);
        }
        self.held_bytes = self.held_bytes.saturating_sub(slot.encoder.held_bytes());
        slot.encoder.discard();
        slot.has_failed = true;
        slot.is_held = false;
        self.events.push(EncoderEvent::Failed { dataset, first_position, last_position, error });
    }

    /// Writes row groups until the open ones hold no more than they may, and one more when the pool is low.
    fn relieve_memory(&mut self) {
        while self.held_bytes > self.surroundings.held_bytes_max {
            let largest = |encoder: &DatasetEncoder| encoder.largest_row_group();
            let Some((dataset, hour, _)) = self.find_largest(largest) else { return };
            self.on_row_group(dataset, |encoder| encoder.write_row_group(hour));
        }
        if !(self.surroundings.pool_is_low)() {
            return;
        }
        let pinning = |encoder: &DatasetEncoder| encoder.most_pinning_row_group();
        let Some((dataset, hour, pinned_bytes)) = self.find_largest(pinning) else { return };
        if pinned_bytes >= WRITE_WHEN_LOW_BYTES {
            self.on_row_group(dataset, |encoder| encoder.write_row_group(hour));
        } else {
            self.on_row_group(dataset, |encoder| encoder.copy_row_group(hour));
        }
    }

    fn find_largest(
        &self,
        of_dataset: impl Fn(&DatasetEncoder) -> Option<(i64, usize)>,
    ) -> Option<(u32, i64, usize)> {
        let candidates = self.datasets.iter().filter_map(|(dataset, slot)| {
            of_dataset(&slot.encoder).map(|(hour, bytes)| (*dataset, hour, bytes))
        });
        candidates.max_by_key(|(_, _, bytes)| *bytes)
    }

    fn on_row_group(
        &mut self,
        dataset: u32,
        work: impl FnOnce(&mut DatasetEncoder) -> Result<(), EncodeError>,
    ) {
        let Some(slot) = self.datasets.get_mut(&dataset) else { return };
        let Some(range) = slot.encoder.range() else { return };
        let held_before = slot.encoder.held_bytes();
        let done = work(&mut slot.encoder);
        self.held_bytes = self.held_bytes.saturating_sub(held_before) + slot.encoder.held_bytes();
        if let Err(error) = done {
            self.fail(dataset, (range.first_position, range.last_position), error);
        }
    }

    fn discard_all(&mut self) {
        for slot in self.datasets.values_mut() {
            slot.encoder.discard();
        }
        self.held_bytes = 0;
    }

    fn publish(&self) {
        self.gauges.pinned_bytes.store(self.held_bytes as u64, Ordering::Relaxed);
    }
}

/// A running encoder thread.
#[derive(Debug)]
pub struct EncoderHandle {
    /// Takes messages, as many as there is room for.
    pub messages: MessageSender,
    /// Gives events; the thread waits when [`ENCODER_EVENTS_MAX`] are not taken.
    pub events: Receiver<EncoderEvent>,
    /// Figures of the thread.
    pub gauges: Arc<EncoderGauges>,
    /// The thread itself; it ends after [`EncoderMessage::Stop`] or when all senders are gone.
    pub thread: JoinHandle<()>,
}

/// Starts the encoder thread of a shard. Call it outside the shard's executor: a thread inherits the CPU that its
/// starter is pinned to.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn(surroundings: EncoderSurroundings) -> std::io::Result<EncoderHandle> {
    let (messages, incoming) = channel();
    let (outgoing, events) = async_channel::bounded(ENCODER_EVENTS_MAX);
    let name = format!("encoder-{}", surroundings.identity.shard);
    let cpu = surroundings.cpu;
    let mut encoder = Encoder::new(surroundings);
    let gauges = encoder.gauges();
    let thread = std::thread::Builder::new().name(name).spawn(move || {
        bind_to(cpu);
        run(&mut encoder, &incoming, &outgoing);
    })?;
    Ok(EncoderHandle { messages, events, gauges, thread })
}

/// Binds the thread beside its shard. Where the system refuses, it runs where the kernel wants.
fn bind_to(cpu: Option<usize>) {
    let mut set = CpuSet::new();
    if let Some(cpu) = cpu
        && set.set(cpu).is_ok()
    {
        let _ = sched_setaffinity(Pid::from_raw(0), &set);
    }
}

fn run(encoder: &mut Encoder, messages: &MessageReceiver, events: &Sender<EncoderEvent>) {
    loop {
        let received = match encoder.idle_time() {
            Some(time_limit) => messages.receive_within(time_limit),
            None => messages.receive().map(Some),
        };
        // A shard that is gone is told nothing, but its files are closed as for one that stops.
        let message = received.unwrap_or(Some(EncoderMessage::Stop));
        let is_last = matches!(message, Some(EncoderMessage::Stop));
        let mut happened = message.map_or_else(Vec::new, |message| encoder.handle(message));
        happened.extend(encoder.tick());
        for event in happened {
            if events.send_blocking(event).is_err() && !is_last {
                return;
            }
        }
        if is_last {
            return;
        }
    }
}
