//! Zeek logs: lines of fields behind a header, and JSON.

use hotpath::decode::{DecoderOptions, decoder};

use super::records;

pub fn check(input: &[u8]) {
    records::check(input, |rows| decoder("zeek".parse().unwrap(), &DecoderOptions::default(), rows));
}
