//! `bytefreezer dead-letters`: batches of the staged route that no receiver takes.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use bytefreezer_proxy::forward::{DeadLetter, Forwarder, dead_letters_in};
use clap::Subcommand;

use crate::output::{Output, note, printable};
use crate::settings::ConfigArgs;

/// What to do with them.
#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// Prints each with its rows, when it was tried last, and why it was not taken
    #[command(after_help = "Example:
  bytefreezer dead-letters list --config /etc/bytefreezer/bytefreezer.yaml")]
    List(ConfigArgs),
    /// Sends each to the receivers once more; those that are taken are removed. Exit code 1 when one is not
    ///
    /// The appliance may run meanwhile: it tries them again by itself every hour.
    #[command(after_help = "Example:
  bytefreezer dead-letters retry --config /etc/bytefreezer/bytefreezer.yaml")]
    Retry(ConfigArgs),
}

/// Does what was asked for.
pub fn run(command: &DeadLettersCommand) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    match command {
        DeadLettersCommand::List(args) => {
            let config = args.load()?;
            print(&runtime.block_on(dead_letters_in(&config.data_dir))?)
        }
        DeadLettersCommand::Retry(args) => {
            let forwarder = Forwarder::new(&args.load()?)?;
            let (taken, refused) = runtime.block_on(forwarder.retry_dead_letters())?;
            print(&refused)?;
            note(format!("{} taken, {} not", taken.len(), refused.len()));
            ensure!(refused.is_empty(), "not every dead letter was taken");
            Ok(())
        }
    }
}

fn print(letters: &[DeadLetter]) -> Result<()> {
    let mut out = Output::open()?;
    for letter in letters {
        let DeadLetter { key, rows, reason, tried_at } = letter;
        writeln!(out, "{key}  {rows} rows  {tried_at}  {}", printable(reason))
            .context("cannot write the list")?;
    }
    out.flush().context("cannot write the list")
}
