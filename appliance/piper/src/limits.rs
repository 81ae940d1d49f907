//! Every maximum of this crate, and what happens when it is reached.

/// Batches that are noted in one look at a dataset. Further ones are found by the next look.
pub const BATCHES_SEEN_MAX: usize = 10_000;

/// Batches that were worked on and are kept, which one look remembers of a dataset. With more, some are looked at again
/// one by one.
pub const BATCHES_DONE_MAX: usize = 200_000;

/// Bytes of the rows that a batch may unpack to. A larger one becomes a dead letter.
pub const BATCH_BYTES_MAX: u64 = 64 << 30;

/// Pieces of a batch that are read ahead of its filters.
pub const PIECES_AHEAD: usize = 2;

/// Milliseconds before a batch that failed is tried again, at first and at most.
pub const RETRY_MS_MIN: u64 = 500;
/// See [`RETRY_MS_MIN`].
pub const RETRY_MS_MAX: u64 = 30_000;

/// Seconds without a look at any dataset after which the role counts as stalled.
pub const STALL_SECONDS: u64 = 300;

/// Seconds that a drain waits for batches under way; what is not done by then is done by another piper, or later.
pub const DRAIN_SECONDS_MAX: u64 = 60;
