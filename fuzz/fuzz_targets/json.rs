//! JSON events, alone or in the envelopes of Splunk's collector and Elasticsearch's bulk.
#![no_main]

#[path = "../../hotpath/tests/fuzz_support/mod.rs"]
mod fuzz_support;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_support::json::check(input));
