//! Decoded rows as NDJSON, and back: what travels between the roles of the staged route.
//!
//! A row is a JSON object (RFC 8259) on a line, its members the columns that have a value. Types survive the way: a
//! timestamp is a text of the form `2026-11-22T03:04:05.000006Z`, always so long, and a double has a point or an exponent.
//! Where that does not say a value's type (a text of that form, an empty list, a time beyond the year 9999, NaN), the member
//! `@types`, which no column is called, names the column with its type.

mod line_pieces;
mod reader;
mod time_text;
mod types;
mod writer;

pub use line_pieces::LinePieces;
pub use reader::{RefusedRow, RowReader};
pub use writer::{RowError, RowWriter};

/// The member that names types.
const TYPES_MEMBER: &str = "@types";

#[cfg(test)]
mod tests;
