//! Lines to batches.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;

use super::TYPES_MEMBER;
use super::types::{meant, said};
use crate::batch::{BatchBuilder, ColumnRegistry, RowOptions, Value};
use crate::cut::ColumnType;
use crate::decode::json::{Document, JsonReader, Kind, Scratch};
use crate::encode::partition::EVENT_TIME;
use crate::limits::{MESSAGE_BYTES_MAX, ROW_BYTES_MAX, ROW_TYPES_MAX};

const NOT_UTF_8: &str = "a row with bytes that are not UTF-8";
const NO_OBJECT: &str = "a row that is no JSON object";
const TOO_LONG: &str = "a row that is longer than rows may be";
const NO_TIME: &str = "a row without an event_time";
const WRONG_TYPES: &str = "a row whose @types are not names of columns with types";

/// A line that is no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// Where it stands in what was read, without its line break.
    pub line: Range<usize>,
    /// Why.
    pub reason: &'static str,
}

/// Reads lines that [`super::RowWriter`] wrote, or anybody else; its memory is used again.
#[derive(Debug)]
pub struct RowReader {
    reader: JsonReader,
    builder: BatchBuilder,
    refused: Vec<RefusedRow>,
}

impl RowReader {
    /// A reader that agrees on the types of columns through `registry`.
    pub fn new(registry: Arc<ColumnRegistry>) -> Self {
        Self {
            reader: JsonReader::default(),
            builder: BatchBuilder::new(registry, RowOptions::default()),
            refused: Vec::new(),
        }
    }

    /// The rows of whole lines, in their order; the last line may lack its line break. Texts are views into `lines`.
    pub fn read(&mut self, lines: &Buffer) -> RecordBatch {
        self.refused.clear();
        self.builder.begin_lines(lines);
        let mut start = 0;
        while start < lines.len() {
            let rest = lines.get(start..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..length).unwrap_or_default();
            if !line.iter().all(u8::is_ascii_whitespace)
                && let Err(reason) = self.read_line(line)
            {
                self.refused.push(RefusedRow { line: start..start + length, reason });
            }
            start += length + 1;
        }
        self.builder.finish()
    }

    /// The lines of the last [`RowReader::read`] that are no rows.
    pub fn refused(&self) -> &[RefusedRow] {
        &self.refused
    }

    fn read_line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        if line.len() > ROW_BYTES_MAX {
            return Err(TOO_LONG);
        }
        let text = simdutf8::basic::from_utf8(line).map_err(|_| NOT_UTF_8)?;
        let builder = &mut self.builder;
        self.reader.read(text, |document, scratch| put_row(&document, scratch, builder))?
    }
}

/// Puts the members of a row into their columns; nothing of one that is refused.
fn put_row(
    document: &Document<'_>,
    scratch: &mut Scratch,
    builder: &mut BatchBuilder,
) -> Result<(), &'static str> {
    if !matches!(document.kind(), Kind::Object) {
        return Err(NO_OBJECT);
    }
    let types = types_of(document)?;
    let type_of = |name: &str| types.iter().find(|(column, _)| *column == name).map(|(_, of)| of);
    let has_time = document.members().any(|(name, value)| {
        name == EVENT_TIME && matches!(scalar(&value, type_of(name)), Ok(Some(Value::Timestamp(_))))
    });
    if !has_time {
        return Err(NO_TIME);
    }
    builder.begin_detached_row();
    for (name, value) in document.members() {
        if name != TYPES_MEMBER {
            put_member(name, &value, type_of(name), scratch, builder);
        }
    }
    builder.end_detached_row();
    Ok(())
}

/// What the member `@types` says.
fn types_of<'a>(document: &Document<'a>) -> Result<Vec<(&'a str, ColumnType)>, &'static str> {
    let Some((_, member)) = document.members().find(|(name, _)| *name == TYPES_MEMBER) else {
        return Ok(Vec::new());
    };
    let mut types = Vec::new();
    for (name, column_type) in member.members() {
        let Kind::Text(text) = column_type.kind() else { return Err(WRONG_TYPES) };
        types.push((name, text.parse().map_err(|_| WRONG_TYPES)?));
        if types.len() > ROW_TYPES_MAX {
            return Err(WRONG_TYPES);
        }
    }
    Ok(types)
}

fn put_member(
    name: &str,
    value: &Document<'_>,
    column_type: Option<&ColumnType>,
    scratch: &mut Scratch,
    builder: &mut BatchBuilder,
) {
    match value.kind() {
        Kind::Array(items) => {
            let item_type = match column_type {
                Some(ColumnType::List(item)) => Some(item.as_ref()),
                _ => None,
            };
            let mut values = Vec::with_capacity(items.count_left());
            for item in items {
                match scalar(&item, item_type) {
                    Ok(item) => values.push(item),
                    // Not a list of scalars.
                    Err(NotScalar) => return put_json(name, value, scratch, builder),
                }
            }
            let list = Value::List(&values);
            match column_type.cloned().or_else(|| list.column_type()) {
                Some(wanted) => builder.row_field(name, &list, &wanted),
                None => put_json(name, value, scratch, builder),
            }
        }
        Kind::Object => put_json(name, value, scratch, builder),
        Kind::Text(_) | Kind::Other => match scalar(value, column_type) {
            Ok(Some(scalar)) => {
                let Some(wanted) = scalar.column_type() else { return };
                builder.row_field(name, &scalar, &wanted);
            }
            Ok(None) => {}
            Err(NotScalar) => put_json(name, value, scratch, builder),
        },
    }
}

/// A value that no scalar is made of.
struct NotScalar;

/// The scalar that a value is, `None` for null.
fn scalar<'a>(
    value: &Document<'a>,
    column_type: Option<&ColumnType>,
) -> Result<Option<Value<'a>>, NotScalar> {
    let Some(scalar) = value.scalar() else {
        return if value.is_null() { Ok(None) } else { Err(NotScalar) };
    };
    // A type that the value does not have is not believed.
    let meant = column_type.and_then(|column_type| meant(scalar, column_type));
    Ok(Some(meant.unwrap_or_else(|| said(scalar))))
}

/// What rows do not have of themselves (an object, a number beyond 64 bits) is kept as its JSON.
fn put_json(name: &str, value: &Document<'_>, scratch: &mut Scratch, builder: &mut BatchBuilder) {
    builder.row_field(name, &Value::Text(value.write_json(scratch)), &ColumnType::String);
}

const _: () = assert!(
    ROW_BYTES_MAX > 4 * MESSAGE_BYTES_MAX,
    "a row holds its event, escaped, and what was found in it"
);
