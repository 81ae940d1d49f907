//! P7: allocations for an event on the way from a UDP socket to closed Parquet files, counted in all threads of a
//! shard that runs in this process. `cargo run --release -p bytefreezer-benches --bin udp_allocations [SECONDS]`
//!
//! Timers, blocks, pages and files allocate as time goes on, whatever comes in. What an event allocates is therefore
//! the difference of two rates: further allocations over further events.

#![expect(clippy::print_stdout, reason = "the figures are what the command is for")]

use std::net::UdpSocket;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytefreezer_benches::blocks::START_US;
use bytefreezer_benches::counting_allocator::{CountingAllocator, allocations};
use bytefreezer_benches::syslog::{Generator, Message};
use hotpath::account::DatasetCounters;
use hotpath::batch::RowOptions;
use hotpath::block::{BlockPool, SourceType};
use hotpath::clock::SystemClock;
use hotpath::decode::{DecoderOptions, Format};
use hotpath::encode::DatasetOptions;
use hotpath::limits::BLOCK_BYTES;
use hotpath::log::LogOptions;
use hotpath::names::DatasetKey;
use hotpath::receive::socket::{bind_udp, local_address};
use hotpath::shard::{
    DatasetSettings, InputSettings, ShardCommand, ShardSettings, ShardStatus, Transport, Upload, UploadedCut,
    start,
};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const MESSAGES: usize = 4_096;
const RATES_PER_S: [u64; 2] = [50_000, 150_000];
/// Datagrams that are sent before a pause.
const BURST: u64 = 500;
const POOL_BLOCKS: usize = 256;
const SETTLE: Duration = Duration::from_secs(3);

fn main() -> anyhow::Result<()> {
    let seconds =
        std::env::args().nth(1).map_or(Ok(10), |text| text.parse()).context("SECONDS is a number")?;
    let folder = tempfile::tempdir()?;
    let (counters, writers) = DatasetCounters::new();
    let key = DatasetKey::new("bench", "syslog")?;
    let (commands, received_commands) = async_channel::bounded(64);
    let (finished, uploads) = async_channel::unbounded();
    let dataset = dataset_settings(&key);
    let shard = start(ShardSettings {
        shard: 0,
        instance: "bench".to_owned(),
        cpu: None,
        log_directory: subfolder(folder.path(), "log")?,
        log: log_options(),
        spool_directory: subfolder(folder.path(), "spool")?,
        decoder_state_directory: subfolder(folder.path(), "decoder-state")?,
        spool_disk_bytes_max: u64::MAX,
        flush_interval: Duration::from_millis(100),
        pool: BlockPool::new(BLOCK_BYTES, POOL_BLOCKS),
        row_groups_bytes_max: 256 << 20,
        datasets: vec![(dataset, writers)],
        unknown_dataset: Box::new(|key| Err(format!("dataset {key} is not configured").into())),
        clock: Arc::new(SystemClock::default()),
        status: Arc::new(ShardStatus::default()),
        finished_cuts: finished,
        commands: received_commands,
    })?;
    let uploader = std::thread::spawn({
        let commands = commands.clone();
        move || forget_files(&uploads, &commands)
    });
    let (socket, _) = bind_udp("127.0.0.1:0".parse()?, 64 << 20)?;
    let address = local_address(&socket)?;
    commands.send_blocking(ShardCommand::StartInput(Box::new(InputSettings {
        id: "udp".to_owned(),
        dataset: key,
        socket,
        address,
        source_type: SourceType::Syslog,
        message_bytes_max: 64 << 10,
        transport: Transport::Udp,
    })))?;

    let sender = UdpSocket::bind("127.0.0.1:0")?;
    sender.connect(address)?;
    let messages = messages();
    let mut counts = Vec::new();
    for rate_per_s in RATES_PER_S {
        // The pool, the columns and the buffers grow to their size once.
        send(&sender, &messages, rate_per_s, SETTLE)?;
        let (allocations_before, before) = (allocations(), counters.read());
        send(&sender, &messages, rate_per_s, Duration::from_secs(seconds))?;
        std::thread::sleep(SETTLE);
        let (allocations, after) = (allocations() - allocations_before, counters.read());
        let events = after.received - before.received;
        let dropped = after.dropped_total() - before.dropped_total();
        println!("{rate_per_s} events/s: {events} events, {dropped} dropped, {allocations} allocations");
        counts.push((allocations as f64, events as f64));
    }
    if let [(less, few), (more, many)] = counts[..] {
        println!("{:.4} allocations for a further event", (more - less) / (many - few));
    }

    commands.send_blocking(ShardCommand::Drain { deadline: Duration::from_secs(30) })?;
    shard.join();
    drop(commands);
    // It ends with the shard's side of its channel.
    let _ = uploader.join();
    Ok(())
}

fn subfolder(folder: &Path, name: &str) -> anyhow::Result<std::path::PathBuf> {
    let path = folder.join(name);
    std::fs::create_dir(&path).with_context(|| format!("make {}", path.display()))?;
    Ok(path)
}

fn log_options() -> LogOptions {
    LogOptions {
        instance: "bench".to_owned(),
        shard: 0,
        segment_bytes: 64 << 20,
        disk_bytes_max: 4 << 30,
        random_seed: 1,
    }
}

fn dataset_settings(key: &DatasetKey) -> DatasetSettings {
    DatasetSettings {
        key: key.clone(),
        format: Format::SYSLOG,
        decoder: DecoderOptions::default(),
        rows: RowOptions::default(),
        filters: Vec::new(),
        sets_failed_aside: false,
        registry: Arc::default(),
        resources: Arc::default(),
        encode: DatasetOptions { file_age_max_ms: 1_000, ..DatasetOptions::default() },
    }
}

fn messages() -> Vec<String> {
    let mut generator = Generator::new(5424, START_US, 0);
    let mut message = Message::default();
    let mut next = || {
        generator.next(&mut message);
        message.text.clone()
    };
    (0..MESSAGES).map(|_| next()).collect()
}

/// Sends at the rate for so long. Nothing of it allocates.
fn send(socket: &UdpSocket, messages: &[String], rate_per_s: u64, length: Duration) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut sent = 0;
    for message in messages.iter().cycle() {
        socket.send(message.as_bytes())?;
        sent += 1;
        if sent % BURST != 0 {
            continue;
        }
        let due = Duration::from_micros(sent * 1_000_000 / rate_per_s);
        if due >= length {
            break;
        }
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
    }
    Ok(())
}

/// In place of storage: a finished file counts as stored and is removed.
fn forget_files(uploads: &async_channel::Receiver<Upload>, commands: &async_channel::Sender<ShardCommand>) {
    while let Ok(Upload { cut, .. }) = uploads.recv_blocking() {
        let files = cut.local_files().count() as u64;
        for file in cut.local_files() {
            let _ = std::fs::remove_file(&file.path);
        }
        let uploaded = UploadedCut {
            dataset: cut.dataset.clone(),
            first_position: cut.first_position,
            last_position: cut.last_position,
            rows: cut.files.iter().map(|file| file.rows).sum(),
            bytes: cut.files.iter().map(|file| file.bytes).sum(),
            files,
            dead_rows: 0,
        };
        if commands.send_blocking(ShardCommand::Uploaded(uploaded)).is_err() {
            return;
        }
    }
}
