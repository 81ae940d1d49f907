//! The engine from outside, over small lakes in temporary folders. One binary, because linking DataFusion takes long.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests and their helpers")]

mod common;
mod hostile;
mod http;
mod limits;
mod output;
mod tables;
mod transformations;
