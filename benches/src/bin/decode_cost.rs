//! What decoding costs: processor time an event, for each kind of syslog message, from sealed block to record batch.
//!
//! `decode_cost [KIND [ROUNDS]]` prints the best and the median of the rounds. Instructions an event are the
//! difference of two runs under `valgrind --tool=callgrind` with different ROUNDS.

use anyhow::{Context, ensure};
use bytefreezer_benches::blocks::{START_US, next_block};
use bytefreezer_benches::cpu_time::thread_cpu_ns;
use bytefreezer_benches::pipeline::Parser;
use bytefreezer_benches::syslog::{Generator, Message};
use hotpath::block::SealedBlock;
use hotpath::decode::Format;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BLOCKS: usize = 4;
const ROUNDS: usize = 20;
/// How often a round decodes all blocks.
const PASSES: usize = 4;

/// Makes a message of a kind of a generated one.
type Make = fn(&Message) -> String;

/// The kinds of messages, each with its name.
const KINDS: &[(&str, Make)] = &[
    ("5424-pairs", |message| message.text.clone()),
    ("3164-pairs", |message| rfc3164(message, &message.text[message.message.clone()])),
    ("5424-json", |message| {
        let header = &message.text[..message.structured_data.start];
        format!("{header}- {}", json(message))
    }),
    ("3164-plain", |message| {
        let address = &message.text[message.fields[2].1.clone()];
        rfc3164(
            message,
            &format!("Accepted publickey for root from {address} port 50122 ssh2: RSA SHA256:0u4nOo3Y"),
        )
    }),
];

fn rfc3164(message: &Message, body: &str) -> String {
    let text = |range: &std::ops::Range<usize>| &message.text[range.clone()];
    let second = message.event_time_us / 1_000_000 % 60;
    format!(
        "<{}>Nov 20 10:00:{second:02} {} {}[{}]: {body}",
        message.facility * 8 + message.severity,
        text(&message.hostname),
        text(&message.app_name),
        text(&message.proc_id),
    )
}

fn json(message: &Message) -> String {
    let members: Vec<String> = message
        .fields
        .iter()
        .map(|(name, range)| {
            let value = &message.text[range.clone()];
            match value.parse::<i64>() {
                Ok(number) => format!("\"{name}\":{number}"),
                Err(_) => format!("\"{name}\":\"{value}\""),
            }
        })
        .collect();
    format!("{{{}}}", members.join(","))
}

fn blocks(make: Make) -> Vec<SealedBlock> {
    let mut generator = Generator::new(5424, START_US, 0);
    (0..BLOCKS).map(|_| next_block(&mut generator, make)).collect()
}

/// Decodes all blocks some times; returns the processor time of one.
fn round(parser: &mut Parser, blocks: &[SealedBlock]) -> anyhow::Result<u64> {
    let started_ns = thread_cpu_ns()?;
    for block in (0..PASSES).flat_map(|_| blocks) {
        let batch = parser.parse(block);
        ensure!(batch.num_rows() == block.entries().len(), "a row for each event");
    }
    Ok((thread_cpu_ns()? - started_ns) / PASSES as u64)
}

#[expect(clippy::print_stdout, reason = "a program that prints figures")]
fn measure(name: &str, make: Make, rounds: usize) -> anyhow::Result<()> {
    let blocks = blocks(make);
    let events: usize = blocks.iter().map(|block| block.entries().len()).sum();
    let bytes: usize = blocks.iter().map(|block| block.data().len()).sum();
    let mut parser = Parser::new(Format::SYSLOG);
    let mut times = (0..rounds).map(|_| round(&mut parser, &blocks)).collect::<anyhow::Result<Vec<u64>>>()?;
    times.sort_unstable();
    let per_event = |ns: u64| ns as f64 / events as f64;
    println!(
        "{name:<11} {:>4} bytes  best {:>6.1} ns/event  median {:>6.1} ns/event  ({events} events, {rounds} rounds)",
        bytes / events,
        per_event(times[0]),
        per_event(times[times.len() / 2])
    );
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next();
    let rounds = match arguments.next() {
        Some(text) => text.parse().with_context(|| format!("{text:?} is no number of rounds"))?,
        None => ROUNDS,
    };
    for (name, make) in KINDS {
        if kind.as_deref().is_none_or(|wanted| wanted == *name) {
            measure(name, *make, rounds)?;
        }
    }
    Ok(())
}
