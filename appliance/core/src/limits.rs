//! Every maximum of this crate, and what happens when it is reached.

/// Bytes of a configuration file. A longer file is refused.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// Values in a configuration file. A file with more is refused.
pub const CONFIG_VALUES_MAX: usize = 100_000;
/// Levels of nesting in a configuration file. A deeper file is refused.
pub const CONFIG_DEPTH_MAX: usize = 32;
/// Problems reported for one configuration file. The rest is only counted.
pub const CONFIG_PROBLEMS_MAX: usize = 100;
/// Bytes of a secret that is read from a file. A longer file is refused.
pub const SECRET_BYTES_MAX: u64 = 64 * 1024;
/// Characters of the name of a tenant, a dataset or an instance. A longer name is refused.
pub const NAME_CHARACTERS_MAX: usize = hotpath::names::MAX_NAME_BYTES;
/// Characters of another part of an address that stands in a configuration (paths of HTTP inputs, object key prefixes).
pub const PATH_CHARACTERS_MAX: usize = 512;
/// Characters of the name of a header that stands in a configuration. A longer name is refused.
pub const HEADER_CHARACTERS_MAX: usize = 100;
/// Components that report their progress. Registering one more is refused.
pub const COMPONENTS_MAX: usize = 4096;
/// Characters of the reason that a component gives for its state. A longer one is cut.
pub const STATE_REASON_CHARACTERS_MAX: usize = 512;
/// Connections of one HTTP server at a time, unless it says otherwise. More wait in the kernel's accept queue.
pub const HTTP_CONNECTIONS_MAX: usize = 256;
/// Seconds that the head of an HTTP request may take to arrive, idle time between requests included. Then the connection is
/// closed.
pub const HTTP_HEAD_SECONDS_MAX: u64 = 30;
/// Bytes of the head of an HTTP request. A longer one is answered with 431.
pub const HTTP_HEAD_BYTES_MAX: usize = 64 * 1024;
/// Seconds that the TLS handshake of an HTTP connection may take. Then the connection is closed.
pub const HTTP_HANDSHAKE_SECONDS_MAX: u64 = 10;
/// Seconds that open HTTP requests may take to end after the server was told to stop. Then they are cut off.
pub const HTTP_DRAIN_SECONDS_MAX: u64 = 5;
/// Accounts (dataset and shard) in the ledger. Registering one more is refused.
pub const LEDGER_ACCOUNTS_MAX: usize = 100_000;
/// Queries to name servers at a time, for all filters of a process. More wait for their turn, as long as their batch does.
pub const NAME_QUERIES_MAX: usize = 256;
/// Seconds for which it is remembered that a name server did not answer, or not so that it could be used.
pub const NAME_FAILURE_SECONDS: u64 = 30;
/// Seconds for which it is remembered that there is no such name, where the server does not say how long.
pub const NAME_ABSENCE_SECONDS: u64 = 60;
/// Queries in a row without an answer after which the servers are left alone for a while.
pub const NAME_SILENT_QUERIES_MAX: usize = 16;
/// Seconds that silent servers are left alone. What would be asked meanwhile fails at once.
pub const NAME_SILENCE_SECONDS: u64 = 10;
/// Ways of asking (servers, timeout, cache) that are kept with their answers. Beyond it those that no filter holds are let go.
pub const NAME_LOOKUPS_KEPT_MAX: usize = 64;
/// Filters of one test of a transformation, those nested in others not counted. A test of more is refused.
pub const TRIAL_FILTERS_MAX: usize = 10;
/// Rows of one test of a transformation, whether they are given, decoded from lines or read from the lake. A test of more is
/// refused.
pub const TRIAL_SAMPLES_MAX: usize = 1_000;
/// Stored rows that a transformation is tried on when nobody says how many.
pub const TRIAL_STORED_ROWS_DEFAULT: usize = 100;
/// Bytes of all samples of one test. A test of more is refused.
pub const TRIAL_SAMPLE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Rows that filters may make of the samples. A test in which they make more ends with an error that names the filter.
pub const TRIAL_ROWS_AFTER_MAX: usize = 10_000;
/// Bytes of the rows that a test shows, before and after, as JSON. A test with more to show ends with an error.
pub const TRIAL_REPORT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Events in one HTTP request. A request with more is refused with 413, and nothing of it is taken.
pub const HTTP_MESSAGES_MAX: usize = 100_000;
/// Bytes that the bodies of all HTTP requests under way take together, unpacked. Further ones are told 429.
pub const HTTP_BODIES_BYTES_MAX: usize = 512 << 20;
/// Seconds in which nothing of a request's body comes; then it is answered with 408 and the connection closed.
pub const HTTP_BODY_IDLE_SECONDS_MAX: u64 = 30;
/// Seconds that a request's body may take as a whole; then the same.
pub const HTTP_BODY_SECONDS_MAX: u64 = 300;
/// Bytes of a refused body that are read all the same, so that its sender gets to read why; then the connection is closed.
pub const HTTP_REFUSED_BYTES_MAX: usize = 32 << 20;
/// Seconds that this may take.
pub const HTTP_REFUSED_SECONDS_MAX: u64 = 5;
/// Logarithm to the base 2 of the window of a zstd body, 8 MiB (RFC 9659). A body with a larger one is refused with 400.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// Seconds after which a sender that was told to wait may try again, as in `Retry-After`.
pub const RETRY_AFTER_SECONDS: &str = "1";
/// Seconds between two looks at whether databases, tables or lists of filters were written anew.
pub const RESOURCES_LOOK_SECONDS: u64 = 15;
