//! One harness for each reader of bytes from outside: what must hold for any input. The fuzz targets (`fuzz/`) and the
//! replay of their seeds (`fuzz_seeds.rs`) both call it.
#![allow(dead_code, reason = "each fuzz target uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness fails by panicking")]

pub mod auto;
pub mod body;
pub mod capture;
pub mod cef;
pub mod condition;
mod datagrams;
pub mod delimited;
pub mod ebpf;
pub mod flow;
pub mod framing;
pub mod geoip;
pub mod json;
pub mod leef;
pub mod line_formats;
pub mod log_reader;
pub mod packet;
mod records;
mod rows;
pub mod sflow;
pub mod staged_rows;
pub mod syslog;
pub mod w3c;
pub mod weblog;
pub mod zeek;

/// Checks one input; panics where something does not hold.
pub type Harness = fn(&[u8]);

/// Every harness under the name of its fuzz target.
pub const HARNESSES: &[(&str, Harness)] = &[
    ("auto", auto::check),
    ("body", body::check),
    ("capture", capture::check),
    ("cef", cef::check),
    ("condition", condition::check),
    ("delimited", delimited::check),
    ("ebpf", ebpf::check),
    ("flow", flow::check),
    ("framing", framing::check),
    ("geoip", geoip::check),
    ("json", json::check),
    ("leef", leef::check),
    ("line_formats", line_formats::check),
    ("log_reader", log_reader::check),
    ("packet", packet::check),
    ("sflow", sflow::check),
    ("staged_rows", staged_rows::check),
    ("syslog", syslog::check),
    ("w3c", w3c::check),
    ("weblog", weblog::check),
    ("zeek", zeek::check),
];
