//! The options of `fakedata`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use crate::kinds::SyslogKind;
use crate::limits::{
    CONNECTIONS_MAX, HTTP_BATCH_MAX, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MIN, MESSAGE_NUMBER_MAX,
    MESSAGE_NUMBER_MIN,
};

/// Sends made-up events at a stated rate, and prints what was sent as one line of JSON.
///
/// There are `syslog` (UDP and TCP) and `http` (batches of syslog lines with acknowledgement). Flows, queues and TLS are
/// not there.
#[derive(Debug, Clone, Args)]
pub struct FakedataArgs {
    /// What to send.
    #[command(subcommand)]
    pub command: FakedataCommand,
}

/// What to send.
#[derive(Debug, Clone, Subcommand)]
pub enum FakedataCommand {
    /// Syslog over UDP or TCP
    Syslog(SyslogArgs),
    /// Batches of syslog lines by HTTP POST, each sent once, with the time their acknowledgement takes
    Http(HttpArgs),
}

/// How much, how fast, and what the messages look like.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("amount").required(true).multiple(true).args(["count", "seconds", "endless"]))]
pub struct LoadArgs {
    /// Messages a second; 0 is as fast as the peer takes them
    #[arg(long, default_value_t = 0)]
    pub rate: u64,
    /// Stop after so many messages
    #[arg(long)]
    pub count: Option<u64>,
    /// Stop after so many seconds
    #[arg(long, value_parser = positive_seconds)]
    pub seconds: Option<f64>,
    /// Go on until the process is ended
    #[arg(long, conflicts_with_all = ["count", "seconds"])]
    pub endless: bool,
    /// Bytes of a message on average; what a kind needs for its fields is kept even when that is more
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(MESSAGE_BYTES_MIN as i64..=MESSAGE_BYTES_MAX as i64 * 9 / 10))]
    pub size: u32,
    /// The same seed makes the same messages, but for their times
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What the messages look like
    #[arg(long, value_enum, default_value_t = SyslogKind::Mixed)]
    pub kind: SyslogKind,
    /// Connections (sockets over UDP) that the messages are spread over
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=CONNECTIONS_MAX as i64))]
    pub connections: u16,
    /// Number that the first message carries (`seq="..."`); each further one carries the next
    #[arg(long, default_value_t = MESSAGE_NUMBER_MIN, value_parser = clap::value_parser!(u64).range(MESSAGE_NUMBER_MIN..=MESSAGE_NUMBER_MAX))]
    pub first_number: u64,
}

/// How syslog travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// A message a datagram
    Udp,
    /// A stream of messages
    Tcp,
}

/// How messages are told apart in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Framing {
    /// A line break ends a message
    Newline,
    /// Its length stands before each message
    OctetCounted,
}

/// Options of `fakedata syslog`.
#[derive(Debug, Clone, Args)]
pub struct SyslogArgs {
    /// Where to send, as in `127.0.0.1:5514`
    #[arg(long, value_name = "HOST:PORT")]
    pub target: String,
    /// How messages travel
    #[arg(long, value_enum, default_value_t = Transport::Udp)]
    pub transport: Transport,
    /// How messages are told apart over TCP
    #[arg(long, value_enum, default_value_t = Framing::Newline)]
    pub framing: Framing,
    /// Over UDP: do not let the kernel cut one send into datagrams (segmentation offload)
    #[arg(long)]
    pub no_gso: bool,
    /// How much and how fast.
    #[command(flatten)]
    pub load: LoadArgs,
}

/// Options of `fakedata http`.
#[derive(Debug, Clone, Args)]
pub struct HttpArgs {
    /// Where to send, as in `http://127.0.0.1:8080/ingest/default/syslog`
    #[arg(long, value_name = "URL")]
    pub target: String,
    /// Messages in one POST
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=HTTP_BATCH_MAX))]
    pub batch: u64,
    /// A file to which `FIRST LAST` (numbers of messages) is appended as soon as a batch is acknowledged
    #[arg(long, value_name = "FILE")]
    pub acknowledged: Option<PathBuf>,
    /// A file that holds the token of the input
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How much and how fast.
    #[command(flatten)]
    pub load: LoadArgs,
}

fn positive_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 1e9 => Ok(seconds),
        _ => Err("give a number of seconds above 0".to_owned()),
    }
}

impl LoadArgs {
    /// How many messages the options allow, where they say so.
    pub(crate) fn count_max(&self) -> Option<u64> {
        let by_time =
            self.seconds.filter(|_| self.rate > 0).map(|seconds| (seconds * self.rate as f64) as u64);
        match (self.count, by_time) {
            (Some(count), Some(by_time)) => Some(count.min(by_time)),
            (count, by_time) => count.or(by_time),
        }
    }

    /// When a run ends that is behind its rate: a run whose number of messages is known gets a fifth more time.
    pub(crate) fn seconds_max(&self) -> Option<f64> {
        self.seconds.map(|seconds| if self.rate > 0 { seconds * 1.2 + 0.1 } else { seconds })
    }
}
