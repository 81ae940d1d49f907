//! Flows written by the encoders of `bytefreezer-fakedata` and read by our decoders: the values are the same. The two share
//! no code, and were written from the standards by different hands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod elements;
mod fixed;
mod generated;
mod rows;
mod scenario;
mod sflow;
mod templated;
