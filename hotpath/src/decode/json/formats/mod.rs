//! The formats that are JSON, each a table of what it knows.

mod cloudtrail;
mod ebpf;
mod gelf;
mod suricata;
mod windows;
mod zeek;

pub(super) use cloudtrail::CLOUDTRAIL;
pub(super) use ebpf::EBPF;
pub(super) use gelf::GELF;
pub(super) use suricata::SURICATA;
pub(super) use windows::WINDOWS;
pub(super) use zeek::ZEEK;

#[cfg(test)]
mod tests;
