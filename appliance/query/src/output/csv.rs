//! Rows as CSV: RFC 4180, a header line, null is an empty field.

use std::io;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv::WriterBuilder;
use arrow::datatypes::{DataType, Field, Schema};

use super::OutputError;
use super::cells::{as_json_text, is_nested, unwritable};
use crate::error::QueryError;
use crate::result::QueryResult;

pub(super) async fn write(
    result: &mut QueryResult,
    out: &mut (dyn io::Write + Send),
) -> Result<u64, OutputError> {
    let mut rows = 0_u64;
    let mut buffer = Vec::new();
    // The header stands there even when no row does.
    let empty = RecordBatch::new_empty(Arc::clone(result.schema()));
    write_batch(&empty, true, &mut buffer)?;
    out.write_all(&buffer)?;
    while let Some(batch) = result.next_batch().await {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        buffer.clear();
        write_batch(&batch, false, &mut buffer)?;
        out.write_all(&buffer)?;
    }
    Ok(rows)
}

fn write_batch(batch: &RecordBatch, with_header: bool, buffer: &mut Vec<u8>) -> Result<(), QueryError> {
    let flat = with_lists_as_text(batch)?;
    let mut writer = WriterBuilder::new().with_header(with_header).build(buffer);
    writer.write(&flat).map_err(|error| unwritable(&error))
}

/// CSV has no values inside values: they become JSON text.
fn with_lists_as_text(batch: &RecordBatch) -> Result<RecordBatch, QueryError> {
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if is_nested(field.data_type()) {
            columns.push(as_json_text(field, column)?);
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
        } else {
            columns.push(Arc::clone(column));
            fields.push(Arc::clone(field));
        }
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|error| unwritable(&error))
}
