//! `bytefreezer filters`: which filters there are, and what some of them do with sample rows.

mod list;
mod table;
mod trial;

use anyhow::Result;
use clap::{Subcommand, ValueEnum};

pub use list::ListArgs;
pub use trial::TestArgs;

/// What to do with filters.
#[derive(Debug, Subcommand)]
pub enum FiltersCommand {
    /// Lists the filters there are, or the keys of one: types, defaults, examples
    #[command(after_help = "Examples:
  bytefreezer filters list
  bytefreezer filters list geoip
  bytefreezer filters list --format json")]
    List(ListArgs),
    /// Carries filters out on sample rows, and says what each of them did with each row
    ///
    /// Filters and rows go through the engine of the appliance. Exit code 1 when a filter does not compile: the message says
    /// which one, which key, and where in a condition. At most 10 filters and 1,000 rows; `bytefreezer convert` takes more.
    #[command(after_help = "Examples:
  bytefreezer filters test --filters filters.json rows.ndjson
  bytefreezer filters test --filters filters.json --format syslog --output json /var/log/syslog
  echo '{\"level\":\"debug\"}' | bytefreezer filters test --filters filters.json -")]
    Test(TestArgs),
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Does what was asked for.
pub fn run(command: &FiltersCommand) -> Result<()> {
    match command {
        FiltersCommand::List(args) => list::run(args),
        FiltersCommand::Test(args) => trial::run(args),
    }
}
