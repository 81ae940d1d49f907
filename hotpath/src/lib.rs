//! From a socket's bytes to Parquet bytes: receive, log, decode, filter, encode. No tokio, no HTTP, no
//! configuration files, no query engine.

pub mod block;
pub mod cut;
pub mod limits;
pub mod log;
mod memory;
pub mod names;
