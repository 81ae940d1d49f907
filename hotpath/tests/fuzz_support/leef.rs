//! LEEF: alone, behind a syslog header, or not LEEF at all.

use hotpath::batch::BatchBuilder;
use hotpath::decode::Decoder;
use hotpath::decode::marked::MarkedDecoder;
use hotpath::decode::syslog::SyslogOptions;

use super::rows;

pub fn check(input: &[u8]) {
    let batch = rows::check(input, new_decoder);
    rows::check_messages(input, &batch);
}

fn new_decoder(rows: &mut BatchBuilder) -> Box<dyn Decoder> {
    Box::new(MarkedDecoder::new(SyslogOptions { time_zone: chrono_tz::Tz::America__New_York }, rows))
}
