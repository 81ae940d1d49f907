//! `bytefreezer completions`: what a shell needs to complete our commands.

use std::io::Write;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output::Output;

/// Arguments of `completions`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  bytefreezer completions bash > /usr/share/bash-completion/completions/bytefreezer")]
pub struct CompletionsArgs {
    /// The shell, for example `bash`
    #[arg(value_parser = shell)]
    shell: Shell,
}

/// Prints the completions.
pub fn run(args: &CompletionsArgs) -> Result<()> {
    // Made in memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "bytefreezer", &mut script);
    let mut out = Output::open()?;
    out.write_all(&script).and_then(|()| out.flush()).context("cannot write the completions")
}

fn shell(name: &str) -> Result<Shell, String> {
    match name {
        "bash" => Ok(Shell::Bash),
        "zsh" => Ok(Shell::Zsh),
        "fish" => Ok(Shell::Fish),
        _ => Err("the shells are bash, zsh and fish".to_owned()),
    }
}
