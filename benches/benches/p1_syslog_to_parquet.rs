//! P1: syslog to Parquet in memory, on one core. Processor time is what is measured, so that other work on the
//! machine counts as little as it can.
//!
//! `encode`: batches as the decoder leaves them, through the encoder into zstd 1 Parquet files in `/dev/shm`.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::path::Path;
use std::time::Duration;

use arrow::array::RecordBatch;
use bytefreezer_benches::batches::{Columns, syslog_batches};
use bytefreezer_benches::cpu_time::thread_cpu_ns;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hotpath::encode::thread::EncoderSurroundings;
use hotpath::encode::{DatasetOptions, Encoder, EncoderEvent, EncoderIdentity, EncoderMessage};
use hotpath::names::DatasetKey;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENTS: usize = 250_000;

fn new_encoder(spool: &Path) -> anyhow::Result<Encoder> {
    let identity = EncoderIdentity { instance: "bench".to_owned(), shard: 0, spool: spool.to_path_buf() };
    let mut encoder = Encoder::new(EncoderSurroundings {
        identity,
        held_bytes_max: usize::MAX,
        clock_ms: Box::new(|| 0),
        pool_is_low: Box::new(|| false),
        cpu: None,
    });
    let key = DatasetKey::new("bench", "syslog")?;
    encoder.handle(EncoderMessage::Configure { dataset: 0, key, options: DatasetOptions::default() });
    Ok(encoder)
}

/// Encodes all batches to one cut; returns the rows and bytes in its files.
fn encode(encoder: &mut Encoder, batches: &[RecordBatch]) -> anyhow::Result<(u64, u64)> {
    let mut position = 0;
    for batch in batches {
        let events = batch.num_rows() as u64;
        let message = EncoderMessage::Rows {
            dataset: 0,
            batch: batch.clone(),
            first_position: position,
            last_position: position + events - 1,
            events,
            hold_cut: false,
        };
        position += events;
        anyhow::ensure!(encoder.handle(message).is_empty(), "a cut before the end");
    }
    let events = encoder.handle(EncoderMessage::Cut { dataset: 0 });
    let [EncoderEvent::Cut { cut, .. }] = events.as_slice() else { anyhow::bail!("no cut: {events:?}") };
    for file in &cut.cut.files {
        std::fs::remove_file(&file.path)?;
    }
    Ok((cut.rows, cut.cut.files.iter().map(|file| file.bytes).sum()))
}

fn measure(encoder: &mut Encoder, batches: &[RecordBatch], rounds: u64) -> anyhow::Result<Duration> {
    let started_ns = thread_cpu_ns()?;
    for _ in 0..rounds {
        encode(encoder, batches)?;
    }
    Ok(Duration::from_nanos(thread_cpu_ns()? - started_ns))
}

#[expect(clippy::expect_used, reason = "a bench that cannot run ends with the reason")]
fn encode_benches(criterion: &mut Criterion) {
    let spool = tempfile::tempdir_in("/dev/shm").expect("a folder in memory");
    let mut group = criterion.benchmark_group("p1_encode");
    group.sample_size(10);
    for (name, columns, jitter_us) in [
        ("17 columns in order", Columns::Seventeen, 0),
        ("17 columns out of order", Columns::Seventeen, 500),
        ("28 columns in order", Columns::AllFields, 0),
    ] {
        let batches = syslog_batches(EVENTS, columns, jitter_us);
        let mut encoder = new_encoder(spool.path()).expect("an encoder");
        let (rows, bytes) = encode(&mut encoder, &batches).expect("a first cut");
        eprint_size(name, rows, bytes);
        group.throughput(Throughput::Elements(rows));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter_custom(|rounds| measure(&mut encoder, &batches, rounds).expect("a cut"));
        });
    }
    group.finish();
}

#[expect(clippy::print_stderr, reason = "criterion has no place for a size")]
fn eprint_size(name: &str, rows: u64, bytes: u64) {
    eprintln!("{name}: {:.1} bytes an event", bytes as f64 / rows as f64);
}

criterion_group!(benches, encode_benches);
criterion_main!(benches);
