//! Every maximum of the commands, and what happens when it is reached. Those of a role are in the role's crate.

/// Bytes of a capture (pcap). It is read as a whole; a larger one is refused.
pub const CAPTURE_BYTES_MAX: u64 = 1 << 30;

/// Bytes of a file with filters. A larger one is refused.
pub const FILTERS_BYTES_MAX: u64 = 1 << 20;

/// Bytes of a file with samples for a test of filters. A larger one is refused.
pub const SAMPLES_BYTES_MAX: u64 = 16 << 20;

/// Different reasons that a summary tells apart. Events with a further one are counted together.
pub const REASONS_MAX: usize = 1_000;

/// Bytes read from a file at a time.
pub const READ_BYTES: usize = 256 << 10;

/// Bytes of an answer that `top` reads. A longer one is an error.
pub const TOP_ANSWER_BYTES_MAX: usize = 64 << 20;

/// Bytes of a file with certificates. A larger one is an error.
pub const CA_FILE_BYTES_MAX: u64 = 4 << 20;
