//! How much memory a batch holds, and a copy that holds less.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, RecordBatchOptions};
use arrow::buffer::Buffer;
use arrow::datatypes::DataType;
use foldhash::{HashSet, HashSetExt};

use super::error::EncodeError;

/// A batch that keeps fewer than one in this many of its block's events is copied.
const COMPACT_BELOW_ONE_IN: u64 = 4;

/// Bytes of memory that the batch holds: its columns, and whole blocks however few of their events are left.
///
/// Columns share their block, which is counted once.
pub fn held_bytes(batch: &RecordBatch) -> usize {
    let mut seen = HashSet::new();
    batch.columns().iter().map(|column| held_by_column(column, &mut seen)).sum()
}

fn held_by_column(column: &ArrayRef, seen: &mut HashSet<usize>) -> usize {
    let nulls = column.nulls().map_or(0, |nulls| nulls.buffer().capacity());
    nulls
        + match column.data_type() {
            DataType::Utf8View => {
                let column = column.as_string_view();
                column.views().inner().capacity() + held_by_buffers(column.data_buffers(), seen)
            }
            DataType::List(_) => {
                let column = column.as_list::<i32>();
                column.offsets().inner().inner().capacity() + held_by_column(column.values(), seen)
            }
            _ => column.get_buffer_memory_size(),
        }
}

fn held_by_buffers(buffers: &[Buffer], seen: &mut HashSet<usize>) -> usize {
    buffers
        .iter()
        .filter(|buffer| seen.insert(buffer.data_ptr().as_ptr() as usize))
        .map(Buffer::capacity)
        .sum()
}

/// The batch, with its text copied out of the block when filters or the split by hour left less than a quarter
/// of the block's `events`: many quiet datasets must not hold the pool's blocks for a few rows each.
///
/// # Errors
/// When Arrow cannot rebuild the batch.
pub fn compact_if_sparse(batch: RecordBatch, events: u64) -> Result<RecordBatch, EncodeError> {
    if (batch.num_rows() as u64).saturating_mul(COMPACT_BELOW_ONE_IN) >= events {
        return Ok(batch);
    }
    compact(&batch)
}

/// The batch with memory of its own.
///
/// # Errors
/// When Arrow cannot rebuild the batch.
pub fn compact(batch: &RecordBatch) -> Result<RecordBatch, EncodeError> {
    let columns = batch.columns().iter().map(compact_column).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(batch.schema(), columns, &options)?)
}

fn compact_column(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8View => Arc::new(column.as_string_view().gc()),
        DataType::List(item) => {
            let list = column.as_list::<i32>();
            let values = compact_column(list.values());
            let offsets = list.offsets().clone();
            Arc::new(ListArray::new(Arc::clone(item), offsets, values, list.nulls().cloned()))
        }
        _ => Arc::clone(column),
    }
}
