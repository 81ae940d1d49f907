//! JSON: as an event, and in the envelopes that senders put around one.

use hotpath::batch::BatchBuilder;
use hotpath::block::{Event, SourceType};
use hotpath::decode::json::JsonDecoder;
use hotpath::decode::{Decoder, DecoderOptions};

use super::rows;

pub fn check(input: &[u8]) {
    rows::check_several(input, |rows| Box::new(JsonDecoder::new(&DecoderOptions::default(), rows)));
    rows::check_several(input, |rows| enveloped(SourceType::SplunkHec, rows));
    rows::check_several(input, |rows| enveloped(SourceType::ElasticsearchBulk, rows));
}

fn enveloped(source_type: SourceType, rows: &mut BatchBuilder) -> Box<dyn Decoder> {
    Box::new(Enveloped { source_type, decoder: JsonDecoder::new(&DecoderOptions::default(), rows) })
}

/// Gives every event to the decoder as one of another kind of input.
struct Enveloped {
    source_type: SourceType,
    decoder: JsonDecoder,
}

impl Decoder for Enveloped {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let mut event = *event;
        event.peer.source_type = self.source_type;
        self.decoder.decode(&event, rows);
    }
}
