//! Decoding a flow takes no memory of its own: what is taken is taken for the batch.
#![allow(clippy::unwrap_used, reason = "a test")]

mod allocation_support;

use std::sync::Arc;

use allocation_support::allocations;
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};
use hotpath::decode::Decoder;
use hotpath::decode::flow::{FlowDecoder, FlowOptions};
use hotpath::limits::BLOCK_BYTES;

const DATAGRAMS: u32 = 400;
const FLOWS: usize = 25;

/// Addresses, counters, ports, protocol, uptimes; an interface's name of variable length.
const FIELDS: [(u16, u16); 9] = [(8, 4), (12, 4), (1, 4), (2, 4), (7, 2), (11, 2), (4, 1), (22, 4), (21, 4)];
const NAME: (u16, u16) = (82, 65_535);

/// A NetFlow v9 datagram with one set.
fn datagram(sequence: u32, set_id: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend([9u16, 1].map(u16::to_be_bytes).concat());
    bytes.extend([1_000_000, 1_700_000_000, sequence, 1].map(u32::to_be_bytes).concat());
    bytes.extend([set_id, body.len() as u16 + 4].map(u16::to_be_bytes).concat());
    bytes.extend(body);
    bytes
}

fn template(id: u16, fields: &[(u16, u16)]) -> Vec<u8> {
    let counts = [id, fields.len() as u16];
    let specs = fields.iter().flat_map(|(id, length)| [*id, *length]);
    counts.into_iter().chain(specs).flat_map(u16::to_be_bytes).collect()
}

fn flow(number: u32) -> Vec<u8> {
    let mut bytes =
        [0xC0A8_0000 + number % 300, 0x0A00_0001, 1_000 + number, 7].map(u32::to_be_bytes).concat();
    bytes.extend([40_000u16, 443].map(u16::to_be_bytes).concat());
    bytes.push(6);
    bytes.extend([990_000u32, 995_000].map(u32::to_be_bytes).concat());
    bytes
}

/// Templates, then datagrams with flows of fixed and of variable length in turn.
fn block() -> SealedBlock {
    let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), 0);
    let peer = Peer::new(([192, 0, 2, 1], 2_055).into(), SourceType::Netflow);
    let mut push = |datagram: Vec<u8>| block.push(&datagram, &peer, 0, false).unwrap();
    let templates = [template(256, &FIELDS), template(257, &[&FIELDS[..], &[NAME]].concat())].concat();
    push(datagram(0, 0, &templates));
    for sequence in 1..=DATAGRAMS {
        let flows = (0..FLOWS as u32).map(|number| flow(sequence + number));
        if sequence % 2 == 0 {
            push(datagram(sequence, 256, &flows.flatten().collect::<Vec<u8>>()));
        } else {
            let named = flows.flat_map(|flow| [&flow[..], b"\x04eth0"].concat());
            push(datagram(sequence, 257, &named.collect::<Vec<u8>>()));
        }
    }
    block.seal()
}

#[test]
fn a_flow_takes_no_memory() {
    let block = block();
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = FlowDecoder::new(&FlowOptions::default(), &mut rows);
    let mut taken = 0;
    // The first block defines the columns, and tells the templates.
    for _ in 0..2 {
        rows.begin_block(&block);
        let before = allocations();
        for event in block.events() {
            decoder.decode(&event, &mut rows);
        }
        taken = allocations() - before;
        assert_eq!(rows.finish().num_rows(), DATAGRAMS as usize * FLOWS + 1);
    }
    // Some columns grow, and text gets its chunks.
    assert!(taken < DATAGRAMS as usize / 4, "{taken} allocations for {DATAGRAMS} datagrams");
}
