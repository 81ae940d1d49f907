//! Starting a shard: its encoder thread, its executor, and what its log holds from before.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use glommio::{ExecutorJoinHandle, LocalExecutorBuilder, Placement};
use hashbrown::HashMap;
use tracing::{error, info, warn};

use super::intake::Intake;
use super::wake::Wake;
use super::{DatasetSettings, LoggedBlock, Shard, ShardLog, ShardSettings, control, logging, parsing};
use crate::account::{Aside, DatasetWriters, Movement};
use crate::encode::thread::EncoderSurroundings;
use crate::encode::{self, EncoderEvent, EncoderHandle, EncoderIdentity, MessageSender};
use crate::limits::{HEARTBEAT_MS, RING_DEPTH, RING_MEMORY_BYTES};
use crate::log::{GlommioDisk, Log, LogError, Recovery};
use crate::names::DatasetKey;
use crate::receive::udp::DatagramReceiver;

/// Why a shard could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The kernel does not let the process use io_uring.
    #[error(
        "io_uring is not available ({source}): set `sysctl kernel.io_uring_disabled=0`, and where a container or \
         seccomp profile blocks it, allow io_uring_setup, io_uring_enter and io_uring_register"
    )]
    IoUring {
        /// What the kernel said.
        source: io::Error,
    },
    /// The executor or the encoder thread could not be started.
    #[error("cannot start the threads of shard {shard}: {reason}")]
    Threads {
        /// The shard.
        shard: u16,
        /// What was said.
        reason: String,
    },
    /// The log could not be opened.
    #[error("cannot open the log of shard {shard}")]
    Log {
        /// The shard.
        shard: u16,
        /// Why.
        source: LogError,
    },
}

/// A shard that runs.
pub struct ShardHandle {
    executor: ExecutorJoinHandle<()>,
    encoder: EncoderHandle,
}

impl ShardHandle {
    /// Waits until the shard has drained.
    pub fn join(self) {
        if let Err(error) = self.executor.join() {
            warn!(%error, "a shard did not end well");
        }
        if self.encoder.thread.join().is_err() {
            warn!("an encoder thread did not end well");
        }
    }
}

/// Starts a shard and returns once its log is open and it can take data.
///
/// Call it from the main thread: threads that are started inside an executor inherit its one CPU.
///
/// # Errors
/// [`StartError`]; nothing runs then.
pub fn start(settings: ShardSettings) -> Result<ShardHandle, StartError> {
    super::probe::io_uring().map_err(|source| StartError::IoUring { source })?;
    let shard = settings.shard;
    let threads = |reason: String| StartError::Threads { shard, reason };
    let identity = EncoderIdentity {
        instance: settings.instance.clone(),
        shard,
        spool: settings.spool_directory.clone(),
        decoder_states: settings.decoder_state_directory.clone(),
    };
    let encoder = encode::spawn(encoder_surroundings(&settings, identity))
        .map_err(|error| threads(error.to_string()))?;
    let (messages, events) = (encoder.messages.clone(), encoder.events.clone());
    let (tell, started) = async_channel::bounded(1);
    let placement = settings.cpu.map_or(Placement::Unbound, Placement::Fixed);
    let executor = LocalExecutorBuilder::new(placement)
        .name(&format!("shard-{shard}"))
        .io_memory(RING_MEMORY_BYTES)
        .ring_depth(RING_DEPTH)
        .spawn(move || run(settings, messages, events, tell))
        .map_err(|error| threads(error.to_string()))?;
    match started.recv_blocking() {
        Ok(Ok(())) => Ok(ShardHandle { executor, encoder }),
        Ok(Err(source)) => Err(StartError::Log { shard, source }),
        // The executor ended before it could say anything: only `join` knows why.
        Err(_) => {
            let reason = executor
                .join()
                .err()
                .map_or_else(|| "it ended at once".to_owned(), |error| error.to_string());
            Err(threads(reason))
        }
    }
}

fn encoder_surroundings(settings: &ShardSettings, identity: EncoderIdentity) -> EncoderSurroundings {
    let clock = Arc::clone(&settings.clock);
    let pool = settings.pool.clone();
    EncoderSurroundings {
        identity,
        held_bytes_max: settings.row_groups_bytes_max,
        clock_ms: Box::new(move || u64::try_from(clock.monotonic().as_millis()).unwrap_or(u64::MAX)),
        pool_is_low: Box::new(move || pool.available() * 4 <= pool.blocks_max()),
        cpu: settings.cpu,
    }
}

async fn run(
    mut settings: ShardSettings,
    encoder: MessageSender,
    events: async_channel::Receiver<EncoderEvent>,
    tell: async_channel::Sender<Result<(), LogError>>,
) {
    let (log, recovery) = match open_log(&settings).await {
        Ok(opened) => opened,
        Err(error) => {
            let _ = tell.send(Err(error)).await;
            return;
        }
    };
    let datasets = std::mem::take(&mut settings.datasets);
    let shard = Rc::new(Shard::new(settings, encoder));
    shard.take_up(datasets, recovery).await;
    shard.settings.status.log_bytes.store(log.used_bytes(), Ordering::Relaxed);
    let reader = log.reader();
    let tasks = [
        glommio::spawn_local(logging::run(Rc::clone(&shard), log)),
        glommio::spawn_local(parsing::run(Rc::clone(&shard), reader)),
        glommio::spawn_local(control::run_encoder_events(Rc::clone(&shard), events)),
        glommio::spawn_local(control::run(Rc::clone(&shard))),
        glommio::spawn_local(beat(Rc::clone(&shard))),
    ];
    shard.settings.status.ready.store(true, Ordering::Release);
    let _ = tell.send(Ok(())).await;
    shard.drained.wait().await;
    for task in tasks {
        task.cancel().await;
    }
    // What is left of these must end here: others hold wakers of it that outlive the executor. The log has their blocks.
    let waiting = shard.waiting.take();
    for task in waiting.into_values() {
        task.cancel().await;
    }
}

async fn open_log(settings: &ShardSettings) -> Result<(ShardLog, Recovery), LogError> {
    let disk =
        GlommioDisk::open(&settings.log_directory).await.map_err(LogError::io("open", "its folder"))?;
    Log::open(disk, settings.log.clone(), settings.pool.clone()).await
}

impl Shard {
    fn new(settings: ShardSettings, encoder: MessageSender) -> Self {
        Self {
            intake: RefCell::new(Intake::new(settings.pool.clone())),
            settings,
            datasets: RefCell::new(Vec::new()),
            by_key: RefCell::new(HashMap::new()),
            datagrams: RefCell::new(DatagramReceiver::new()),
            intents: RefCell::new(VecDeque::new()),
            intents_must_wait: Cell::new(false),
            commits: RefCell::new(VecDeque::new()),
            spool_bytes: Cell::new(0),
            logged: RefCell::new(VecDeque::new()),
            logged_in_memory: Cell::new(0),
            encoder,
            log_may_be_tried: Cell::new(false),
            log_work: Wake::default(),
            parse_work: Wake::default(),
            drained: Wake::default(),
            inputs: RefCell::new(HashMap::new()),
            open_uploads: Cell::new(0),
            is_logging: Cell::new(false),
            is_parsing: Cell::new(false),
            waiting: RefCell::new(HashMap::new()),
            is_drained: Cell::new(false),
        }
    }

    /// Takes up what the log holds from before: blocks without a committed object are parsed again, in order.
    async fn take_up(self: &Rc<Self>, datasets: Vec<(DatasetSettings, DatasetWriters)>, recovery: Recovery) {
        for (settings, writers) in datasets {
            self.set_dataset(settings, Some(writers)).await;
        }
        let blocks = recovery.blocks.len();
        if blocks > 0 {
            info!(shard = self.settings.shard, blocks, "taking up what the log holds from before");
        }
        self.settings.status.log_damaged_records.fetch_add(recovery.damage_count, Ordering::Relaxed);
        for place in recovery.blocks {
            let known = self.dataset_index(&place.dataset);
            let Some(index) =
                (if known.is_some() { known } else { self.add_unknown_dataset(&place.dataset).await })
            else {
                continue;
            };
            let events = u64::from(place.entry_count);
            let replayed = Movement::receive(events, 0).and(Aside::Replayed, events);
            self.intake.borrow_mut().tally(index).record(&replayed);
            self.datasets.borrow_mut()[index].uncut.push_back(place.clone());
            let block = LoggedBlock { dataset: index, place, block: None };
            self.logged.borrow_mut().push_back(block);
        }
        for intent in recovery.pending_intents {
            if let Some(index) = self.dataset_index(&intent.dataset) {
                self.datasets.borrow_mut()[index].intents.push_back(intent);
            }
        }
        let datasets = self.datasets.borrow().len();
        (0..datasets).for_each(|index| self.load_learned(index));
    }

    /// A dataset that only the log knows: its configuration is gone, its events are stored nevertheless. Where that is
    /// impossible they stay in the log.
    async fn add_unknown_dataset(self: &Rc<Self>, key: &DatasetKey) -> Option<usize> {
        let shard = self.settings.shard;
        match (self.settings.unknown_dataset)(key) {
            Ok((settings, writers)) => {
                warn!(shard, dataset = %key, "the log holds events of a dataset that is not configured; they are stored with default settings");
                self.set_dataset(settings, Some(writers)).await;
            }
            Err(error) => {
                error!(shard, dataset = %key, %error, "the log holds events of a dataset that is not configured; they stay in the log");
            }
        }
        self.dataset_index(key)
    }
}

/// Shows that the executor comes round, and that nothing it should do is stuck.
async fn beat(shard: Rc<Shard>) {
    let mut commits_before = 0;
    loop {
        glommio::timer::sleep(Duration::from_millis(HEARTBEAT_MS)).await;
        let status = &shard.settings.status;
        // Whoever asks is told by the status; it must not stay as the last datagram or request found it.
        shard.spool_is_full();
        let commits = status.log_commits.load(Ordering::Relaxed);
        let has_waiting = shard.intake.borrow().has_sealed();
        let takes_data = status.log_trouble.load(Ordering::Relaxed) == super::LOG_TAKES;
        // A full log or a failing disk is trouble that is told by itself; a stuck log task is not.
        if !takes_data || !has_waiting || commits != commits_before {
            status.progress.fetch_add(1, Ordering::Relaxed);
        }
        commits_before = commits;
    }
}
