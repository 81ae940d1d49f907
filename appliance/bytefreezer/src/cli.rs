//! Everything that can be asked for on the command line, each flag in one place: from here come help, completions,
//! manual pages and `docs/commands.md`.

use bytefreezer_agent::AgentCommand;
use bytefreezer_fakedata::FakedataArgs;
use clap::{Parser, Subcommand};

use crate::commands::completions::CompletionsArgs;
use crate::commands::config::ConfigCommand;
use crate::commands::convert::ConvertArgs;
use crate::commands::dead_letters::DeadLettersCommand;
use crate::commands::decode::DecodeArgs;
use crate::commands::filters::FiltersCommand;
use crate::commands::man::ManArgs;
use crate::commands::sql::SqlArgs;
use crate::commands::top::TopArgs;
use crate::commands::validate::ValidateArgs;
use crate::commands::wal::WalCommand;
use crate::settings::ConfigArgs;

/// Takes security data from the network and lays it down as Parquet that SQL reads
///
/// ByteFreezer takes events in, writes them to a durable log before they are acknowledged, parses and filters them, and
/// stores them as sorted zstd Parquet in a local folder or any S3. Every event is accounted for.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.
#[derive(Debug, Parser)]
#[command(name = "bytefreezer", version, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "Examples:
  bytefreezer run --data-dir /srv/bytefreezer
  bytefreezer sql --data-dir /srv/bytefreezer \"select hostname, message from syslog\"")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs every role of the appliance in one process
    ///
    /// Prints the addresses that it listens on, and `ready` once it can take durable data. SIGTERM drains and ends it,
    /// SIGHUP loads the configuration again.
    #[command(after_help = "Examples:
  bytefreezer run
  bytefreezer run --config /etc/bytefreezer/bytefreezer.yaml")]
    Run(ConfigArgs),
    /// Runs the role that takes events in: inputs, log, decoding, filters, Parquet, upload
    ///
    /// SIGTERM drains and ends it, SIGHUP loads the configuration again.
    #[command(after_help = "Example:
  bytefreezer proxy --config /etc/bytefreezer/bytefreezer.yaml")]
    Proxy(ConfigArgs),
    /// Runs the role that answers SQL over HTTP
    ///
    /// Serves `POST /api/v1/query/sql`, and health and metrics beside it, on the address `query.listen`. SIGTERM lets
    /// open requests end, SIGHUP loads the configuration again (all of it but the address).
    #[command(after_help = "Example:
  bytefreezer query --config /etc/bytefreezer/bytefreezer.yaml")]
    Query(ConfigArgs),
    /// Runs the role that takes batches over HTTP and puts them into the stage `intake`
    ///
    /// SIGTERM drains and ends it, SIGHUP loads the configuration again.
    #[command(after_help = "Example:
  bytefreezer receiver --config /etc/bytefreezer/bytefreezer.yaml")]
    Receiver(ConfigArgs),
    /// Runs the role that takes batches from the stage `intake` through filters into the stage `piper`
    ///
    /// Any number of them share the work. SIGTERM finishes batches under way and ends it, SIGHUP loads the configuration
    /// again.
    #[command(after_help = "Example:
  bytefreezer piper --config /etc/bytefreezer/bytefreezer.yaml")]
    Piper(ConfigArgs),
    /// Runs the role that makes Parquet files of what is in the stage `piper`
    ///
    /// Any number of them share the datasets. SIGTERM ends it, SIGHUP loads the configuration again.
    #[command(after_help = "Example:
  bytefreezer packer --config /etc/bytefreezer/bytefreezer.yaml")]
    Packer(ConfigArgs),
    /// Lists the batches that no receiver takes, and tries them again
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// Asks the stored data a question in SQL
    Sql(SqlArgs),
    /// Turns files of messages into rows, as the appliance would, and prints them as NDJSON
    Decode(DecodeArgs),
    /// Turns a file of messages into a Parquet file, by way of filters
    Convert(ConvertArgs),
    /// Lists the filters there are, or tries some on sample rows
    #[command(subcommand)]
    Filters(FiltersCommand),
    /// Sends made-up events at a stated rate, and prints what was sent
    #[command(after_help = "Example:
  bytefreezer fakedata syslog --target 127.0.0.1:5514 --rate 1000 --count 10000
  bytefreezer fakedata netflow9 --target 127.0.0.1:2055 --rate 100 --seconds 60")]
    Fakedata(FakedataArgs),
    /// Reports what happens on this machine, seen by the kernel, as JSON events
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Says what is wrong with a configuration file: line, reason, advice
    Validate(ValidateArgs),
    /// Shows the configuration, or its JSON Schema
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Looks into the log of a shard, takes its events out, sets damage aside
    #[command(subcommand)]
    Wal(WalCommand),
    /// Shows the account of events of a running appliance, live
    Top(TopArgs),
    /// Prints the completions for a shell
    Completions(CompletionsArgs),
    /// Writes the manual pages
    Man(ManArgs),
}
