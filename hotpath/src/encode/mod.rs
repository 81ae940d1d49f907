//! From filtered batches to Parquet files: one thread beside each shard.
//!
//! Rows of a dataset are split by the hour of their `event_time` ([`partition`]), gathered to row groups and written
//! to one file for each hour ([`file`]), or on the staged route to one file of rows; all files of a dataset are closed
//! together in a cut ([`dataset`]), which the thread reports to its shard ([`thread`]).

pub mod columns;
pub mod dataset;
pub mod decoder_state;
pub mod error;
pub mod file;
pub mod memory;
mod open_files;
pub mod options;
mod park;
pub mod partition;
mod queue;
mod row_group;
mod rows_file;
pub mod schema;
pub mod sort;
pub mod thread;

pub use dataset::{AccountedCut, CutReason};
pub use error::EncodeError;
pub use options::{DatasetOptions, EncoderIdentity};
pub use queue::MessageSender;
pub use thread::{Encoder, EncoderEvent, EncoderGauges, EncoderHandle, EncoderMessage, spawn};
