//! Any format: what each message is, and its rows.

use hotpath::decode::{DecoderOptions, decoder};

use super::records;

pub fn check(input: &[u8]) {
    records::check(input, |rows| decoder("auto".parse().unwrap(), &DecoderOptions::default(), rows));
}
