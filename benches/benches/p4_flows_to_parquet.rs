//! P4: NetFlow v5, v9, IPFIX and sFlow to columns, and to Parquet in memory, on one core. Processor time is what is
//! measured, so that other work on the machine counts as little as it can. An element is a row.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

use bytefreezer_benches::cpu_time::measure;
use bytefreezer_benches::flows::flow_blocks;
use bytefreezer_benches::pipeline::{Parser, ToParquet};
use bytefreezer_fakedata::FlowFormat;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hotpath::block::SealedBlock;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RECORDS: u64 = 1_000_000;

/// Name of the bench, what is sent, and the format that reads it.
const CASES: [(&str, FlowFormat, &str); 4] = [
    ("netflow v5", FlowFormat::Netflow5, "netflow"),
    ("netflow v9", FlowFormat::Netflow9, "netflow"),
    ("ipfix", FlowFormat::Ipfix, "netflow"),
    ("sflow", FlowFormat::Sflow, "sflow"),
];

fn write_all(
    blocks: &[SealedBlock],
    parser: &mut Parser,
    parquet: &mut ToParquet,
) -> anyhow::Result<(u64, u64)> {
    for block in blocks {
        parquet.push(parser.parse(block))?;
    }
    parquet.close()
}

#[expect(clippy::expect_used, reason = "a bench that cannot run ends with the reason")]
fn p4(criterion: &mut Criterion) {
    let spool = tempfile::tempdir_in("/dev/shm").expect("a folder in memory");
    let mut group = criterion.benchmark_group("p4");
    group.sample_size(10);
    for (name, format, decoder) in CASES {
        let Ok(decoder) = decoder.parse() else { continue };
        let blocks = flow_blocks(format, RECORDS);
        let mut parser = Parser::new(decoder);
        let mut parquet = ToParquet::new(spool.path()).expect("an encoder");
        let (rows, bytes) = write_all(&blocks, &mut parser, &mut parquet).expect("a first file");
        assert!(rows >= RECORDS, "a row for each flow");
        eprint_size(name, &parser.parse(&blocks[0]), bytes as f64 / rows as f64);
        group.throughput(Throughput::Elements(rows));
        group.bench_function(format!("{name}, columns"), |bencher| {
            bencher.iter_custom(|rounds| {
                measure(rounds, || {
                    blocks.iter().for_each(|block| drop(parser.parse(block)));
                    Ok(())
                })
                .expect("batches")
            });
        });
        group.bench_function(format!("{name}, parquet"), |bencher| {
            bencher.iter_custom(|rounds| {
                measure(rounds, || write_all(&blocks, &mut parser, &mut parquet).map(|_| ())).expect("a file")
            });
        });
    }
    group.finish();
}

#[expect(clippy::print_stderr, reason = "criterion has no place for a size")]
fn eprint_size(name: &str, batch: &arrow::array::RecordBatch, row_bytes: f64) {
    eprintln!("{name}: {} columns, {row_bytes:.1} bytes a row", batch.num_columns());
}

criterion_group!(benches, p4);
criterion_main!(benches);
