//! NetFlow and IPFIX: several datagrams in one input, because what one says holds for the next.
//!
//! An input is a row of frames: a byte that says who sent it and when, a length in two bytes, and a datagram.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};
use hotpath::decode::Decoder;
use hotpath::decode::flow::{FlowDecoder, FlowOptions, SamplingOverride};

const RECEIVED_US: i64 = 1_735_689_599_000_000;
/// What the bits of a frame's first byte say.
const OTHER_PEER: u8 = 1;
const MUCH_LATER: u8 = 2;
const CUT: u8 = 4;
/// Longer than a datagram is held.
const LATER_US: i64 = 700_000_000;
/// Of gaps it is not known after a restart how many there are.
const FORGOTTEN: &str = "sequence_gap";

pub fn check(input: &[u8]) {
    let frames = frames(input);
    let (first, second) = frames.split_at(frames.len() / 2);
    let (first, second) = (block_of(first), block_of(second));

    let mut whole = Collector::new(Arc::default());
    let before = whole.decode(&first, &first);
    let state = whole.decoder.take_changed_state();
    let held = whole.decoder.held_events();
    let after = whole.decode(&second, &second);
    for batch in [&before, &after] {
        check_rows(batch);
    }

    // To a builder that knows of another block, no text lies where it may be left.
    let mut copying = Collector::new(Arc::clone(&whole.registry));
    assert_eq!(before, copying.decode(&first, &block_of(&[])), "rows are the same wherever the text lies");

    let mut restored = Collector::new(Arc::clone(&whole.registry));
    restored.decoder.restore_state(state.as_deref().unwrap_or_default()).unwrap();
    assert_eq!(restored.decoder.held_events(), held);
    assert_eq!(restored.decoder.take_changed_state(), None, "what was restored is no change");
    let again = restored.decode(&second, &second);
    assert_eq!(by_name(&after), by_name(&again), "a decoder that was restored makes the same rows");
    assert_eq!(
        whole.decoder.take_changed_state(),
        restored.decoder.take_changed_state(),
        "and knows the same afterwards"
    );

    // A state that was not written by us is refused, or is one.
    if restored.decoder.restore_state(input).is_ok() {
        check_rows(&restored.decode(&second, &second));
    }
}

struct Collector {
    registry: Arc<ColumnRegistry>,
    rows: BatchBuilder,
    decoder: FlowDecoder,
}

impl Collector {
    fn new(registry: Arc<ColumnRegistry>) -> Self {
        let mut rows = BatchBuilder::new(Arc::clone(&registry), RowOptions::default());
        let network = "198.51.100.0/24".parse().unwrap();
        let options = FlowOptions { sampling_overrides: vec![SamplingOverride { network, rate: 7 }] };
        let decoder = FlowDecoder::new(&options, &mut rows);
        Self { registry, rows, decoder }
    }

    /// The rows of a block, by a builder that takes texts in `known` for a part of its batch.
    fn decode(&mut self, block: &SealedBlock, known: &SealedBlock) -> RecordBatch {
        self.rows.begin_block(known);
        for event in block.events() {
            let (rows, held) = (self.rows.rows(), self.decoder.held_events());
            self.decoder.decode(&event, &mut self.rows);
            assert!(
                self.rows.rows() > rows || self.decoder.held_events() > held,
                "an event gives a row or is held"
            );
        }
        self.rows.finish()
    }
}

fn frames(input: &[u8]) -> Vec<(u8, &[u8])> {
    let mut frames = Vec::new();
    let mut rest = input;
    while let [flags, high, low, behind @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(behind.len());
        let (datagram, others) = behind.split_at(length);
        frames.push((*flags, datagram));
        rest = others;
    }
    frames
}

fn block_of(frames: &[(u8, &[u8])]) -> SealedBlock {
    let bytes: usize = frames.iter().map(|(_, datagram)| datagram.len()).sum();
    let mut block = Block::new(BlockMemory::unpooled(bytes.max(4_096)), RECEIVED_US);
    let peers = [
        Peer::new(([192, 0, 2, 1], 2_055).into(), SourceType::Netflow),
        Peer::new(([198, 51, 100, 1], 4_739).into(), SourceType::Ipfix),
    ];
    for (flags, datagram) in frames {
        let received_us = RECEIVED_US + if flags & MUCH_LATER == 0 { 0 } else { LATER_US };
        let peer = &peers[usize::from(flags & OTHER_PEER)];
        if block.push(datagram, peer, received_us, flags & CUT != 0).is_err() {
            break;
        }
    }
    block.seal()
}

fn check_rows(batch: &RecordBatch) {
    for column in batch.columns() {
        // The builder makes arrays without the checks of Arrow: here they are made.
        column.to_data().validate_full().unwrap();
        assert!(column.null_count() < column.len());
    }
    for row in 0..batch.num_rows() {
        let is_faulty = is_there(batch, "parse_error", row);
        assert_eq!(is_faulty, is_there(batch, "raw", row), "what was not understood is kept");
        assert!(is_faulty != is_there(batch, "record_type", row), "and is no record");
        for name in ["_extra", "basic_list", "sub_template_list", "sub_template_multi_list"] {
            if let Some(json) = super::rows::text(batch, name, row) {
                serde_json::from_str::<serde::de::IgnoredAny>(json).unwrap();
            }
        }
    }
}

fn is_there(batch: &RecordBatch, name: &str, row: usize) -> bool {
    batch.column_by_name(name).is_some_and(|column| column.is_valid(row))
}

/// The columns in the order of their names: which are made first depends on what came before.
fn by_name(batch: &RecordBatch) -> Vec<(String, ArrayRef)> {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    let mut columns: Vec<_> = names.zip(batch.columns().iter().cloned()).collect();
    columns.retain(|(name, _)| name != FORGOTTEN);
    columns.sort_by(|a, b| a.0.cmp(&b.0));
    columns
}
