//! Finding and replacing the columns of a batch.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::kernels::zip::zip;
use arrow::compute::nullif;
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::error::ArrowError;

use super::mask::Mask;

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

/// The batch without the column at `index`.
pub(super) fn without(batch: &RecordBatch, index: usize) -> Result<RecordBatch, ArrowError> {
    let mut fields = batch.schema_ref().fields().to_vec();
    let mut columns = batch.columns().to_vec();
    fields.remove(index);
    columns.remove(index);
    assemble(batch, fields, columns)
}

/// The batch with `column` under `name`, in the place of the column of that name or as the last one.
pub(super) fn with(batch: &RecordBatch, name: &str, column: ArrayRef) -> Result<RecordBatch, ArrowError> {
    let mut fields = batch.schema_ref().fields().to_vec();
    let mut columns = batch.columns().to_vec();
    let field: FieldRef = Arc::new(Field::new(name, column.data_type().clone(), true));
    match batch.schema_ref().fields().find(name) {
        Some((index, _)) => {
            fields[index] = field;
            columns[index] = column;
        }
        None => {
            fields.push(field);
            columns.push(column);
        }
    }
    assemble(batch, fields, columns)
}

/// The batch with `values` under `name` in the rows of `rows`, and what was there before in the others.
///
/// Where the column that is there has another type, the values go to `<name>__<type>` and `name` is null in those rows.
pub(super) fn with_in_rows(
    batch: &RecordBatch,
    name: &str,
    values: &ArrayRef,
    rows: &Mask,
) -> Result<RecordBatch, ArrowError> {
    let Some((index, _)) = batch.schema_ref().fields().find(name) else {
        return with(batch, name, null_in_rows(values, &Mask::all(rows.row_count()).minus(rows))?);
    };
    let before = batch.column(index);
    if before.data_type() == values.data_type() {
        let mixed = zip(&rows.to_array(), values, before)?;
        return with(batch, name, mixed);
    }
    let emptied = with(batch, name, null_in_rows(before, rows)?)?;
    let side_name = format!("{name}__{}", type_name(values.data_type()));
    let side_is_free_or_fits = emptied
        .schema_ref()
        .fields()
        .find(&side_name)
        .is_none_or(|(_, field)| field.data_type() == values.data_type());
    if !side_is_free_or_fits {
        return Err(ArrowError::SchemaError(format!(
            "the side column {side_name} is there with another type"
        )));
    }
    with_in_rows(&emptied, &side_name, values, rows)
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

/// The word for a type in the name of a side column (`status__string`).
fn type_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Utf8View | DataType::Utf8 | DataType::LargeUtf8 => "string",
        DataType::Float64 | DataType::Float32 | DataType::Float16 => "double",
        DataType::Boolean => "boolean",
        DataType::Timestamp(_, _) => "timestamp",
        DataType::List(_) | DataType::LargeList(_) => "list",
        data_type if data_type.is_integer() => "int64",
        _ => "other",
    }
}

fn assemble(
    batch: &RecordBatch,
    fields: Vec<FieldRef>,
    columns: Vec<ArrayRef>,
) -> Result<RecordBatch, ArrowError> {
    let schema = Schema::new_with_metadata(fields, batch.schema_ref().metadata().clone());
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(schema), columns, &options)
}
