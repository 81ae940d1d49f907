//! What the tests of the log share: the simulated disk, and a model of what was acknowledged.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod disk;
pub mod model;

use hotpath::block::{Block, BlockMemory, BlockPool, Peer, SealedBlock, SourceType};
use hotpath::log::{Disk, Log, LogError, LogOptions, Record, Recovery};
use hotpath::names::DatasetKey;

pub fn dataset(name: &str) -> DatasetKey {
    DatasetKey::new("acme", name).unwrap()
}

pub fn block_of(events: &[String]) -> SealedBlock {
    let bytes = events.iter().map(String::len).sum::<usize>();
    let mut block = Block::new(BlockMemory::unpooled(bytes), 1_700_000_000_000_000);
    for (number, event) in events.iter().enumerate() {
        let peer = Peer::new(([192, 0, 2, number as u8], 514).into(), SourceType::Syslog);
        block.push(event.as_bytes(), &peer, 1_700_000_000_000_000 + number as i64, false).unwrap();
    }
    block.seal()
}

pub fn block_record(name: &str, events: &[String]) -> Record {
    Record::Block { dataset: dataset(name), block: block_of(events) }
}

pub fn options() -> LogOptions {
    LogOptions {
        instance: "edge-1".to_owned(),
        shard: 3,
        segment_bytes: 256 << 10,
        disk_bytes_max: 64 << 20,
        random_seed: 7,
    }
}

pub fn pool() -> BlockPool {
    BlockPool::new(1 << 20, 4)
}

pub async fn open<D: Disk>(disk: D) -> Result<(Log<D>, Recovery), LogError> {
    Log::open(disk, options(), pool()).await
}

pub fn texts(block: &SealedBlock) -> Vec<String> {
    block.events().map(|event| String::from_utf8(event.bytes.to_vec()).unwrap()).collect()
}
