//! Flow datagrams that were cut at every byte, and with every number in them wrong: what holds for any input holds for
//! these.
#![allow(clippy::unwrap_used, reason = "a test")]

mod fuzz_support;

use std::path::Path;

use fuzz_support::flow::check;
use proptest::prelude::*;

/// Our own datagrams, as the fuzz target takes them.
fn seed(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/flow").join(name)).unwrap()
}

fn every_byte_missing_and_every_number_wrong(name: &str) {
    let whole = seed(name);
    for length in 0..whole.len() {
        check(&whole[..length]);
    }
    // Every length and count is two bytes at an even place of its datagram, and a frame's header has three bytes.
    for position in 0..whole.len() - 1 {
        let number = u16::from_be_bytes([whole[position], whole[position + 1]]);
        for wrong in [0, number.wrapping_add(1), u16::MAX] {
            let mut changed = whole.clone();
            changed[position..position + 2].copy_from_slice(&wrong.to_be_bytes());
            check(&changed);
        }
    }
}

#[test]
fn netflow_with_one_format_of_record() {
    every_byte_missing_and_every_number_wrong("fixed_versions");
}

#[test]
fn netflow_v9_with_samplers() {
    every_byte_missing_and_every_number_wrong("v9_sampler");
}

#[test]
fn data_before_its_template() {
    every_byte_missing_and_every_number_wrong("held_data");
}

#[test]
fn ipfix_with_variable_lengths() {
    every_byte_missing_and_every_number_wrong("ipfix_variable");
}

#[test]
fn ipfix_with_options_and_withdrawals() {
    every_byte_missing_and_every_number_wrong("ipfix_options");
}

#[test]
fn ipfix_with_lists() {
    every_byte_missing_and_every_number_wrong("ipfix_lists");
}

const SEEDS: [&str; 10] = [
    "fixed_versions",
    "v9_names",
    "v9_sampler",
    "held_data",
    "ipfix_variable",
    "ipfix_enterprise",
    "ipfix_options",
    "ipfix_lists",
    "ipfix_times",
    "other_protocols",
];

/// One of our own inputs with some bytes changed, some of them to numbers that mean something.
fn changed_seed() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), Just(0), Just(1), Just(2), Just(4), Just(8), Just(255)];
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), byte), 0..6);
    (proptest::sample::select(&SEEDS[..]), changes).prop_map(|(name, changes)| {
        let mut bytes = seed(name);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exporters_that_send_all_of_it_and_some_of_it_wrong(
        inputs in proptest::collection::vec(changed_seed(), 1..6),
    ) {
        check(&inputs.concat());
    }
}
