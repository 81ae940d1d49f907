//! Blocks as the shards hand them to the decoder, filled with the seeded messages.

use std::net::SocketAddr;

use hotpath::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};
use hotpath::limits::BLOCK_BYTES;

use crate::syslog::{Generator, Message};

/// 2026-11-20 10:00 UTC, in microseconds since 1970.
pub const START_US: i64 = 1_795_168_800_000_000;

/// From an event's own time to its receipt, in microseconds.
const DELAY_US: i64 = 900;

/// Full blocks of at least `events` events altogether; times lie up to `jitter_us` from their place.
pub fn syslog_blocks(events: usize, jitter_us: i64) -> Vec<SealedBlock> {
    let mut generator = Generator::new(5424, START_US, jitter_us);
    let mut blocks = Vec::new();
    let mut done = 0;
    while done < events {
        let block = next_block(&mut generator, |message| message.text.clone());
        done += block.entries().len();
        blocks.push(block);
    }
    blocks
}

/// A full block of what `text` makes of generated messages; the one that it has no room for is left out.
pub fn next_block(generator: &mut Generator, text: impl Fn(&Message) -> String) -> SealedBlock {
    let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), START_US);
    let peer = Peer::new(SocketAddr::from(([192, 0, 2, 7], 40_514)), SourceType::Syslog);
    let mut message = Message::default();
    loop {
        generator.next(&mut message);
        let received_us = message.event_time_us + DELAY_US;
        if block.push(text(&message).as_bytes(), &peer, received_us, false).is_err() {
            return block.seal();
        }
    }
}
