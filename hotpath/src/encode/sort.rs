//! Brings the rows of a row group into the order of `event_time`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::{Field, SchemaRef};

use super::error::EncodeError;
use super::partition::event_times;
use super::schema::{align, widen};

/// Rows of one batch of the sorted output.
const OUTPUT_ROWS: usize = 8_192;

/// Where a row stands, and its time.
#[derive(Debug, Clone, Copy)]
struct Place {
    time_us: i64,
    batch: u32,
    row: u32,
}

/// Hands out the rows of all batches with the columns of `schema`, in ascending `event_time`; rows of the same
/// time stay in the order of receipt. Batches that already are in order are handed out one by one, otherwise
/// rows are gathered some thousands at a time. Text is never copied.
///
/// # Errors
/// [`EncodeError::NoEventTime`], an error of Arrow, or the first error of `write`.
pub fn for_each_sorted(
    batches: &[RecordBatch],
    schema: &SchemaRef,
    mut write: impl FnMut(&RecordBatch) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    if is_sorted(batches)? {
        for batch in batches {
            write(&align(batch, schema)?)?;
        }
        return Ok(());
    }
    let batches = batches.iter().map(|batch| widen(batch, schema)).collect::<Result<Vec<_>, _>>()?;
    let mut places = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for (number, batch) in batches.iter().enumerate() {
        let times = event_times(batch)?.values();
        places.extend(times.iter().enumerate().map(|(row, time_us)| Place {
            time_us: *time_us,
            batch: number as u32,
            row: row as u32,
        }));
    }
    // Stable, and quick on rows that are nearly in order.
    places.sort_by_key(|place| place.time_us);
    for chunk in places.chunks(OUTPUT_ROWS) {
        write(&gather(&batches, schema, chunk)?)?;
    }
    Ok(())
}

fn is_sorted(batches: &[RecordBatch]) -> Result<bool, EncodeError> {
    let mut last = i64::MIN;
    for batch in batches {
        for time in event_times(batch)?.values() {
            if *time < last {
                return Ok(false);
            }
            last = *time;
        }
    }
    Ok(true)
}

/// The rows at `places` as one batch with the columns of `schema`.
fn gather(batches: &[RecordBatch], schema: &SchemaRef, places: &[Place]) -> Result<RecordBatch, EncodeError> {
    // Only the batches that have rows here take part: neighbours in time were mostly received together.
    let mut involved: Vec<u32> = places.iter().map(|place| place.batch).collect();
    involved.sort_unstable();
    involved.dedup();
    let mut local = vec![0; batches.len()];
    for (number, batch) in involved.iter().enumerate() {
        local[*batch as usize] = number;
    }
    let involved: Vec<&RecordBatch> = involved.iter().map(|batch| &batches[*batch as usize]).collect();
    let indices: Vec<(usize, usize)> =
        places.iter().map(|place| (local[place.batch as usize], place.row as usize)).collect();
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        columns.push(gather_column(&involved, field, &indices)?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(places.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// One column at `indices` (batch, row); rows of a batch without it are null.
fn gather_column(
    batches: &[&RecordBatch],
    field: &Field,
    indices: &[(usize, usize)],
) -> Result<ArrayRef, EncodeError> {
    let found: Vec<Option<&ArrayRef>> =
        batches.iter().map(|batch| batch.column_by_name(field.name())).collect();
    if found.iter().all(Option::is_none) {
        return Ok(new_null_array(field.data_type(), indices.len()));
    }
    let null = new_null_array(field.data_type(), 1);
    let arrays: Vec<&dyn Array> = found.iter().map(|column| column.unwrap_or(&null).as_ref()).collect();
    if found.iter().all(Option::is_some) {
        return Ok(interleave(&arrays, indices)?);
    }
    let indices: Vec<(usize, usize)> =
        indices.iter().map(|(batch, row)| (*batch, if found[*batch].is_some() { *row } else { 0 })).collect();
    Ok(interleave(&arrays, &indices)?)
}
