//! Lines of W3C logs, and their directives.

use hotpath::batch::BatchBuilder;
use hotpath::decode::Decoder;
use hotpath::decode::syslog::SyslogOptions;
use hotpath::decode::w3c::W3cDecoder;

use super::rows;

pub fn check(input: &[u8]) {
    rows::check_stream(input, new_decoder);
    rows::check_state(input, new_decoder);
}

fn new_decoder(rows: &mut BatchBuilder) -> Box<dyn Decoder> {
    Box::new(W3cDecoder::new(SyslogOptions { time_zone: chrono_tz::Tz::America__New_York }, rows))
}
