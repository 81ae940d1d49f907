//! From a socket's bytes to Parquet bytes: receive, log, decode, filter, encode. No tokio, no HTTP, no
//! configuration files, no query engine.

pub mod batch;
pub mod block;
pub mod cut;
pub mod decode;
pub mod framing;
pub mod limits;
mod memory;
pub mod names;
pub mod pcap;
