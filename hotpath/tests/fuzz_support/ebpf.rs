//! Events of eBPF sensors, and the other formats that are JSON with common columns.

use hotpath::decode::DecoderOptions;
use hotpath::decode::json::{GelfDecoder, JsonDecoder};

use super::rows;

pub fn check(input: &[u8]) {
    rows::check_several(input, |rows| Box::new(JsonDecoder::ebpf(&DecoderOptions::default(), rows)));
    rows::check_several(input, |rows| Box::new(JsonDecoder::suricata(&DecoderOptions::default(), rows)));
    rows::check_several(input, |rows| Box::new(JsonDecoder::cloudtrail(&DecoderOptions::default(), rows)));
    rows::check_several(input, |rows| Box::new(JsonDecoder::windows(&DecoderOptions::default(), rows)));
    rows::check_several(input, |rows| Box::new(GelfDecoder::new(&DecoderOptions::default(), rows)));
}
