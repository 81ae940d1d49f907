//! Every maximum of the hot path, and what happens when it is reached.

/// Bytes of one receive block. A sealed block is one record of the log and one record batch.
pub const BLOCK_BYTES: usize = 1 << 20;

/// Alignment of block memory in bytes, that of direct I/O on every disk in use.
pub const BLOCK_ALIGNMENT_BYTES: usize = 4096;

/// Events in one block; a block that has them is sealed.
pub const BLOCK_ENTRIES_MAX: usize = 16_384;

/// Different senders in one block; a block that has them is sealed.
pub const BLOCK_PEERS_MAX: usize = 4_096;

/// Bytes of one message. A longer one is cut here, marked and counted.
pub const MESSAGE_BYTES_MAX: usize = 256 << 10;

/// Columns of one dataset. Further fields of an event go to `_extra` as JSON.
pub const DATASET_COLUMNS_MAX: usize = 1_024;

/// Bytes of a column name. A longer name goes to `_extra` with its value.
pub const COLUMN_NAME_BYTES_MAX: usize = 128;

/// Spellings of field names that a batch builder remembers; further ones are looked up by their column name.
pub const FIELD_SPELLINGS_MAX: usize = 8_192;

/// Bytes of one chunk of the side text of a batch (text that differs from what was received). A longer text has a chunk of its own.
pub const ARENA_CHUNK_BYTES: usize = 64 << 10;

/// Bytes of one log record, padding included. A block that would need more is refused when it is appended.
pub const LOG_RECORD_BYTES_MAX: usize = 4 << 20;

/// Smallest log segment in bytes that options may ask for; a smaller one is refused when the log is opened.
pub const LOG_SEGMENT_BYTES_MIN: u64 = 256 << 10;

/// Largest log segment in bytes; a segment is read into memory as a whole at start. A larger one is refused in the
/// options, and what a file holds beyond it is reported as damage.
pub const LOG_SEGMENT_BYTES_MAX: u64 = 256 << 20;

/// Bytes of the small segment that takes intents and commits when there is no room for a whole one.
pub const LOG_CONTROL_SEGMENT_BYTES: u64 = 256 << 10;

/// Bytes of all records that are appended together; a larger group is refused.
pub const LOG_GROUP_BYTES_MAX: u64 = 16 << 20;

/// Segments of one log. At the maximum the log is full: blocks wait until segments are released.
pub const LOG_SEGMENTS_MAX: usize = 4_096;

/// Datasets that a log remembers commits of. The ones without rows in the log are forgotten first; when all have
/// rows, a record of a further dataset is refused.
pub const LOG_DATASETS_MAX: usize = 4_096;

/// Intents without a commit in one log; a further intent is refused until an upload is committed.
pub const LOG_PENDING_INTENTS_MAX: usize = 1_024;

/// Object keys in one intent; an intent with more is refused.
pub const LOG_INTENT_KEYS_MAX: usize = 2_048;

/// Bytes of one object key in an intent (S3's own maximum); a longer one is refused.
pub const LOG_KEY_BYTES_MAX: usize = 1_024;

/// Bytes of the folder `damaged` beside a log's segments. Beyond it damaged bytes stay where they are, and their
/// segment is not deleted.
pub const LOG_DAMAGED_BYTES_MAX: u64 = 1 << 30;

/// Bytes of that folder that traces of crashes may fill; further ones are only reported.
pub const LOG_TORN_BYTES_MAX: u64 = LOG_DAMAGED_BYTES_MAX / 4;

/// Damaged places that one recovery describes; further ones are only counted.
pub const LOG_DAMAGE_REPORTS_MAX: usize = 4_096;

/// A position at or above this one is taken for damage: at ten million events a second it is 14,000 years away.
pub const LOG_POSITION_MAX: u64 = 1 << 62;
