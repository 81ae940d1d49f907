//! Rows of the staged route, as receivers, pipers and packers read them.
#![no_main]

#[path = "../../hotpath/tests/fuzz_support/mod.rs"]
mod fuzz_support;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_support::staged_rows::check(input));
