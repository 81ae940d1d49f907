//! `bytefreezer validate`: what is wrong with a configuration file.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::output::Output;
use crate::settings;

/// Arguments of `validate`.
#[derive(Args, Debug)]
#[command(
    after_help = "Every problem is a line `file:line:column: key: reason; advice` on standard error, and the exit code is 78.

Example:
  bytefreezer validate /etc/bytefreezer/bytefreezer.yaml"
)]
pub struct ValidateArgs {
    /// The configuration file, for example `/etc/bytefreezer/bytefreezer.yaml`
    file: PathBuf,
}

/// Checks the file.
pub fn run(args: &ValidateArgs) -> Result<()> {
    let config = settings::load(Some(&args.file), None)?;
    let inputs: usize = config.datasets.iter().map(|dataset| dataset.inputs.len()).sum();
    let datasets = config.datasets.len();
    let mut out = Output::open()?;
    writeln!(out, "{}: valid, datasets: {datasets}, inputs: {inputs}", args.file.display())
        .and_then(|()| out.flush())
        .context("cannot write the result")
}
