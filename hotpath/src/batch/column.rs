//! One column that is being built: values, and which of them are there.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, BooleanBufferBuilder, Float64Array, Int64Array, ListArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{BooleanBuffer, Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, TimeUnit};

use super::nulls::NullRuns;
use super::text::TextBuffers;
use super::views::string_view_array;
use crate::cut::ColumnType;

/// A value of a field, as a decoder found it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text; it is not copied when it lies in the block.
    Text(&'a str),
    /// A whole number.
    Int64(i64),
    /// A floating point number.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// Microseconds since 1970, UTC.
    Timestamp(i64),
    /// Scalars of one type; `None` where the list has a null.
    List(&'a [Option<Value<'a>>]),
}

impl Value<'_> {
    /// The type of column that holds the value as it is; `None` for a list that has no value or several types.
    pub fn column_type(&self) -> Option<ColumnType> {
        Some(match self {
            Self::Text(_) => ColumnType::String,
            Self::Int64(_) => ColumnType::Int64,
            Self::Double(_) => ColumnType::Double,
            Self::Boolean(_) => ColumnType::Boolean,
            Self::Timestamp(_) => ColumnType::Timestamp,
            Self::List(items) => {
                let mut types = items.iter().flatten().map(Self::column_type);
                let first = types.next()??;
                if matches!(first, ColumnType::List(_)) || !types.all(|other| other.as_ref() == Some(&first))
                {
                    return None;
                }
                ColumnType::List(Box::new(first))
            }
        })
    }
}

/// The Arrow type of a column in memory.
pub fn arrow_type(column_type: &ColumnType) -> DataType {
    match column_type {
        ColumnType::String => DataType::Utf8View,
        ColumnType::Int64 => DataType::Int64,
        ColumnType::Double => DataType::Float64,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnType::List(item) => DataType::List(Arc::new(Field::new("item", arrow_type(item), true))),
    }
}

/// The column type of an Arrow type, `None` for one that batches do not have.
pub fn column_type(data_type: &DataType) -> Option<ColumnType> {
    Some(match data_type {
        DataType::Utf8View | DataType::Utf8 | DataType::LargeUtf8 => ColumnType::String,
        DataType::Int64 => ColumnType::Int64,
        DataType::Float64 => ColumnType::Double,
        DataType::Boolean => ColumnType::Boolean,
        DataType::Timestamp(TimeUnit::Microsecond, _) => ColumnType::Timestamp,
        DataType::List(item) => ColumnType::List(Box::new(column_type(item.data_type())?)),
        _ => return None,
    })
}

#[derive(Debug)]
enum Values {
    Text(Vec<u128>),
    Int64(Vec<i64>),
    Double(Vec<f64>),
    Boolean(BooleanBufferBuilder),
    Timestamp(Vec<i64>),
    List { offsets: Vec<i32>, items: Box<ColumnData> },
}

/// Values of a column, row by row, and where there are none.
#[derive(Debug)]
pub(crate) struct ColumnData {
    values: Values,
    nulls: NullRuns,
}

impl ColumnData {
    pub(crate) fn new(column_type: &ColumnType) -> Self {
        let values = match column_type {
            ColumnType::String => Values::Text(Vec::new()),
            ColumnType::Int64 => Values::Int64(Vec::new()),
            ColumnType::Double => Values::Double(Vec::new()),
            ColumnType::Boolean => Values::Boolean(BooleanBufferBuilder::new(0)),
            ColumnType::Timestamp => Values::Timestamp(Vec::new()),
            ColumnType::List(item) => Values::List { offsets: vec![0], items: Box::new(Self::new(item)) },
        };
        Self { values, nulls: NullRuns::default() }
    }

    /// Rows so far, nulls included.
    #[inline]
    pub(crate) fn length(&self) -> usize {
        match &self.values {
            Values::Text(values) => values.len(),
            Values::Int64(values) | Values::Timestamp(values) => values.len(),
            Values::Double(values) => values.len(),
            Values::Boolean(values) => values.len(),
            Values::List { offsets, .. } => offsets.len() - 1,
        }
    }

    /// Makes room for the rows of a batch, so that none of them has to move when another one comes.
    pub(crate) fn reserve(&mut self, rows: usize) {
        match &mut self.values {
            Values::Text(values) => values.reserve_exact(rows),
            Values::Int64(values) | Values::Timestamp(values) => values.reserve_exact(rows),
            Values::Double(values) => values.reserve_exact(rows),
            Values::Boolean(values) => values.reserve(rows),
            Values::List { offsets, .. } => offsets.reserve_exact(rows),
        }
    }

    /// Fills up with nulls to `rows`.
    #[inline]
    pub(crate) fn pad_to(&mut self, rows: usize) {
        let length = self.length();
        if length < rows {
            self.append_nulls(length, rows);
        }
    }

    #[cold]
    fn append_nulls(&mut self, length: usize, rows: usize) {
        self.nulls.push(length, rows);
        match &mut self.values {
            Values::Text(values) => values.resize(rows, 0),
            Values::Int64(values) | Values::Timestamp(values) => values.resize(rows, 0),
            Values::Double(values) => values.resize(rows, 0.0),
            Values::Boolean(values) => values.append_n(rows - length, false),
            Values::List { offsets, items } => offsets.resize(rows + 1, items.length() as i32),
        }
    }

    /// The views of a column of strings, where that of `row` comes next; rows before it that are missing become
    /// null. `None` for other columns, and where the row has its value.
    #[inline]
    pub(crate) fn views_at(&mut self, row: usize) -> Option<&mut Vec<u128>> {
        let Values::Text(values) = &mut self.values else { return None };
        if values.len() != row {
            self.nulls.pad(values, row)?;
        }
        Some(values)
    }

    /// Fills up with a view to `rows`; a column of strings.
    pub(crate) fn fill_views(&mut self, rows: usize, view: u128) {
        if let Values::Text(values) = &mut self.values
            && values.len() < rows
        {
            values.resize(rows, view);
        }
    }

    /// Fills up with the last view to `rows`; a column of strings.
    pub(crate) fn repeat_view(&mut self, rows: usize) {
        if let Values::Text(values) = &self.values
            && let Some(last) = values.last().copied()
        {
            self.fill_views(rows, last);
        }
    }

    /// Fills up with a number to `rows`; a column of integers or times.
    pub(crate) fn fill_numbers(&mut self, rows: usize, number: i64) {
        if let Values::Int64(values) | Values::Timestamp(values) = &mut self.values
            && values.len() < rows
        {
            values.resize(rows, number);
        }
    }

    /// The numbers of a column of integers or times, as [`ColumnData::views_at`].
    #[inline]
    pub(crate) fn numbers_at(&mut self, row: usize) -> Option<&mut Vec<i64>> {
        let (Values::Int64(values) | Values::Timestamp(values)) = &mut self.values else { return None };
        if values.len() != row {
            self.nulls.pad(values, row)?;
        }
        Some(values)
    }

    /// Whether a value is of the column's own type.
    #[inline]
    pub(crate) fn takes(&self, value: &Value<'_>) -> bool {
        match (&self.values, value) {
            (Values::Text(_), Value::Text(_))
            | (Values::Int64(_), Value::Int64(_))
            | (Values::Timestamp(_), Value::Timestamp(_))
            | (Values::Double(_), Value::Double(_))
            | (Values::Boolean(_), Value::Boolean(_)) => true,
            (Values::List { items, .. }, Value::List(list)) => {
                list.iter().flatten().all(|item| items.takes(item))
            }
            _ => false,
        }
    }

    /// Appends a value of the column's own type; returns `false`, and changes nothing, for any other.
    #[inline]
    pub(crate) fn push(&mut self, value: &Value<'_>, text: &mut TextBuffers) -> bool {
        match (&mut self.values, value) {
            (Values::Text(values), Value::Text(value)) => values.push(text.view(value)),
            (Values::Int64(values), Value::Int64(value))
            | (Values::Timestamp(values), Value::Timestamp(value)) => values.push(*value),
            (Values::Double(values), Value::Double(value)) => values.push(*value),
            (Values::Boolean(values), Value::Boolean(value)) => values.append(*value),
            (Values::List { offsets, items }, Value::List(list)) => {
                let before = items.length();
                for item in *list {
                    match item {
                        Some(item) if items.push(item, text) => {}
                        Some(_) => {
                            items.truncate(before);
                            return false;
                        }
                        None => items.pad_to(items.length() + 1),
                    }
                }
                offsets.push(items.length() as i32);
            }
            _ => return false,
        }
        true
    }

    /// Cuts back to `length` rows; only the items of a list are ever cut back.
    fn truncate(&mut self, length: usize) {
        match &mut self.values {
            Values::Text(values) => values.truncate(length),
            Values::Int64(values) | Values::Timestamp(values) => values.truncate(length),
            Values::Double(values) => values.truncate(length),
            Values::Boolean(values) => values.truncate(length),
            Values::List { offsets, .. } => offsets.truncate(length + 1),
        }
        self.nulls.truncate(length);
    }

    /// Makes a column of integers one of doubles, value by value. The caller has made sure that each is exact.
    pub(crate) fn widen_to_double(&mut self) {
        if let Values::Int64(values) = &self.values {
            self.values = Values::Double(values.iter().map(|value| *value as f64).collect());
        }
    }

    /// The column as an array of `rows` rows; it is empty afterwards.
    pub(crate) fn finish(&mut self, rows: usize, buffers: &[Buffer]) -> ArrayRef {
        self.pad_to(rows);
        let nulls = self.nulls.finish(rows);
        match &mut self.values {
            Values::Text(values) => {
                let views = ScalarBuffer::from(std::mem::take(values));
                Arc::new(string_view_array(views, buffers, nulls))
            }
            Values::Int64(values) => Arc::new(Int64Array::new(std::mem::take(values).into(), nulls)),
            Values::Timestamp(values) => {
                let array = TimestampMicrosecondArray::new(std::mem::take(values).into(), nulls);
                Arc::new(array.with_timezone("UTC"))
            }
            Values::Double(values) => Arc::new(Float64Array::new(std::mem::take(values).into(), nulls)),
            Values::Boolean(values) => {
                let bits: BooleanBuffer = values.finish();
                Arc::new(BooleanArray::new(bits, nulls))
            }
            Values::List { offsets, items } => {
                let item_rows = items.length();
                let items = items.finish(item_rows, buffers);
                let offsets = OffsetBuffer::new(std::mem::replace(offsets, vec![0]).into());
                let field = Arc::new(Field::new("item", items.data_type().clone(), true));
                Arc::new(ListArray::new(field, offsets, items, nulls))
            }
        }
    }
}
