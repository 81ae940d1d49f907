//! Throwaway measurement.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
use std::sync::Arc;
use std::time::Instant;

use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{DecoderOptions, Format, decode_block, decoder};

fn run(name: &str, make: impl Fn(usize) -> String) {
    if let Some(wanted) = std::env::args().nth(1)
        && !name.starts_with(&wanted)
    {
        return;
    }
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), SourceType::Syslog);
    let mut block = Block::new(BlockMemory::unpooled(1 << 20), 1_760_000_000_000_000);
    let mut number = 0;
    while block.push(make(number).as_bytes(), &peer, 1_760_000_000_000_000, false).is_ok() {
        number += 1;
    }
    let block = block.seal();
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = decoder(Format::Syslog, &DecoderOptions::default(), &mut rows);
    let mut best = f64::MAX;
    let mut columns = 0;
    for _ in 0..300 {
        let start = Instant::now();
        let batch = decode_block(&block, decoder.as_mut(), &mut rows);
        best = best.min(start.elapsed().as_nanos() as f64 / batch.num_rows() as f64);
        columns = batch.num_columns();
    }
    let empty = {
        let mut b = f64::MAX;
        for _ in 0..300 {
            let start = Instant::now();
            rows.begin_block(&block);
            for event in block.events() {
                rows.begin_row(&event);
                rows.end_row();
            }
            rows.finish();
            b = b.min(start.elapsed().as_nanos() as f64 / number as f64);
        }
        b
    };
    println!(
        "{name}: {best:.0} ns an event ({number} events of {} B, {columns} columns; empty rows {empty:.0} ns)",
        block.data().len() / number
    );
}

fn main() {
    let kv = |n: usize| {
        format!(
            "src=10.0.{}.{} dst=192.0.2.{} spt={} dpt=443 proto=tcp action={} bytes={} rule=web-{} user=u{}",
            n / 250 % 250,
            n % 250,
            n % 200,
            1024 + n,
            if n % 3 == 0 { "deny" } else { "allow" },
            n * 37,
            n % 9,
            n % 100
        )
    };
    run("5424 sd kv", |n| {
        format!(
            "<134>1 2025-10-09T08:53:{:02}.{:06}Z fw-{:02}.example.net filterd {} TRAFFIC [meta@32473 seq=\"{}\" site=\"ber1\"] {}",
            n % 60,
            n,
            n % 20,
            1000 + n % 50,
            n,
            kv(n)
        )
    });
    run("5424 nil, prose", |n| {
        format!(
            "<134>1 2025-10-09T08:53:{:02}.{:06}Z fw-{:02}.example.net filterd {} TRAFFIC - Accepted publickey for user{} from 10.0.0.{} port {} ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG and some more text to make the line long",
            n % 60,
            n,
            n % 20,
            1000 + n % 50,
            n,
            n % 250,
            n
        )
    });
    run("3164 kv", |n| {
        format!(
            "<134>Oct  9 08:53:{:02} fw-{:02}.example.net filterd[{}]: {}",
            n % 60,
            n % 20,
            1000 + n % 50,
            kv(n)
        )
    });
    run("5424 json", |n| {
        format!(
            "<134>1 2025-10-09T08:53:{:02}.{:06}Z fw-{:02}.example.net filterd {} TRAFFIC - {{\"src\":\"10.0.0.{}\",\"dst\":\"192.0.2.1\",\"spt\":{},\"dpt\":443,\"proto\":\"tcp\",\"action\":\"allow\",\"bytes\":{},\"geo\":{{\"country\":\"DE\",\"city\":\"Berlin\"}}}}",
            n % 60,
            n,
            n % 20,
            1000 + n % 50,
            n % 250,
            n,
            n * 37
        )
    });
}
