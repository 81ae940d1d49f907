//! sFlow datagrams.

use hotpath::batch::BatchBuilder;
use hotpath::decode::Decoder;
use hotpath::decode::sflow::SflowDecoder;

use super::{datagrams, rows};

/// Bytes of the shortest sample, and of the shortest counter record: a tag and a length.
const SHORTEST_BYTES: usize = 8;

pub fn check(input: &[u8]) {
    let batch = datagrams::check(input, new_decoder);
    assert!(batch.num_rows() <= input.len() / SHORTEST_BYTES + 2, "rows are bounded by what was received");
    for row in 0..batch.num_rows() {
        assert!(rows::text(&batch, "record_type", row).is_some());
        for json in ["adapters", "other_structures"] {
            rows::check_json(&batch, json, row);
        }
    }
}

fn new_decoder(rows: &mut BatchBuilder) -> Box<dyn Decoder> {
    Box::new(SflowDecoder::new(rows))
}
