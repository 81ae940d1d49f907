//! Decoders: bytes, peer and time of receipt in; rows or a reason out. They do no I/O and read no clock.

pub mod address_text;
pub mod auto;
mod binary;
pub mod body;
mod byte_masks;
mod byte_set;
mod cef;
pub mod delimited;
pub mod flow;
mod format;
pub mod influx;
pub(crate) mod instants;
pub mod json;
mod learned;
mod leef;
pub mod lines;
pub mod logfmt;
pub mod marked;
pub mod packet;
mod protocols;
mod scalar;
pub mod sflow;
pub mod statsd;
pub mod syslog;
#[cfg(test)]
mod testing;
pub(crate) mod text;
mod time_fields;
pub mod vpcflow;
pub mod w3c;
pub mod weblog;
pub mod zeek;

use arrow::array::RecordBatch;

use crate::batch::BatchBuilder;
use crate::block::{Event, SealedBlock};
pub use binary::flow_datagram;
pub use format::{DecoderOptions, Format, Unit, UnknownFormat, decoder};

/// Turns events of one format into rows.
///
/// Each event gives at least one row, or is held by the decoder and gives its rows later. An event that cannot be
/// parsed gives a row with the whole event in `raw` and the reason in `parse_error`.
pub trait Decoder {
    /// Adds the rows of one event: `begin_row`, values, `end_row` for each.
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder);

    /// Events that were given to it and have no rows yet. They are part of its state.
    fn held_events(&self) -> u64 {
        0
    }

    /// What it has learned from events so far and needs for later ones, if that has changed since it was asked last.
    ///
    /// With this state another decoder makes the same rows of the events that follow.
    fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Takes over what [`Decoder::take_changed_state`] gave, instead of what it knows.
    ///
    /// # Errors
    /// When these bytes are no such state; it knows nothing then.
    fn restore_state(&mut self, state: &[u8]) -> Result<(), StateError> {
        if state.is_empty() { Ok(()) } else { Err(StateError("this format has no state")) }
    }
}

/// Why bytes are not the state of a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a state of this decoder: {0}")]
pub struct StateError(pub &'static str);

/// All rows of a block, in the order of receipt.
pub fn decode_block(block: &SealedBlock, decoder: &mut dyn Decoder, rows: &mut BatchBuilder) -> RecordBatch {
    rows.begin_block(block);
    for event in block.events_as_text() {
        decoder.decode(&event, rows);
    }
    rows.finish()
}
