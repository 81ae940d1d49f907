//! What each setting of the Parquet writer costs: nanoseconds of processor time and bytes an event, settings changed one at a time.
//! `cargo run --release -p bytefreezer-benches --bin parquet_settings [ROUNDS] [NAME...]`

#![expect(clippy::print_stdout, reason = "the table is what the command is for")]

use std::sync::Arc;

use anyhow::Context;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use bytefreezer_benches::blocks::syslog_blocks;
use bytefreezer_benches::cpu_time::thread_cpu_ns;
use bytefreezer_benches::pipeline::Parser;
use hotpath::decode::Format;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};
use parquet::schema::types::ColumnPath;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENTS: usize = 130_000;
const DICTIONARY: [&str; 18] = [
    "peer_ip",
    "peer_port",
    "source_type",
    "facility",
    "severity",
    "facility_name",
    "severity_name",
    "rfc",
    "hostname",
    "app_name",
    "msg_id",
    "rule",
    "zone",
    "dpt",
    "proto",
    "in",
    "out",
    "policy",
];
const TIMES: [&str; 2] = ["event_time", "ingest_time"];
const TEXTS: [&str; 2] = ["structured_data", "message"];
const BLOOM: [&str; 4] = ["peer_ip", "hostname", "src", "dst"];

struct Case {
    name: &'static str,
    level: i32,
    required: bool,
    change: fn(WriterPropertiesBuilder) -> WriterPropertiesBuilder,
}

fn case(name: &'static str, change: fn(WriterPropertiesBuilder) -> WriterPropertiesBuilder) -> Case {
    Case { name, level: 1, required: false, change }
}

fn path(name: &str) -> ColumnPath {
    ColumnPath::from(name)
}

fn base(level: i32) -> anyhow::Result<WriterPropertiesBuilder> {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(level)?))
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::Page);
    for name in DICTIONARY {
        builder = builder.set_column_dictionary_enabled(path(name), true);
    }
    for name in TIMES {
        builder = builder.set_column_encoding(path(name), Encoding::DELTA_BINARY_PACKED);
    }
    for name in TEXTS {
        builder = builder.set_column_statistics_enabled(path(name), EnabledStatistics::None);
    }
    Ok(builder)
}

fn with_bloom(mut builder: WriterPropertiesBuilder, fpp: f64, ndv: u64) -> WriterPropertiesBuilder {
    for name in BLOOM {
        builder = builder.set_column_bloom_filter_enabled(path(name), true);
        builder =
            builder.set_column_bloom_filter_ndv(path(name), ndv).set_column_bloom_filter_fpp(path(name), fpp);
    }
    builder
}

fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("base", |b| b),
        case("defaults of the crate + zstd 1", |_| {
            WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::default()))
                .set_max_row_group_row_count(None)
        }),
        case("no dictionary at all", |mut b| {
            for name in DICTIONARY {
                b = b.set_column_dictionary_enabled(path(name), false);
            }
            b
        }),
        case("statistics of the texts too", |mut b| {
            for name in TEXTS {
                b = b.set_column_statistics_enabled(path(name), EnabledStatistics::Page);
            }
            b
        }),
        case("statistics per chunk only", |b| b.set_statistics_enabled(EnabledStatistics::Chunk)),
        case("no statistics", |b| b.set_statistics_enabled(EnabledStatistics::None)),
        case("pages of 64 KiB", |b| b.set_data_page_size_limit(64 << 10)),
        case("pages of 256 KiB", |b| b.set_data_page_size_limit(256 << 10)),
        case("pages without a row limit", |b| b.set_data_page_row_count_limit(usize::MAX)),
        case("pages of 4 MiB without a row limit", |b| {
            b.set_data_page_row_count_limit(usize::MAX).set_data_page_size_limit(4 << 20)
        }),
        case("write batches of 4096", |b| b.set_write_batch_size(4096)),
        case("write batches of 256", |b| b.set_write_batch_size(256)),
        case("texts DELTA_LENGTH_BYTE_ARRAY", |mut b| {
            for name in TEXTS {
                b = b.set_column_encoding(path(name), Encoding::DELTA_LENGTH_BYTE_ARRAY);
            }
            b
        }),
        case("all strings DELTA_LENGTH_BYTE_ARRAY", |mut b| {
            for name in TEXTS.into_iter().chain(["proc_id", "src", "dst"]) {
                b = b.set_column_encoding(path(name), Encoding::DELTA_LENGTH_BYTE_ARRAY);
            }
            b
        }),
        case("times PLAIN", |mut b| {
            for name in TIMES {
                b = b.set_column_encoding(path(name), Encoding::PLAIN);
            }
            b
        }),
        case("times uncompressed", |mut b| {
            for name in TIMES {
                b = b.set_column_compression(path(name), Compression::UNCOMPRESSED);
            }
            b
        }),
        case("dictionary columns uncompressed", |mut b| {
            for name in DICTIONARY {
                b = b.set_column_compression(path(name), Compression::UNCOMPRESSED);
            }
            b
        }),
        case("pages of version 2", |b| b.set_writer_version(WriterVersion::PARQUET_2_0)),
        case("bloom filters, 1 %, 262144 values", |b| with_bloom(b, 0.01, 262_144)),
        case("bloom filters, 1 %, 32768 values", |b| with_bloom(b, 0.01, 32_768)),
        case("everything uncompressed", |b| b.set_compression(Compression::UNCOMPRESSED)),
        case("texts uncompressed", |mut b| {
            for name in TEXTS {
                b = b.set_column_compression(path(name), Compression::UNCOMPRESSED);
            }
            b
        }),
    ];
    cases.push(Case { name: "columns without nulls REQUIRED", level: 1, required: true, change: |b| b });
    cases.push(Case { name: "zstd 3", level: 3, required: false, change: |b| b });
    cases
}

/// The batches with every column declared free of nulls.
fn required(batches: &[RecordBatch]) -> anyhow::Result<Vec<RecordBatch>> {
    let mut out = Vec::new();
    for batch in batches {
        let fields: Vec<Field> = batch
            .schema()
            .fields()
            .iter()
            .map(|field| Field::new(field.name(), field.data_type().clone(), false))
            .collect();
        out.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), batch.columns().to_vec())?);
    }
    Ok(out)
}

#[inline(never)]
fn write(batches: &[RecordBatch], properties: WriterProperties) -> anyhow::Result<usize> {
    let schema = batches.first().context("no batch")?.schema();
    let mut writer = ArrowWriter::try_new(Vec::with_capacity(96 << 20), schema, Some(properties))?;
    for batch in batches {
        writer.write(batch)?;
    }
    Ok(writer.into_inner()?.len())
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds: usize = arguments.first().and_then(|text| text.parse().ok()).unwrap_or(5);
    // Fewer for an instruction counter (callgrind), which takes fifty times as long.
    let events: usize = std::env::var("EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(EVENTS);
    let mut parser = Parser::new(Format::SYSLOG);
    let nullable: Vec<RecordBatch> =
        syslog_blocks(events, 0).iter().map(|block| parser.parse(block)).collect();
    let rows: usize = nullable.iter().map(RecordBatch::num_rows).sum();
    let types = nullable[0].schema();
    let texts = types.fields().iter().filter(|field| field.data_type() == &DataType::Utf8View).count();
    println!("{} columns, {texts} of text, {rows} rows, best of {rounds}", types.fields().len());
    let without_nulls = required(&nullable)?;
    let wanted = |case: &Case| {
        arguments.len() <= 1 || arguments[1..].iter().any(|wanted| case.name.contains(wanted.as_str()))
    };
    let cases: Vec<Case> = cases().into_iter().filter(wanted).collect();
    let mut best = vec![(f64::MAX, 0.0); cases.len()];
    // Every case in every round: other work on the machine falls on all of them alike.
    for _ in 0..rounds {
        for (case, best) in cases.iter().zip(&mut best) {
            let batches = if case.required { &without_nulls } else { &nullable };
            let started_ns = thread_cpu_ns()?;
            let bytes = write(batches, (case.change)(base(case.level)?).build())?;
            let event_ns = (thread_cpu_ns()? - started_ns) as f64 / rows as f64;
            *best = (best.0.min(event_ns), bytes as f64 / rows as f64);
        }
    }
    for (case, (event_ns, event_bytes)) in cases.iter().zip(best) {
        println!("{:45} {event_ns:7.0} ns/event {event_bytes:7.1} bytes/event", case.name);
    }
    Ok(())
}
