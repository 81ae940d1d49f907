//! Columns as text.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray};
use arrow::datatypes::{DataType, FieldRef};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::json::options;
use crate::error::{QueryError, QueryErrorKind};
use crate::limits;

/// What a value that cannot be written is reported as.
pub(super) fn unwritable(error: &ArrowError) -> QueryError {
    QueryError::new(QueryErrorKind::Invalid, format!("a column of the result cannot be written: {error}"))
        .with_suggestion("cast it to a string")
}

/// Whether a column has values inside values.
pub(super) fn is_nested(data_type: &DataType) -> bool {
    data_type.is_nested()
}

/// Each value as JSON text.
pub(super) fn as_json_text(field: &FieldRef, column: &ArrayRef) -> Result<ArrayRef, QueryError> {
    let options = options();
    let mut encoder = arrow::json::writer::make_encoder(field, column.as_ref(), &options)
        .map_err(|error| unwritable(&error))?;
    let mut buffer = Vec::new();
    let mut texts = Vec::with_capacity(column.len());
    for row in 0..column.len() {
        if encoder.is_null(row) {
            texts.push(None);
            continue;
        }
        buffer.clear();
        encoder.encode(row, &mut buffer);
        texts.push(Some(String::from_utf8_lossy(&buffer).into_owned()));
    }
    Ok(Arc::new(StringArray::from(texts)))
}

/// Each value as it may be shown on a terminal: control characters escaped, very long ones cut.
pub(super) fn for_terminal(column: &ArrayRef) -> Result<StringArray, QueryError> {
    let options = FormatOptions::new().with_null("null");
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options).map_err(|error| unwritable(&error))?;
    let cells = (0..column.len()).map(|row| Some(printable(&formatter.value(row).to_string())));
    Ok(cells.collect())
}

/// Events come from strangers: an escape sequence in one must not reach the terminal.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (count, c) in text.chars().enumerate() {
        if count == limits::MAX_TABLE_CELL_CHARS {
            shown.push('…');
            break;
        }
        let turns_text_around =
            matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns_text_around {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{9b}\u{202e}"), "a\\u{1b}[2Jb\\nc\\u{9b}\\u{202e}");
        assert_eq!(printable("grüße 東京"), "grüße 東京");
    }
}
