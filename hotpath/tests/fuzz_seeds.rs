//! The seeds of every fuzz target, inputs that once failed among them, through the harness that the target calls.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod fuzz_support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fuzz_support::HARNESSES;

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn replay(target: &str) {
    let (_, harness) = HARNESSES.iter().find(|(name, _)| *name == target).unwrap();
    let mut seeds = 0;
    for entry in std::fs::read_dir(fuzz_folder().join("seeds").join(target)).unwrap() {
        let path = entry.unwrap().path();
        // Shown when the harness panics.
        println!("{}", path.display());
        harness(&std::fs::read(&path).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0, "fuzz/seeds/{target} is empty");
}

/// Names in a folder, without endings.
fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(fuzz_folder().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_harness_has_a_fuzz_target_and_seeds_and_none_is_without() {
    let harnesses: BTreeSet<String> = HARNESSES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names_in("fuzz_targets"), harnesses);
    assert_eq!(names_in("seeds"), harnesses);
}

#[test]
fn seeds_of_auto() {
    replay("auto");
}

#[test]
fn seeds_of_body() {
    replay("body");
}

#[test]
fn seeds_of_capture() {
    replay("capture");
}

#[test]
fn seeds_of_cef() {
    replay("cef");
}

#[test]
fn seeds_of_condition() {
    replay("condition");
}

#[test]
fn seeds_of_delimited() {
    replay("delimited");
}

#[test]
fn seeds_of_ebpf() {
    replay("ebpf");
}

#[test]
fn seeds_of_flow() {
    replay("flow");
}

#[test]
fn seeds_of_framing() {
    replay("framing");
}

#[test]
fn seeds_of_geoip() {
    replay("geoip");
}

#[test]
fn seeds_of_json() {
    replay("json");
}

#[test]
fn seeds_of_leef() {
    replay("leef");
}

#[test]
fn seeds_of_line_formats() {
    replay("line_formats");
}

#[test]
fn seeds_of_log_reader() {
    replay("log_reader");
}

#[test]
fn seeds_of_packet() {
    replay("packet");
}

#[test]
fn seeds_of_sflow() {
    replay("sflow");
}

#[test]
fn seeds_of_staged_rows() {
    replay("staged_rows");
}

#[test]
fn seeds_of_syslog() {
    replay("syslog");
}

#[test]
fn seeds_of_w3c() {
    replay("w3c");
}

#[test]
fn seeds_of_weblog() {
    replay("weblog");
}

#[test]
fn seeds_of_zeek() {
    replay("zeek");
}
