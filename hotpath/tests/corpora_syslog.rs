//! The public syslog, CEF, LEEF and web log corpora: no panic, one row for each message, nothing lost where parsing failed.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions, escape_invalid_utf8};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{DecoderOptions, Format, decode_block, decoder};
use hotpath::framing::{Framing, split_messages};
use hotpath::limits::{BLOCK_BYTES, MESSAGE_BYTES_MAX};
use hotpath::pcap::{Capture, is_capture};

const RECEIVED_US: i64 = 1_735_689_599_000_000;

fn corpora(kind: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let folder = std::env::var_os("BYTEFREEZER_CORPORA").map_or(beside, PathBuf::from).join(kind);
    folder.is_dir().then_some(folder)
}

fn files_in(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_in(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The messages of a capture, of lines, or in the `message` of NDJSON records.
fn messages_of(file: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(file).unwrap();
    let is_ndjson = file.extension().is_some_and(|extension| extension == "ndjson");
    if !is_capture(&bytes) {
        let lines = split_messages(&bytes, Framing::Newline, MESSAGE_BYTES_MAX).map(|(line, _)| line);
        return lines.map(|line| if is_ndjson { message_of(line) } else { line.to_vec() }).collect();
    }
    let mut capture = Capture::new(&bytes).unwrap();
    let mut messages = Vec::new();
    while let Some(datagram) = capture.next_datagram().unwrap() {
        messages.push(datagram.payload.to_vec());
    }
    messages
}

fn message_of(line: &[u8]) -> Vec<u8> {
    let record: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
    record["message"].as_str().map_or(line, str::as_bytes).to_vec()
}

fn decode(format: Format, messages: &[Vec<u8>]) -> Vec<RecordBatch> {
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = decoder(format, &DecoderOptions::default(), &mut rows);
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), SourceType::Syslog);
    let mut blocks = Vec::new();
    let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), RECEIVED_US);
    for message in messages {
        if block.push(message, &peer, RECEIVED_US, false).is_err() {
            blocks.push(std::mem::replace(
                &mut block,
                Block::new(BlockMemory::unpooled(BLOCK_BYTES), RECEIVED_US),
            ));
            block.push(message, &peer, RECEIVED_US, false).unwrap();
        }
    }
    blocks.push(block);
    blocks.into_iter().map(|block| decode_block(&block.seal(), decoder.as_mut(), &mut rows)).collect()
}

fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
    let column = batch.column_by_name(name)?.as_string_view();
    column.is_valid(row).then(|| column.value(row))
}

/// Decodes every file of a folder; returns its messages.
fn check(format: Format, folder: &Path) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    files_in(folder, &mut files);
    let mut escaped = String::new();
    let mut all = Vec::new();
    for file in files {
        let messages = messages_of(&file);
        let mut left = messages.iter();
        for batch in decode(format, &messages) {
            for row in 0..batch.num_rows() {
                let message = left.next().unwrap();
                if text(&batch, "parse_error", row).is_none() {
                    continue;
                }
                let raw = text(&batch, "raw", row).unwrap();
                if std::str::from_utf8(message).is_ok_and(|message| message == raw) {
                    continue;
                }
                escape_invalid_utf8(message, &mut escaped);
                assert_eq!(raw, escaped, "{}", file.display());
            }
        }
        assert!(left.next().is_none(), "{}: a message without a row", file.display());
        all.extend(messages);
    }
    all
}

#[test]
fn every_message_of_the_corpora_gives_a_row_and_none_is_lost() {
    let Some(folder) = corpora("syslog") else {
        println!("skipped: no corpora");
        return;
    };
    for format in ["syslog", "cef", "leef"].map(|name| name.parse().unwrap()) {
        let total = check(format, &folder).len();
        assert!(total > 1_000, "only {total} messages under {}", folder.display());
    }
}

#[test]
fn every_cef_message_of_the_corpora_is_read_whole() {
    let folders = ["cef", "syslog/crowdsec-cef", "syslog/crowdsec-unifi", "syslog/sc4s"].map(corpora);
    if folders.iter().all(Option::is_none) {
        println!("skipped: no corpora");
        return;
    }
    let mut total = 0;
    for folder in folders.into_iter().flatten() {
        for message in check("cef".parse().unwrap(), &folder) {
            let shown = String::from_utf8_lossy(&message);
            if !shown.contains("CEF:") {
                continue;
            }
            total += 1;
            let batches = decode("cef".parse().unwrap(), std::slice::from_ref(&message));
            assert_eq!(text(&batches[0], "parse_error", 0), None, "{shown}");
            for column in ["device_vendor", "device_product", "signature_id", "name", "event_severity"] {
                assert!(text(&batches[0], column, 0).is_some(), "{column}: {shown}");
            }
        }
    }
    assert!(total >= 30, "only {total} CEF messages");
}

#[test]
fn every_leef_message_of_the_corpora_is_read_whole() {
    let Some(folder) = corpora("leef") else {
        println!("skipped: no corpora");
        return;
    };
    let messages = check("leef".parse().unwrap(), &folder);
    let mut total = 0;
    for message in messages.iter().filter(|message| message.starts_with(b"<") || message.starts_with(b"Mar"))
    {
        total += 1;
        let batches = decode("leef".parse().unwrap(), std::slice::from_ref(message));
        let shown = String::from_utf8_lossy(message);
        assert_eq!(text(&batches[0], "parse_error", 0), None, "{shown}");
        for column in ["leef_version", "device_vendor", "signature_id", "event_severity", "src", "usr_name"] {
            assert!(text(&batches[0], column, 0).is_some(), "{column}: {shown}");
        }
    }
    assert!(total >= 10, "only {total} LEEF messages");
}

#[test]
fn nearly_every_line_of_web_servers_has_a_form() {
    let Some(folder) = corpora("weblog") else {
        println!("skipped: no corpora");
        return;
    };
    for format in ["weblog", "w3c"] {
        check(format.parse().unwrap(), &folder);
    }
    let mut files = Vec::new();
    files_in(&folder, &mut files);
    // The expectations that lie beside the logs are no logs.
    files.retain(|file| {
        !file.ends_with("MANIFEST.tsv") && file.extension().is_none_or(|ending| ending != "ndjson")
    });
    let (mut unknown, mut total) = (0, 0);
    for file in files {
        for batch in decode("weblog".parse().unwrap(), &messages_of(&file)) {
            total += batch.num_rows();
            unknown += (0..batch.num_rows()).filter(|row| text(&batch, "log_format", *row).is_none()).count();
        }
    }
    assert!(total > 3_000, "only {total} lines under {}", folder.display());
    assert!(unknown * 100 < total, "{unknown} of {total} lines have no form");
}
