//! What every role shares: configuration, the account of events, metrics, health, logs, systemd, shutdown.

pub mod config;
pub mod limits;
