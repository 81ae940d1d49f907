//! Made-up events for tests and load runs: seeded, realistic, at a stated rate.
//!
//! An event is copied from a ring of ready ones; only its time, its number and some digits are written anew, so that one
//! core makes and sends more than the receiver can take.
//!
//! The encoders ([`netflow`], [`ipfix`], [`sflow`], [`packet`]) stand alone: plain structs in, bytes out. Tests of the
//! decoders use them.

mod args;
mod commands;
mod flows;
mod generator;
mod http;
mod http_connection;
pub mod ipfix;
pub mod limits;
mod lines;
pub mod netflow;
mod pace;
pub mod packet;
mod report;
mod sending;
pub mod sflow;
mod tcp;
pub mod templated;
pub mod traffic;
mod udp;

use std::io::Write;

use anyhow::{Context, Result};

pub use args::{
    AmountArgs, EbpfArgs, FakedataArgs, FakedataCommand, FlowArgs, Framing, HttpArgs, IpfixArgs, LoadArgs,
    MessageArgs, SyslogArgs, Transport, UdpArgs,
};
pub use flows::{FlowFormat, FlowGenerator, FlowPlan};
pub use generator::Generator;
pub use lines::{HttpKind, LineGenerator, LineKind, MessageKind, Rendered, SensorKind, SyslogKind};
pub use report::{HttpReport, Report};

/// Sends what the options say, and writes what was sent to `out`, as one line of JSON.
///
/// # Errors
/// When the options cannot be followed, or the target stops taking messages. In the second case the line was written.
pub fn run(args: &FakedataArgs, out: &mut dyn Write) -> Result<()> {
    let (report, error) = match &args.command {
        FakedataCommand::Syslog(args) => commands::syslog(args)?,
        FakedataCommand::Netflow5(args) => commands::flows(args, FlowFormat::Netflow5)?,
        FakedataCommand::Netflow9(args) => commands::flows(args, FlowFormat::Netflow9)?,
        FakedataCommand::Ipfix(args) => commands::ipfix(args)?,
        FakedataCommand::Sflow(args) => commands::flows(args, FlowFormat::Sflow)?,
        FakedataCommand::Http(args) => http::run(args)?,
        FakedataCommand::Tcp(args) => commands::tcp(args)?,
        FakedataCommand::Udp(args) => commands::udp(args)?,
        FakedataCommand::Ebpf(args) => commands::ebpf(args)?,
    };
    let line = serde_json::to_string(&report).context("cannot write the report")?;
    writeln!(out, "{line}").context("cannot write the report")?;
    error.map_or(Ok(()), Err)
}
