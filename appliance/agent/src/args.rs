//! What the agent can be told on the command line.

use clap::{Args, Subcommand, ValueEnum};

/// What the agent looks at.
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Reports executed programs and opened TCP connections, as JSON
    ///
    /// Needs Linux 5.8 with BTF, and CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE (root has them). Where the kernel forbids
    /// it, it says why. Prints `ready` once it looks; SIGTERM ends it.
    #[command(after_help = "Examples:
  bytefreezer agent ebpf --check
  bytefreezer agent ebpf --target collector.example:2056 --transport tcp")]
    Ebpf(EbpfArgs),
}

/// How the events travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// One event a datagram.
    Udp,
    /// One event a line.
    Tcp,
}

/// Where the events of the kernel go.
#[derive(Debug, Args)]
pub struct EbpfArgs {
    /// Where the events go, for example `--target collector.example:2056`
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:2056")]
    pub target: String,
    /// How they travel: one event a datagram, or one a line, for example `--transport tcp`
    #[arg(long, value_enum, default_value = "udp")]
    pub transport: Transport,
    /// The name of this machine in the events in place of its host name, for example `--host web-1`
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Only say whether the kernel lets it look, exit code 1 when not; for example `agent ebpf --check`
    #[arg(long)]
    pub check: bool,
}
