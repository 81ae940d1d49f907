//! What the log answers when it cannot do what it was asked.

use crate::log::payload::RecordError;
use crate::log::recovery::DamageReason;
use crate::names::DatasetKey;
use std::io;

/// Why the log refused or failed. After any error nothing of the group may be acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The disk failed.
    #[error("the log could not {operation} {name}")]
    Io {
        /// What was done.
        operation: &'static str,
        /// The file, or the log's folder.
        name: String,
        /// What the system answered.
        source: io::Error,
    },
    /// The log's disk budget, the number of its segments, or the file system is used up: commit uploads, then retry.
    #[error(
        "the log is full: {used_bytes} of {disk_bytes_max} bytes are in use; it takes blocks again when uploads are committed"
    )]
    Full {
        /// Bytes of all segments.
        used_bytes: u64,
        /// The budget.
        disk_bytes_max: u64,
    },
    /// The group is larger than one segment or one write takes.
    #[error("the group of records has {bytes} bytes, at most {bytes_max} can be appended together")]
    GroupTooLarge {
        /// Bytes of the group.
        bytes: u64,
        /// The maximum.
        bytes_max: u64,
    },
    /// A record of the group cannot be written.
    #[error("record {index} of the group cannot be written: {source}")]
    Record {
        /// Index in the group.
        index: usize,
        /// What is wrong with it.
        source: RecordError,
    },
    /// A commit would pass over an earlier upload of the dataset, whose rows would be lost.
    #[error(
        "{dataset} cannot be committed up to {last}: positions {pending_first} to {pending_last} are not yet"
    )]
    CommitOutOfOrder {
        /// The dataset.
        dataset: DatasetKey,
        /// Last position of the commit.
        last: u64,
        /// First position of the earlier intent.
        pending_first: u64,
        /// Last position of the earlier intent.
        pending_last: u64,
    },
    /// Too many intents wait for their commit.
    #[error("{count} uploads wait for their commit, at most as many may")]
    PendingIntents {
        /// How many wait.
        count: usize,
    },
    /// Too many datasets have rows in the log.
    #[error("the log holds rows of {count} datasets, {dataset} would be one too many")]
    Datasets {
        /// How many there are.
        count: usize,
        /// The one too many.
        dataset: DatasetKey,
    },
    /// The segment was written by another instance or shard.
    #[error(
        "log segment {name} was written by another instance or shard: set the instance's name back, or export the segment with `wal export` and move it away"
    )]
    Foreign {
        /// The segment's file.
        name: String,
    },
    /// The segment was written by a later version of the program.
    #[error(
        "log segment {name} has format version {version}, this program reads up to {known}: use the newer program"
    )]
    Version {
        /// The segment's file.
        name: String,
        /// Its version.
        version: u32,
        /// The highest version that is known.
        known: u32,
    },
    /// All block memory is in use: wait until a block is given back, then read again.
    #[error("no block memory is free to read the log into")]
    NoBlockMemory,
    /// The record that was to be read is damaged, or is no block.
    #[error("the record at {offset} of log segment {segment} cannot be read: {reason:?}")]
    Damaged {
        /// Number of the segment.
        segment: u64,
        /// Offset of the record.
        offset: u64,
        /// What is wrong.
        reason: DamageReason,
    },
    /// The options contradict themselves.
    #[error("{what}")]
    Options {
        /// What is wrong, and what to do.
        what: String,
    },
}

impl LogError {
    /// Whether the file system has no room left.
    pub fn is_storage_full(&self) -> bool {
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        matches!(self, Self::Io { source, .. } if full.contains(&source.kind()))
    }

    pub(crate) fn io(operation: &'static str, name: &str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { operation, name: name.to_owned(), source }
    }
}
