//! P1: syslog to Parquet in memory, on one core. Processor time is what is measured, so that other work on the
//! machine counts as little as it can.
//!
//! `parse`: full blocks to batches; `parse, condition`: and a filter whose condition no row meets, so that every
//! row goes on; `parse, condition, parquet`: and zstd 1 Parquet files in `/dev/shm`, which is P1.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

use bytefreezer_benches::blocks::syslog_blocks;
use bytefreezer_benches::cpu_time::measure;
use bytefreezer_benches::pipeline::{OneCondition, Parser, ToParquet};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hotpath::block::SealedBlock;
use hotpath::decode::Format;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENTS: usize = 500_000;
const CONDITION: &str = "zone == 'management'";

fn write_all(
    blocks: &[SealedBlock],
    parser: &mut Parser,
    filter: &mut OneCondition,
    parquet: &mut ToParquet,
) -> anyhow::Result<(u64, u64)> {
    for block in blocks {
        parquet.push(filter.apply(parser.parse(block))?)?;
    }
    parquet.close()
}

#[expect(clippy::expect_used, reason = "a bench that cannot run ends with the reason")]
fn p1(criterion: &mut Criterion) {
    let spool = tempfile::tempdir_in("/dev/shm").expect("a folder in memory");
    let mut group = criterion.benchmark_group("p1");
    group.sample_size(10);
    for (order, jitter_us) in [("in order", 0), ("out of order", 500)] {
        let blocks = syslog_blocks(EVENTS, jitter_us);
        let events: usize = blocks.iter().map(|block| block.entries().len()).sum();
        let mut parser = Parser::new(Format::SYSLOG);
        let mut filter = OneCondition::drop_where(CONDITION).expect("a condition");
        let mut parquet = ToParquet::new(spool.path()).expect("an encoder");
        let (rows, bytes) = write_all(&blocks, &mut parser, &mut filter, &mut parquet).expect("a first file");
        assert_eq!(rows, events as u64, "no row is dropped");
        eprint_size(order, &parser.parse(&blocks[0]), bytes as f64 / rows as f64);
        group.throughput(Throughput::Elements(events as u64));
        group.bench_function(format!("parse, {order}"), |bencher| {
            bencher.iter_custom(|rounds| {
                measure(rounds, || {
                    blocks.iter().for_each(|block| drop(parser.parse(block)));
                    Ok(())
                })
                .expect("batches")
            });
        });
        group.bench_function(format!("parse, condition, {order}"), |bencher| {
            bencher.iter_custom(|rounds| {
                measure(rounds, || {
                    blocks.iter().try_for_each(|block| filter.apply(parser.parse(block)).map(drop))
                })
                .expect("batches")
            });
        });
        group.bench_function(format!("parse, condition, parquet, {order}"), |bencher| {
            bencher.iter_custom(|rounds| {
                measure(rounds, || write_all(&blocks, &mut parser, &mut filter, &mut parquet).map(|_| ()))
                    .expect("a file")
            });
        });
    }
    group.finish();
}

#[expect(clippy::print_stderr, reason = "criterion has no place for a size")]
fn eprint_size(order: &str, batch: &arrow::array::RecordBatch, event_bytes: f64) {
    eprintln!("{order}: {} columns, {event_bytes:.1} bytes an event", batch.num_columns());
}

criterion_group!(benches, p1);
criterion_main!(benches);
