//! From a socket's bytes to Parquet bytes.

pub mod filter;
