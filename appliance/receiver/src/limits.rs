//! Every maximum of this crate, and what happens when it is reached.

/// Bytes that the events of one request may have, unpacked. A longer body is refused with 413; rows are streamed and
/// have their own limit in the configuration.
pub const EVENTS_BODY_BYTES_MAX: usize = 64 << 20;

/// Bytes that the events of all requests under way take together, packed rows included. Further ones are told 429.
pub const EVENTS_BYTES_MAX: usize = 256 << 20;

/// Bytes of a body of rows that are unpacked before other requests have their turn.
pub const UNPACK_STEP_BYTES: usize = 16 << 10;

/// Bytes of a body of rows that are written to the spool at once.
pub const SPOOL_WRITE_BYTES: usize = 256 << 10;

/// Files in the spool. When there are so many, requests are told 429.
pub const SPOOL_FILES_MAX: usize = 100_000;

/// Bytes of a file's name, that of most file systems. Batches whose names, of tenant, dataset and batch together, would be
/// longer are refused with 400.
pub const FILE_NAME_BYTES_MAX: usize = 255;

/// Requests of a dataset that wait for their place in its open batch. Further ones are told 503.
pub const GATHER_QUEUE_MAX: usize = 1_024;

/// Requests whose rows one `fdatasync` makes durable.
pub const GATHER_COMMIT_MAX: usize = 256;

/// Seconds that a sender waits for its events to become durable; then it is told 503 and may send them again.
pub const ACKNOWLEDGE_SECONDS_MAX: u64 = 30;

/// Milliseconds before an open batch that could not be closed is tried again.
pub const CLOSE_RETRY_MS: u64 = 1_000;

/// Uploads at a time.
pub const UPLOADS_AT_A_TIME: usize = 4;

/// Milliseconds before the next upload after one that failed, at first and at most.
pub const UPLOAD_RETRY_MS_MIN: u64 = 250;
/// See [`UPLOAD_RETRY_MS_MIN`].
pub const UPLOAD_RETRY_MS_MAX: u64 = 30_000;

/// Seconds of uploading at a stop before the rest is left to the next start.
pub const DRAIN_SECONDS_MAX: u64 = 30;

/// Milliseconds between two looks at how spool and storage are.
pub const WATCH_INTERVAL_MS: u64 = 250;

/// Milliseconds between two attempts to write to a spool that could not be written.
pub const SPOOL_PROBE_MS: u64 = 1_000;
