//! Any bytes as a syslog message: no panic, one row, and what was not understood is whole.
#![no_main]

use std::cell::RefCell;
use std::sync::Arc;

use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{Decoder, DecoderOptions, Format, decode_block, decoder};
use libfuzzer_sys::fuzz_target;

const RECEIVED_US: i64 = 1_735_689_599_000_000;
/// Inputs after which a fresh builder is taken, so that its columns do not fill up.
const INPUTS_PER_BUILDER: usize = 256;

struct State {
    rows: BatchBuilder,
    decoder: Box<dyn Decoder>,
    inputs: usize,
}

impl State {
    fn new() -> Self {
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
        let mut options = DecoderOptions::default();
        options.syslog.time_zone = chrono_tz::Tz::Europe__Berlin;
        let decoder = decoder(Format::Syslog, &options, &mut rows);
        Self { rows, decoder, inputs: 0 }
    }
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::new());
}

fuzz_target!(|message: &[u8]| {
    STATE.with_borrow_mut(|state| {
        state.inputs += 1;
        if state.inputs > INPUTS_PER_BUILDER {
            *state = State::new();
        }
        let mut block = Block::new(BlockMemory::unpooled(message.len().max(4096)), RECEIVED_US);
        let peer = Peer::new(([192, 0, 2, 1], 514).into(), SourceType::Syslog);
        block.push(message, &peer, RECEIVED_US, false).unwrap();
        let batch = decode_block(&block.seal(), state.decoder.as_mut(), &mut state.rows);
        assert_eq!(batch.num_rows(), 1);
        assert!(batch.column_by_name("rfc").is_some());
        let has = |name: &str| batch.column_by_name(name).is_some();
        assert_eq!(has("parse_error"), has("raw"));
    });
});
