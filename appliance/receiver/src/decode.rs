//! Events of other senders than proxies become packed rows, by the decoders of the hot path.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytefreezer_core::http_body::{Events, NoRoom, Room};
use flate2::Compression;
use flate2::write::GzEncoder;
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockFull, BlockMemory, Peer, SourceType};
use hotpath::decode::{DecoderOptions, Format, decode_block, decoder};
use hotpath::limits::BLOCK_BYTES;
use hotpath::rows::{RowError, RowWriter};

/// How the events of a dataset are decoded.
#[derive(Debug, Clone)]
pub struct DecodeSettings {
    /// Their format.
    pub format: Format,
    /// Options of the decoder.
    pub decoder: DecoderOptions,
    /// Options for every row.
    pub rows: RowOptions,
    /// The types of columns that this process knows.
    pub registry: Arc<ColumnRegistry>,
}

/// Rows of one request, packed as one piece of gzip.
#[derive(Debug, Default)]
pub struct PackedRows {
    /// The piece; empty when there are no rows.
    pub packed: Vec<u8>,
    /// Events that they were made of.
    pub events: u64,
    /// Their bytes.
    pub events_bytes: u64,
    /// Rows.
    pub rows: u64,
    /// Rows of events that could not be parsed.
    pub parse_errors: u64,
    /// Bytes of the rows, not packed.
    pub text_bytes: u64,
}

/// Why events cannot become rows.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Other requests have the memory.
    #[error("there is no memory for the events now; nothing of the request was taken: try again later")]
    NoRoom,
    /// The decoder waits for something that tells it how to decode them.
    #[error("the events cannot be decoded by themselves; nothing of the request was taken")]
    Incomplete,
    /// Something that does not happen.
    #[error("the events cannot be made rows; nothing of the request was taken")]
    Block(#[from] BlockFull),
    /// Something that does not happen.
    #[error("the events cannot be made rows; nothing of the request was taken")]
    Rows(#[from] RowError),
    /// Something that does not happen.
    #[error("the rows cannot be packed; nothing of the request was taken")]
    Pack(#[from] std::io::Error),
}

impl From<NoRoom> for DecodeError {
    fn from(_: NoRoom) -> Self {
        Self::NoRoom
    }
}

/// Decodes the events of a request. `room` is the memory that they have; it grows by that of the rows. Takes the CPU for as
/// long as it takes.
///
/// A decoder is made for each request, so that a receiver knows no more than any other: the header of a table stands in
/// the request that it is for.
///
/// # Errors
/// [`DecodeError`]. An event that cannot be parsed is none: it is a row with the reason.
pub fn decode(
    events: &Events,
    settings: &DecodeSettings,
    sender: SocketAddr,
    received_us: i64,
    room: &mut Room,
) -> Result<PackedRows, DecodeError> {
    if events.messages.is_empty() {
        return Ok(PackedRows::default());
    }
    let mut rows = BatchBuilder::new(Arc::clone(&settings.registry), settings.rows);
    let mut decoder = decoder(settings.format, &settings.decoder, &mut rows);
    let mut pack = Pack::new(events.bytes.len());
    let peer = Peer::new(sender, SourceType::Http);
    let mut messages = events.messages.iter().peekable();
    while messages.peek().is_some() {
        let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), received_us);
        while let Some((range, is_cut)) = messages.peek() {
            let event = events.bytes.get(range.clone()).unwrap_or_default();
            match block.push(event, &peer, received_us, *is_cut) {
                Ok(()) => messages.next(),
                Err(full) if block.entry_count() == 0 => return Err(full.into()),
                Err(_) => break,
            };
        }
        let batch = decode_block(&block.seal(), decoder.as_mut(), &mut rows);
        pack.add(&batch, room)?;
    }
    if decoder.held_events() > 0 {
        return Err(DecodeError::Incomplete);
    }
    let mut packed = pack.finish()?;
    packed.events = events.messages.len() as u64;
    packed.events_bytes = events.messages.iter().map(|(range, _)| range.len() as u64).sum();
    packed.parse_errors = rows.take_parse_errors();
    Ok(packed)
}

/// Writes batches as rows and packs them.
struct Pack {
    writer: RowWriter,
    text: Vec<u8>,
    encoder: GzEncoder<Vec<u8>>,
    /// Bytes of the events, which have room already.
    events_bytes: usize,
    rows: u64,
    text_bytes: u64,
}

impl Pack {
    fn new(events_bytes: usize) -> Self {
        Self {
            writer: RowWriter::new(),
            text: Vec::new(),
            encoder: GzEncoder::new(Vec::new(), Compression::fast()),
            events_bytes,
            rows: 0,
            text_bytes: 0,
        }
    }

    fn add(&mut self, batch: &RecordBatch, room: &mut Room) -> Result<(), DecodeError> {
        self.text.clear();
        self.writer.write(batch, &mut self.text)?;
        self.encoder.write_all(&self.text)?;
        self.rows += batch.num_rows() as u64;
        self.text_bytes += self.text.len() as u64;
        Ok(room.grow_to(self.events_bytes + self.text.capacity() + self.encoder.get_ref().capacity())?)
    }

    fn finish(self) -> Result<PackedRows, DecodeError> {
        let packed = self.encoder.finish()?;
        Ok(PackedRows { packed, rows: self.rows, text_bytes: self.text_bytes, ..PackedRows::default() })
    }
}
