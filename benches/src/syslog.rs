//! Seeded RFC 5424 messages of about 250 bytes, as a firewall site sends them: 32 hosts, 6 programs, structured
//! data and key=value pairs.

use std::fmt::Write;
use std::ops::Range;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

const SITES: [&str; 4] = ["ams", "fra", "lon", "nyc"];
const APPS: [&str; 6] = ["sshd", "kernel", "filterlog", "openvpn", "dhcpd", "named"];
const VERBS: [&str; 4] = ["accepted", "denied", "dropped", "reset"];
const ZONES: [&str; 3] = ["lan", "dmz", "wan"];
const TARGET_NETS: [u8; 4] = [52, 104, 142, 151];
const TARGET_PORTS: [u16; 4] = [443, 80, 53, 22];
const PROTOCOLS: [&str; 2] = ["tcp", "udp"];
const POLICIES: [&str; 3] = ["default", "guest", "servers-out"];

/// Mean time between two messages, in microseconds: a million a second.
const STEP_US: i64 = 1;
/// How far a message's time lies from its place at most, in microseconds.
const JITTER_US: i64 = 500;

/// A message, and where its fields stand in it.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// The message as sent.
    pub text: String,
    /// Its time, in microseconds since 1970.
    pub event_time_us: i64,
    /// Number of the facility.
    pub facility: u8,
    /// Number of the severity.
    pub severity: u8,
    /// Where the host name stands.
    pub hostname: Range<usize>,
    /// Where the program's name stands.
    pub app_name: Range<usize>,
    /// Where the process number stands.
    pub proc_id: Range<usize>,
    /// Where the message's kind stands.
    pub msg_id: Range<usize>,
    /// Where the structured data stands.
    pub structured_data: Range<usize>,
    /// Where the free text stands.
    pub message: Range<usize>,
    /// Name and value of the fields in structured data and in the free text.
    pub fields: Vec<(&'static str, Range<usize>)>,
}

/// Makes messages; the same seed makes the same ones.
#[derive(Debug)]
pub struct Generator {
    rng: SmallRng,
    hosts: Vec<String>,
    next_time_us: i64,
}

impl Generator {
    /// Messages from `start_us` (microseconds since 1970) on.
    pub fn new(seed: u64, start_us: i64) -> Self {
        let hosts = SITES
            .iter()
            .flat_map(|site| (1..=8).map(move |number| format!("fw-{site}-{number:02}.example.net")))
            .collect();
        Self { rng: SmallRng::seed_from_u64(seed), hosts, next_time_us: start_us }
    }

    /// Writes the next message over `message`.
    pub fn next(&mut self, message: &mut Message) {
        let rng = &mut self.rng;
        self.next_time_us += STEP_US;
        message.event_time_us = self.next_time_us + rng.random_range(-JITTER_US..=JITTER_US);
        message.facility = pick(&[4, 16, 20], rng);
        message.severity = rng.random_range(3..=6);
        message.fields.clear();
        message.text.clear();
        let priority = message.facility * 8 + message.severity;
        append(&mut message.text, format_args!("<{priority}>1 "));
        append_time(&mut message.text, message.event_time_us);
        let host = self.hosts.choose(rng).map_or("-", String::as_str);
        message.hostname = append_part(&mut message.text, host);
        message.app_name = append_part(&mut message.text, pick(&APPS, rng));
        message.proc_id = append_part(&mut message.text, rng.random_range(300..32_000));
        message.msg_id = append_part(&mut message.text, format_args!("ID{}", rng.random_range(1..=60)));

        let data_start = message.text.len();
        message.text.push_str("[fw@32473 ");
        append_quoted(message, "rule", rng.random_range(1..=400));
        message.text.push(' ');
        append_quoted(message, "zone", pick(&ZONES, rng));
        message.text.push(']');
        message.structured_data = data_start..message.text.len();
        message.text.push(' ');

        let message_start = message.text.len();
        append(&mut message.text, format_args!("connection {}", pick(&VERBS, rng)));
        let (low, middle) = (rng.random_range(0..32), rng.random_range(0..=255));
        append_pair(message, "src", format_args!("10.{low}.{middle}.{}", rng.random_range(1..255)));
        append_pair(message, "spt", rng.random_range(1024..=65_535));
        let (net, low) = (pick(&TARGET_NETS, rng), rng.random_range(0..=255));
        let (middle, host) = (rng.random_range(0..=255), rng.random_range(1..255));
        append_pair(message, "dst", format_args!("{net}.{low}.{middle}.{host}"));
        append_pair(message, "dpt", pick(&TARGET_PORTS, rng));
        append_pair(message, "proto", pick(&PROTOCOLS, rng));
        append_pair(message, "in", format_args!("eth{}", rng.random_range(0..=3)));
        append_pair(message, "out", format_args!("eth{}", rng.random_range(0..=3)));
        append_pair(message, "sid", rng.random_range(0..1 << 30));
        append_pair(message, "bytes", rng.random_range(40..900_000));
        append_pair(message, "policy", pick(&POLICIES, rng));
        message.message = message_start..message.text.len();
    }
}

fn pick<T: Copy>(choices: &[T], rng: &mut SmallRng) -> T {
    choices[rng.random_range(0..choices.len())]
}

fn append(text: &mut String, part: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = write!(text, "{part}");
}

/// Appends a part and a space; returns where the part stands.
fn append_part(text: &mut String, part: impl std::fmt::Display) -> Range<usize> {
    let start = text.len();
    append(text, part);
    let range = start..text.len();
    text.push(' ');
    range
}

fn append_pair(message: &mut Message, name: &'static str, value: impl std::fmt::Display) {
    append(&mut message.text, format_args!(" {name}="));
    let start = message.text.len();
    append(&mut message.text, value);
    message.fields.push((name, start..message.text.len()));
}

fn append_quoted(message: &mut Message, name: &'static str, value: impl std::fmt::Display) {
    append(&mut message.text, format_args!("{name}=\""));
    let start = message.text.len();
    append(&mut message.text, value);
    message.fields.push((name, start..message.text.len()));
    message.text.push('"');
}

/// Appends the time of the current day of 2026-11-20 in RFC 3339 and a space.
fn append_time(text: &mut String, time_us: i64) {
    let of_day_us = time_us.rem_euclid(86_400_000_000);
    let (second, microsecond) = (of_day_us / 1_000_000, of_day_us % 1_000_000);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    append(text, format_args!("2026-11-20T{hour:02}:{minute:02}:{:02}.{microsecond:06}Z ", second % 60));
}
