//! Every maximum of the generator, and what happens when it is reached.

/// Bytes of one message, the most a datagram over IPv4 holds. A larger `--size` is refused.
pub const MESSAGE_BYTES_MAX: usize = 65_507;

/// Bytes of the smallest `--size`. What a kind needs for its fields is kept even when that is more.
pub const MESSAGE_BYTES_MIN: usize = 64;

/// Templates in a ring; after the last comes the first again, with other numbers in it.
pub const RING_TEMPLATES_MAX: usize = 32_768;

/// Bytes of a ring. Larger messages mean fewer templates.
pub const RING_BYTES_MAX: usize = 64 << 20;

/// Places of two digits in a template that differ from message to message; a field beyond them stays as it is in the ring.
pub const VARYING_PAIRS_MAX: usize = 16;

/// Messages in one send with UDP segmentation offload (the kernel's limit up to 6.8).
pub const GSO_SEGMENTS_MAX: usize = 64;

/// Messages in one call of sendmmsg.
pub const DATAGRAMS_PER_CALL: usize = 64;

/// Bytes written to a TCP connection at once.
pub const TCP_CHUNK_BYTES: usize = 128 << 10;

/// Seconds that a TCP peer may take nothing; then the run ends with an error.
pub const WRITE_SECONDS_MAX: u64 = 30;

/// Seconds that a TCP peer has to close its side after the last message; then it is not waited for.
pub const CLOSE_SECONDS_MAX: u64 = 10;

/// Connections, or sockets over UDP, of one run. More are refused.
pub const CONNECTIONS_MAX: usize = 1_024;

/// Messages in one HTTP batch. More are refused.
pub const HTTP_BATCH_MAX: u64 = 100_000;

/// Seconds that an acknowledgement may take; then the batch is counted as unacknowledged and the connection is opened anew.
pub const ACKNOWLEDGE_SECONDS_MAX: u64 = 60;

/// Milliseconds before a connection that was refused or lost is opened anew.
pub const RECONNECT_MS: u64 = 50;

/// Seconds without any connection after which a run over HTTP ends with an error.
pub const RECONNECT_SECONDS_MAX: u64 = 60;

/// Longest time a connection heeds `Retry-After`, in seconds; a longer one is cut to this.
pub const RETRY_AFTER_SECONDS_MAX: u64 = 30;

/// Longest acknowledgement latency that is told apart, in microseconds. A longer one counts as this.
pub const LATENCY_US_MAX: u64 = 120_000_000;

/// The least and the most number of a message: twelve digits, so that each has one width.
pub const MESSAGE_NUMBER_MIN: u64 = 100_000_000_000;
/// See [`MESSAGE_NUMBER_MIN`]. A run ends there.
pub const MESSAGE_NUMBER_MAX: u64 = 999_999_999_999;

/// Datagrams of flows in a ring; after the last comes the first again, with other times and numbers in it.
pub const FLOW_RING_DATAGRAMS_MAX: usize = 4_096;

/// Observation domains of one sender. More are refused.
pub const FLOW_DOMAINS_MAX: u16 = 64;

/// Bytes of a datagram of flows: the least `--size`. Templates and options need more where they do not fit.
pub const FLOW_DATAGRAM_BYTES_MIN: u16 = 256;
/// The most, so that datagrams stay below what an exporter may send over Ethernet with jumbo frames.
pub const FLOW_DATAGRAM_BYTES_MAX: u16 = 8_972;
