//! The limits of the filter engine. What is beyond one is refused when the configuration is compiled, with an error that
//! names the limit; those that are met while events flow say what happens then.

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
