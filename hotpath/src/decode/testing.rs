//! What the tests of decoders share: messages to rows as JSON objects.

use std::sync::Arc;

use arrow::json::LineDelimitedWriter;
use serde_json::{Map, Value};

use super::{Decoder, decode_block};
use crate::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};

/// The values of a row; those of the receipt are left out.
pub(super) type Row = std::collections::BTreeMap<&'static str, Value>;

/// When every event was received: 2024-03-05T06:10:00Z.
pub(super) const RECEIVED_US: i64 = 1_709_619_000_000_000;

/// Columns that come from the receipt of an event and not from what stands in it.
const OF_RECEIPT: [&str; 4] = ["ingest_time", "peer_ip", "peer_port", "source_type"];

/// A decoder with its rows, which decodes message after message.
pub(super) struct Bench {
    rows: BatchBuilder,
    pub(super) decoder: Box<dyn Decoder>,
    pub(super) peer: Peer,
}

impl Bench {
    pub(super) fn new(new_decoder: impl FnOnce(&mut BatchBuilder) -> Box<dyn Decoder>) -> Self {
        let unbounded = RowOptions {
            keep_raw: false,
            event_time_past_max_us: i64::MAX,
            event_time_future_max_us: i64::MAX,
        };
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), unbounded);
        let decoder = new_decoder(&mut rows);
        Self { rows, decoder, peer: Peer::new(([192, 0, 2, 1], 514).into(), SourceType::Tcp) }
    }

    /// The rows of one message.
    pub(super) fn decode(&mut self, message: &[u8]) -> Vec<Row> {
        self.decode_cut(message, false)
    }

    /// The same, and whether it was cut at the longest.
    pub(super) fn decode_cut(&mut self, message: &[u8], truncated: bool) -> Vec<Row> {
        let mut block = Block::new(BlockMemory::unpooled(message.len().max(4096)), RECEIVED_US);
        block.push(message, &self.peer, RECEIVED_US, truncated).unwrap();
        let batch = decode_block(&block.seal(), self.decoder.as_mut(), &mut self.rows);
        let mut json = LineDelimitedWriter::new(Vec::new());
        json.write(&batch).unwrap();
        let json = String::from_utf8(json.into_inner()).unwrap();
        json.lines().map(|line| row_of(&serde_json::from_str(line).unwrap())).collect()
    }
}

fn row_of(values: &Map<String, Value>) -> Row {
    let mut row = Row::new();
    for (name, value) in values {
        let is_received = name == "event_time" && value == "2024-03-05T06:10:00Z";
        if !is_received && !OF_RECEIPT.contains(&name.as_str()) {
            row.insert(name.clone().leak(), value.clone());
        }
    }
    row
}

/// The rows of one message by a new decoder.
pub(super) fn decode(
    message: &[u8],
    new_decoder: impl FnOnce(&mut BatchBuilder) -> Box<dyn Decoder>,
) -> Vec<Row> {
    Bench::new(new_decoder).decode(message)
}
