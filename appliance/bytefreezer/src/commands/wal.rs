//! `bytefreezer wal`: looks into the log of a shard, takes its events out, sets damage aside.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, SecondsFormat};
use clap::{Args, Subcommand};
use hotpath::batch::escape_invalid_utf8;
use hotpath::log::inspect::{self, ExportedBlock, LogInspection, RepairReport, SegmentInspection};
use hotpath::log::{Damage, RecordKind};
use serde::Serialize;

use crate::output::{Output, note};

/// What to do with a log.
#[derive(Debug, Subcommand)]
pub enum WalCommand {
    /// Says what the log of a shard holds: segments, positions, damage
    #[command(after_help = "Example:
  bytefreezer wal inspect /var/lib/bytefreezer/log/0")]
    Inspect(WalArgs),
    /// Prints the events of every intact block, stored ones that are still there included
    ///
    /// Octet-counted (RFC 6587), so that nothing in a message is taken for its end; `bytefreezer decode --framing
    /// octet-counted` reads them. With `--json` an object a line, with position, dataset and sender.
    #[command(after_help = "Example:
  bytefreezer wal export --pending /var/lib/bytefreezer/log/0 | bytefreezer decode --framing octet-counted -")]
    Export(ExportArgs),
    /// Sets damaged places aside, so that the next start finds the log intact. Only while nobody writes it
    ///
    /// What is damaged is copied to the folder `damaged` of the log first; intact records are not touched.
    #[command(after_help = "Example:
  systemctl stop bytefreezer && bytefreezer wal repair /var/lib/bytefreezer/log/0")]
    Repair(WalArgs),
}

/// Which log.
#[derive(Args, Debug)]
pub struct WalArgs {
    /// The folder of one shard's log, for example `/var/lib/bytefreezer/log/0`
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print JSON, for example `wal inspect --json DIR`
    #[arg(long)]
    json: bool,
}

/// Arguments of `wal export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    #[command(flatten)]
    log: WalArgs,
    /// Leave out what is stored already, for example `wal export --pending DIR`
    #[arg(long)]
    pending: bool,
}

/// Does it.
pub fn run(command: &WalCommand) -> Result<()> {
    match command {
        WalCommand::Inspect(args) => inspect(args),
        WalCommand::Export(args) => export(args),
        WalCommand::Repair(args) => repair(args),
    }
}

fn check_folder(folder: &Path) -> Result<()> {
    ensure!(folder.is_dir(), "{} is not a folder; name that of one shard's log", folder.display());
    Ok(())
}

fn inspect(args: &WalArgs) -> Result<()> {
    check_folder(&args.folder)?;
    let found = inspect::inspect(&args.folder)
        .with_context(|| format!("cannot read the log in {}", args.folder.display()))?;
    let text = if args.json { as_json(&found)? } else { inspection_text(&found) };
    print(&text)
}

fn inspection_text(found: &LogInspection) -> String {
    let mut text = String::new();
    for segment in &found.segments {
        text.push_str(&segment_line(segment));
    }
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line(format!("segments: {}, next position: {}", found.segments.len(), found.next_position));
    line(format!("not stored yet: {} blocks, {} events", found.blocks_pending, found.events_pending));
    for committed in &found.committed {
        line(format!("{}: stored up to position {}", committed.dataset, committed.last));
    }
    for intent in &found.pending_intents {
        line(format!("{}: upload of positions {} to {} begun", intent.dataset, intent.first, intent.last));
    }
    line(format!("damaged: {} places, {} bytes", found.damage_count, found.damage_bytes));
    for damage in &found.damage {
        line(damage_text(damage));
    }
    for damage in &found.torn {
        line(format!("left by a crash, never acknowledged: {}", damage_text(damage)));
    }
    for (name, bytes) in &found.set_aside {
        line(format!("set aside: damaged/{name}, {bytes} bytes"));
    }
    text
}

fn segment_line(segment: &SegmentInspection) -> String {
    let blocks = segment.records.iter().filter(|record| record.kind == RecordKind::Block);
    let events: u64 = blocks.map(|record| u64::from(record.events)).sum();
    let header = if segment.header.is_some() { "" } else { ", header damaged" };
    format!(
        "{}: {} bytes, {} records, {events} events{header}\n",
        segment.name,
        segment.file_bytes,
        segment.records.len()
    )
}

fn damage_text(damage: &Damage) -> String {
    let mut text = format!(
        "segment {} at byte {}: {} bytes, {:?}",
        damage.segment, damage.offset, damage.bytes, damage.reason
    );
    // Writing to a String does not fail.
    if let Some(dataset) = &damage.dataset {
        let _ = write!(text, ", {dataset}");
    }
    if let (Some(first), Some(events)) = (damage.first_position, damage.events) {
        let _ = write!(text, ", {events} events from position {first}");
    }
    if damage.set_aside {
        text.push_str(", set aside");
    }
    text
}

fn repair(args: &WalArgs) -> Result<()> {
    check_folder(&args.folder)?;
    let report = inspect::repair(&args.folder)
        .with_context(|| format!("cannot repair the log in {}", args.folder.display()))?;
    let text = if args.json { as_json(&report)? } else { repair_text(&report) };
    print(&text)
}

fn repair_text(report: &RepairReport) -> String {
    let mut text = String::new();
    for damage in &report.repaired {
        text.push_str(&format!("repaired: {}\n", damage_text(damage)));
    }
    for damage in &report.left_in_place {
        text.push_str(&format!("copied, does not stop the log: {}\n", damage_text(damage)));
    }
    if text.is_empty() {
        text.push_str("nothing is damaged\n");
    }
    text
}

/// An event of the log as `wal export --json` prints it.
#[derive(Serialize)]
struct ExportedEvent<'a> {
    position: u64,
    dataset: String,
    received: Option<String>,
    peer_ip: String,
    peer_port: u16,
    stored: bool,
    truncated: bool,
    /// What is not UTF-8 is escaped.
    message: &'a str,
}

fn export(args: &ExportArgs) -> Result<()> {
    check_folder(&args.log.folder)?;
    let failed = || format!("cannot read the log in {}", args.log.folder.display());
    let mut out = Output::open()?;
    let mut blocks = 0_u64;
    let mut events = 0_u64;
    for block in inspect::export(&args.log.folder).with_context(failed)? {
        let block = block.with_context(failed)?;
        let printed = export_block(&block, args, &mut out).context("cannot write the events")?;
        blocks += u64::from(printed > 0);
        events += printed;
    }
    out.flush().context("cannot write the events")?;
    note(format_args!("blocks: {blocks}, events: {events}"));
    Ok(())
}

/// Prints the events of a block that are wanted. Returns how many.
fn export_block(exported: &ExportedBlock, args: &ExportArgs, out: &mut Output) -> std::io::Result<u64> {
    let mut printed = 0;
    let mut escaped = String::new();
    for (number, event) in exported.block.events().enumerate() {
        let position = exported.place.first_position + number as u64;
        let stored = exported.committed_last.is_some_and(|last| position <= last);
        if stored && args.pending {
            continue;
        }
        printed += 1;
        if !args.log.json {
            write!(out, "{} ", event.bytes.len())?;
            out.write_all(event.bytes)?;
            continue;
        }
        escape_invalid_utf8(event.bytes, &mut escaped);
        let received = DateTime::from_timestamp_micros(event.received_us);
        let line = ExportedEvent {
            position,
            dataset: exported.place.dataset.to_string(),
            received: received.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true)),
            peer_ip: event.peer.ip.to_string(),
            peer_port: event.peer.port,
            stored,
            truncated: event.truncated,
            message: &escaped,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(printed)
}

fn as_json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value).context("cannot write JSON")? + "\n")
}

fn print(text: &str) -> Result<()> {
    let mut out = Output::open()?;
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write the result")
}
