//! Events of eBPF sensors, and the other formats that are JSON.
#![no_main]

#[path = "../../hotpath/tests/fuzz_support/mod.rs"]
mod fuzz_support;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_support::ebpf::check(input));
