//! The role that makes Parquet files of what pipers have written.
//!
//! Batches of a dataset are gathered (`waiting.rs`) until they make a file. Then a plan ([`plan`]) is put into the
//! lake that names them, and is carried out: its rows are encoded, its objects published, and it is marked committed; only
//! then are the batches deleted. Whoever finds a plan open does the same again.

mod book;
mod carry_out;
mod dataset;
mod dead_letters;
mod encode;
mod error;
pub mod limits;
mod metrics;
mod packer;
mod pieces;
pub mod plan;
mod waiting;

#[cfg(test)]
mod tests;

pub use error::PackError;
pub use packer::{Packer, Surroundings};
