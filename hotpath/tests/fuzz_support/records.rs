//! What holds for the rows of decoders that make a row of each record of an event, and may learn from senders.

use std::sync::Arc;

use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};

use super::rows::{self, NewDecoder};

/// Decodes an input as one message, as a message for each line, and as one message again.
pub fn check(input: &[u8], new_decoder: NewDecoder) {
    let block = rows::block_of(input);
    let batch = rows::decode(&block, &block, new_decoder);
    let copied = rows::decode(&block, &rows::block_of(b""), new_decoder);
    assert_eq!(batch, copied, "rows are the same wherever the text lies");
    rows::check_columns(&batch);
    let mut next_row = 0;
    let mut builder = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let mut decoder = new_decoder(&mut builder);
    builder.begin_block(&block);
    for event in block.events() {
        let first = builder.rows();
        decoder.decode(&event, &mut builder);
        assert!(builder.rows() > first || decoder.held_events() > 0, "no event is without a row");
        assert_eq!(first, next_row);
        next_row = builder.rows();
        let received = rows::received(&event);
        for row in first..next_row {
            let raw = rows::text(&batch, "raw", row);
            assert_eq!(rows::text(&batch, "parse_error", row).is_some(), raw.is_some(), "row {row}");
            assert!(raw.is_none_or(|raw| received.contains(raw)), "what was not understood is kept");
            rows::check_json(&batch, "_extra", row);
        }
    }
    assert_eq!(batch.num_rows(), next_row);
    rows::check_state(input, new_decoder);
}
