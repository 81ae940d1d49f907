//! Every maximum of this crate, and what happens when it is reached.

/// Commands that wait for one shard. A sender of commands waits when they are there; HTTP senders are told 429.
pub const SHARD_COMMANDS_MAX: usize = 1_024;

/// Seconds that an HTTP sender waits for its batch to become durable; then it is told 503 and may send it again.
pub const ACKNOWLEDGE_SECONDS_MAX: u64 = 30;

/// Seconds of draining at a stop before uploads are left to the next start.
pub const DRAIN_SECONDS_MAX: u64 = 60;

/// Milliseconds before an upload that failed is tried again, at first and at most.
pub const UPLOAD_RETRY_MS_MIN: u64 = 250;
/// See [`UPLOAD_RETRY_MS_MIN`].
pub const UPLOAD_RETRY_MS_MAX: u64 = 30_000;

/// Bytes of a packed batch on the staged route: more than batches of the greatest size that can be set have.
pub const FORWARD_BATCH_BYTES_MAX: u64 = 512 << 20;

/// Seconds to wait for a connection to a receiver; then the next one is tried.
pub const FORWARD_CONNECT_SECONDS_MAX: u64 = 5;

/// Bytes of a receiver's words about a refusal that are kept. A longer text is cut.
pub const FORWARD_ANSWER_BYTES_MAX: usize = 500;

/// Bytes of dead letters on disk. Beyond it a batch that no receiver takes waits in the log, and those behind it.
pub const DEAD_LETTERS_BYTES_MAX: u64 = 10 << 30;

/// Seconds after which dead letters are tried again.
pub const DEAD_LETTERS_RETRY_SECONDS: u64 = 3_600;

/// Cuts that one metadata write may cover.
pub const UPLOAD_BATCH_CUTS_MAX: usize = 64;

/// Seconds without progress of a shard after which it counts as stalled and the watchdog is no longer fed.
pub const SHARD_STALL_SECONDS: u64 = 20;

/// Milliseconds between two looks at the state of the shards.
pub const WATCH_INTERVAL_MS: u64 = 250;

/// Shards of one process; logs of shards beyond it are left alone.
pub const SHARDS_MAX: usize = 1_024;

/// Bytes of a datagram, and of an IPFIX message (RFC 7011 section 3.1): neither can be longer.
pub const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Bytes of a header's value that becomes a member of events. A longer one is cut.
pub const HTTP_HEADER_VALUE_BYTES_MAX: usize = 1_024;
