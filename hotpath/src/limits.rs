//! Every maximum of the hot path, and what happens when it is reached.

/// Bytes of one receive block. A sealed block is one record of the log and one record batch.
pub const BLOCK_BYTES: usize = 1 << 20;

/// Alignment of block memory in bytes, that of direct I/O on every disk in use.
pub const BLOCK_ALIGNMENT_BYTES: usize = 4096;

/// Bytes of the state of one decoder. A larger one is not saved: after a restart the decoder learns anew.
pub const DECODER_STATE_BYTES_MAX: usize = 16 << 20;

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

/// Lists in lists that the name of a column type may have. A deeper one is no type.
pub const COLUMN_LIST_DEPTH_MAX: usize = 8;

/// Datagrams, or runs of coalesced datagrams, that one call of recvmmsg may bring. More are left to the next call.
pub const UDP_SLOTS: usize = 64;

/// Bytes of one of them: the longest run that the kernel coalesces, and the longest datagram.
pub const UDP_SLOT_BYTES: usize = 65_536;

/// Connections of one listener that wait to be accepted. The kernel leaves further ones without an answer, and they try
/// again.
pub const LISTEN_BACKLOG: i32 = 1_024;

/// Calls of recvmmsg before other tasks of the executor have their turn.
pub const UDP_CALLS_PER_TURN: usize = 16;

/// Datagrams a second from which a socket is polled by a timer instead of waited for.
pub const UDP_POLL_RATE_PER_S: u64 = 10_000;

/// Milliseconds over which that rate is taken.
pub const UDP_POLL_WINDOW_MS: u64 = 4;

/// Microseconds between two drains of a socket that is polled, when its buffer has little room.
pub const UDP_POLL_INTERVAL_US_MIN: u64 = 250;

/// The same when it has room.
pub const UDP_POLL_INTERVAL_US_MAX: u64 = 1_000;

/// Bytes read from a stream at once.
pub const STREAM_BUFFER_BYTES: usize = 64 << 10;

/// Milliseconds that a stream waits before it tries again to hand over, while the shard has no room.
pub const STREAM_PAUSE_MS: u64 = 2;

/// Milliseconds in which nothing comes after which a connection to an input that ends is closed.
pub const STREAM_LAST_WAIT_MS: u64 = 5;

/// Reads of a connection after its input was told to end; then it is closed, whatever still comes.
pub const STREAM_LAST_READS_MAX: usize = 64;

/// Milliseconds that a TLS handshake may take; then the connection is closed.
pub const TLS_HANDSHAKE_MS_MAX: u64 = 10_000;

/// Milliseconds before accepting is tried again after it failed (no descriptors left).
pub const ACCEPT_RETRY_MS: u64 = 100;

/// Blocks that one group commit writes.
pub const LOG_GROUP_BLOCKS_MAX: usize = 16;

/// Intents or commits that one group writes.
pub const LOG_GROUP_CONTROLS_MAX: usize = 64;

/// Milliseconds before the log is tried again when it was full or failed. Streams wait, requests are refused, datagrams
/// wait in memory as long as there are blocks and are counted as lost then.
pub const LOG_RETRY_MS: u64 = 200;

/// Milliseconds after which a log that was full or failed, and has not been tried since, counts as one that takes data.
pub const LOG_UNTRIED_MS: u64 = 5_000;

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

/// Bytes that the rows among them hold, blocks and columns. When there is no room for more, the shard leaves rows to the
/// log; rows that hold more than this by themselves wait until nothing else is on the way.
pub const ENCODER_QUEUE_BYTES_MAX: usize = 96 << 20;

/// Bytes in which that is counted: what is less than a whole one does not count.
pub const ENCODER_QUEUE_UNIT_BYTES: usize = 64 << 10;

/// Events that wait for the shard. When there are that many, the encoder thread waits.
pub const ENCODER_EVENTS_MAX: usize = 1_024;

/// Batches in one open row group. When there are that many, small ones are put together, or the row group is written.
pub const ROW_GROUP_BATCHES_MAX: usize = 512;

/// Hours of a dataset that have an open file. One more closes them all; a batch with more hours by itself is
/// taken, and its files are closed at once.
pub const OPEN_HOURS_MAX: usize = 24;

/// Datasets of one encoder thread. Further ones are refused.
pub const ENCODER_DATASETS_MAX: usize = 65_536;

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

/// Bytes that a side column's name has beyond that of its column: `__list_timestamp`.
pub const SIDE_TYPE_BYTES_MAX: usize = 16;

/// Bytes of a row on its way between roles. A line that is longer is refused.
pub const ROW_BYTES_MAX: usize = 16 << 20;

/// Bytes of rows that are worked on at once. A row that is longer makes a longer piece.
pub const ROW_PIECE_BYTES: usize = 1 << 20;

/// Columns of a row whose types are named beside it. A row that names more is refused.
pub const ROW_TYPES_MAX: usize = DATASET_COLUMNS_MAX;

/// Bytes of the joined name of a nested field. A field with a longer one is kept as part of its object's JSON text.
pub const JSON_PATH_BYTES_MAX: usize = COLUMN_NAME_BYTES_MAX;

/// Digits of the octet count of a frame (RFC 6587 section 3.4.1). A longer number is no count, and the frame a line.
pub const OCTET_COUNT_DIGITS_MAX: usize = 9;

/// Interfaces that a capture file may describe. Packets of further ones are skipped and counted.
pub const CAPTURE_INTERFACES_MAX: usize = 1_024;

/// Milliseconds that a refused TLS peer has to end its side after the alert.
pub const STREAM_LEAVE_MS: u64 = 1_000;

/// Reads of 4 KiB that a refused TLS peer may still send after the alert; then the connection is reset.
pub const STREAM_LEAVE_READS_MAX: usize = 64;

/// VLAN tags that are kept of a packet. Further ones are read over.
pub const PACKET_VLAN_TAGS_MAX: usize = 4;

/// MPLS labels that are kept of a packet. Further ones are read over.
pub const PACKET_MPLS_LABELS_MAX: usize = 16;

/// Structures without a definition that have a column each (sFlow). The bytes of further ones are in `other_structures`.
pub const SFLOW_UNKNOWN_STRUCTURES_MAX: usize = 64;
/// Observation domains (NetFlow: sources) of all exporters that a flow decoder knows templates of. With one more, the
/// one that was learned first is forgotten.
pub const FLOW_DOMAINS_MAX: usize = 8_192;

/// The same of one exporter's address, so that one sender cannot make it forget all others.
pub const FLOW_DOMAINS_PER_EXPORTER_MAX: usize = 256;

/// Templates of one observation domain. With one more, the one that was learned first is forgotten.
pub const FLOW_TEMPLATES_PER_DOMAIN_MAX: usize = 1_024;

/// Fields of one template. One with more is not taken, with a reason.
pub const FLOW_TEMPLATE_FIELDS_MAX: usize = 1_024;

/// Fields of all templates of a flow decoder. With more, the domain that was learned first is forgotten.
pub const FLOW_FIELDS_MAX: usize = 262_144;

/// Sampling rates and names that options told of all observation domains. Further ones are in their rows alone.
pub const FLOW_TOLD_MAX: usize = 65_536;

/// Bytes of a name that options tell. A longer one is in its row alone.
pub const FLOW_NAME_BYTES_MAX: usize = 128;

/// Datagrams that a flow decoder holds until their template comes. With one more, the oldest becomes a row with `raw`.
pub const FLOW_HELD_DATAGRAMS_MAX: usize = 4_096;

/// Bytes of all of them, and of what is noted of them. With more, the oldest becomes a row with `raw`.
pub const FLOW_HELD_BYTES_MAX: usize = 1 << 20;

/// Sets of one datagram that wait for their templates. Further ones are in `raw` alone, with a reason.
pub const FLOW_HELD_SETS_MAX: usize = 64;

/// Microseconds that a datagram waits for its template; then it becomes a row with `raw`.
pub const FLOW_HELD_US_MAX: i64 = 600_000_000;

/// Exporters and domains of which a flow decoder knows the next sequence number. With one more, all are forgotten, and
/// gaps are counted from the next number on.
pub const FLOW_SEQUENCES_MAX: usize = 16_384;

/// Bytes of a flow datagram for each row that it may give, beyond [`FLOW_ROWS_MIN`]. Records beyond are in `raw` alone.
pub const FLOW_BYTES_PER_ROW_MIN: usize = 8;

/// Rows that every flow datagram may give.
pub const FLOW_ROWS_MIN: usize = 16;

/// Lists in lists of a flow record (RFC 6313). What lies deeper is written as hexadecimal octets.
pub const FLOW_LIST_DEPTH_MAX: usize = 4;

/// Bytes of the JSON text of a list from which on its values are no longer taken apart, but written as octets.
pub const FLOW_LIST_JSON_BYTES_MAX: usize = 64 << 10;
/// Rows of one event that is a list of JSON values. Of a longer list the first ones become rows, and the first row says so
/// and keeps the event whole.
pub const JSON_ROWS_MAX: usize = 10_000;

/// Senders of W3C logs whose `#Fields` are remembered; of more, the one whose directives came longest ago is forgotten,
/// and its lines are read in the order that IIS has by default.
pub const W3C_PEERS_MAX: usize = 1_024;

/// Names in a `#Fields` directive. A longer one is no directive: its row says so.
pub const W3C_FIELDS_MAX: usize = 256;

/// Bytes of a `#Fields` directive. A longer one is no directive: its row says so.
pub const W3C_DIRECTIVE_BYTES_MAX: usize = 8_192;

/// Bytes that a compressed GELF datagram unpacks to, as many as GELF's 128 chunks may have. One that would be longer is kept
/// as it came, with a reason.
pub const GELF_UNPACKED_BYTES_MAX: usize = 1 << 20;
/// Headers of senders (CSV, Zeek, VPC flow logs) that a decoder remembers. The one learned longest ago is forgotten first.
pub const LEARNED_HEADERS_MAX: usize = 1_024;

/// Bytes of all these headers together; the same holds.
pub const LEARNED_HEADERS_BYTES_MAX: usize = 1 << 20;

/// Bytes of one such header. A longer one is not taken: its line is a row with a reason.
pub const LEARNED_HEADER_BYTES_MAX: usize = 16 << 10;

/// Values of one StatsD metric, each of which is a row. A line with more is a row with a reason.
pub const STATSD_VALUES_MAX: usize = 128;

/// Tags of one StatsD metric; the same holds.
pub const STATSD_TAGS_MAX: usize = 64;
