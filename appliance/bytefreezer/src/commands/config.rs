//! `bytefreezer config`: the schema of configurations, and the one that is in effect.

use std::io::Write;

use anyhow::{Context, Result};
use bytefreezer_core::config::{Config, config_schema};
use clap::{Args, Subcommand};
use serde_yaml_ng::{Mapping, Value};

use crate::output::Output;
use crate::settings::ConfigArgs;

/// What to show.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Prints the JSON Schema of configuration files, for editors
    #[command(after_help = "Example:
  bytefreezer config schema > config.schema.json")]
    Schema,
    /// Prints a configuration with variables and defaults filled in; secrets are masked
    ///
    /// Without `--effective` only the settings that differ from the defaults are printed.
    #[command(after_help = "Example:
  bytefreezer config show --effective --config /etc/bytefreezer/bytefreezer.yaml")]
    Show(ShowArgs),
}

/// Arguments of `config show`.
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// Print every setting, for example `config show --effective`; otherwise only those that differ from the defaults
    #[arg(long)]
    effective: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Shows what was asked for.
pub fn run(command: &ConfigCommand) -> Result<()> {
    let text = match command {
        ConfigCommand::Schema => {
            let schema = serde_json::to_string_pretty(&config_schema()).context("cannot write the schema")?;
            format!("{schema}\n")
        }
        ConfigCommand::Show(args) => show(args)?,
    };
    let mut out = Output::open()?;
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write the configuration")
}

fn show(args: &ShowArgs) -> Result<String> {
    let config = args.config.load()?;
    if args.effective {
        return config.effective_yaml().context("cannot write the configuration");
    }
    let defaults = Config::load(None, None)?;
    let (config, defaults) = (serde_yaml_ng::to_value(&config)?, serde_yaml_ng::to_value(&defaults)?);
    match difference(&config, &defaults) {
        Some(different) => serde_yaml_ng::to_string(&different).context("cannot write the configuration"),
        None => Ok("{}\n".to_owned()),
    }
}

/// What of `value` is not as in `default`; `None` when nothing is. Lists are taken whole.
fn difference(value: &Value, default: &Value) -> Option<Value> {
    if value == default {
        return None;
    }
    let (Value::Mapping(keys), Value::Mapping(default_keys)) = (value, default) else {
        return Some(value.clone());
    };
    let mut different = Mapping::new();
    for (key, value) in keys {
        let found = match default_keys.get(key) {
            Some(default) => difference(value, default),
            None => Some(value.clone()),
        };
        if let Some(found) = found {
            different.insert(key.clone(), found);
        }
    }
    Some(Value::Mapping(different))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_left() {
        let parse = |text: &str| serde_yaml_ng::from_str::<Value>(text).unwrap();
        let default = parse("{a: 1, b: {c: 2, d: 3}, e: [1, 2]}");
        assert_eq!(difference(&default, &default), None);
        let value = parse("{a: 1, b: {c: 2, d: 4}, e: [1], f: x}");
        assert_eq!(difference(&value, &default), Some(parse("{b: {d: 4}, e: [1], f: x}")));
    }
}
