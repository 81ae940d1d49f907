//! Lines of web servers, of every form and of none.
#![no_main]

#[path = "../../hotpath/tests/fuzz_support/mod.rs"]
mod fuzz_support;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_support::weblog::check(input));
