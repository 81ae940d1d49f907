//! What every role shares: configuration, the account of events, metrics, health, logs, systemd, shutdown.

pub mod config;
pub mod ledger;
pub mod limits;
pub mod logging;
pub mod progress;
pub mod shutdown;
pub mod systemd;
