//! What the benches share: seeded messages, and batches made of them.

pub mod batches;
pub mod syslog;
