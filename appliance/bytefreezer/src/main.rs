//! The `bytefreezer` command: every role of the appliance and the tools around it in one binary.
//!
//! `cli` says what can be asked for, `commands` holds one file for each command, `roles` starts the long-running ones,
//! `failure` turns errors into exit codes.

mod allocator;
mod cli;
mod commands;
mod events;
mod failure;
mod lake_access;
mod limits;
mod output;
#[cfg(test)]
mod reference;
mod roles;
mod settings;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    match commands::run(cli::Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
