//! Decoding datagrams as a dataset does, and reading single values of the rows.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "for tests")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{DecoderOptions, decode_block, decoder};
use hotpath::limits::BLOCK_BYTES;

const RECEIVED_US: i64 = 1_735_689_599_000_000;

/// The folder of a kind of corpora, `None` where there is none.
pub fn corpora(kind: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let folder = std::env::var_os("BYTEFREEZER_CORPORA").map_or(beside, PathBuf::from).join(kind);
    folder.is_dir().then_some(folder)
}

/// The rows of datagrams.
pub struct Rows {
    batches: Vec<RecordBatch>,
    /// Events that the decoder still held at the end.
    pub held: u64,
}

impl Rows {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// A value as text, `None` where there is none.
    pub fn value(&self, column: &str, mut row: usize) -> Option<String> {
        let mut batches = self.batches.iter();
        let batch = loop {
            let batch = batches.next()?;
            if row < batch.num_rows() {
                break batch;
            }
            row -= batch.num_rows();
        };
        let array = batch.column_by_name(column)?;
        let options = FormatOptions::default();
        let formatter = ArrayFormatter::try_new(array.as_ref(), &options).unwrap();
        array.is_valid(row).then(|| formatter.value(row).to_string())
    }

    /// Whether any row has a value in the column.
    pub fn has(&self, column: &str) -> bool {
        self.batches.iter().any(|batch| batch.column_by_name(column).is_some())
    }
}

/// Decodes datagrams of one sender, in as many blocks as they need.
pub fn decode_datagrams(format: &str, source_type: SourceType, datagrams: &[Vec<u8>]) -> Rows {
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = decoder(format.parse().unwrap(), &DecoderOptions::default(), &mut rows);
    let peer = Peer::new("192.0.2.1:6343".parse().unwrap(), source_type);
    let new_block = || Block::new(BlockMemory::unpooled(BLOCK_BYTES), RECEIVED_US);
    let mut blocks = vec![new_block()];
    for datagram in datagrams {
        if blocks.last_mut().unwrap().push(datagram, &peer, RECEIVED_US, false).is_err() {
            blocks.push(new_block());
            blocks.last_mut().unwrap().push(datagram, &peer, RECEIVED_US, false).unwrap();
        }
    }
    let batches =
        blocks.into_iter().map(|block| decode_block(&block.seal(), decoder.as_mut(), &mut rows)).collect();
    Rows { batches, held: decoder.held_events() }
}
