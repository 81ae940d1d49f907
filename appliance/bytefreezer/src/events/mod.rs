//! Events from files, on the same way as from the network: blocks, decoder, batches. For `decode` and `convert`.

mod file;
mod summary;

use std::str::FromStr;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer};
use hotpath::decode::syslog::SyslogOptions;
use hotpath::decode::{Decoder, DecoderOptions, Format, decode_block, decoder};
use hotpath::framing;
use hotpath::limits::BLOCK_BYTES;

pub use summary::Summary;

/// The rows of files: a tool shows the times that stand in the events, however far they are from now.
pub const ROWS_OF_FILES: RowOptions =
    RowOptions { keep_raw: false, event_time_past_max_us: i64::MAX, event_time_future_max_us: i64::MAX };

/// How files are read.
#[derive(Args, Clone, Debug)]
pub struct ReadArgs {
    /// What the files hold, for example `--format syslog`
    #[arg(long, value_name = "FORMAT", default_value = "syslog", value_parser = format)]
    pub format: Format,
    /// How messages are told apart in a file of text, for example `--framing octet-counted` (RFC 6587)
    #[arg(long, value_enum, value_name = "FRAMING", default_value = "newline")]
    framing: Framing,
    /// The time of receipt, in place of the clock or of a capture's own times, for example `--assume-now 2026-01-31T12:00:00Z`. The year of a time without one is the nearest to it
    #[arg(long, value_name = "RFC3339", value_parser = DateTime::parse_from_rfc3339)]
    assume_now: Option<DateTime<chrono::FixedOffset>>,
    /// The zone of times that name none, for example `--timezone Europe/Berlin`
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = time_zone)]
    timezone: Tz,
}

/// How messages are told apart.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Framing {
    /// A line is a message; blank lines are not.
    Newline,
    /// Its length stands before each message.
    OctetCounted,
}

impl From<Framing> for framing::Framing {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Newline => Self::Newline,
            Framing::OctetCounted => Self::OctetCounted,
        }
    }
}

/// The format of a name on the command line.
///
/// # Errors
/// The names there are.
pub fn format(name: &str) -> Result<Format, String> {
    Format::from_str(name).map_err(|_| {
        let names: Vec<&str> = Format::names().collect();
        format!("the formats are: {}", names.join(", "))
    })
}

fn time_zone(name: &str) -> Result<Tz, String> {
    name.parse().map_err(|_| "not a zone of the IANA database, such as Europe/Berlin".to_owned())
}

/// What takes the batches of rows.
pub type Sink<'a> = dyn FnMut(RecordBatch) -> Result<()> + 'a;

/// Reads files one after the other, as if one sender had sent them.
pub struct EventReader {
    format: Format,
    /// Files of text so far.
    text_files: u16,
    framing: framing::Framing,
    assume_now_us: Option<i64>,
    clock_us: i64,
    rows: BatchBuilder,
    decoder: Box<dyn Decoder>,
    block: Option<Block>,
    pub summary: Summary,
}

impl EventReader {
    /// A reader that agrees on the types of columns through `registry`.
    pub fn new(args: &ReadArgs, registry: Arc<ColumnRegistry>) -> Self {
        let mut rows = BatchBuilder::new(registry, ROWS_OF_FILES);
        let decoder_options = DecoderOptions {
            syslog: SyslogOptions { time_zone: args.timezone },
            ..DecoderOptions::default()
        };
        let decoder = decoder(args.format, &decoder_options, &mut rows);
        Self {
            format: args.format,
            text_files: 0,
            framing: args.framing.into(),
            assume_now_us: args.assume_now.map(|now| now.timestamp_micros()),
            clock_us: Utc::now().timestamp_micros(),
            rows,
            decoder,
            block: None,
            summary: Summary::default(),
        }
    }

    /// Adds an event; `captured_us` is when a capture says it came in.
    fn add(
        &mut self,
        bytes: &[u8],
        peer: &Peer,
        captured_us: Option<i64>,
        truncated: bool,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let received_us = self.assume_now_us.or(captured_us).unwrap_or(self.clock_us);
        if let Some(block) = &mut self.block
            && received_us >= block.base_time_us()
            && block.push(bytes, peer, received_us, truncated).is_ok()
        {
            return Ok(());
        }
        self.decode(sink)?;
        let memory = BlockMemory::unpooled(BLOCK_BYTES.max(bytes.len()));
        let mut block = Block::new(memory, received_us);
        block.push(bytes, peer, received_us, truncated)?;
        self.block = Some(block);
        Ok(())
    }

    /// Decodes what was added and not decoded yet. To be called at the end.
    pub fn decode(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        let Some(block) = self.block.take() else { return Ok(()) };
        let batch = decode_block(&block.seal(), self.decoder.as_mut(), &mut self.rows);
        self.summary.count(&batch);
        sink(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_that_is_not_there_is_refused_with_those_that_are() {
        assert_eq!(format("syslog"), Ok(Format::SYSLOG));
        assert!(format("sislog").unwrap_err().contains("syslog"));
    }
}
