//! What a shard is told: how to run, its datasets, and its inputs with their sockets.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::account::DatasetWriters;
use crate::batch::{ColumnRegistry, RowOptions};
use crate::block::{BlockPool, Peer, SourceType};
use crate::clock::Clock;
use crate::cut::FinishedCut;
use crate::decode::{DecoderOptions, Format};
use crate::encode::DatasetOptions;
use crate::filter::{FilterDefinition, Resources};
use crate::framing::Framing;
use crate::log::LogOptions;
use crate::names::DatasetKey;
use crate::shard::acknowledgement::IngestOutcome;
use crate::shard::status::ShardStatus;

/// Makes settings and an account for a dataset that has events in the log and no configuration.
pub type UnknownDataset =
    Box<dyn Fn(&DatasetKey) -> Result<(DatasetSettings, DatasetWriters), BoxedError> + Send>;

/// An error of whoever makes settings.
pub type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// How a shard runs; fixed for its life.
pub struct ShardSettings {
    /// Its number, from 0; part of object keys.
    pub shard: u16,
    /// The name of this instance; part of object keys.
    pub instance: String,
    /// The CPU that its executor and its encoder thread are bound to; `None` leaves that to the kernel.
    pub cpu: Option<usize>,
    /// Where its log lies.
    pub log_directory: PathBuf,
    /// Limits of its log.
    pub log: LogOptions,
    /// Where its encoder writes Parquet files.
    pub spool_directory: PathBuf,
    /// Where it keeps what its decoders have learned.
    pub decoder_state_directory: PathBuf,
    /// Bytes of finished files that may wait for their upload; beyond it senders wait and datagrams are lost.
    pub spool_disk_bytes_max: u64,
    /// Longest time that an event of a sender that does not wait stays out of the log.
    pub flush_interval: Duration,
    /// Its blocks.
    pub pool: BlockPool,
    /// Memory that open row groups may hold, in bytes.
    pub row_groups_bytes_max: usize,
    /// Its datasets at the start, with their accounts.
    pub datasets: Vec<(DatasetSettings, DatasetWriters)>,
    /// Settings for a dataset that only the log knows.
    pub unknown_dataset: UnknownDataset,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// What others may see of it.
    pub status: Arc<ShardStatus>,
    /// Where finished cuts go once their intent is durable; each is answered by [`ShardCommand::Uploaded`].
    pub finished_cuts: async_channel::Sender<Upload>,
    /// Commands from the rest of the process.
    pub commands: async_channel::Receiver<ShardCommand>,
}

/// A dataset as a shard handles it.
pub struct DatasetSettings {
    /// Its name.
    pub key: DatasetKey,
    /// The format of its events.
    pub format: Format,
    /// Options of the decoder.
    pub decoder: DecoderOptions,
    /// Options for every row.
    pub rows: RowOptions,
    /// Its filters, in order; they compile (the configuration has been checked).
    pub filters: Vec<FilterDefinition>,
    /// Whether events that a filter fails on become dead letters.
    pub sets_failed_aside: bool,
    /// The column types that all shards agree on.
    pub registry: Arc<ColumnRegistry>,
    /// Where what its filters name comes from. They have been compiled with it, so that a shard finds it read.
    pub resources: Arc<Resources>,
    /// Options of its Parquet files.
    pub encode: DatasetOptions,
}

/// One listening socket.
pub struct InputSettings {
    /// Names the input among those of the shard.
    pub id: String,
    /// The dataset that its events go to.
    pub dataset: DatasetKey,
    /// The bound socket.
    pub socket: OwnedFd,
    /// The address that it is bound to.
    pub address: SocketAddr,
    /// The kind of input, which its events carry.
    pub source_type: SourceType,
    /// Longest message in bytes; a longer one is cut.
    pub message_bytes_max: usize,
    /// What is done with the socket.
    pub transport: Transport,
}

/// How an input receives.
#[derive(Clone)]
pub enum Transport {
    /// Datagrams, a message each.
    Udp,
    /// Streams of messages.
    Stream(StreamOptions),
}

/// How streams are handled.
#[derive(Clone)]
pub struct StreamOptions {
    /// How messages are told apart.
    pub framing: Framing,
    /// Connections at once, for this shard.
    pub connections_max: usize,
    /// A connection that brings nothing for so long is closed.
    pub idle_timeout: Duration,
    /// Set for TLS.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

/// A batch from a sender that waits until it is durable.
pub struct IngestBatch {
    /// The dataset it goes to.
    pub dataset: DatasetKey,
    /// Who sent it.
    pub peer: Peer,
    /// Receipt, in microseconds since 1970.
    pub received_us: i64,
    /// The messages' bytes.
    pub bytes: Vec<u8>,
    /// Where each message lies in `bytes`, and whether it was cut.
    pub messages: Vec<(std::ops::Range<usize>, bool)>,
    /// Where the answer goes.
    pub reply: async_channel::Sender<IngestOutcome>,
}

/// A finished cut whose intent is durable.
#[derive(Debug)]
pub struct Upload {
    /// Its files.
    pub cut: FinishedCut,
    /// The objects that they become, in their order.
    pub keys: Vec<String>,
    /// Objects that an earlier intent for the same positions named and that this cut does not have: to be deleted.
    pub stale_keys: Vec<String>,
}

/// A cut that is in storage, or with a receiver.
#[derive(Debug, Clone)]
pub struct UploadedCut {
    /// Its dataset.
    pub dataset: DatasetKey,
    /// Its first position.
    pub first_position: u64,
    /// Its last position.
    pub last_position: u64,
    /// Rows in its objects.
    pub rows: u64,
    /// Bytes of its objects.
    pub bytes: u64,
    /// Number of its objects.
    pub files: u64,
    /// Rows of them that are dead letters: a filter failed on them, or no receiver took them.
    pub dead_rows: u64,
}

/// What the rest of the process tells a shard.
pub enum ShardCommand {
    /// Add a dataset, or change one from its next block on. The writers are given with the first settings of a key.
    SetDataset(Box<DatasetSettings>, Option<DatasetWriters>),
    /// Start to receive on a socket.
    StartInput(Box<InputSettings>),
    /// Stop to receive on a socket; what it brought is kept.
    StopInput(String),
    /// Take a batch.
    Ingest(Box<IngestBatch>),
    /// All objects of a cut are in storage.
    Uploaded(UploadedCut),
    /// Close all files now, so that their rows are uploaded.
    CutAll,
    /// Stop all inputs, log and close what is there, and end once every finished cut is uploaded or `deadline` is over.
    Drain {
        /// How long to wait for uploads; what is not uploaded by then stays in the log.
        deadline: Duration,
    },
}
