//! logfmt, the line protocol of InfluxDB, StatsD, VPC flow logs, and plain lines.
#![no_main]

#[path = "../../hotpath/tests/fuzz_support/mod.rs"]
mod fuzz_support;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_support::line_formats::check(input));
