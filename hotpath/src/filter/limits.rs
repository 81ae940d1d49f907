//! The limits of the filter engine. What is beyond one is refused when the configuration is compiled, or when a resource
//! is read (the old content stays then), with an error that names the limit; a limit that is met while events flow says what
//! becomes of the event.

/// Filters of one pipeline, those nested in a `conditional` counted too.
pub const MAX_FILTERS: usize = 256;

/// How deep `conditional` filters may stand in one another.
pub const MAX_FILTER_DEPTH: usize = 8;

/// Bytes of one condition's text.
pub const MAX_CONDITION_BYTES: usize = 64 * 1024;

/// How deep parentheses and `not` may stand in one another in a condition.
pub const MAX_CONDITION_DEPTH: usize = 64;

/// Items of one list in a condition (`field in (...)`), and of one list in a filter's config.
pub const MAX_LIST_ITEMS: usize = 4096;

/// Bytes of a field name.
pub const MAX_FIELD_NAME_BYTES: usize = 255;

/// Bytes of a text that `add_field` puts into every row.
pub const MAX_FIELD_VALUE_BYTES: usize = 64 * 1024;

/// Bytes of such a text where variables make it another in every row.
pub const MAX_FIELD_TEMPLATE_BYTES: usize = 1024;

/// Bytes that one compiled regular expression may take, and its lazily built automaton as much again.
pub const MAX_REGEX_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of one text that a replacement makes. A text that would be longer is a fault, and stays as it was.
pub const MAX_MADE_TEXT_BYTES: usize = 1024 * 1024;

/// Bytes of the texts that one filter makes of one column of a batch. Texts beyond are faults, and stay as they were.
pub const MAX_MADE_BYTES: usize = 64 * 1024 * 1024;

/// Parts that `split` makes of one row. The rest of a longer text stays together in the last part, a longer list stays whole;
/// both are faults.
pub const MAX_SPLIT_PARTS: usize = 10_000;

/// Rows of a batch that `split` has taken apart. A row that would lead beyond stays whole and is a fault.
pub const MAX_SPLIT_ROWS: usize = 65_536;

/// Members of lists that `split` copies into the rows it makes of those of a batch. A row that would lead beyond stays whole
/// and is a fault.
pub const MAX_SPLIT_LIST_ITEMS: usize = 1024 * 1024;

/// Members of a list that `json_flatten` makes fields of. A longer list is one field of JSON text.
pub const MAX_FLATTENED_ITEMS: usize = 256;

/// Fewest bytes of the key that `mask` hashes with.
pub const MIN_MASK_KEY_BYTES: usize = 16;

/// How deep `uppercase_keys` goes into a JSON text. What lies deeper stays as it is.
pub const MAX_JSON_KEYS_DEPTH: usize = 64;
/// Bytes of the name of a resource.
pub const MAX_RESOURCE_NAME_BYTES: usize = 1024;

/// Resources that the filters of one source hold at once.
pub const MAX_RESOURCES: usize = 256;

/// Bytes of a MaxMind database; it is held in memory.
pub const MAX_DATABASE_BYTES: usize = 512 * 1024 * 1024;

/// Databases that one `geoip` asks.
pub const MAX_DATABASES: usize = 4;

/// Bytes of the regular expressions for user agents.
pub const MAX_AGENT_RULES_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of a user agent that is looked at; a longer one is not, and its event says so.
pub const MAX_USER_AGENT_BYTES: usize = 4096;

/// User agents that one `useragent` remembers on a shard, each with its text; those not met for longest are forgotten,
/// and parsed anew.
pub const MAX_KNOWN_USER_AGENTS: usize = 8192;

/// Bytes of an enrichment table.
pub const MAX_TABLE_BYTES: usize = 128 * 1024 * 1024;

/// Rows of an enrichment table.
pub const MAX_TABLE_ROWS: usize = 2_000_000;

/// Columns of an enrichment table.
pub const MAX_TABLE_COLUMNS: usize = 256;

/// Networks that one `cidr` labels.
pub const MAX_LABELLED_NETWORKS: usize = 65_536;

/// Bytes of a threat list.
pub const MAX_THREAT_LIST_BYTES: usize = 256 * 1024 * 1024;

/// Entries of a threat list.
pub const MAX_THREAT_LIST_ENTRIES: usize = 5_000_000;

/// Threat lists that one `threat_intel` asks.
pub const MAX_THREAT_LISTS: usize = 64;

/// Events that one `dedup` remembers on a shard; the oldest is forgotten, and passes when it comes again.
pub const MAX_DEDUP_ENTRIES: u64 = 10_000_000;

/// Keys that one `limit` counts on a shard; those not met for longest are forgotten, and begin with a full burst.
pub const MAX_LIMIT_KEYS: u64 = 1_000_000;

/// Events that one `limit` lets through in its window, and its burst.
pub const MAX_LIMIT_EVENTS: u64 = 1_000_000_000;

/// Seconds of the window of `dedup` and `limit`: a week.
pub const MAX_WINDOW_SECONDS: u64 = 7 * 24 * 3600;
/// Patterns of one `grok` filter.
pub const MAX_GROK_PATTERNS: usize = 64;

/// Bytes of a grok pattern with its references replaced.
pub const MAX_GROK_PATTERN_BYTES: usize = 256 * 1024;

/// How deep grok patterns may stand in one another.
pub const MAX_GROK_DEPTH: usize = 32;

/// Fields that one grok pattern catches, those that are there twice counted twice.
pub const MAX_GROK_FIELDS: usize = 512;

/// Bytes that each of the automata may take that are built of a grok pattern while it is matched; beyond, they are built anew.
pub const MAX_GROK_AUTOMATON_BYTES: usize = 2 * 1024 * 1024;

/// Bytes that one compiled grok pattern may take.
pub const MAX_GROK_PROGRAM_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of a text that grok matches. A longer one is not looked at: its event says so in `_errors`.
pub const MAX_GROK_TEXT_BYTES: usize = 64 * 1024;

/// Name servers that one `dns` asks.
pub const MAX_NAME_SERVERS: usize = 8;

/// Milliseconds that one `dns` holds a batch up at most.
pub const MAX_NAME_WAIT_MS: u64 = 30_000;

/// Answers that one `dns` remembers. Of more, those not asked for are forgotten, and asked for anew.
pub const MAX_NAME_CACHE_ENTRIES: u64 = 1_000_000;

/// Seconds that an answer of a name server is remembered: a week.
pub const MAX_NAME_CACHE_SECONDS: u64 = 7 * 24 * 3600;

/// Names and addresses that one `dns` asks for in a batch. Those beyond are not asked for, and their events say so.
pub const MAX_NAMES_OF_BATCH: usize = 65_536;

/// Bytes of a name as a name server takes it (RFC 1035, section 3.1, as text). A longer text is no name.
pub const MAX_HOST_NAME_BYTES: usize = 253;

/// Bytes of one part of a name, between dots.
pub const MAX_HOST_LABEL_BYTES: usize = 63;
