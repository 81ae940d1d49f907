//! The commands, one file each: its arguments as a type, and `run`.

pub mod agent;
pub mod completions;
pub mod config;
pub mod convert;
pub mod dead_letters;
pub mod decode;
pub mod fakedata;
pub mod filters;
pub mod man;
pub mod sql;
pub mod top;
pub mod validate;
pub mod wal;

use anyhow::Result;

use crate::cli::Command;
use crate::roles::{self, StageRole};

/// Does what was asked for.
///
/// # Errors
/// Whatever kept it from being done; [`crate::failure::report`] gives it words and an exit code.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Run(args) => roles::run(&args),
        Command::Proxy(args) => roles::proxy(&args),
        Command::Query(args) => roles::query(&args),
        Command::Receiver(args) => roles::stage(&args, StageRole::Receiver),
        Command::Piper(args) => roles::stage(&args, StageRole::Piper),
        Command::Packer(args) => roles::stage(&args, StageRole::Packer),
        Command::DeadLetters(command) => dead_letters::run(&command),
        Command::Sql(args) => sql::run(&args),
        Command::Decode(args) => decode::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Filters(command) => filters::run(&command),
        Command::Fakedata(args) => fakedata::run(&args),
        Command::Agent(command) => agent::run(&command),
        Command::Validate(args) => validate::run(&args),
        Command::Config(command) => config::run(&command),
        Command::Wal(command) => wal::run(&command),
        Command::Top(args) => top::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
