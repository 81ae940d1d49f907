//! The options of `fakedata`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use crate::limits::{
    CONNECTIONS_MAX, FLOW_DATAGRAM_BYTES_MAX, FLOW_DATAGRAM_BYTES_MIN, FLOW_DOMAINS_MAX, HTTP_BATCH_MAX,
    MESSAGE_BYTES_MAX, MESSAGE_BYTES_MIN, MESSAGE_NUMBER_MAX, MESSAGE_NUMBER_MIN,
};
use crate::lines::{HttpKind, MessageKind, SensorKind, SyslogKind};

/// Sends made-up events at a stated rate, and prints what was sent as one line of JSON.
///
/// An event is a message, or a datagram of flows. Queues and TLS are not there.
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
    /// NetFlow v5: flows between IPv4 hosts
    Netflow5(FlowArgs),
    /// NetFlow v9: several templates, options with sampling and the names of interfaces and applications
    Netflow9(FlowArgs),
    /// IPFIX over UDP or TCP: the same, with names of variable length, enterprise elements and biflows
    Ipfix(IpfixArgs),
    /// sFlow version 5: sampled packets and counters of interfaces and hosts
    Sflow(FlowArgs),
    /// Batches of JSON objects or lines by HTTP POST, each sent once, with the time their acknowledgement takes
    Http(HttpArgs),
    /// Lines or JSON objects over TCP
    Tcp(MessageArgs),
    /// Lines or JSON objects over UDP, a datagram each
    Udp(UdpArgs),
    /// JSON events in the shapes of eBPF sensors, over UDP or TCP
    Ebpf(EbpfArgs),
}

/// How much and how fast.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("amount").required(true).multiple(true).args(["count", "seconds", "endless"]))]
pub struct AmountArgs {
    /// Events a second (of flows, datagrams); 0 is as fast as the peer takes them
    #[arg(long, default_value_t = 0)]
    pub rate: u64,
    /// Stop after so many events (of flows, datagrams)
    #[arg(long)]
    pub count: Option<u64>,
    /// Stop after so many seconds
    #[arg(long, value_parser = positive_seconds)]
    pub seconds: Option<f64>,
    /// Go on until the process is ended
    #[arg(long, conflicts_with_all = ["count", "seconds"])]
    pub endless: bool,
    /// The same seed makes the same events, but for their times
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Connections (sockets over UDP) that the events are spread over
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=CONNECTIONS_MAX as i64))]
    pub connections: u16,
}

/// How much, how fast, and how long the messages are.
#[derive(Debug, Clone, Args)]
pub struct LoadArgs {
    /// How much and how fast.
    #[command(flatten)]
    pub amount: AmountArgs,
    /// Bytes of a message on average; what a kind needs for its fields is kept even when that is more
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(MESSAGE_BYTES_MIN as i64..=MESSAGE_BYTES_MAX as i64 * 9 / 10))]
    pub size: u32,
    /// Number that the first message carries (`seq="..."`); each further one carries the next
    #[arg(long, default_value_t = MESSAGE_NUMBER_MIN, value_parser = clap::value_parser!(u64).range(MESSAGE_NUMBER_MIN..=MESSAGE_NUMBER_MAX))]
    pub first_number: u64,
}

/// How events travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// An event a datagram
    Udp,
    /// A stream of events
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
    /// What the messages look like
    #[arg(long, value_enum, default_value_t = SyslogKind::Mixed)]
    pub kind: SyslogKind,
    /// How much, how fast and how long.
    #[command(flatten)]
    pub load: LoadArgs,
}

/// Options of `fakedata netflow5`, `netflow9` and `sflow`.
#[derive(Debug, Clone, Args)]
pub struct FlowArgs {
    /// Where to send, as in `127.0.0.1:2055`
    #[arg(long, value_name = "HOST:PORT")]
    pub target: String,
    /// Bytes of a datagram, at most; templates and options need more where they do not fit
    #[arg(long, default_value_t = 1_464, value_parser = clap::value_parser!(u16).range(FLOW_DATAGRAM_BYTES_MIN as i64..=FLOW_DATAGRAM_BYTES_MAX as i64))]
    pub size: u16,
    /// Observation domains (source ids, engines, sub-agents) of a connection; all but the first sample
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=FLOW_DOMAINS_MAX as i64))]
    pub domains: u16,
    /// Templates and options are sent again after so many datagrams of their domain
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub templates_every: u32,
    /// Do not let the kernel cut one send into datagrams (segmentation offload)
    #[arg(long)]
    pub no_gso: bool,
    /// How much and how fast; an event is a datagram.
    #[command(flatten)]
    pub amount: AmountArgs,
}

/// Options of `fakedata ipfix`.
#[derive(Debug, Clone, Args)]
pub struct IpfixArgs {
    /// How messages travel
    #[arg(long, value_enum, default_value_t = Transport::Udp)]
    pub transport: Transport,
    /// What all flows have.
    #[command(flatten)]
    pub flows: FlowArgs,
}

/// Options of `fakedata tcp`.
#[derive(Debug, Clone, Args)]
pub struct MessageArgs {
    /// Where to send, as in `127.0.0.1:5140`
    #[arg(long, value_name = "HOST:PORT")]
    pub target: String,
    /// What the messages look like
    #[arg(long, value_enum, default_value_t = MessageKind::Json)]
    pub kind: MessageKind,
    /// How much, how fast and how long.
    #[command(flatten)]
    pub load: LoadArgs,
}

/// Options of `fakedata udp`.
#[derive(Debug, Clone, Args)]
pub struct UdpArgs {
    /// What `tcp` has too.
    #[command(flatten)]
    pub message: MessageArgs,
    /// Do not let the kernel cut one send into datagrams (segmentation offload)
    #[arg(long)]
    pub no_gso: bool,
}

/// Options of `fakedata ebpf`.
#[derive(Debug, Clone, Args)]
pub struct EbpfArgs {
    /// Where to send, as in `127.0.0.1:2056`
    #[arg(long, value_name = "HOST:PORT")]
    pub target: String,
    /// How events travel
    #[arg(long, value_enum, default_value_t = Transport::Udp)]
    pub transport: Transport,
    /// Whose events they look like
    #[arg(long, value_enum, default_value_t = SensorKind::Mixed)]
    pub kind: SensorKind,
    /// Over UDP: do not let the kernel cut one send into datagrams (segmentation offload)
    #[arg(long)]
    pub no_gso: bool,
    /// How much, how fast and how long.
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
    /// What the messages look like
    #[arg(long, value_enum, default_value_t = HttpKind::Mixed)]
    pub kind: HttpKind,
    /// How much, how fast and how long.
    #[command(flatten)]
    pub load: LoadArgs,
}

fn positive_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 1e9 => Ok(seconds),
        _ => Err("give a number of seconds above 0".to_owned()),
    }
}

impl AmountArgs {
    /// How many events the options allow, where they say so.
    pub(crate) fn count_max(&self) -> Option<u64> {
        let by_time =
            self.seconds.filter(|_| self.rate > 0).map(|seconds| (seconds * self.rate as f64) as u64);
        match (self.count, by_time) {
            (Some(count), Some(by_time)) => Some(count.min(by_time)),
            (count, by_time) => count.or(by_time),
        }
    }

    /// When a run ends that is behind its rate: a run whose number of events is known gets a fifth more time.
    pub(crate) fn seconds_max(&self) -> Option<f64> {
        self.seconds.map(|seconds| if self.rate > 0 { seconds * 1.2 + 0.1 } else { seconds })
    }
}
