//! `fakedata syslog`: one thread for each connection, all taking their numbers from one place.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use chrono::Utc;

use crate::args::{SyslogArgs, Transport};
use crate::generator::SyslogGenerator;
use crate::limits::GSO_SEGMENTS_MAX;
use crate::pace::{Numbers, Pace};
use crate::report::{Report, Tally, cpu_seconds, rounded};
use crate::{tcp, udp};

/// What a connection needs to send its share.
pub(crate) struct Share<'a> {
    pub(crate) args: &'a SyslogArgs,
    pub(crate) target: SocketAddr,
    pub(crate) generator: SyslogGenerator,
    pub(crate) numbers: &'a Numbers,
    pub(crate) pace: Pace,
}

/// Sends what the options say. The report holds what was sent, whether or not an error ended the run.
pub(crate) fn run(args: &SyslogArgs) -> Result<(Report, Option<anyhow::Error>)> {
    let target = resolve(&args.target)?;
    let group = if args.transport == Transport::Udp && !args.no_gso { GSO_SEGMENTS_MAX } else { 1 };
    let (load, size) = (&args.load, args.load.size as usize);
    let generator = SyslogGenerator::with_ring(load.seed, load.kind, size, group, load.count_max());
    let numbers = Numbers::new(args.load.first_number, args.load.count_max());
    let connections = usize::from(args.load.connections);
    let rate_each = args.load.rate as f64 / connections as f64;

    let (start, cpu_before) = (Instant::now(), cpu_seconds());
    let results: Vec<(Tally, Result<()>)> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for index in 0..connections {
            let generator = generator.sibling(index);
            let pace = Pace::new(start, rate_each, args.load.seconds_max());
            let mut share = Share { args, target, generator, numbers: &numbers, pace };
            threads.push(scope.spawn(move || {
                let mut tally = Tally::default();
                let result = match args.transport {
                    Transport::Tcp => tcp::send(&mut share, &mut tally),
                    Transport::Udp => udp::send(&mut share, &mut tally),
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
        first_number: args.load.first_number,
        refused: tally.refused,
        http: None,
    };
    Ok((report, first_error))
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
