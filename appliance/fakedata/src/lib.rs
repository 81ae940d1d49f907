//! Made-up events for tests and load runs: seeded, realistic, at a stated rate, each with a number of its own.
//!
//! A message is copied from a ring of templates; only its time, its number and some digits are written anew, so that one
//! core makes and sends more than the receiver can take.

mod args;
mod generator;
mod http;
mod http_connection;
pub mod ipfix;
mod kinds;
pub mod limits;
pub mod netflow;
mod pace;
pub mod packet;
mod report;
pub mod sflow;
mod syslog;
mod tcp;
mod template;
pub mod templated;
mod time_text;
mod udp;
mod words;

use std::io::Write;

use anyhow::{Context, Result};

pub use args::{FakedataArgs, FakedataCommand, Framing, HttpArgs, LoadArgs, SyslogArgs, Transport};
pub use generator::SyslogGenerator;
pub use kinds::SyslogKind;
pub use report::{HttpReport, Report};

/// Sends what the options say, and writes what was sent to `out`, as one line of JSON.
///
/// # Errors
/// When the options cannot be followed, or the target stops taking messages. In the second case the line was written.
pub fn run(args: &FakedataArgs, out: &mut dyn Write) -> Result<()> {
    let (report, error) = match &args.command {
        FakedataCommand::Syslog(args) => syslog::run(args)?,
        FakedataCommand::Http(args) => http::run(args)?,
    };
    let line = serde_json::to_string(&report).context("cannot write the report")?;
    writeln!(out, "{line}").context("cannot write the report")?;
    error.map_or(Ok(()), Err)
}
