//! What holds for the rows of a decoder that makes several of one datagram, and keeps nothing from one to the next.

use std::sync::Arc;

use arrow::array::RecordBatch;
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions, escape_invalid_utf8};
use hotpath::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};

use super::rows::{NewDecoder, check_columns, text};

const RECEIVED_US: i64 = 1_735_689_599_000_000;

/// Decodes a datagram twice, and once more where its text does not lie in the block; returns its rows.
pub fn check(input: &[u8], new_decoder: NewDecoder) -> RecordBatch {
    let block = block_of(input);
    let batch = decode(&block, &block, new_decoder);
    let copied = decode(&block, &block_of(b""), new_decoder);
    assert_eq!(batch, copied, "rows are the same wherever the text lies");
    check_columns(&batch);
    let rows = batch.num_rows() / 2;
    assert!(rows > 0 && batch.num_rows() == 2 * rows, "each datagram gives rows");
    let first = batch.slice(0, rows);
    assert_eq!(first, batch.slice(rows, rows), "the datagram before a datagram does not change its rows");
    check_raw(input, &first);
    first
}

/// A datagram that is broken is kept whole, once.
fn check_raw(input: &[u8], batch: &RecordBatch) {
    let mut received = String::new();
    match std::str::from_utf8(input) {
        Ok(text) => received.push_str(text),
        Err(_) => escape_invalid_utf8(input, &mut received),
    }
    let kept: Vec<_> = (0..batch.num_rows()).filter_map(|row| text(batch, "raw", row)).collect();
    let is_broken = (0..batch.num_rows()).any(|row| text(batch, "parse_error", row).is_some());
    assert_eq!(kept, if is_broken { vec![received.as_str()] } else { Vec::new() });
}

fn block_of(input: &[u8]) -> SealedBlock {
    let mut block = Block::new(BlockMemory::unpooled((2 * input.len()).max(4096)), RECEIVED_US);
    let peer = Peer::new(([192, 0, 2, 1], 6343).into(), SourceType::Udp);
    for _ in 0..2 {
        block.push(input, &peer, RECEIVED_US, false).unwrap();
    }
    block.seal()
}

/// The rows of the datagrams of `block`, by a builder that takes texts in `known` for a part of its batch.
fn decode(block: &SealedBlock, known: &SealedBlock, new_decoder: NewDecoder) -> RecordBatch {
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = new_decoder(&mut rows);
    rows.begin_block(known);
    for event in block.events() {
        decoder.decode(&event, &mut rows);
    }
    assert_eq!(decoder.held_events(), 0);
    rows.finish()
}
