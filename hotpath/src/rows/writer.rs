//! Batches to lines.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch,
    StringViewArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;
use serde::Serialize;

use super::TYPES_MEMBER;
use super::time_text::{time_of, time_text};
use super::types::text_of_double;
use crate::batch::{arrow_type, column_type};
use crate::cut::ColumnType;

/// Why a batch cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// It has a column of a type that batches of events do not have.
    #[error("the column {column} has the type {data_type}, which rows do not have")]
    Type {
        /// Its name.
        column: String,
        /// Its type.
        data_type: DataType,
    },
    /// An error of Arrow.
    #[error("a column cannot be read")]
    Arrow(#[from] ArrowError),
    /// A value has no JSON.
    #[error("a value cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Writes batches as rows; what it knows of a schema is used again.
#[derive(Debug, Default)]
pub struct RowWriter {
    schema: Option<SchemaRef>,
    columns: Vec<NamedColumn>,
}

#[derive(Debug)]
struct NamedColumn {
    name: String,
    /// `"name":`
    member: Vec<u8>,
    column_type: ColumnType,
}

impl RowWriter {
    /// A writer that knows no schema yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a line for each row.
    ///
    /// # Errors
    /// [`RowError`]; what was appended is of no use then.
    pub fn write(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), RowError> {
        self.learn(batch)?;
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (column, array) in self.columns.iter().zip(batch.columns()) {
            arrays.push(plain(array, &column.column_type)?);
        }
        let mut cells = Vec::with_capacity(self.columns.len());
        for (column, array) in self.columns.iter().zip(&arrays) {
            cells.push((column, Cells::of(array, column)?));
        }
        for row in 0..batch.num_rows() {
            write_row(row, &cells, out)?;
        }
        Ok(())
    }

    fn learn(&mut self, batch: &RecordBatch) -> Result<(), RowError> {
        if self.schema.as_ref() == Some(batch.schema_ref()) {
            return Ok(());
        }
        self.columns.clear();
        for field in batch.schema_ref().fields() {
            let Some(column_type) = column_type(field.data_type()) else {
                return Err(unknown_type(field.name(), field.data_type()));
            };
            let mut member = serde_json::to_vec(field.name())?;
            member.push(b':');
            self.columns.push(NamedColumn { name: field.name().clone(), member, column_type });
        }
        self.schema = Some(batch.schema());
        Ok(())
    }
}

fn unknown_type(column: &str, data_type: &DataType) -> RowError {
    RowError::Type { column: column.to_owned(), data_type: data_type.clone() }
}

/// The column in the type that batches have for it.
fn plain(array: &ArrayRef, column_type: &ColumnType) -> Result<ArrayRef, RowError> {
    let wanted = arrow_type(column_type);
    if *array.data_type() == wanted {
        return Ok(Arc::clone(array));
    }
    Ok(cast(array, &wanted)?)
}

/// The values of a column.
enum Cells<'a> {
    Text(&'a StringViewArray),
    Int64(&'a Int64Array),
    Double(&'a Float64Array),
    Boolean(&'a BooleanArray),
    Timestamp(&'a TimestampMicrosecondArray),
    List { lists: &'a ListArray, items: Box<Cells<'a>> },
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef, column: &NamedColumn) -> Result<Self, RowError> {
        let cells = match array.data_type() {
            DataType::Utf8View => array.as_string_view_opt().map(Self::Text),
            DataType::Int64 => array.as_primitive_opt::<Int64Type>().map(Self::Int64),
            DataType::Float64 => array.as_primitive_opt::<Float64Type>().map(Self::Double),
            DataType::Boolean => array.as_boolean_opt().map(Self::Boolean),
            DataType::Timestamp(_, _) => {
                array.as_primitive_opt::<TimestampMicrosecondType>().map(Self::Timestamp)
            }
            DataType::List(_) => match array.as_list_opt::<i32>() {
                None => None,
                Some(lists) => Some(Self::List { lists, items: Box::new(Self::of(lists.values(), column)?) }),
            },
            _ => None,
        };
        cells.ok_or_else(|| unknown_type(&column.name, array.data_type()))
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(array) => array.is_null(row),
            Self::Int64(array) => array.is_null(row),
            Self::Double(array) => array.is_null(row),
            Self::Boolean(array) => array.is_null(row),
            Self::Timestamp(array) => array.is_null(row),
            Self::List { lists, .. } => lists.is_null(row),
        }
    }

    /// Writes a value that is there; `false` when its JSON does not say its type.
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<bool, RowError> {
        match self {
            Self::Text(texts) => {
                let text = texts.value(row);
                json(text, out)?;
                Ok(time_of(text).is_none())
            }
            Self::Int64(numbers) => json(&numbers.value(row), out),
            Self::Boolean(truths) => json(&truths.value(row), out),
            Self::Double(numbers) => {
                let number = numbers.value(row);
                match text_of_double(number) {
                    None => json(&number, out),
                    Some(text) => json(text, out).map(|_| false),
                }
            }
            Self::Timestamp(times) => {
                let time_us = times.value(row);
                let Some(text) = time_text(time_us) else { return json(&time_us, out).map(|_| false) };
                out.push(b'"');
                out.extend_from_slice(&text);
                out.push(b'"');
                Ok(true)
            }
            Self::List { lists, items } => write_list(lists, items, row, out),
        }
    }
}

fn json(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) -> Result<bool, RowError> {
    serde_json::to_writer(out, value)?;
    Ok(true)
}

fn write_list(lists: &ListArray, items: &Cells<'_>, row: usize, out: &mut Vec<u8>) -> Result<bool, RowError> {
    let offsets = lists.value_offsets();
    let (Some(start), Some(end)) = (offsets.get(row), offsets.get(row + 1)) else { return Ok(true) };
    let (mut has_value, mut all_said) = (false, true);
    out.push(b'[');
    for item in *start as usize..*end as usize {
        if item > *start as usize {
            out.push(b',');
        }
        if items.is_null(item) {
            out.extend_from_slice(b"null");
            continue;
        }
        has_value = true;
        all_said &= items.write(item, out)?;
    }
    out.push(b']');
    Ok(has_value && all_said)
}

fn write_row(row: usize, columns: &[(&NamedColumn, Cells<'_>)], out: &mut Vec<u8>) -> Result<(), RowError> {
    out.push(b'{');
    let mut is_first = true;
    let mut unsaid = Vec::new();
    for (column, cells) in columns {
        if cells.is_null(row) {
            continue;
        }
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        out.extend_from_slice(&column.member);
        if !cells.write(row, out)? {
            unsaid.push(*column);
        }
    }
    if !unsaid.is_empty() {
        write_types(&unsaid, out)?;
    }
    out.extend_from_slice(b"}\n");
    Ok(())
}

fn write_types(columns: &[&NamedColumn], out: &mut Vec<u8>) -> Result<(), RowError> {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(TYPES_MEMBER.as_bytes());
    out.extend_from_slice(b"\":{");
    for (number, column) in columns.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(&column.member);
        json(&column.column_type.to_string(), out)?;
    }
    out.push(b'}');
    Ok(())
}
