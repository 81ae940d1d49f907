//! The long-running roles: load the configuration, set the log up, start, drain on SIGTERM.

mod known_columns;
mod proxy;
mod query;
mod servers;
mod stages;

use anyhow::{Context, Result};
use bytefreezer_core::config::{Config, LogConfig};
use bytefreezer_core::logging::{LOG_VARIABLE, LogHandle, LoggingError, init_logging};
use std::io::Write;

use crate::failure::wrong_setting;
use crate::output::Output;
use crate::settings::ConfigArgs;

pub use proxy::{proxy, run};
pub use query::query;
pub use stages::{StageRole, stage};

/// What every role begins with: the configuration and the log.
fn begin(args: &ConfigArgs) -> Result<(Config, LogHandle)> {
    let config = args.load()?;
    let log = set_log_up(&config.log)?;
    Ok((config, log))
}

fn set_log_up(config: &LogConfig) -> Result<LogHandle> {
    match init_logging(config) {
        Ok(handle) => Ok(handle),
        Err(error @ LoggingError::Filter { .. }) => {
            Err(wrong_setting(None, LOG_VARIABLE, error.to_string()).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Prints a line for whoever started the role: an address, or `ready`.
fn announce(line: &str) -> Result<()> {
    let mut out = Output::open()?;
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write to the standard output")
}
