//! From a socket's bytes to Parquet bytes.

pub mod cut;
pub mod names;
