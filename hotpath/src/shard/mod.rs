//! A shard: one executor bound to a CPU that receives, logs, parses and filters, and beside it an encoder thread.
//!
//! Shards share nothing on the way of an event. The tasks of one executor meet in [`Shard`]; with the rest of the
//! process it exchanges commands, finished cuts and numbers.

mod acknowledgement;
mod control;
mod inputs;
mod intake;
mod learned;
mod logging;
mod parsing;
mod probe;
mod settings;
mod start;
mod status;
mod stop;
mod wake;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use hashbrown::HashMap;

use crate::account::{DropReason, TallyWriter};
use crate::batch::BatchBuilder;
use crate::block::SealedBlock;
use crate::decode::{Decoder, Format};
use crate::encode::{AccountedCut, MessageSender};
use crate::filter::{FilterState, Filters};
use crate::log::{GlommioDisk, Intent, Log, LogReader, RecordPlace};
use crate::names::DatasetKey;
use crate::receive::udp::DatagramReceiver;
use intake::{DatasetIndex, Intake};
use learned::Learned;
use wake::Wake;

pub use acknowledgement::IngestOutcome;
pub use settings::{
    DatasetSettings, IngestBatch, InputSettings, ShardCommand, ShardSettings, StreamOptions, Transport,
    UnknownDataset, Upload, UploadedCut,
};
pub use start::{ShardHandle, StartError, start};
pub use status::{LOG_FAILS, LOG_FULL, LOG_TAKES, ShardStatus};

type ShardLog = Log<GlommioDisk>;
type ShardLogReader = LogReader<GlommioDisk>;

/// A dataset on this shard.
struct Dataset {
    key: DatasetKey,
    format: Format,
    decoder: Box<dyn Decoder>,
    learned: Learned,
    rows: BatchBuilder,
    filters: Rc<Filters>,
    /// Whether events that a filter fails on become dead letters.
    sets_failed_aside: bool,
    /// Taken out while a block goes through the filters.
    filter_state: FilterState,
    encoder_tally: TallyWriter,
    uploader_tally: TallyWriter,
    /// Rows that went to the encoder, by the last position of their block; kept until their cut is committed.
    held: VecDeque<(u64, u64)>,
    /// Blocks that are not in a finished cut: what the encoder is given again when it could not write.
    uncut: VecDeque<RecordPlace>,
    /// Last position that was decoded; what is decoded again up to there is accounted for already.
    decoded_through: Option<u64>,
    /// How often the encoder lost what it had, and all since the last cut was put back to be decoded again.
    setbacks: u64,
    /// The encoder was not told yet that what it lost begins to come again.
    must_restart: bool,
    /// Intents of the time before the start whose upload was not committed, in the order of their positions.
    intents: VecDeque<Intent>,
    /// Those of them whose files are being closed again.
    intents_closing: Vec<Intent>,
}

impl Dataset {
    /// Notes that a block was decoded; whether it had been before.
    fn note_decoded(&mut self, place: &RecordPlace) -> bool {
        let last_position = place.last_position();
        if self.decoded_through.is_some_and(|through| last_position <= through) {
            return true;
        }
        self.decoded_through = Some(last_position);
        false
    }

    /// The uncommitted intent that covers a position.
    fn replayed_range(&self, position: u64) -> Option<&Intent> {
        self.intents.front().filter(|intent| intent.first <= position)
    }
}

/// A block that is durable and waits to be parsed.
struct LoggedBlock {
    dataset: DatasetIndex,
    place: RecordPlace,
    /// `None`: it is read back from the log when its turn comes.
    block: Option<SealedBlock>,
}

/// An input that runs, and what ends it.
struct RunningInput {
    input: Rc<inputs::Input>,
    task: glommio::Task<()>,
}

/// What the tasks of one executor share.
struct Shard {
    settings: ShardSettings,
    intake: RefCell<Intake>,
    datasets: RefCell<Vec<Dataset>>,
    by_key: RefCell<HashMap<DatasetKey, DatasetIndex>>,
    datagrams: RefCell<DatagramReceiver>,
    /// Finished cuts whose intent is not yet logged.
    intents: RefCell<VecDeque<Upload>>,
    /// The log has as many open intents as it takes.
    intents_must_wait: Cell<bool>,
    /// Uploaded cuts whose commit is not yet logged.
    commits: RefCell<VecDeque<UploadedCut>>,
    /// Bytes of finished files that are not yet uploaded.
    spool_bytes: Cell<u64>,
    logged: RefCell<VecDeque<LoggedBlock>>,
    logged_in_memory: Cell<usize>,
    encoder: MessageSender,
    /// The log was in trouble, and nothing waits that would show when it is over: whoever comes next tries it.
    log_may_be_tried: Cell<bool>,
    log_work: Wake,
    parse_work: Wake,
    drained: Wake,
    inputs: RefCell<HashMap<String, RunningInput>>,
    open_uploads: Cell<usize>,
    is_logging: Cell<bool>,
    is_parsing: Cell<bool>,
    /// What parses a block whose filters wait: one task for each such dataset.
    waiting: RefCell<HashMap<DatasetIndex, glommio::Task<()>>>,
    is_drained: Cell<bool>,
}

impl Shard {
    fn dataset_index(&self, key: &DatasetKey) -> Option<DatasetIndex> {
        self.by_key.borrow().get(key).copied()
    }

    /// Whether one more logged block may stay in memory until it is parsed: half of the pool is for that.
    fn may_keep_block(&self) -> bool {
        self.logged_in_memory.get() * 2 < self.settings.pool.blocks_max()
    }

    /// Why a datagram cannot be taken now.
    fn why_nothing_is_taken(&self) -> DropReason {
        if self.spool_is_full() {
            return DropReason::SpoolFull;
        }
        match self.settings.status.log_trouble.load(Ordering::Relaxed) {
            LOG_FULL => DropReason::LogFull,
            LOG_FAILS => DropReason::LogFailed,
            _ => DropReason::NoMemory,
        }
    }

    /// Whether what a sender can keep is taken.
    fn log_takes_data(&self) -> bool {
        let is_well = self.settings.status.log_trouble.load(Ordering::Relaxed) == LOG_TAKES;
        (is_well || self.log_may_be_tried.get()) && !self.spool_is_full()
    }

    /// Whether finished files take as much disk as they may, because the storage takes them too slowly.
    fn spool_is_full(&self) -> bool {
        let is_full = self.spool_bytes.get() >= self.settings.spool_disk_bytes_max;
        self.settings.status.spool_is_full.store(is_full, Ordering::Relaxed);
        is_full
    }

    fn takes_data(&self) -> bool {
        self.log_takes_data() && !self.intake.borrow().is_congested()
    }

    fn connection_opened(&self) {
        self.settings.status.connections.fetch_add(1, Ordering::Relaxed);
    }

    fn connection_closed(&self) {
        self.settings.status.connections.fetch_sub(1, Ordering::Relaxed);
    }

    fn has_no_connections(&self) -> bool {
        self.settings.status.connections.load(Ordering::Relaxed) == 0
    }

    /// Rows up to a position that were held for upload and are not any more.
    fn release_held(&self, key: &DatasetKey, last_position: u64) -> u64 {
        let Some(index) = self.dataset_index(key) else { return 0 };
        let mut datasets = self.datasets.borrow_mut();
        let held = &mut datasets[index].held;
        let mut rows = 0;
        while let Some((last, count)) = held.front().copied()
            && last <= last_position
        {
            rows += count;
            held.pop_front();
        }
        rows
    }

    /// Passes a cut, whose intent is durable, to the uploads.
    fn hand_to_upload(&self, upload: Upload) {
        self.settings.status.upload_backlog_cuts.fetch_add(1, Ordering::Relaxed);
        self.open_uploads.set(self.open_uploads.get() + 1);
        // The channel is unbounded: what bounds it is the log, which holds every row of these cuts. It is closed only
        // when the process ends, and then the log still has the intent.
        let _ = self.settings.finished_cuts.try_send(upload);
    }

    /// Takes a cut that the encoder has finished: its intent is logged next.
    fn cut_finished(&self, cut: AccountedCut) {
        if let Some(index) = self.dataset_index(&cut.cut.dataset) {
            let learned = &mut self.datasets.borrow_mut()[index].learned;
            learned.note_cut(cut.cut.last_position, cut.decoder_state);
        }
        let upload = control::upload_of(self, cut.cut);
        let bytes: u64 = upload.cut.local_files().map(|file| file.bytes).sum();
        self.spool_bytes.set(self.spool_bytes.get() + bytes);
        self.intents.borrow_mut().push_back(upload);
        self.log_work.set();
    }
}
