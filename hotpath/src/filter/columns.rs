//! Finding and replacing the columns of a batch.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, StringViewArray, new_null_array,
};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{cast, nullif};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::mask::Mask;
use crate::batch::{column_type, side_type_name};

/// A field as a condition or a config names it. `a.b` means the column `a.b` and, where there is none, `a_b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName {
    name: String,
    flat_name: Option<String>,
}

impl FieldName {
    /// The field called `name`.
    pub fn new(name: &str) -> Self {
        let flat_name = name.contains('.').then(|| name.replace('.', "_"));
        Self { name: name.to_owned(), flat_name }
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The place of the column in `batch`; none when the batch has no such column.
    pub fn index_in(&self, batch: &RecordBatch) -> Option<usize> {
        let fields = batch.schema_ref().fields();
        let exact = fields.find(&self.name);
        let found = exact.or_else(|| fields.find(self.flat_name.as_deref()?));
        found.map(|(index, _)| index)
    }

    /// The column in `batch`; none when the batch has no such column.
    pub fn column_in<'a>(&self, batch: &'a RecordBatch) -> Option<&'a ArrayRef> {
        self.index_in(batch).map(|index| batch.column(index))
    }
}

/// The columns of a batch while they are changed.
#[derive(Debug)]
pub(super) struct Columns {
    schema: SchemaRef,
    fields: Vec<FieldRef>,
    arrays: Vec<ArrayRef>,
    rows: usize,
}

impl Columns {
    pub(super) fn of(batch: &RecordBatch) -> Self {
        Self {
            schema: batch.schema(),
            fields: batch.schema_ref().fields().to_vec(),
            arrays: batch.columns().to_vec(),
            rows: batch.num_rows(),
        }
    }

    fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name() == name)
    }

    /// The column called `name`.
    pub(super) fn get(&self, name: &str) -> Option<&ArrayRef> {
        self.arrays.get(self.index_of(name)?)
    }

    /// Takes away the column called `name`, if it is there.
    pub(super) fn remove(&mut self, name: &str) -> Option<ArrayRef> {
        let index = self.index_of(name)?;
        self.fields.remove(index);
        Some(self.arrays.remove(index))
    }

    /// Puts `column` under `name`, in the place of the column of that name or as the last one.
    pub(super) fn set(&mut self, name: &str, column: ArrayRef) {
        let field = Arc::new(Field::new(name, column.data_type().clone(), true));
        match self.index_of(name) {
            Some(index) => {
                self.fields[index] = field;
                self.arrays[index] = column;
            }
            None => {
                self.fields.push(field);
                self.arrays.push(column);
            }
        }
    }

    /// Puts `values` under `name` in the rows of `rows`, and leaves what was there before in the others.
    ///
    /// Where the column that is there has another type, the values go to `<name>__<type>` and `name` is null in those
    /// rows.
    pub(super) fn set_in_rows(
        &mut self,
        name: &str,
        values: &ArrayRef,
        rows: &Mask,
    ) -> Result<(), ArrowError> {
        if rows.is_all() {
            self.set(name, Arc::clone(values));
            return Ok(());
        }
        let Some(before) = self.get(name) else {
            self.set(name, null_in_rows(values, &Mask::all(rows.row_count()).minus(rows))?);
            return Ok(());
        };
        if before.data_type() == values.data_type() {
            let mixed = zip(&rows.to_array(), values, before)?;
            self.set(name, mixed);
            return Ok(());
        }
        let side_name = side_column_name(name, values.data_type());
        if self.get(&side_name).is_some_and(|side| side.data_type() != values.data_type()) {
            return Err(ArrowError::SchemaError(format!(
                "the side column {side_name} is there with another type"
            )));
        }
        let emptied = null_in_rows(before, rows)?;
        self.set(name, emptied);
        self.set_in_rows(&side_name, values, rows)
    }

    /// Puts `values` under `name` in the rows in which there are values, and leaves what was there before in the others.
    /// Where there is no value at all, nothing changes.
    pub(super) fn set_where_present(&mut self, name: &str, values: &ArrayRef) -> Result<(), ArrowError> {
        let present = Mask::all(self.rows).with_value(values);
        if present.is_none() {
            return Ok(());
        }
        self.set_in_rows(name, values, &present)
    }

    /// The batch that they make.
    pub(super) fn into_batch(self) -> Result<RecordBatch, ArrowError> {
        let schema = Schema::new_with_metadata(self.fields, self.schema.metadata().clone());
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::new(schema), self.arrays, &options)
    }
}

/// A column as texts: as it is, or its values as they are written. `None` for one that has no such form (a list).
pub(super) fn as_texts(column: &ArrayRef) -> Option<StringViewArray> {
    if let Some(texts) = column.as_string_view_opt() {
        return Some(texts.clone());
    }
    if column.data_type().is_nested() {
        return None;
    }
    cast(column, &DataType::Utf8View).ok()?.as_string_view_opt().cloned()
}

/// The column with no value in the rows of `rows`. The data is shared, only the validity is new.
pub(super) fn null_in_rows(column: &ArrayRef, rows: &Mask) -> Result<ArrayRef, ArrowError> {
    if rows.is_none() {
        return Ok(Arc::clone(column));
    }
    if rows.is_all() {
        return Ok(new_null_array(column.data_type(), column.len()));
    }
    let gone: BooleanArray = rows.to_array();
    nullif(column.as_ref(), &gone)
}

/// The column beside `name` for values of another type than its own (`status__string`).
pub(super) fn side_column_name(name: &str, data_type: &DataType) -> String {
    match column_type(data_type) {
        Some(column_type) => format!("{name}__{}", side_type_name(&column_type)),
        None => format!("{name}__other"),
    }
}
