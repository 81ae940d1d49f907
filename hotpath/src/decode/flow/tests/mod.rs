//! Datagrams as RFC 3954, RFC 7011 and their companions have them, and what must become of them.

mod agree;
mod fixed;
mod learned;
mod records;
mod sampling;

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};

use super::*;
use crate::batch::{ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::decode_block;
use crate::limits::FLOW_HELD_US_MAX;

const RECEIVED_US: i64 = 1_700_000_060_000_000;
const EXPORT_S: u32 = 1_700_000_000;
const EXPORT_US: i64 = EXPORT_S as i64 * 1_000_000;

/// The length of fields that say it themselves.
const VARIABLE: u16 = u16::MAX;

/// Bytes that are put together number by number.
#[derive(Debug, Clone, Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn u8(mut self, number: u8) -> Self {
        self.0.push(number);
        self
    }

    fn u16s(mut self, numbers: &[u16]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        self
    }

    fn u32s(mut self, numbers: &[u32]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        self
    }

    fn u64s(mut self, numbers: &[u64]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        self
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

/// A set with its header.
#[expect(clippy::needless_pass_by_value, reason = "bodies are made where they are given")]
fn set(id: u16, body: Bytes) -> Bytes {
    Bytes::default().u16s(&[id, body.0.len() as u16 + 4]).raw(&body.0)
}

fn ipfix(sequence: u32, domain: u32, sets: &[Bytes]) -> Vec<u8> {
    let body: Vec<u8> = sets.iter().flat_map(|set| set.0.clone()).collect();
    let length = body.len() as u16 + 16;
    Bytes::default().u16s(&[10, length]).u32s(&[EXPORT_S, sequence, domain]).raw(&body).0
}

fn v9(sequence: u32, source: u32, sets: &[Bytes]) -> Vec<u8> {
    let body: Vec<u8> = sets.iter().flat_map(|set| set.0.clone()).collect();
    Bytes::default().u16s(&[9, sets.len() as u16]).u32s(&[1_000_000, EXPORT_S, sequence, source]).raw(&body).0
}

/// A template set of IPFIX with fields of (id, length).
fn template(id: u16, fields: &[(u16, u16)]) -> Bytes {
    let specs: Vec<u16> = fields.iter().flat_map(|(id, length)| [*id, *length]).collect();
    set(2, Bytes::default().u16s(&[id, fields.len() as u16]).u16s(&specs))
}

fn v9_template(id: u16, fields: &[(u16, u16)]) -> Bytes {
    let mut set = template(id, fields);
    set.0[1] = 0;
    set
}

/// An options template of IPFIX.
fn options_template(id: u16, scope: &[(u16, u16)], fields: &[(u16, u16)]) -> Bytes {
    let specs: Vec<u16> = scope.iter().chain(fields).flat_map(|(id, length)| [*id, *length]).collect();
    let counts = [id, (scope.len() + fields.len()) as u16, scope.len() as u16];
    set(3, Bytes::default().u16s(&counts).u16s(&specs))
}

fn v9_options_template(id: u16, scope: &[(u16, u16)], fields: &[(u16, u16)]) -> Bytes {
    let specs: Vec<u16> = scope.iter().chain(fields).flat_map(|(id, length)| [*id, *length]).collect();
    let lengths = [id, 4 * scope.len() as u16, 4 * fields.len() as u16];
    set(1, Bytes::default().u16s(&lengths).u16s(&specs))
}

/// A decoder and its rows.
struct Collector {
    rows: BatchBuilder,
    decoder: FlowDecoder,
    peer: Peer,
    received_us: i64,
}

impl Collector {
    fn new() -> Self {
        Self::with(&FlowOptions::default(), RowOptions::default())
    }

    fn with(options: &FlowOptions, row_options: RowOptions) -> Self {
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), row_options);
        let decoder = FlowDecoder::new(options, &mut rows);
        let peer = Peer::new("192.0.2.1:2055".parse().unwrap(), SourceType::Netflow);
        Self { rows, decoder, peer, received_us: RECEIVED_US }
    }

    fn take(&mut self, datagrams: &[Vec<u8>]) -> Rows {
        let bytes = datagrams.iter().map(Vec::len).sum::<usize>().max(4_096);
        let mut block = Block::new(BlockMemory::unpooled(bytes), RECEIVED_US);
        for datagram in datagrams {
            block.push(datagram, &self.peer, self.received_us, false).unwrap();
        }
        Rows(decode_block(&block.seal(), &mut self.decoder, &mut self.rows))
    }
}

fn decode(datagrams: &[Vec<u8>]) -> Rows {
    Collector::new().take(datagrams)
}

struct Rows(RecordBatch);

impl Rows {
    fn count(&self) -> usize {
        self.0.num_rows()
    }

    fn has(&self, name: &str) -> bool {
        self.0.column_by_name(name).is_some()
    }

    fn text(&self, name: &str, row: usize) -> Option<&str> {
        let column = self.0.column_by_name(name)?.as_string_view();
        column.is_valid(row).then(|| column.value(row))
    }

    fn number(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.0.column_by_name(name)?.as_primitive::<Int64Type>();
        column.is_valid(row).then(|| column.value(row))
    }

    fn time(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.0.column_by_name(name)?.as_primitive::<TimestampMicrosecondType>();
        column.is_valid(row).then(|| column.value(row))
    }

    fn numbers(&self, name: &str) -> Vec<Option<i64>> {
        (0..self.count()).map(|row| self.number(name, row)).collect()
    }

    fn texts(&self, name: &str) -> Vec<Option<&str>> {
        (0..self.count()).map(|row| self.text(name, row)).collect()
    }
}

fn v5_record(protocol: u8, dest_port: u16) -> Bytes {
    Bytes::default()
        .u32s(&[0xC000_0201, 0xC633_6402, 0xCB00_71FE])
        .u16s(&[3, 4])
        .u32s(&[10, 1_000, 940_000, 1_000_000])
        .u16s(&[40_000, dest_port])
        .raw(&[0, 0x1B, protocol, 0x28])
        .u16s(&[64_500, 64_501])
        .raw(&[24, 16, 0, 0])
}

fn v5(records: &[Bytes], sampling: u16) -> Vec<u8> {
    let header =
        Bytes::default().u16s(&[5, records.len() as u16]).u32s(&[1_000_000, EXPORT_S, 500_000_000, 77]);
    let header = header.raw(&[1, 2]).u16s(&[sampling]);
    records.iter().fold(header, |bytes, record| bytes.raw(&record.0)).0
}
