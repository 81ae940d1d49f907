//! Blocks of the pool come back from open row groups.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod encode_support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::RecordBatch;
use encode_support::*;
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockPool, Peer, SealedBlock, SourceType};
use hotpath::encode::DatasetOptions;

const BLOCK_BYTES: usize = 64 << 10;

/// A full block of lines of 100 bytes.
fn full_block(pool: &BlockPool) -> SealedBlock {
    let peer = Peer::new(SocketAddr::from(([192, 0, 2, 1], 514)), SourceType::Syslog);
    let mut block = Block::new(pool.take().unwrap(), START_US);
    let line = [b'x'; 100];
    while block.push(&line, &peer, START_US, false).is_ok() {}
    block.seal()
}

fn rows_of(block: &SealedBlock) -> RecordBatch {
    let mut builder = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    builder.begin_block(block);
    for event in block.events() {
        builder.begin_row(&event);
        builder.put_raw(event.bytes);
        builder.end_row();
    }
    builder.finish()
}

#[test]
fn a_batch_of_few_of_its_blocks_rows_gives_the_block_back_at_once() {
    let pool = BlockPool::new(BLOCK_BYTES, 2);
    let mut bench = Bench::new(DatasetOptions::default());
    let block = full_block(&pool);
    let (rows, events) = (rows_of(&block), block.entries().len() as u64);
    drop(block);
    bench.send_as(rows.slice(0, 400), events, None);
    drop(rows);
    assert_eq!(pool.available(), 1, "most rows are there: the block is held");
    let block = full_block(&pool);
    let rows = rows_of(&block);
    drop(block);
    bench.send_as(rows.slice(3, 100), events, None);
    drop(rows);
    assert_eq!(pool.available(), 1, "100 rows were copied");
    assert_eq!(bench.cut().rows, 500);
    assert_eq!(pool.available(), 2);
}

#[test]
fn a_low_pool_gets_the_blocks_of_a_small_row_group_back_without_a_small_row_group() {
    let pool = BlockPool::new(BLOCK_BYTES, 2);
    let mut bench = Bench::new(DatasetOptions::default());
    bench.pool_is_low.store(true, Ordering::SeqCst);
    for _ in 0..5 {
        let block = full_block(&pool);
        let rows = rows_of(&block);
        drop(block);
        bench.send(rows);
        assert_eq!(pool.available(), 2);
    }
    let cut = bench.cut();
    assert_eq!(metadata(&cut.cut.files[0].path).num_row_groups(), 1);
}
