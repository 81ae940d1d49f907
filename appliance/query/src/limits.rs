//! Every maximum of this crate, and what happens when it is reached.
//!
//! What an operator may set is in [`QueryLimits`]; the constants are fixed.

use std::path::PathBuf;
use std::time::Duration;

/// Longest SQL text, in bytes. A longer one is refused (413) before it is parsed.
pub const MAX_SQL_BYTES: usize = 64 * 1024;

/// Deepest nesting the SQL parser follows. Deeper SQL is a syntax error.
pub const MAX_SQL_DEPTH: usize = 50;

/// Deepest nesting of subqueries and special forms (`CAST(`, `CASE`, `NOT`, ...) inside one another. The time of the parser
/// or the planner doubles or triples with each. Deeper ones are refused (413).
pub const MAX_SLOW_NESTING: usize = 8;

/// Stack of the thread that parses and plans one statement, in bytes: both recurse, and a tokio worker has 2 MiB.
pub const PLANNER_STACK_BYTES: usize = 64 * 1024 * 1024;

/// Most operators in one statement (`+`, `AND`, `UNION`, `IS`, ...). A chain of them is a tree as deep as it is long, and
/// a deep tree could exhaust the stack. More are refused (413).
pub const MAX_SQL_OPERATORS: usize = 500;

/// Most tables, subqueries and table functions in the FROM clauses of one statement, repeats counted. More are refused.
pub const MAX_TABLES_PER_QUERY: usize = 64;

/// Largest HTTP request body, in bytes: the SQL with room for JSON escapes. A larger one is answered 413.
pub const MAX_REQUEST_BODY_BYTES: usize = 2 * MAX_SQL_BYTES + 4 * 1024;

/// Largest body of a test of a transformation, in bytes: its samples with room for JSON escapes, and the filters. A larger
/// one is answered 413.
pub const MAX_TRIAL_BODY_BYTES: usize = 8 * 1024 * 1024;

/// Tests of transformations at once. One more is refused (429).
pub const MAX_TRIALS_AT_ONCE: usize = 2;

/// Longest time of one test of a transformation, reading stored rows not counted. Then it is given up (408).
pub const TRIAL_TIME: Duration = Duration::from_secs(10);

/// Largest catalog document (`schema.json`, `partitions.json`), in bytes. A larger one is an error: it is not read.
pub const MAX_CATALOG_DOCUMENT_BYTES: u64 = 256 * 1024 * 1024;

/// Most lists in lists that a column's type in the catalog may have, which are not part of the data model. The type of
/// a deeper one is not known.
pub const MAX_LIST_DEPTH: usize = 4;

/// Most files of one dataset that a catalog may list. More is an error: compact the dataset.
pub const MAX_FILES_PER_DATASET: usize = 1_000_000;

/// Most files one scan may open after pruning. More is an error that asks for a narrower time range.
pub const MAX_FILES_PER_SCAN: usize = 100_000;

/// Most columns of one dataset that SQL shows. Those past it are left out, with a warning in the log.
pub const MAX_COLUMNS_PER_DATASET: usize = 10_000;

/// Most datasets that one listing returns. More is an error.
pub const MAX_DATASETS: usize = 100_000;

/// Most dataset snapshots kept in memory between queries. When full, the one unused for longest goes.
pub const MAX_CACHED_SNAPSHOTS: usize = 256;

/// Most files in all kept snapshots together (about 250 B each). When exceeded, the snapshots unused for longest go.
pub const MAX_CACHED_FILES: usize = 1_000_000;

/// Footers read when a dataset has no `schema.json`: those of the newest files. Columns that only older files have
/// are then not shown.
pub const MAX_FOOTERS_FOR_SCHEMA: usize = 64;

/// How long a listing of datasets is used again. A name that is not in it makes a new listing at once.
pub const DATASET_LISTING_TTL: Duration = Duration::from_secs(5);

/// Catalog requests under way at once for one query.
pub const CATALOG_CONCURRENCY: usize = 16;

/// Per-file column statistics handed to the planner: files times columns. Above it only table statistics are given.
pub const MAX_FILE_STATISTICS: usize = 100_000;

/// Bytes of Parquet footers kept in memory between queries. Least recently used ones go first.
pub const METADATA_CACHE_BYTES: usize = 128 * 1024 * 1024;

/// Longest string that `lpad` and `rpad` may be asked for, in characters. A longer one is refused.
pub const MAX_PADDED_CHARS: u64 = 10_000;

/// Batches between the task that runs a query and the one that writes its rows. When full, the query waits.
pub const RESULT_QUEUE_BATCHES: usize = 2;

/// Largest body of an HTTP answer, in bytes. What does not fit is left out, and the answer says `truncated`.
pub const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;

/// Most rows `--format table` lays out (it needs all of them to know the widths). Further rows are left out, and the
/// last line says so.
pub const MAX_TABLE_ROWS: usize = 10_000;

/// Longest cell that `--format table` prints, in characters. A longer one ends in `…`.
pub const MAX_TABLE_CELL_CHARS: usize = 1_000;

/// Limits that the operator may set.
#[derive(Debug, Clone)]
pub struct QueryLimits {
    /// Longest time a query may take, planning included. Then it is cancelled (408).
    pub time: Duration,
    /// Most rows a query returns. Further rows are left out and the result says `truncated`. `None`: all of them.
    pub rows: Option<usize>,
    /// Most memory that sorts, joins and aggregates of one query may hold, in bytes. Then they spill, or fail (422).
    pub memory_bytes: usize,
    /// Where they may spill to. `None`: nothing is ever written to disk.
    pub spill_dir: Option<PathBuf>,
    /// Most bytes in `spill_dir`, all queries together. Then the query fails (422).
    pub spill_bytes: u64,
    /// Most queries at once. One more is refused (429).
    pub concurrent_queries: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            rows: Some(10_000),
            memory_bytes: 1024 * 1024 * 1024,
            spill_dir: None,
            spill_bytes: 4 * 1024 * 1024 * 1024,
            concurrent_queries: 4,
        }
    }
}
