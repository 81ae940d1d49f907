//! Fields in a message's text: a JSON object, or key=value pairs, without a header before them.

use std::sync::Arc;

use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Event};
use hotpath::decode::Decoder;
use hotpath::decode::body::{BodyFields, JsonFields};

use super::rows;

pub fn check(input: &[u8]) {
    rows::check(input, |_| Box::new(Body::default()));
    if let Ok(text) = std::str::from_utf8(input)
        && is_read_as_object(text)
    {
        serde_json::from_str::<serde::de::IgnoredAny>(text).expect("what is read as JSON is JSON");
    }
}

#[derive(Default)]
struct Body(BodyFields);

impl Decoder for Body {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        rows.begin_row(event);
        if event.truncated {
            rows.put_raw(event.bytes);
        }
        if let Ok(text) = std::str::from_utf8(event.bytes) {
            self.0.extract(text, rows);
        }
        rows.end_row();
    }
}

fn is_read_as_object(text: &str) -> bool {
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    rows.begin_block(&Block::new(BlockMemory::unpooled(4096), 0).seal());
    JsonFields::default().extract(text, &mut rows)
}
