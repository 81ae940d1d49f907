//! Decoders: bytes, peer and time of receipt in; rows or a reason out. They do no I/O and read no clock.

use arrow::array::RecordBatch;

use crate::batch::BatchBuilder;
use crate::block::{Event, SealedBlock};

/// Turns events of one format into rows.
///
/// An event that cannot be parsed gives a row with the whole event in `raw` and the reason in `parse_error`.
pub trait Decoder {
    /// Adds the rows of one event: `begin_row`, values, `end_row` for each.
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder);
}

/// All rows of a block, in the order of receipt.
pub fn decode_block(block: &SealedBlock, decoder: &mut dyn Decoder, rows: &mut BatchBuilder) -> RecordBatch {
    rows.begin_block(block);
    for event in block.events() {
        decoder.decode(&event, rows);
    }
    rows.finish()
}
