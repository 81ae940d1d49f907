//! From a socket's bytes to Parquet bytes: receive, log, decode, filter, encode. No tokio, no HTTP, no
//! configuration files, no query engine.

pub mod account;
pub mod batch;
pub mod block;
pub mod clock;
pub mod cut;
pub mod decode;
pub mod encode;
pub mod filter;
pub mod framing;
pub mod layout;
pub mod limits;
pub mod log;
mod memory;
pub mod names;
pub mod pcap;
pub mod receive;
pub mod rows;
pub mod shard;
