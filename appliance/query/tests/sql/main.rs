//! The engine from outside, over small lakes in temporary folders. One binary, because linking DataFusion takes long.

mod common;
mod hostile;
mod http;
mod limits;
mod output;
mod tables;
