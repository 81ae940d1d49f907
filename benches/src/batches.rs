//! Batches as the decoder and the filters leave them, without either: the encoder's part alone is measured.

use std::net::SocketAddr;
use std::sync::Arc;

use arrow::array::RecordBatch;
use hotpath::batch::{BatchBuilder, ColumnIndex, ColumnRegistry, RowOptions, Value};
use hotpath::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};
use hotpath::cut::ColumnType;
use hotpath::limits::BLOCK_BYTES;

use crate::syslog::{Generator, Message};

/// 2026-11-20 10:00 UTC, in microseconds since 1970.
pub const START_US: i64 = 1_795_168_800_000_000;

const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
const SEVERITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/// Which columns the rows get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// The envelope, the header and the text, and one field: 17.
    Seventeen,
    /// The envelope, the header and the text, and every field of structured data and text: 28.
    AllFields,
}

/// Batches of at least `events` events altogether, a batch for each full block.
pub fn syslog_batches(events: usize, columns: Columns, seed: u64) -> Vec<RecordBatch> {
    let mut generator = Generator::new(seed, START_US);
    let mut rows = Rows::new(columns);
    let mut batches = Vec::new();
    let mut done = 0;
    while done < events {
        let (block, messages) = next_block(&mut generator);
        done += messages.len();
        batches.push(rows.batch(&block, &messages));
    }
    batches
}

/// Fills a block with messages.
fn next_block(generator: &mut Generator) -> (SealedBlock, Vec<Message>) {
    let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), START_US);
    let peer = Peer::new(SocketAddr::from(([192, 0, 2, 7], 40_514)), SourceType::Syslog);
    let mut messages = Vec::new();
    loop {
        let mut message = Message::default();
        generator.next(&mut message);
        if block.push(message.text.as_bytes(), &peer, message.event_time_us + 900, false).is_err() {
            return (block.seal(), messages);
        }
        messages.push(message);
    }
}

struct Rows {
    builder: BatchBuilder,
    columns: Columns,
    numbers: [ColumnIndex; 2],
    texts: [ColumnIndex; 9],
}

impl Rows {
    fn new(columns: Columns) -> Self {
        let mut builder = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
        let numbers = ["facility", "severity"].map(|name| builder.define(name, ColumnType::Int64));
        let texts = [
            "facility_name",
            "severity_name",
            "rfc",
            "hostname",
            "app_name",
            "proc_id",
            "msg_id",
            "structured_data",
            "message",
        ]
        .map(|name| builder.define(name, ColumnType::String));
        Self { builder, columns, numbers, texts }
    }

    fn batch(&mut self, block: &SealedBlock, messages: &[Message]) -> RecordBatch {
        self.builder.begin_block(block);
        for (event, message) in block.events().zip(messages) {
            // The generator wrote text, and the block holds it as it was.
            let text = std::str::from_utf8(event.bytes).unwrap_or_default();
            let builder = &mut self.builder;
            builder.begin_row(&event);
            builder.set_event_time(message.event_time_us);
            builder.put_i64(self.numbers[0], i64::from(message.facility));
            builder.put_i64(self.numbers[1], i64::from(message.severity));
            let values = [
                FACILITIES[usize::from(message.facility)],
                SEVERITIES[usize::from(message.severity)],
                "5424",
                &text[message.hostname.clone()],
                &text[message.app_name.clone()],
                &text[message.proc_id.clone()],
                &text[message.msg_id.clone()],
                &text[message.structured_data.clone()],
                &text[message.message.clone()],
            ];
            for (column, value) in self.texts.iter().zip(values) {
                builder.put_text(*column, value);
            }
            for (name, place) in &message.fields {
                if self.columns == Columns::AllFields || *name == "src" {
                    put_field(builder, name, &text[place.clone()]);
                }
            }
            builder.end_row();
        }
        self.builder.finish()
    }
}

fn put_field(builder: &mut BatchBuilder, name: &str, text: &str) {
    match text.parse() {
        Ok(number) => builder.field(name, &Value::Int64(number)),
        Err(_) => builder.field(name, &Value::Text(text)),
    }
}
