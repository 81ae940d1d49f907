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

/// Calls of recvmmsg before other tasks of the executor have their turn.
pub const UDP_CALLS_PER_TURN: usize = 16;

/// Datagrams that one drain must bring for the socket to be polled by a timer instead of waited for.
pub const UDP_POLL_THRESHOLD: usize = 24;

/// Microseconds between two drains of a socket that is polled.
pub const UDP_POLL_INTERVAL_US: u64 = 250;

/// Bytes read from a stream at once.
pub const STREAM_BUFFER_BYTES: usize = 64 << 10;

/// Milliseconds that a stream waits before it tries again to hand over, while the shard has no room.
pub const STREAM_PAUSE_MS: u64 = 2;

/// Milliseconds that a TLS handshake may take; then the connection is closed.
pub const TLS_HANDSHAKE_MS_MAX: u64 = 10_000;

/// Milliseconds before accepting is tried again after it failed (no descriptors left).
pub const ACCEPT_RETRY_MS: u64 = 100;

/// Blocks that one group commit writes.
pub const LOG_GROUP_BLOCKS_MAX: usize = 16;

/// Milliseconds before the log is tried again when it was full or failed. Senders that can wait do; datagrams are counted as lost.
pub const LOG_RETRY_MS: u64 = 200;

/// Milliseconds before reading back from the log is tried again, while all blocks are in use.
pub const BLOCK_WAIT_MS: u64 = 2;

/// Milliseconds between two looks at whether a shard makes progress.
pub const HEARTBEAT_MS: u64 = 250;

/// Entries of an executor's rings.
pub const RING_DEPTH: usize = 256;

/// Bytes that glommio pins for the buffers of an executor; the log's buffers come from here.
pub const RING_MEMORY_BYTES: usize = 24 << 20;

/// Milliseconds between two looks at whether draining is over.
pub const DRAIN_LOOK_MS: u64 = 10;

/// Milliseconds before the encoder tries again what it could not write.
pub const ENCODE_RETRY_MS: u64 = 1_000;
/// Messages that wait for an encoder thread. When there are that many, the shard leaves rows to the log.
pub const ENCODER_MESSAGES_MAX: usize = 64;

/// Events that wait for the shard. When there are that many, the encoder thread waits.
pub const ENCODER_EVENTS_MAX: usize = 1_024;

/// Batches in one open row group. When there are that many, small ones are put together, or the row group is written.
pub const ROW_GROUP_BATCHES_MAX: usize = 512;

/// Hours of a dataset that have an open file. One more closes them all; a batch with more hours by itself is
/// taken, and its files are closed at once.
pub const OPEN_HOURS_MAX: usize = 24;

/// Datasets of one encoder thread. Further ones are refused.
pub const ENCODER_DATASETS_MAX: usize = 65_536;
