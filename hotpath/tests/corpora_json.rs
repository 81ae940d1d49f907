//! The public JSON corpora: no panic, a row or more for each event, nothing lost where parsing failed; and what is JSON is
//! taken, and what is not is refused.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions, escape_invalid_utf8};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{DecoderOptions, Format, decode_block, decoder};
use hotpath::framing::{Framing, split_messages};
use hotpath::limits::MESSAGE_BYTES_MAX;

const RECEIVED_US: i64 = 1_735_689_599_000_000;

fn corpora(kind: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let folder = std::env::var_os("BYTEFREEZER_CORPORA").map_or(beside, PathBuf::from).join(kind);
    if !folder.is_dir() {
        println!("skipped: no corpora");
        return None;
    }
    Some(folder)
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

/// The rows of each event, by one decoder.
fn decode(format: &str, source_type: SourceType, events: &[Vec<u8>]) -> Vec<RecordBatch> {
    let format: Format = format.parse().unwrap();
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = decoder(format, &DecoderOptions::default(), &mut rows);
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), source_type);
    let mut batches = Vec::new();
    for event in events {
        let mut block = Block::new(BlockMemory::unpooled(event.len().max(4096)), RECEIVED_US);
        block.push(event, &peer, RECEIVED_US, false).unwrap();
        batches.push(decode_block(&block.seal(), decoder.as_mut(), &mut rows));
    }
    batches
}

fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
    let column = batch.column_by_name(name)?.as_string_view();
    column.is_valid(row).then(|| column.value(row))
}

/// Decodes every file of a folder as a whole, and by its lines where it is not one value; returns how many events there
/// were, and how many had a reason not to be parsed.
fn check(format: &str, folder: &Path) -> (usize, usize) {
    let mut files = Vec::new();
    files_in(folder, &mut files);
    let (mut events, mut faults) = (0, 0);
    let mut escaped = String::new();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let mut messages: Vec<Vec<u8>> = Vec::new();
        if serde_json::from_slice::<serde_json::Value>(&bytes).is_err() {
            let lines = split_messages(&bytes, Framing::Newline, MESSAGE_BYTES_MAX);
            messages.extend(lines.map(|(line, _)| line.to_vec()));
        }
        messages.push(bytes);
        // An envelope is around one event, not around the lines of a file.
        let whole = messages[messages.len() - 1..].to_vec();
        for (source_type, messages) in [
            (SourceType::Udp, &messages),
            (SourceType::SplunkHec, &whole),
            (SourceType::ElasticsearchBulk, &whole),
        ] {
            for (message, batch) in messages.iter().zip(decode(format, source_type, messages)) {
                assert!(batch.num_rows() > 0, "{}", file.display());
                events += 1;
                let Some(raw) = text(&batch, "raw", 0) else { continue };
                faults += 1;
                assert!(text(&batch, "parse_error", 0).is_some());
                match std::str::from_utf8(message) {
                    Ok(message) => assert_eq!(raw, message, "{}", file.display()),
                    Err(_) => {
                        escape_invalid_utf8(message, &mut escaped);
                        assert_eq!(raw, escaped, "{}", file.display());
                    }
                }
            }
        }
    }
    (events, faults)
}

#[test]
fn every_event_of_the_corpora_has_a_row() {
    for kind in ["json", "ebpf", "webhook"] {
        let Some(folder) = corpora(kind) else { return };
        let (events, faults) = check("json", &folder);
        println!("{kind}: {events} events, {faults} with a reason not to be parsed");
        assert!(events > faults);
    }
}

#[test]
fn every_event_of_a_sensor_names_its_process_or_program() {
    let Some(folder) = corpora("ebpf") else { return };
    let mut files = Vec::new();
    files_in(&folder, &mut files);
    let (mut events, mut of_a_sensor, mut with_process) = (0, 0, 0);
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension != "tsv")) {
        let bytes = std::fs::read(file).unwrap();
        for batch in decode("ebpf", SourceType::Ebpf, &[bytes]) {
            for row in 0..batch.num_rows() {
                events += 1;
                assert!(text(&batch, "parse_error", row).is_none(), "{}", file.display());
                let Some(sensor) = text(&batch, "sensor", row) else { continue };
                of_a_sensor += 1;
                let has_process =
                    batch.column_by_name("process_pid").is_some_and(|column| column.is_valid(row));
                with_process += usize::from(has_process || text(&batch, "process_name", row).is_some());
                assert!(
                    file.to_str().unwrap().contains(&sensor.replace('_', "-")),
                    "{}: {sensor}",
                    file.display()
                );
            }
        }
    }
    println!("{events} events, {of_a_sensor} of a sensor, {with_process} with a process");
    assert!(of_a_sensor * 100 >= events * 95 && with_process * 100 >= of_a_sensor * 95);
}

#[test]
fn every_event_of_the_formats_that_are_json_has_a_row() {
    for (format, folder) in [
        ("suricata", "json/suricata"),
        ("suricata", "json/crowdsec-suricata"),
        ("cloudtrail", "json/panther-AWS"),
        ("windows", "json/windows-events"),
        ("windows", "json/panther-Windows"),
        ("gelf", "json/telegraf"),
    ] {
        let Some(folder) = corpora(folder) else { return };
        let (events, faults) = check(format, &folder);
        println!("{format}: {events} events, {faults} with a reason not to be parsed");
    }
}

#[test]
fn json_is_taken_and_what_is_none_is_refused() {
    let Some(folder) = corpora("json/JSONTestSuite") else { return };
    let mut files = Vec::new();
    files_in(&folder, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let batch = &decode("json", SourceType::Tcp, &[bytes])[0];
        let is_refused = text(batch, "parse_error", 0).is_some();
        assert_eq!(is_refused, text(batch, "raw", 0).is_some(), "{name}");
        if (name.starts_with("y_") && is_refused) || (name.starts_with("n_") && !is_refused) {
            wrong.push(name.to_owned());
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
