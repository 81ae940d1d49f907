//! Decoding a flow sample takes no memory of its own: what is taken is taken for the batch.
#![allow(clippy::unwrap_used, reason = "a test")]

mod allocation_support;
#[path = "sflow_support/encoder.rs"]
mod encoder;

use std::sync::Arc;

use allocation_support::allocations;
use encoder::{datagram, flow_sample, ipv4_address, numbers, record, sampled_header, tcp_frame};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};
use hotpath::decode::Decoder;
use hotpath::decode::sflow::SflowDecoder;
use hotpath::limits::BLOCK_BYTES;

const DATAGRAMS: usize = 500;
const SAMPLES: usize = 5;

/// Datagrams with flow samples as switches with routes send them.
fn block() -> SealedBlock {
    let switch = record(0, 1001, &numbers(&[100, 0, 200, 0]));
    let router = record(0, 1002, &[ipv4_address([192, 0, 2, 254]), numbers(&[24, 16])].concat());
    let sample = flow_sample(&[sampled_header(1, &tcp_frame()), switch, router]);
    let datagram = datagram(&vec![sample; SAMPLES]);
    let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), 0);
    let peer = Peer::new(([192, 0, 2, 1], 6343).into(), SourceType::Sflow);
    for _ in 0..DATAGRAMS {
        block.push(&datagram, &peer, 0, false).unwrap();
    }
    block.seal()
}

#[test]
fn a_flow_sample_takes_no_memory() {
    let block = block();
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = SflowDecoder::new(&mut rows);
    let mut taken = 0;
    // The first block defines the columns.
    for _ in 0..2 {
        rows.begin_block(&block);
        let before = allocations();
        for event in block.events() {
            decoder.decode(&event, &mut rows);
        }
        taken = allocations() - before;
        assert_eq!(rows.finish().num_rows(), DATAGRAMS * SAMPLES);
    }
    // Columns grow a few times, and text gets its chunks.
    assert!(taken < DATAGRAMS * SAMPLES / 5, "{taken} allocations for {} samples", DATAGRAMS * SAMPLES);
}
