//! String view arrays without a second check of what the batch builder has made sure of.

use arrow::array::StringViewArray;
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};

/// The array of views that a [`super::BatchBuilder`] made over `buffers`.
#[cfg(not(debug_assertions))]
pub(crate) fn string_view_array(
    views: ScalarBuffer<u128>,
    buffers: &[Buffer],
    nulls: Option<NullBuffer>,
) -> StringViewArray {
    // SAFETY: every view was made from a `&str` that lies in the buffer it names, at the offset it names
    // (`TextBuffers::view`), and a null's view is 0, the empty text. Builds with debug assertions check it.
    unsafe { StringViewArray::new_unchecked(views, buffers.to_vec(), nulls) }
}

/// The array of views that a [`super::BatchBuilder`] made over `buffers`, checked.
#[cfg(debug_assertions)]
pub(crate) fn string_view_array(
    views: ScalarBuffer<u128>,
    buffers: &[Buffer],
    nulls: Option<NullBuffer>,
) -> StringViewArray {
    StringViewArray::new(views, buffers.to_vec(), nulls)
}
