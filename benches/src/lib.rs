//! What the benches share: seeded messages, and the stages that they go through.

pub mod blocks;
pub mod counting_allocator;
pub mod cpu_time;
pub mod flows;
pub mod lines;
pub mod pipeline;
pub mod syslog;
