//! What the process says about itself: lines on standard error, as text or JSON, where systemd's journal takes them.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::{LogConfig, LogFormat};

/// The variable of the environment that overrides the configuration's level; takes filters by module too.
pub const LOG_VARIABLE: &str = "BYTEFREEZER_LOG";

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter in the environment cannot be read.
    #[error(
        "`{filter}` in {LOG_VARIABLE} is not a log filter; write a level or filters by module, as in `info,hotpath=debug`"
    )]
    Filter {
        /// What stands in the environment.
        filter: String,
        /// What is wrong with it.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// Another part of the process has set up a log already.
    #[error("the log is already set up")]
    AlreadySet(#[source] tracing_subscriber::util::TryInitError),
    /// The level could not be changed.
    #[error("cannot change the level of the log")]
    Reload(#[source] reload::Error),
}

/// Changes the level of the running log.
#[derive(Debug)]
pub struct LogHandle {
    filter: reload::Handle<EnvFilter, Registry>,
}

/// Sets the log up for the whole process.
///
/// # Errors
/// When the filter in the environment is wrong, or the log is set up already.
pub fn init_logging(config: &LogConfig) -> Result<LogHandle, LoggingError> {
    let variable = std::env::var(LOG_VARIABLE).ok();
    let (filter, handle) = reload::Layer::new(filter(config, variable.as_deref())?);
    let lines: Box<dyn Layer<_> + Send + Sync> = match config.format {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_writer(std::io::stderr)
            .boxed(),
        // The journal has its own times, and shows colours as noise.
        LogFormat::Text if std::env::var_os("JOURNAL_STREAM").is_some() => {
            fmt::layer().with_ansi(false).without_time().with_writer(std::io::stderr).boxed()
        }
        LogFormat::Text => {
            fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).boxed()
        }
    };
    tracing_subscriber::registry().with(filter).with(lines).try_init().map_err(LoggingError::AlreadySet)?;
    Ok(LogHandle { filter: handle })
}

impl LogHandle {
    /// Takes over the level of a reloaded configuration. The format stays as it was at start.
    ///
    /// # Errors
    /// When the filter in the environment is wrong.
    pub fn set_level(&self, config: &LogConfig) -> Result<(), LoggingError> {
        let variable = std::env::var(LOG_VARIABLE).ok();
        self.filter.reload(filter(config, variable.as_deref())?).map_err(LoggingError::Reload)
    }
}

fn filter(config: &LogConfig, variable: Option<&str>) -> Result<EnvFilter, LoggingError> {
    let filter = match variable {
        Some(filter) if !filter.trim().is_empty() => filter,
        _ => config.level.name(),
    };
    EnvFilter::try_new(filter).map_err(|source| LoggingError::Filter { filter: filter.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LogLevel;

    #[test]
    fn the_environment_overrides_the_level() {
        let config = LogConfig { level: LogLevel::Warn, ..LogConfig::default() };
        let shown = |variable| filter(&config, variable).unwrap().to_string();
        assert_eq!(shown(None), "warn");
        assert_eq!(shown(Some(" ")), "warn");
        assert_eq!(shown(Some("info,hotpath=debug")), "hotpath=debug,info");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_an_error_that_names_it() {
        let error = filter(&LogConfig::default(), Some("info,=,,loud=soft")).unwrap_err();
        assert!(error.to_string().contains("loud=soft"), "{error}");
    }
}
