//! Blocks of flow datagrams, as `fakedata` sends them.

use std::net::SocketAddr;

use bytefreezer_fakedata::{FlowFormat, FlowGenerator, FlowPlan, Generator};
use hotpath::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};
use hotpath::limits::BLOCK_BYTES;

use crate::blocks::START_US;

/// Microseconds between two datagrams.
const STEP_US: i64 = 25;

/// Full blocks with at least `records` flows (of sFlow sampled packets and counters) altogether; templates come first.
pub fn flow_blocks(format: FlowFormat, records: u64) -> Vec<SealedBlock> {
    let plan = FlowPlan { format, seed: 7, datagram_bytes: 1_464, domains: 1, templates_every: 500 };
    let mut generator = FlowGenerator::new(&plan, None);
    let source_type = if format == FlowFormat::Sflow { SourceType::Sflow } else { SourceType::Netflow };
    let peer = Peer::new(SocketAddr::from(([192, 0, 2, 7], 40_514)), source_type);
    let (mut blocks, mut now_us, mut done) = (Vec::new(), START_US, 0);
    let mut datagram = Vec::new();
    while done < records {
        let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), now_us);
        loop {
            if datagram.is_empty() {
                now_us += STEP_US;
                done += generator.append_next(now_us, &mut datagram);
            }
            // What one block has no room for begins the next.
            if block.push(&datagram, &peer, now_us, false).is_err() {
                break;
            }
            datagram.clear();
        }
        blocks.push(block.seal());
    }
    blocks
}
