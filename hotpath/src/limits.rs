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

/// Ids and parameters of one message's structured data. A message with more keeps it in the message, with a reason.
pub const STRUCTURED_DATA_PARAMS_MAX: usize = 256;

/// Bytes of the tag of an RFC 3164 message. What is longer is part of the message.
pub const TAG_BYTES_MAX: usize = 128;

/// key=value pairs of one message that become columns. Further ones are in `message` alone.
pub const KEY_VALUE_PAIRS_MAX: usize = 512;

/// Bytes of the key of a pair. What is longer is no key.
pub const KEY_BYTES_MAX: usize = 64;

/// Objects in objects of a JSON body that become columns. What lies deeper is kept as JSON text.
pub const JSON_FLATTEN_DEPTH_MAX: usize = 8;

/// Items of a list of scalars that becomes a list. A longer one is kept as JSON text.
pub const JSON_LIST_ITEMS_MAX: usize = 1_024;

/// Bytes of the joined name of a nested field. A field with a longer one is kept as part of its object's JSON text.
pub const JSON_PATH_BYTES_MAX: usize = COLUMN_NAME_BYTES_MAX;

/// Digits of the octet count of a frame (RFC 6587 section 3.4.1). A longer number is no count, and the frame a line.
pub const OCTET_COUNT_DIGITS_MAX: usize = 9;

/// Interfaces that a capture file may describe. Packets of further ones are skipped and counted.
pub const CAPTURE_INTERFACES_MAX: usize = 1_024;
