//! The limits of the filter engine. What is beyond one is refused when the configuration is compiled,
//! with an error that names the limit; nothing here is met while events flow.

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

/// Bytes that one compiled regular expression may take, and its lazily built automaton as much again.
pub const MAX_REGEX_BYTES: usize = 4 * 1024 * 1024;
