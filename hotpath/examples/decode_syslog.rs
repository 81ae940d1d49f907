//! Throwaway driver for checks/syslog.py.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, clippy::panic)]
use std::io::Write;
use std::sync::Arc;

use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{DecoderOptions, Format, decode_block, decoder, syslog::SyslogOptions};
use hotpath::framing::{Framing, split_messages};
use hotpath::limits::{BLOCK_BYTES, MESSAGE_BYTES_MAX};
use hotpath::pcap::{Capture, is_capture};

fn main() {
    let mut args = std::env::args().skip(1).peekable();
    if args.peek().is_some_and(|a| a == "decode") {
        args.next();
    }
    let mut framing = Framing::Newline;
    let mut now_us = 1_735_689_599_000_000i64;
    let mut zone = chrono_tz::Tz::UTC;
    let mut files = Vec::new();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--format" => assert_eq!(args.next().unwrap().parse::<Format>().unwrap_or(Format::Syslog), Format::Syslog),
            "--assume-now" => {
                now_us = chrono::DateTime::parse_from_rfc3339(&args.next().unwrap()).unwrap().timestamp_micros();
            }
            "--framing" => {
                framing = match args.next().unwrap().as_str() {
                    "newline" => Framing::Newline,
                    "octet-counted" => Framing::OctetCounted,
                    _ => panic!("framing"),
                }
            }
            "--timezone" => zone = args.next().unwrap().parse().unwrap(),
            file => files.push(file.to_owned()),
        }
    }
    let options = RowOptions {
        keep_raw: false,
        event_time_past_max_us: i64::MAX,
        event_time_future_max_us: i64::MAX,
    };
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), options);
    let options = DecoderOptions { syslog: SyslogOptions { time_zone: zone } };
    let mut decoder = decoder(Format::Syslog, &options, &mut rows);
    let peer = Peer::new("127.0.0.1:514".parse().unwrap(), SourceType::Syslog);
    let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), now_us);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut total = 0;
    let mut take = |block: Block| {
        let block = block.seal();
        let batch = decode_block(&block, decoder.as_mut(), &mut rows);
        total += batch.num_rows();
        let mut writer = arrow::json::LineDelimitedWriter::new(&mut out);
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    };
    let mut add = |bytes: &[u8], truncated: bool, peer: &Peer| {
        if block.push(bytes, peer, now_us, truncated).is_err() {
            let full = std::mem::replace(&mut block, Block::new(BlockMemory::unpooled(BLOCK_BYTES), now_us));
            take(full);
            block.push(bytes, peer, now_us, truncated).unwrap();
        }
    };
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        if is_capture(&bytes) {
            let mut capture = Capture::new(&bytes).unwrap();
            while let Some(datagram) = capture.next_datagram().unwrap() {
                add(datagram.payload, false, &Peer::new(datagram.source, SourceType::Syslog));
            }
            continue;
        }
        for (message, truncated) in split_messages(&bytes, framing, MESSAGE_BYTES_MAX) {
            add(message, truncated, &peer);
        }
    }
    take(block);
    out.flush().unwrap();
    eprintln!("rows: {total}");
}
