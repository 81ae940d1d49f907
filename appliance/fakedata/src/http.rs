//! `fakedata http`: batches of lines, each posted once, and the time their acknowledgement takes.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures::future::join_all;
use hdrhistogram::Histogram;
use http::{HeaderValue, StatusCode, Uri};

use crate::args::HttpArgs;
use crate::generator::Generator;
use crate::http_connection::{Answer, Connection};
use crate::limits::{LATENCY_US_MAX, RETRY_AFTER_SECONDS_MAX};
use crate::lines::LineGenerator;
use crate::pace::Numbers;
use crate::report::{HttpReport, Report, cpu_seconds, rounded};
use crate::sending::{now_us, resolve};

/// What the connections of a run share.
struct Run<'a> {
    args: &'a HttpArgs,
    numbers: Numbers,
    start: Instant,
    end: Option<Instant>,
    tally: Mutex<HttpTally>,
}

/// What was sent and how it was answered.
struct HttpTally {
    bytes: u64,
    late_max: Duration,
    latencies_us: Histogram<u64>,
    counts: HttpReport,
    acknowledged_file: Option<File>,
}

/// Posts what the options say. The report holds what was sent, whether or not an error ended the run.
pub(crate) fn run(args: &HttpArgs) -> Result<(Report, Option<anyhow::Error>)> {
    let target = Target::new(args)?;
    let tally = Mutex::new(HttpTally::new(args)?);
    let (amount, size) = (&args.load.amount, args.load.size as usize);
    let generator = LineGenerator::with_ring(amount.seed, args.kind, size, 1, amount.count_max());
    let numbers = Numbers::new(args.load.first_number, amount.count_max());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;

    let (start, cpu_before) = (Instant::now(), cpu_seconds());
    let end = amount.seconds_max().map(|seconds| start + Duration::from_secs_f64(seconds));
    let run = Run { args, numbers, start, end, tally };
    let results = runtime.block_on(join_all((0..amount.connections).map(|index| {
        let connection = Connection::new(target.address, target.uri.clone(), target.token.clone());
        send(&run, connection, generator.sibling(usize::from(index)))
    })));
    let (seconds, cpu_s) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu_before);
    let error = results.into_iter().find_map(Result::err);
    Ok((run.report(seconds, cpu_s), error))
}

/// Where batches go, and what is shown there.
struct Target {
    address: std::net::SocketAddr,
    uri: Uri,
    token: Option<HeaderValue>,
}

impl Target {
    fn new(args: &HttpArgs) -> Result<Self> {
        let text = &args.target;
        let uri: Uri = text.parse().with_context(|| format!("the target '{text}' is not a URL"))?;
        if uri.scheme_str() != Some("http") {
            bail!("the target '{text}' must begin with http:// (TLS is not there)");
        }
        let host = uri.host().with_context(|| format!("the target '{text}' names no host"))?;
        let address = resolve(&format!("{host}:{}", uri.port_u16().unwrap_or(80)))?;
        let token = args.token_file.as_ref().map(|file| {
            let token =
                std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let mut token = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
                .context("the token cannot stand in a header")?;
            token.set_sensitive(true);
            anyhow::Ok(token)
        });
        Ok(Self { address, uri, token: token.transpose()? })
    }
}

/// Posts one connection's share of the batches.
async fn send(run: &Run<'_>, mut connection: Connection, mut generator: LineGenerator) -> Result<()> {
    while !run.is_over() {
        connection.be_open(run.end).await?;
        if run.is_over() {
            break;
        }
        let Some(numbers) = run.numbers.take(run.args.batch) else { break };
        let due = run.due(numbers.start);
        tokio::time::sleep_until(due.into()).await;
        let body = lines(&mut generator, numbers.clone());
        let bytes = body.len() as u64;
        let sent_at = Instant::now();
        let answer = connection.post(body).await;
        let pause =
            run.tally().note(&numbers, bytes, sent_at, due, run.args.load.amount.rate > 0, &answer)?;
        if !pause.is_zero() && !run.is_over() {
            tokio::time::sleep(pause).await;
        }
    }
    Ok(())
}

fn lines(generator: &mut LineGenerator, numbers: Range<u64>) -> Bytes {
    let now_us = now_us();
    let mut body = Vec::with_capacity((numbers.end - numbers.start) as usize * (generator.next_len() + 64));
    generator.set_number(numbers.start);
    for _ in numbers {
        generator.append_next(now_us, &mut body);
        body.push(b'\n');
    }
    body.into()
}

impl Run<'_> {
    fn is_over(&self) -> bool {
        self.numbers.are_taken() || self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// When the batch that begins with this number is to be sent.
    fn due(&self, number: u64) -> Instant {
        if self.args.load.amount.rate == 0 {
            return self.start;
        }
        let before = number - self.args.load.first_number;
        self.start + Duration::from_secs_f64(before as f64 / self.args.load.amount.rate as f64)
    }

    fn tally(&self) -> MutexGuard<'_, HttpTally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, seconds: f64, cpu_s: f64) -> Report {
        let tally = self.tally();
        let mut http = tally.counts.clone();
        let milliseconds = |quantile| rounded(tally.latencies_us.value_at_quantile(quantile) as f64 / 1e3);
        http.ack_ms_p50 = milliseconds(0.5);
        http.ack_ms_p99 = milliseconds(0.99);
        http.ack_ms_max = rounded(tally.latencies_us.max() as f64 / 1e3);
        let events = http.acknowledged + http.unacknowledged;
        Report {
            events,
            bytes: tally.bytes,
            seconds: rounded(seconds),
            rate: (events as f64 / seconds).round(),
            late_ms: rounded(tally.late_max.as_secs_f64() * 1e3),
            cpu_s: rounded(cpu_s),
            first_number: self.args.load.first_number,
            refused: 0,
            records: events,
            http: Some(http),
        }
    }
}

impl HttpTally {
    fn new(args: &HttpArgs) -> Result<Self> {
        let open = |path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.with_context(|| {
                format!("cannot write to {}", args.acknowledged.as_deref().unwrap_or(path).display())
            })
        };
        Ok(Self {
            bytes: 0,
            late_max: Duration::ZERO,
            latencies_us: Histogram::new_with_bounds(1, LATENCY_US_MAX, 3)
                .context("cannot make the histogram")?,
            counts: HttpReport::default(),
            acknowledged_file: args.acknowledged.as_deref().map(open).transpose()?,
        })
    }

    /// Counts a batch; returns how long its connection has to pause.
    fn note(
        &mut self,
        numbers: &Range<u64>,
        bytes: u64,
        sent_at: Instant,
        due: Instant,
        is_paced: bool,
        answer: &Answer,
    ) -> Result<Duration> {
        let events = numbers.end - numbers.start;
        self.bytes += bytes;
        if is_paced {
            self.late_max = self.late_max.max(sent_at.saturating_duration_since(due));
        }
        let counts = &mut self.counts;
        let Answer::Status { status, after, retry_after } = answer else {
            counts.unacknowledged += events;
            counts.unanswered += 1;
            return Ok(Duration::ZERO);
        };
        if *status == StatusCode::OK {
            counts.acknowledged += events;
            counts.answers_200 += 1;
            self.latencies_us.saturating_record((after.as_micros() as u64).max(1));
            if let Some(file) = &mut self.acknowledged_file {
                let line = format!("{} {}\n", numbers.start, numbers.end - 1);
                file.write_all(line.as_bytes()).context("cannot write down what was acknowledged")?;
            }
            return Ok(Duration::ZERO);
        }
        counts.unacknowledged += events;
        match *status {
            StatusCode::TOO_MANY_REQUESTS => counts.answers_429 += 1,
            StatusCode::SERVICE_UNAVAILABLE => counts.answers_503 += 1,
            _ => counts.answers_other += 1,
        }
        let pause = retry_after.unwrap_or(Duration::ZERO);
        Ok(pause.min(Duration::from_secs(RETRY_AFTER_SECONDS_MAX)))
    }
}
