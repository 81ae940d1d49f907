//! What a run has sent, as one line of JSON.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::Serialize;

/// What one connection has sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) late_max: Duration,
    /// Sends that the peer's side refused (no listener) and that were tried again.
    pub(crate) refused: u64,
    pub(crate) records: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.events += other.events;
        self.bytes += other.bytes;
        self.refused += other.refused;
        self.records += other.records;
        self.late_max = self.late_max.max(other.late_max);
    }
}

/// What a run has sent.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Messages sent.
    pub events: u64,
    /// Their bytes, with the framing of TCP; without headers of HTTP.
    pub bytes: u64,
    /// From the first message to the last.
    pub seconds: f64,
    /// Messages a second.
    pub rate: f64,
    /// How long after it was due a message was sent, at most, in milliseconds. 0 without a rate.
    pub late_ms: f64,
    /// CPU time of this process meanwhile, user and system, in seconds.
    pub cpu_s: f64,
    /// Number of the first message; those after it count up.
    pub first_number: u64,
    /// Sends over UDP that found no listener and were tried again.
    pub refused: u64,
    /// Records in the events: flows, of sFlow sampled packets and counter records; one for every other event. What
    /// templates and options bring is not among them.
    pub records: u64,
    /// Of a run over HTTP only.
    #[serde(flatten)]
    pub http: Option<HttpReport>,
}

/// How the batches of a run over HTTP were answered.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HttpReport {
    /// Events of batches answered with 200.
    pub acknowledged: u64,
    /// Events of batches that were not.
    pub unacknowledged: u64,
    /// Batches answered with 200.
    pub answers_200: u64,
    /// Batches answered with 429.
    pub answers_429: u64,
    /// Batches answered with 503.
    pub answers_503: u64,
    /// Batches answered with anything else.
    pub answers_other: u64,
    /// Batches without an answer: the connection was lost, or the answer took too long.
    pub unanswered: u64,
    /// From the first byte of a batch to its 200, in milliseconds: the half of them took at most this.
    pub ack_ms_p50: f64,
    /// The same for 99 of 100.
    pub ack_ms_p99: f64,
    /// The same for all.
    pub ack_ms_max: f64,
}

/// CPU time of this process so far, user and system, in seconds. 0 where the system does not say.
pub(crate) fn cpu_seconds() -> f64 {
    getrusage(UsageWho::RUSAGE_SELF).map_or(0.0, |usage| {
        (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6
    })
}

/// Three decimals are enough for a reader.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
