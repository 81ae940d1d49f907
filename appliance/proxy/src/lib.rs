//! The proxy role: takes events in, makes them durable, and lays them down in the lake.

pub mod cpus;
pub mod forward;
mod http;
pub mod limits;
mod listeners;
mod proxy;
mod settings;
mod shards;
mod upload;
mod watch;

pub use proxy::{Address, Proxy, Surroundings};
