//! The filters that find fields in texts: what each does to a batch, and how a wrong configuration is refused.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod date_parse;
mod grok;
mod parse;
mod support;
