//! Sending over UDP and TCP: one thread for each connection, all taking their numbers from one place.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use chrono::Utc;

use crate::args::AmountArgs;
use crate::generator::Generator;
use crate::pace::{Numbers, Pace};
use crate::report::{Report, Tally, cpu_seconds, rounded};
use crate::{tcp, udp};

/// How events travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Each a datagram; with segmentation offload the kernel cuts one send into many.
    Udp { offload: bool },
    /// A stream in which they are told apart like this.
    Tcp(Framing),
}

/// How events are told apart in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A line break ends an event.
    Newline,
    /// Its length stands before each event.
    OctetCounted,
    /// Each event says its own length.
    None,
}

/// What a run does.
pub(crate) struct Plan<'a> {
    pub(crate) target: SocketAddr,
    pub(crate) way: Way,
    pub(crate) amount: &'a AmountArgs,
    /// Bytes of an event on average.
    pub(crate) size: usize,
    pub(crate) first_number: u64,
    /// One for each connection.
    pub(crate) generators: Vec<Box<dyn Generator>>,
}

/// What a connection needs to send its share.
pub(crate) struct Share<'a> {
    pub(crate) target: SocketAddr,
    pub(crate) size: usize,
    pub(crate) generator: Box<dyn Generator>,
    pub(crate) numbers: &'a Numbers,
    pub(crate) pace: Pace,
}

/// Sends what the plan says. The report holds what was sent, whether or not an error ended the run.
pub(crate) fn run(plan: Plan<'_>) -> (Report, Option<anyhow::Error>) {
    let numbers = Numbers::new(plan.first_number, plan.amount.count_max());
    let rate_each = plan.amount.rate as f64 / plan.generators.len() as f64;
    let seconds_max = plan.amount.seconds_max();
    let (target, way, size) = (plan.target, plan.way, plan.size);

    let (start, cpu_before) = (Instant::now(), cpu_seconds());
    let results: Vec<(Tally, Result<()>)> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for generator in plan.generators {
            let pace = Pace::new(start, rate_each, seconds_max);
            let mut share = Share { target, size, generator, numbers: &numbers, pace };
            threads.push(scope.spawn(move || {
                let mut tally = Tally::default();
                let result = match way {
                    Way::Tcp(framing) => tcp::send(&mut share, framing, &mut tally),
                    Way::Udp { offload } => udp::send(&mut share, offload, &mut tally),
                };
                tally.late_max = share.pace.late_max();
                (tally, result)
            }));
        }
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| (Tally::default(), Err(anyhow!("a sending thread panicked"))))
            })
            .collect()
    });
    let (seconds, cpu_s) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu_before);

    let mut tally = Tally::default();
    let mut first_error = None;
    for (one, result) in results {
        tally.add(one);
        first_error = first_error.or(result.err());
    }
    let report = Report {
        events: tally.events,
        bytes: tally.bytes,
        seconds: rounded(seconds),
        rate: (tally.events as f64 / seconds).round(),
        late_ms: rounded(tally.late_max.as_secs_f64() * 1e3),
        cpu_s: rounded(cpu_s),
        first_number: plan.first_number,
        refused: tally.refused,
        records: tally.records,
        http: None,
    };
    (report, first_error)
}

/// The address that a target's name stands for.
pub(crate) fn resolve(target: &str) -> Result<SocketAddr> {
    target
        .to_socket_addrs()
        .with_context(|| format!("cannot find the address of the target '{target}': give HOST:PORT"))?
        .next()
        .with_context(|| format!("the target '{target}' has no address"))
}

/// Microseconds since 1970.
pub(crate) fn now_us() -> i64 {
    Utc::now().timestamp_micros()
}
