//! The public NetFlow and IPFIX corpora: no panic, nothing lost, and the flows that tshark makes of the same datagrams.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{DecoderOptions, decode_block, decoder};
use hotpath::pcap::{Capture, is_capture};
use serde_json::Value;

const RECEIVED_US: i64 = 1_735_689_599_000_000;

/// tshark's plain name, and our column.
const FIELDS: [(&str, &str); 18] = [
    ("src_addr", "source_ip"),
    ("dst_addr", "dest_ip"),
    ("src_port", "source_port"),
    ("dst_port", "dest_port"),
    ("protocol", "protocol"),
    ("packets", "packets"),
    ("bytes", "bytes"),
    ("tcp_flags", "tcp_flags"),
    ("tos", "tos"),
    ("input_if", "input_interface"),
    ("output_if", "output_interface"),
    ("src_as", "source_as"),
    ("dst_as", "dest_as"),
    ("src_mask", "source_mask"),
    ("dst_mask", "dest_mask"),
    ("next_hop", "next_hop"),
    ("direction", "direction"),
    ("vlan", "vlan_id"),
];

fn corpora() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let folder = std::env::var_os("BYTEFREEZER_CORPORA").map_or(beside, PathBuf::from);
    folder.join("netflow").is_dir().then_some(folder)
}

/// The folders of a kind, with their files in the manifest's order.
fn cases(corpora: &Path, kind: &str) -> BTreeMap<PathBuf, Vec<PathBuf>> {
    let manifest = std::fs::read_to_string(corpora.join(kind).join("MANIFEST.tsv")).unwrap();
    let mut cases: BTreeMap<PathBuf, Vec<(u32, PathBuf)>> = BTreeMap::new();
    for line in manifest.lines().skip(1) {
        let mut columns = line.split('\t');
        let file = corpora.join(kind).join(columns.next().unwrap());
        let order = columns.next().and_then(|order| order.parse().ok()).unwrap_or(1);
        cases.entry(file.parent().unwrap().to_owned()).or_default().push((order, file));
    }
    let in_order = |mut files: Vec<(u32, PathBuf)>| {
        files.sort();
        files.into_iter().map(|(_, file)| file).collect()
    };
    cases.into_iter().map(|(folder, files)| (folder, in_order(files))).collect()
}

fn datagrams(files: &[PathBuf]) -> Vec<Vec<u8>> {
    let mut datagrams = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        if !is_capture(&bytes) {
            datagrams.push(bytes);
            continue;
        }
        let mut capture = Capture::new(&bytes).unwrap();
        while let Some(datagram) = capture.next_datagram().unwrap() {
            datagrams.push(datagram.payload.to_vec());
        }
    }
    datagrams
}

/// Rows of the datagrams of a case, as of one exporter.
fn decode(format: &str, datagrams: &[Vec<u8>]) -> RecordBatch {
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = decoder(format.parse().unwrap(), &DecoderOptions::default(), &mut rows);
    let bytes: usize = datagrams.iter().map(Vec::len).sum();
    let mut block = Block::new(BlockMemory::unpooled(bytes.max(4_096)), RECEIVED_US);
    let peer = Peer::new("192.0.2.1:2055".parse().unwrap(), SourceType::Netflow);
    for datagram in datagrams {
        block.push(datagram, &peer, RECEIVED_US, false).unwrap();
    }
    decode_block(&block.seal(), decoder.as_mut(), &mut rows)
}

/// A value of a column as text.
fn shown(batch: &RecordBatch, name: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(name)?;
    if column.is_null(row) {
        return None;
    }
    Some(match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Timestamp(..) => {
            (column.as_primitive::<TimestampMicrosecondType>().value(row) / 1_000).to_string()
        }
        _ => plain(column.as_string_view().value(row)),
    })
}

/// One spelling for numbers, addresses and text.
fn plain(text: &str) -> String {
    let hexadecimal = text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    if let Some(number) = hexadecimal {
        return number.to_string();
    }
    text.parse::<IpAddr>().map_or_else(|_| text.to_lowercase(), |ip| ip.to_string())
}

/// The flows that tshark found, by our columns; times as milliseconds since 1970.
fn expected_flows(folder: &Path) -> Option<Vec<BTreeMap<&'static str, String>>> {
    let oracle = std::fs::read_to_string(folder.join("oracle.tshark.ndjson")).ok()?;
    let mut flows = Vec::new();
    for line in oracle.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let norm = &record["norm"];
        let is_flow = ["src_addr", "bytes", "packets"].iter().any(|name| norm.get(name).is_some());
        if record["type"] != "data" || !is_flow {
            continue;
        }
        let mut flow = BTreeMap::new();
        for (theirs, ours) in FIELDS {
            match norm.get(theirs) {
                Some(Value::String(text)) => drop(flow.insert(ours, plain(text))),
                Some(number) => drop(flow.insert(ours, number.to_string())),
                None => {}
            }
        }
        let seconds = |name: &str| norm[name].as_str().and_then(|text| text.parse::<f64>().ok());
        if let (Some(export_s), Some(uptime_ms)) =
            (record["export_unix_secs"].as_i64(), record["sysuptime_ms"].as_i64())
        {
            for (theirs, ours) in [("start", "start_time"), ("end", "end_time")] {
                if let Some(uptime_s) = seconds(theirs) {
                    let time_ms = export_s * 1_000 - uptime_ms + (uptime_s * 1_000.0).round() as i64;
                    flow.insert(ours, time_ms.to_string());
                }
            }
        }
        flows.push(flow);
    }
    Some(flows)
}

fn agree(column: &str, expected: &str, given: Option<&str>) -> bool {
    let Some(given) = given else { return false };
    if !column.ends_with("_time") {
        return expected == given;
    }
    // Headers count whole seconds.
    let difference = expected.parse::<i64>().unwrap() - given.parse::<i64>().unwrap();
    difference.abs() <= 1_000
}

/// Fields that agree and fields that were asked for, over the cases of a kind.
fn compare(corpora: &Path, kind: &str) -> (usize, usize) {
    let (mut agreed, mut asked) = (0, 0);
    for (folder, files) in cases(corpora, kind) {
        let datagrams = datagrams(&files);
        let batch = decode(kind, &datagrams);
        let name = folder.strip_prefix(corpora).unwrap().display();
        check_rows(&batch, &name.to_string());
        let Some(expected) = expected_flows(&folder) else { continue };
        let is_flow = |row: &usize| {
            ["source_ip", "bytes", "packets"].iter().any(|column| shown(&batch, column, *row).is_some())
        };
        let flows: Vec<usize> = (0..batch.num_rows()).filter(is_flow).collect();
        if flows.len() != expected.len() {
            println!("{name}: {} flows for {}", flows.len(), expected.len());
        }
        let mut differences = 0;
        for (number, flow) in expected.iter().enumerate() {
            for (column, value) in flow {
                asked += 1;
                let given = flows.get(number).and_then(|row| shown(&batch, column, *row));
                if agree(column, value, given.as_deref()) {
                    agreed += 1;
                    continue;
                }
                differences += 1;
                if differences <= 8 {
                    println!("{name}: flow {number} {column}: {given:?} for {value}");
                }
            }
        }
    }
    println!("{kind}: {agreed} of {asked} fields");
    (agreed, asked)
}

/// What holds whatever was received.
fn check_rows(batch: &RecordBatch, name: &str) {
    for column in batch.columns() {
        column.to_data().validate_full().unwrap();
    }
    for row in 0..batch.num_rows() {
        let fault = shown(batch, "parse_error", row);
        assert_eq!(fault.is_some(), shown(batch, "raw", row).is_some(), "{name}: row {row}");
        assert!(fault.is_some() || shown(batch, "record_type", row).is_some(), "{name}: row {row}");
        if let Some(fault) = fault {
            println!("{name}: row {row}: {fault}");
        }
    }
}

#[test]
fn flows_agree_with_those_of_tshark() {
    let Some(corpora) = corpora() else {
        println!("skipped: no corpora");
        return;
    };
    for kind in ["netflow", "ipfix"] {
        let (agreed, asked) = compare(&corpora, kind);
        assert!(asked > 1_000, "only {asked} fields of {kind}");
        assert!(agreed * 1_000 >= asked * 995, "{agreed} of {asked} fields of {kind}");
    }
}

#[test]
fn datagrams_of_another_protocol_are_kept_with_a_reason() {
    let Some(corpora) = corpora() else {
        println!("skipped: no corpora");
        return;
    };
    for files in cases(&corpora, "sflow").values() {
        let mut datagrams = datagrams(files);
        // One capture has NetFlow beside.
        datagrams.retain(|datagram| datagram.starts_with(&[0, 0, 0, 5]));
        let batch = decode("netflow", &datagrams);
        assert_eq!(batch.num_rows(), datagrams.len());
        for row in 0..batch.num_rows() {
            assert_eq!(shown(&batch, "parse_error", row).as_deref(), Some("netflow version 0 is not known"));
            assert!(shown(&batch, "raw", row).is_some());
        }
    }
}
