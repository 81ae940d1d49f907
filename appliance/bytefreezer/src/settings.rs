//! The configuration that a command works with, by the flags that all of them share.

use std::path::{Path, PathBuf};

use bytefreezer_core::config::{Config, ConfigErrors, ConfigProblem};
use clap::Args;
use hotpath::filter::{FilterPipelineDefinition, FilterSurroundings, Filters};

/// Where the configuration comes from.
#[derive(Args, Clone, Debug, Default)]
pub struct ConfigArgs {
    /// The configuration file, for example `--config /etc/bytefreezer/bytefreezer.yaml`. Without it the embedded defaults hold
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of logs, state and stored files, for example `--data-dir /srv/bytefreezer`; takes the place of the configuration's `data_dir`
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl ConfigArgs {
    /// Loads the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(&self) -> Result<Config, ConfigErrors> {
        load(self.config.as_deref(), self.data_dir.as_deref())
    }
}

/// Loads a configuration and compiles its filters, so that nothing wrong is found only when data flows.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(file: Option<&Path>, data_dir: Option<&Path>) -> Result<Config, ConfigErrors> {
    let config = Config::load(file, data_dir)?;
    let name = file.map_or_else(|| "(defaults)".to_owned(), |file| file.display().to_string());
    let mut problems = Vec::new();
    for (number, dataset) in config.datasets.iter().enumerate() {
        let text = serde_json::json!({ "filters": dataset.filters }).to_string();
        let compiled = FilterPipelineDefinition::from_json(&text)
            .and_then(|definition| Filters::compile(&definition.filters, &FilterSurroundings::default()));
        if let Err(error) = compiled {
            problems.push(ConfigProblem {
                file: name.clone(),
                location: None,
                path: format!("datasets[{number}].filters"),
                reason: error.to_string(),
                suggestion: None,
            });
        }
    }
    if problems.is_empty() { Ok(config) } else { Err(ConfigErrors { problems, further: 0 }) }
}
