//! `bytefreezer man`: the manual pages, one for each command.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};

use crate::cli::Cli;

/// Arguments of `man`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  bytefreezer man /usr/share/man/man1")]
pub struct ManArgs {
    /// The folder to write `bytefreezer.1`, `bytefreezer-sql.1` and the others to, for example `/usr/share/man/man1`; made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the pages.
pub fn run(args: &ManArgs) -> Result<()> {
    let shown = args.folder.display();
    std::fs::create_dir_all(&args.folder).with_context(|| format!("cannot make the folder {shown}"))?;
    clap_mangen::generate_to(Cli::command(), &args.folder)
        .with_context(|| format!("cannot write the manual pages to {shown}"))
}
