//! `bytefreezer decode`: files of messages to rows as NDJSON.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::RecordBatch;
use arrow::json::WriterBuilder;
use arrow::json::writer::LineDelimited;
use clap::Args;
use hotpath::batch::ColumnRegistry;

use crate::events::{EventReader, ReadArgs};
use crate::output::{Output, note};

/// Times in microseconds, UTC, as RFC 3339 writes them.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// Arguments of `decode`.
#[derive(Args, Debug)]
#[command(
    after_help = "A row a line goes to standard output, in the order of the input, values that are not there left out; a summary (rows,
errors by reason) goes to standard error. A message that cannot be parsed is a row with `raw` and `parse_error`.
Malformed input is no error; a file that cannot be read is exit code 1.

Examples:
  bytefreezer decode --format syslog /var/log/syslog
  bytefreezer decode --timezone Europe/Berlin --assume-now 2025-01-01T00:00:00Z old.log capture.pcap"
)]
pub struct DecodeArgs {
    #[command(flatten)]
    read: ReadArgs,
    /// Captures (pcap, pcapng: the UDP datagrams in them) or text, for example `/var/log/syslog`; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Decodes the files.
pub fn run(args: &DecodeArgs) -> Result<()> {
    let mut out = Output::open()?;
    let mut reader = EventReader::new(&args.read, Arc::new(ColumnRegistry::default()));
    let mut sink = |batch: RecordBatch| write_rows(&batch, &mut out);
    for file in &args.files {
        reader.read_file(file, &mut sink)?;
    }
    reader.decode(&mut sink)?;
    out.flush().context("cannot write the rows")?;
    note(reader.summary.to_json());
    Ok(())
}

fn write_rows(batch: &RecordBatch, out: &mut Output) -> Result<()> {
    let mut writer =
        WriterBuilder::new().with_timestamp_tz_format(TIME_FORMAT.to_owned()).build::<_, LineDelimited>(out);
    writer.write(batch).context("cannot write the rows")
}
