//! CSV and TSV: headers and records.

use hotpath::decode::{DecoderOptions, decoder};

use super::records;

pub fn check(input: &[u8]) {
    records::check(input, |rows| decoder("csv".parse().unwrap(), &DecoderOptions::default(), rows));
    records::check(input, |rows| decoder("tsv".parse().unwrap(), &DecoderOptions::default(), rows));
}
