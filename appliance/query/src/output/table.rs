//! Rows as a drawn table for a terminal, with a last line that says how many there are.

use std::io;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::pretty::pretty_format_batches;

use super::OutputError;
use super::cells::{for_terminal, printable, unwritable};
use crate::error::QueryError;
use crate::limits;
use crate::result::QueryResult;

/// Writes the table. Gives the rows shown, and whether some were left out for the table's own limit.
pub(super) async fn write(
    result: &mut QueryResult,
    out: &mut (dyn io::Write + Send),
) -> Result<(u64, bool), OutputError> {
    let fields = result.schema().fields().iter();
    let headings = fields.map(|field| Field::new(printable(field.name()), DataType::Utf8, true));
    let schema: SchemaRef = Arc::new(Schema::new(headings.collect::<Vec<_>>()));
    let mut shown = Vec::new();
    let mut rows_left = limits::MAX_TABLE_ROWS;
    let mut cut = false;
    while let Some(batch) = result.next_batch().await {
        let batch = batch?;
        cut = batch.num_rows() > rows_left;
        let batch = batch.slice(0, batch.num_rows().min(rows_left));
        rows_left -= batch.num_rows();
        shown.push(as_text(&schema, &batch)?);
        if cut {
            break;
        }
    }
    if shown.is_empty() {
        shown.push(RecordBatch::new_empty(schema));
    }
    let drawn = pretty_format_batches(&shown).map_err(|error| unwritable(&error))?;
    writeln!(out, "{drawn}")?;
    let rows = limits::MAX_TABLE_ROWS - rows_left;
    let elapsed = result.elapsed().as_secs_f64();
    if cut || result.truncated() {
        writeln!(out, "the first {rows} rows, there are more ({elapsed:.3} s)")?;
    } else {
        let noun = if rows == 1 { "row" } else { "rows" };
        writeln!(out, "{rows} {noun} ({elapsed:.3} s)")?;
    }
    Ok((rows as u64, cut))
}

fn as_text(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, QueryError> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
    for column in batch.columns() {
        columns.push(Arc::new(for_terminal(column)?));
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|error| unwritable(&error))
}
