//! What every role shares: configuration, the account of events, metrics, health, logs, systemd, shutdown.

pub mod config;
pub mod health;
pub mod http_body;
pub mod http_server;
pub mod ledger;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod name_servers;
pub mod process;
pub mod progress;
pub mod resources;
pub mod shutdown;
pub mod systemd;
pub mod tls;
pub mod transformations;
