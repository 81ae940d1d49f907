//! One schema for batches that do not all have the same columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::error::EncodeError;
use crate::batch::column_type;
use crate::cut::ColumnType;

/// Columns that stand first in a file, in this order; the others follow by name.
const FIRST_COLUMNS: [&str; 20] = [
    "event_time",
    "ingest_time",
    "peer_ip",
    "peer_port",
    "source_type",
    "facility",
    "severity",
    "facility_name",
    "severity_name",
    "rfc",
    "hostname",
    "app_name",
    "proc_id",
    "msg_id",
    "structured_data",
    "message",
    "parse_error",
    "raw",
    "event_time_raw",
    "_extra",
];

/// Columns by name, with their types in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnSet {
    columns: BTreeMap<Arc<str>, DataType>,
}

/// Two types of one column that no type holds both of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Its name.
    pub column: String,
    /// Its type so far.
    pub present: DataType,
    /// Its type in what was to be added.
    pub wanted: DataType,
}

impl From<Conflict> for EncodeError {
    fn from(conflict: Conflict) -> Self {
        Self::TypeConflict {
            column: conflict.column,
            present: conflict.present.to_string(),
            wanted: conflict.wanted.to_string(),
        }
    }
}

impl ColumnSet {
    /// Adds the columns of a schema. An integer column that is double on either side becomes double.
    ///
    /// # Errors
    /// The first column whose types do not go together; the set is as it was.
    pub fn add(&mut self, schema: &Schema) -> Result<(), Conflict> {
        for field in schema.fields() {
            if let Some(present) = self.columns.get(field.name().as_str())
                && wider(present, field.data_type()).is_none()
            {
                return Err(Conflict {
                    column: field.name().clone(),
                    present: present.clone(),
                    wanted: field.data_type().clone(),
                });
            }
        }
        for field in schema.fields() {
            match self.columns.get_mut(field.name().as_str()) {
                Some(present) => {
                    if let Some(wider) = wider(present, field.data_type()) {
                        *present = wider;
                    }
                }
                None => {
                    self.columns.insert(field.name().as_str().into(), field.data_type().clone());
                }
            }
        }
        Ok(())
    }

    /// Adds the columns of another set; where types do not go together, the present one stays.
    pub fn add_what_fits(&mut self, other: &Self) {
        for (name, data_type) in &other.columns {
            match self.columns.get_mut(name) {
                None => {
                    self.columns.insert(Arc::clone(name), data_type.clone());
                }
                Some(present) => {
                    if let Some(wider) = wider(present, data_type) {
                        *present = wider;
                    }
                }
            }
        }
    }

    /// Whether there is a column of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// Whether a file of exactly these columns takes rows of `schema` as it is.
    pub fn takes(&self, schema: &Schema) -> bool {
        schema.fields().iter().all(|field| {
            self.columns
                .get(field.name().as_str())
                .is_some_and(|present| wider(present, field.data_type()).as_ref() == Some(present))
        })
    }

    /// The columns in the order of files: the fixed ones first, then by name. All may be null.
    pub fn schema(&self) -> SchemaRef {
        let first = FIRST_COLUMNS.iter().filter_map(|name| self.columns.get_key_value(*name));
        let others = self.columns.iter().filter(|(name, _)| !FIRST_COLUMNS.contains(&name.as_ref()));
        let fields: Vec<Field> = first
            .chain(others)
            .map(|(name, data_type)| Field::new(name.as_ref(), data_type.clone(), true))
            .collect();
        Arc::new(Schema::new(fields))
    }
}

/// The type that holds values of both, `None` when there is none.
fn wider(present: &DataType, wanted: &DataType) -> Option<DataType> {
    match (present, wanted) {
        (present, wanted) if present == wanted => Some(present.clone()),
        (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => {
            Some(DataType::Float64)
        }
        (DataType::List(present), DataType::List(wanted)) => {
            let item = wider(present.data_type(), wanted.data_type())?;
            Some(DataType::List(Arc::new(Field::new("item", item, true))))
        }
        _ => None,
    }
}

/// The batch with the columns of `schema`: those it does not have are null, integers become doubles where asked.
///
/// # Errors
/// An error of Arrow, when `schema` is not one that the batch's was added to.
pub fn align(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, EncodeError> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        columns.push(match batch.column_by_name(field.name()) {
            Some(column) if column.data_type() == field.data_type() => Arc::clone(column),
            Some(column) => cast(column, field.data_type())?,
            None => new_null_array(field.data_type(), batch.num_rows()),
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// The batch with integers as doubles where `schema` says so; columns that it does not have stay away.
///
/// # Errors
/// An error of Arrow, when `schema` is not one that the batch's was added to.
pub fn widen(batch: &RecordBatch, schema: &Schema) -> Result<RecordBatch, EncodeError> {
    let differs = |field: &Field| {
        schema.field_with_name(field.name()).is_ok_and(|to| to.data_type() != field.data_type())
    };
    if !batch.schema_ref().fields().iter().any(|field| differs(field)) {
        return Ok(batch.clone());
    }
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let data_type = schema.field_with_name(field.name())?.data_type();
        fields.push(Field::new(field.name(), data_type.clone(), true));
        columns.push(cast(column, data_type)?);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// The columns of a file as its description lists them. A type that batches do not have is shown as text.
pub fn described(schema: &Schema) -> Vec<(String, ColumnType)> {
    schema
        .fields()
        .iter()
        .map(|field| (field.name().clone(), column_type(field.data_type()).unwrap_or(ColumnType::String)))
        .collect()
}
