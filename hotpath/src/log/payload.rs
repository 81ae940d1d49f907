//! What a record holds behind its header: blocks, intents, commits, checkpoints. No I/O; decoding never panics and
//! takes memory only for what was counted to be there.

use crate::block::{BlockMemory, Entry, Peer, SealedBlock, SourceType};
use crate::limits::{
    BLOCK_ENTRIES_MAX, BLOCK_PEERS_MAX, LOG_DATASETS_MAX, LOG_INTENT_KEYS_MAX, LOG_KEY_BYTES_MAX,
    LOG_RECORD_BYTES_MAX, LOG_SEGMENTS_MAX,
};
use crate::log::format::{RecordHeader, RecordKind, SegmentEnd, record_bytes};
use crate::names::DatasetKey;
use serde::Serialize;

const PEER_BYTES: usize = 20;
const ENTRY_BYTES: usize = 16;

/// These positions of a dataset will be in exactly these objects; durable before the first of them is uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Intent {
    /// The dataset.
    pub dataset: DatasetKey,
    /// First position.
    pub first: u64,
    /// Last position, itself included.
    pub last: u64,
    /// Object keys.
    pub keys: Vec<String>,
}

/// These positions of a dataset are in their objects, and so is every earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Commit {
    /// The dataset.
    pub dataset: DatasetKey,
    /// First position.
    pub first: u64,
    /// Last position, itself included.
    pub last: u64,
}

/// What is appended to the log.
#[derive(Debug, Clone)]
pub enum Record {
    /// A block; its positions are given by the log.
    Block {
        /// Dataset of all its events.
        dataset: DatasetKey,
        /// The block.
        block: SealedBlock,
    },
    /// Before an upload.
    Intent(Intent),
    /// After an upload.
    Commit(Commit),
}

/// What older segments said, so that they can be deleted. It stands twice at the head of each segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// First free position.
    pub next_position: u64,
    /// Last committed position of each dataset.
    pub committed: Vec<(DatasetKey, u64)>,
    /// Where each older segment ends that was there when this one was begun.
    pub segments: Vec<SegmentEnd>,
}

/// Why a record cannot be written, or its payload cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A block has no event.
    #[error("the block has no event")]
    EmptyBlock,
    /// Positions run backwards or above their maximum.
    #[error("the record's positions are not a range")]
    Positions,
    /// An intent has more or longer keys than are taken.
    #[error("the intent has more than {LOG_INTENT_KEYS_MAX} keys or one above {LOG_KEY_BYTES_MAX} bytes")]
    Keys,
    /// The record would be longer than its maximum.
    #[error("the record would need more than {LOG_RECORD_BYTES_MAX} bytes")]
    TooLarge,
    /// The payload is not as its header says.
    #[error("the payload is not what its header says")]
    Payload,
}

impl Record {
    /// The dataset that the record is about.
    pub fn dataset(&self) -> &DatasetKey {
        match self {
            Self::Block { dataset, .. } => dataset,
            Self::Intent(intent) => &intent.dataset,
            Self::Commit(commit) => &commit.dataset,
        }
    }

    /// Whether it is a block.
    pub fn is_block(&self) -> bool {
        matches!(self, Self::Block { .. })
    }

    /// Positions that it takes.
    pub fn entry_count(&self) -> u64 {
        match self {
            Self::Block { block, .. } => block.entries().len() as u64,
            Self::Intent(_) | Self::Commit(_) => 0,
        }
    }

    /// Bytes that the record takes on disk, padding included.
    pub fn disk_bytes(&self) -> usize {
        record_bytes(self.payload_bytes())
    }

    fn payload_bytes(&self) -> usize {
        match self {
            Self::Block { block, .. } => {
                block.peers().len() * PEER_BYTES + block.entries().len() * ENTRY_BYTES + block.data().len()
            }
            Self::Intent(intent) => 4 + intent.keys.iter().map(|key| 2 + key.len()).sum::<usize>(),
            Self::Commit(_) => 0,
        }
    }

    /// Checks that the record can be written.
    ///
    /// # Errors
    /// The first maximum that it exceeds.
    pub fn check(&self) -> Result<(), RecordError> {
        let range = |first: u64, last: u64| first <= last && last < crate::limits::LOG_POSITION_MAX;
        match self {
            Self::Block { block, .. } if block.entries().is_empty() => return Err(RecordError::EmptyBlock),
            Self::Block { block, .. }
                if block.entries().len() > BLOCK_ENTRIES_MAX || block.peers().len() > BLOCK_PEERS_MAX =>
            {
                return Err(RecordError::TooLarge);
            }
            Self::Block { .. } => {}
            Self::Intent(intent) => {
                let too_long = intent.keys.iter().any(|key| key.len() > LOG_KEY_BYTES_MAX);
                if intent.keys.len() > LOG_INTENT_KEYS_MAX || too_long {
                    return Err(RecordError::Keys);
                }
                if !range(intent.first, intent.last) {
                    return Err(RecordError::Positions);
                }
            }
            Self::Commit(commit) if !range(commit.first, commit.last) => return Err(RecordError::Positions),
            Self::Commit(_) => {}
        }
        if self.disk_bytes() > LOG_RECORD_BYTES_MAX {
            return Err(RecordError::TooLarge);
        }
        Ok(())
    }

    /// Writes header, payload and padding to all of `buffer`, which has [`Record::disk_bytes`] bytes. The block's
    /// data is copied once and read once for its checksum.
    pub fn encode(&self, place: &Placed, buffer: &mut [u8]) -> RecordHeader {
        let payload_bytes = self.payload_bytes();
        assert_eq!(buffer.len(), record_bytes(payload_bytes), "a record's buffer has the record's length");
        let (kind, last_position) = match self {
            Self::Block { .. } => (RecordKind::Block, 0),
            Self::Intent(intent) => (RecordKind::Intent, intent.last),
            Self::Commit(commit) => (RecordKind::Commit, commit.last),
        };
        let mut header = place.header(kind, payload_bytes);
        header.last_position = last_position;
        header.dataset = Some(self.dataset().clone());
        let mut out = Output::new(buffer);
        match self {
            Self::Block { block, .. } => {
                header.base_time_us = block.base_time_us();
                header.entry_count = block.entries().len() as u32;
                header.peer_count = block.peers().len() as u32;
                put_block(&mut out, block);
            }
            Self::Intent(intent) => {
                header.first_position = intent.first;
                out.put(&(intent.keys.len() as u32).to_le_bytes());
                for key in &intent.keys {
                    out.put(&(key.len() as u16).to_le_bytes());
                    out.put(key.as_bytes());
                }
            }
            Self::Commit(commit) => header.first_position = commit.first,
        }
        out.finish(&mut header);
        header
    }
}

/// Where a record is written.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    /// Segment.
    pub sequence: u64,
    /// Nonce of that segment.
    pub nonce: u64,
    /// Offset of the record.
    pub offset: u64,
    /// Offset of the first record of the group.
    pub group_start: u64,
    /// Position of the record's first event.
    pub first_position: u64,
}

impl Placed {
    fn header(&self, kind: RecordKind, payload_bytes: usize) -> RecordHeader {
        RecordHeader {
            kind,
            sequence: self.sequence,
            offset: self.offset,
            nonce: self.nonce,
            group_start: self.group_start,
            first_position: self.first_position,
            last_position: 0,
            base_time_us: 0,
            entry_count: 0,
            peer_count: 0,
            payload_bytes: payload_bytes as u32,
            record_bytes: record_bytes(payload_bytes) as u32,
            payload_crc: 0,
            dataset: None,
        }
    }

    /// A header that stands for `bytes` of the segment that were set aside.
    pub fn void(&self, bytes: u32) -> RecordHeader {
        let mut header = self.header(RecordKind::Void, 0);
        header.record_bytes = bytes;
        header
    }
}

/// A record's buffer that is filled behind the place of the header.
struct Output<'a> {
    buffer: &'a mut [u8],
    at: usize,
}

impl<'a> Output<'a> {
    fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, at: crate::log::format::RECORD_HEADER_BYTES }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.buffer[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    fn finish(self, header: &mut RecordHeader) {
        let start = crate::log::format::RECORD_HEADER_BYTES;
        assert_eq!(
            self.at - start,
            header.payload_bytes as usize,
            "the payload has the length that was counted"
        );
        header.payload_crc = crc32c::crc32c(&self.buffer[start..self.at]);
        self.buffer[self.at..].fill(0);
        header.encode(self.buffer);
    }
}

fn put_block(out: &mut Output<'_>, block: &SealedBlock) {
    for peer in block.peers() {
        out.put(&peer.ip_octets());
        out.put(&peer.port.to_le_bytes());
        out.put(&[peer.source_type as u8, 0]);
    }
    for entry in block.entries() {
        let mut bytes = [0u8; ENTRY_BYTES];
        bytes[..4].copy_from_slice(&entry.offset.to_le_bytes());
        bytes[4..8].copy_from_slice(&entry.length.to_le_bytes());
        bytes[8..12].copy_from_slice(&entry.received_delta_us.to_le_bytes());
        bytes[12..14].copy_from_slice(&entry.peer.to_le_bytes());
        bytes[14..].copy_from_slice(&entry.flags.to_le_bytes());
        out.put(&bytes);
    }
    out.put(block.data());
}

/// The parts of a block's payload, with every length checked.
#[derive(Debug)]
pub struct BlockPayload<'a> {
    peers: &'a [u8],
    entries: &'a [u8],
    /// The bytes of all events.
    pub data: &'a [u8],
    base_time_us: i64,
}

impl<'a> BlockPayload<'a> {
    /// Splits the payload of a block record.
    ///
    /// # Errors
    /// [`RecordError::Payload`] when a count does not fit, an entry points outside, or a sender is unknown.
    pub fn decode(header: &RecordHeader, payload: &'a [u8]) -> Result<Self, RecordError> {
        let (entry_count, peer_count) = (header.entry_count as usize, header.peer_count as usize);
        if entry_count > BLOCK_ENTRIES_MAX || peer_count > BLOCK_PEERS_MAX {
            return Err(RecordError::Payload);
        }
        let (peers, rest) = payload.split_at_checked(peer_count * PEER_BYTES).ok_or(RecordError::Payload)?;
        let (entries, data) = rest.split_at_checked(entry_count * ENTRY_BYTES).ok_or(RecordError::Payload)?;
        let found = Self { peers, entries, data, base_time_us: header.base_time_us };
        let entries_fit = found.entries().all(|entry| {
            let end = u64::from(entry.offset) + u64::from(entry.length);
            end <= data.len() as u64 && usize::from(entry.peer) < peer_count
        });
        if !entries_fit || found.peers().count() != peer_count {
            return Err(RecordError::Payload);
        }
        Ok(found)
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.chunks_exact(ENTRY_BYTES).filter_map(|bytes| {
            let mut input = bytes;
            Some(Entry {
                offset: take_u32(&mut input)?,
                length: take_u32(&mut input)?,
                received_delta_us: take_u32(&mut input)?,
                peer: take_u16(&mut input)?,
                flags: take_u16(&mut input)?,
            })
        })
    }

    fn peers(&self) -> impl Iterator<Item = Peer> {
        self.peers.chunks_exact(PEER_BYTES).filter_map(|bytes| {
            let mut input = bytes;
            let octets = take(&mut input)?;
            let port = take_u16(&mut input)?;
            Some(Peer::from_octets(octets, port, SourceType::from_number(input[0])?))
        })
    }

    /// The block, its data copied into `memory`.
    ///
    /// # Errors
    /// [`RecordError::TooLarge`] when the memory is too small.
    pub fn into_block(self, mut memory: BlockMemory) -> Result<SealedBlock, RecordError> {
        if self.data.len() > memory.capacity_bytes() {
            return Err(RecordError::TooLarge);
        }
        memory.write_at(0, self.data);
        let (entries, peers) = (self.entries().collect(), self.peers().collect());
        SealedBlock::from_parts(memory, self.data.len(), entries, peers, self.base_time_us)
            .map_err(|_| RecordError::Payload)
    }
}

impl Intent {
    /// The intent of a record.
    ///
    /// # Errors
    /// [`RecordError::Payload`] when the keys are not as counted.
    pub fn decode(header: &RecordHeader, payload: &[u8]) -> Result<Self, RecordError> {
        decode_intent(header, payload).ok_or(RecordError::Payload)
    }
}

fn decode_intent(header: &RecordHeader, mut input: &[u8]) -> Option<Intent> {
    let count = take_u32(&mut input)? as usize;
    // A key takes 2 bytes at least: the count is checked before memory is taken for it.
    if count > LOG_INTENT_KEYS_MAX || count * 2 > input.len() {
        return None;
    }
    let mut keys = Vec::with_capacity(count);
    for _ in 0..count {
        let length = usize::from(take_u16(&mut input)?);
        if length > LOG_KEY_BYTES_MAX {
            return None;
        }
        let (key, rest) = input.split_at_checked(length)?;
        keys.push(std::str::from_utf8(key).ok()?.to_owned());
        input = rest;
    }
    let dataset = header.dataset.clone()?;
    input.is_empty().then_some(Intent {
        dataset,
        first: header.first_position,
        last: header.last_position,
        keys,
    })
}

impl Checkpoint {
    /// Bytes that the checkpoint takes on disk.
    pub fn disk_bytes(&self) -> usize {
        record_bytes(self.payload_bytes())
    }

    fn payload_bytes(&self) -> usize {
        let names = |(dataset, _): &(DatasetKey, u64)| 10 + dataset.tenant().len() + dataset.dataset().len();
        8 + self.committed.iter().map(names).sum::<usize>() + self.segments.len() * 16
    }

    /// Writes the checkpoint as a record to all of `buffer`.
    pub fn encode(&self, place: &Placed, buffer: &mut [u8]) {
        let mut header = place.header(RecordKind::Checkpoint, self.payload_bytes());
        header.first_position = self.next_position;
        let mut out = Output::new(buffer);
        out.put(&(self.committed.len() as u32).to_le_bytes());
        out.put(&(self.segments.len() as u32).to_le_bytes());
        for (dataset, last) in &self.committed {
            out.put(&[dataset.tenant().len() as u8, dataset.dataset().len() as u8]);
            out.put(dataset.tenant().as_bytes());
            out.put(dataset.dataset().as_bytes());
            out.put(&last.to_le_bytes());
        }
        for segment in &self.segments {
            out.put(&segment.sequence.to_le_bytes());
            out.put(&segment.end.to_le_bytes());
        }
        out.finish(&mut header);
    }

    /// The checkpoint of a record.
    ///
    /// # Errors
    /// [`RecordError::Payload`] when it is not as counted.
    pub fn decode(header: &RecordHeader, payload: &[u8]) -> Result<Self, RecordError> {
        decode_checkpoint(header, payload).ok_or(RecordError::Payload)
    }
}

fn decode_checkpoint(header: &RecordHeader, mut input: &[u8]) -> Option<Checkpoint> {
    let dataset_count = take_u32(&mut input)? as usize;
    let segment_count = take_u32(&mut input)? as usize;
    if dataset_count > LOG_DATASETS_MAX || segment_count > LOG_SEGMENTS_MAX {
        return None;
    }
    let mut found = Checkpoint { next_position: header.first_position, ..Checkpoint::default() };
    for _ in 0..dataset_count {
        let [tenant, dataset] = take(&mut input)?;
        let tenant = take_text(&mut input, tenant)?;
        let dataset = take_text(&mut input, dataset)?;
        let last = take_u64(&mut input).filter(|last| *last < crate::limits::LOG_POSITION_MAX)?;
        found.committed.push((DatasetKey::new(tenant, dataset).ok()?, last));
    }
    for _ in 0..segment_count {
        let sequence = take_u64(&mut input)?;
        found.segments.push(SegmentEnd { sequence, end: take_u64(&mut input)? });
    }
    input.is_empty().then_some(found)
}

fn take<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(*head)
}

fn take_u16(input: &mut &[u8]) -> Option<u16> {
    take(input).map(u16::from_le_bytes)
}

fn take_u32(input: &mut &[u8]) -> Option<u32> {
    take(input).map(u32::from_le_bytes)
}

fn take_u64(input: &mut &[u8]) -> Option<u64> {
    take(input).map(u64::from_le_bytes)
}

fn take_text<'a>(input: &mut &'a [u8], length: u8) -> Option<&'a str> {
    let (text, rest) = input.split_at_checked(usize::from(length))?;
    *input = rest;
    std::str::from_utf8(text).ok()
}
