//! CSV and Zeek logs of the public corpora against what is expected of them, and the format that `auto` finds against that of
//! each folder.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::json::LineDelimitedWriter;
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions, column_name};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{Decoder, DecoderOptions, decode_block, decoder};
use hotpath::framing::{Framing, split_messages};
use hotpath::limits::MESSAGE_BYTES_MAX;
use serde_json::{Map, Value};

const RECEIVED_US: i64 = 1_735_689_599_000_000;

type Row = Map<String, Value>;

fn corpora(kind: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let folder = std::env::var_os("BYTEFREEZER_CORPORA").map_or(beside, PathBuf::from).join(kind);
    if !folder.is_dir() {
        println!("skipped: no corpora");
        return None;
    }
    Some(folder)
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_in(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// A decoder of a format with its rows.
struct Bench {
    rows: BatchBuilder,
    decoder: Box<dyn Decoder>,
    peer: Peer,
}

impl Bench {
    fn new(format: &str, source_type: SourceType) -> Self {
        let unbounded = RowOptions {
            keep_raw: false,
            event_time_past_max_us: i64::MAX,
            event_time_future_max_us: i64::MAX,
        };
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), unbounded);
        let decoder = decoder(format.parse().unwrap(), &DecoderOptions::default(), &mut rows);
        Self { rows, decoder, peer: Peer::new(([192, 0, 2, 1], 514).into(), source_type) }
    }

    fn decode(&mut self, message: &[u8]) -> Vec<Row> {
        let mut block = Block::new(BlockMemory::unpooled(message.len().max(4096)), RECEIVED_US);
        block.push(message, &self.peer, RECEIVED_US, false).unwrap();
        rows_of(&decode_block(&block.seal(), self.decoder.as_mut(), &mut self.rows))
    }
}

fn rows_of(batch: &RecordBatch) -> Vec<Row> {
    let mut json = LineDelimitedWriter::new(Vec::new());
    json.write(batch).unwrap();
    let text = String::from_utf8(json.into_inner()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    split_messages(bytes, Framing::Newline, MESSAGE_BYTES_MAX).map(|(line, _)| line).collect()
}

/// A value as text, as an untyped file has it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn csv_spectrum_is_read_as_it_expects() {
    let Some(folder) = corpora("csv/csv-spectrum") else { return };
    let mut cases = 0;
    for file in files_in(&folder).into_iter().filter(|file| file.extension().is_some_and(|e| e == "csv")) {
        let expected: Vec<Row> =
            serde_json::from_slice(&std::fs::read(file.with_file_name("expected.json")).unwrap()).unwrap();
        // As one message: a line break in quotes is not to be a message's end.
        let rows = Bench::new("csv", SourceType::Http).decode(&std::fs::read(&file).unwrap());
        assert_eq!(rows.len(), expected.len() + 1, "{}", file.display());
        assert_eq!(rows[0]["record_type"], "header");
        for (row, expected) in rows[1..].iter().zip(&expected) {
            for (name, value) in expected {
                // Text in a column whose first value was a number.
                let value_of = row.get(name).or_else(|| row.get(&format!("{name}__string")));
                let found = value_of.map(plain).unwrap_or_default();
                assert_eq!(found, plain(value), "{} {name}", file.display());
            }
        }
        cases += 1;
    }
    assert!(cases >= 7, "only {cases} cases");
}

/// A field of Zeek's JSON as a row has it: its name, and times and numbers in one spelling.
fn zeek_field(name: &str, value: &Value) -> (String, String) {
    let text = match value {
        // The text form has six digits behind the point.
        Value::Number(number) => format!("{:.6}", number.as_f64().unwrap()),
        Value::Array(items) => items.iter().map(|item| zeek_field("", item).1).collect::<Vec<_>>().join(","),
        value => plain(value),
    };
    let time = chrono::DateTime::parse_from_rfc3339(&text).ok();
    let text = time.map_or(text, |time| time.timestamp_micros().to_string());
    (column_name(name).unwrap_or_default(), text)
}

#[test]
fn zeek_in_its_own_form_gives_what_its_json_says() {
    let Some(folder) = corpora("zeek/brim") else { return };
    let mut records = 0;
    for file in files_in(&folder).into_iter().filter(|file| file.extension().is_some_and(|e| e == "log")) {
        let name = format!("expected.{}.json.ndjson", file.file_stem().unwrap().to_str().unwrap());
        let expected = std::fs::read_to_string(file.with_file_name(name)).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        let mut zeek = Bench::new("zeek", SourceType::Tcp);
        let rows: Vec<Row> = lines_of(&bytes).into_iter().flat_map(|line| zeek.decode(line)).collect();
        let rows: Vec<&Row> = rows.iter().filter(|row| !row.contains_key("record_type")).collect();
        assert_eq!(rows.len(), expected.lines().count(), "{}", file.display());
        for (row, line) in rows.into_iter().zip(expected.lines()) {
            assert_eq!(row.get("parse_error"), None, "{}: {line}", file.display());
            let expected: Row = serde_json::from_str(line).unwrap();
            let found: BTreeMap<String, String> =
                row.iter().map(|(name, value)| zeek_field(name, value)).collect();
            for (name, value) in expected.iter().filter(|(name, _)| *name != "_write_ts") {
                let (mut name, value) = zeek_field(name, value);
                if name == "ts" {
                    name = "event_time".to_owned();
                }
                assert_eq!(found.get(&name), Some(&value), "{} {name}: {line}", file.display());
            }
            records += 1;
        }
    }
    assert!(records > 5_000, "only {records} records");
}

/// What a folder's messages are, and by which input they come.
const FOLDERS: [(&str, SourceType, &[&str]); 7] = [
    ("syslog", SourceType::Syslog, &["syslog", "cef", "leef", "weblog", "json", "logfmt"]),
    ("cef", SourceType::Syslog, &["cef"]),
    ("leef", SourceType::Syslog, &["leef"]),
    ("weblog", SourceType::Tcp, &["weblog", "w3c", "json", "syslog"]),
    ("zeek", SourceType::Tcp, &["zeek"]),
    ("csv/csv-spectrum", SourceType::Tcp, &["csv"]),
    ("ebpf", SourceType::Ebpf, &["ebpf"]),
];

fn messages_of(file: &Path, bytes: &[u8]) -> Vec<Vec<u8>> {
    let is = |wanted: &str| file.extension().is_some_and(|extension| extension == wanted);
    if is("json") && serde_json::from_slice::<Value>(bytes).is_ok() {
        return vec![bytes.to_vec()];
    }
    let is_wrapped = is("ndjson");
    let message = |line: &[u8]| {
        let record: Value = serde_json::from_slice(line).unwrap_or_default();
        record["message"].as_str().or(record["input"].as_str()).map_or(line, str::as_bytes).to_vec()
    };
    let lines = lines_of(bytes).into_iter();
    lines.map(|line| if is_wrapped { message(line) } else { line.to_vec() }).collect()
}

#[test]
fn auto_gives_the_rows_of_the_format_that_it_finds() {
    for (kind, source_type, known) in FOLDERS {
        let Some(folder) = corpora(kind) else { return };
        let (mut total, mut agree) = (0, 0);
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for file in files_in(&folder) {
            let name = file.file_name().unwrap().to_str().unwrap();
            if name.starts_with("expected.") || name == "MANIFEST.tsv" || name.ends_with(".pcap") {
                continue;
            }
            let mut auto = Bench::new("auto", source_type);
            let mut by_name: BTreeMap<String, Bench> = BTreeMap::new();
            for message in messages_of(&file, &std::fs::read(&file).unwrap()) {
                let mut rows = auto.decode(&message);
                assert!(!rows.is_empty(), "{name}");
                let formats: Vec<Option<Value>> =
                    rows.iter_mut().map(|row| row.remove("detected_format")).collect();
                let format = formats[0].as_ref().unwrap().as_str().unwrap().to_owned();
                total += 1;
                if known.contains(&format.as_str()) {
                    agree += 1;
                } else {
                    *others.entry(format!("{format}: {name}")).or_default() += 1;
                }
                let own = by_name.entry(format.clone()).or_insert_with(|| Bench::new(&format, source_type));
                let expected = own.decode(&message);
                let shown = String::from_utf8_lossy(&message);
                assert_eq!(rows.len(), expected.len(), "{name} {format}: {shown}");
                for (row, expected) in rows.iter().zip(&expected) {
                    assert_eq!(row.get("event_time"), expected.get("event_time"), "{name} {format}: {shown}");
                    assert_eq!(row.get("message"), expected.get("message"), "{name} {format}: {shown}");
                    assert_eq!(
                        row.get("parse_error"),
                        expected.get("parse_error"),
                        "{name} {format}: {shown}"
                    );
                }
            }
        }
        println!("{kind}: {agree} of {total}; others: {others:?}");
        assert!(total > 0 && agree * 100 >= total * 98, "{kind}: {agree} of {total}: {others:?}");
    }
}
