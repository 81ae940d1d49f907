//! What a shard shows of itself: read by health, metrics and the watchdog, written without locks.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// Numbers of one shard; each is written by the shard alone.
#[derive(Debug, Default)]
pub struct ShardStatus {
    /// Recovery is over and the log takes data.
    pub ready: AtomicBool,
    /// Why the log takes nothing at the moment: 0 it takes, 1 it is full, 2 it cannot be written.
    pub log_trouble: AtomicU64,
    /// Rises whenever the executor has come round and nothing it should do is stuck.
    pub progress: AtomicU64,
    /// Bytes of the log on disk.
    pub log_bytes: AtomicU64,
    /// Blocks that are logged and not yet parsed.
    pub parse_backlog_blocks: AtomicU64,
    /// Finished cuts that are not yet uploaded.
    pub upload_backlog_cuts: AtomicU64,
    /// Open stream connections.
    pub connections: AtomicI64,
    /// Damaged records of the log that were set aside since the start.
    pub log_damaged_records: AtomicU64,
    /// Group commits since the start.
    pub log_commits: AtomicU64,
}

/// The log takes data.
pub const LOG_TAKES: u64 = 0;
/// The log is at its limit on disk.
pub const LOG_FULL: u64 = 1;
/// The log cannot be written.
pub const LOG_FAILS: u64 = 2;

impl ShardStatus {
    /// Whether the shard can take durable data now.
    pub fn takes_data(&self) -> bool {
        self.ready.load(Ordering::Acquire) && self.log_trouble.load(Ordering::Relaxed) == LOG_TAKES
    }
}
