//! MaxMind databases as `geoip` asks them.
#![no_main]

#[path = "../../hotpath/tests/fuzz_support/mod.rs"]
mod fuzz_support;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_support::geoip::check(input));
