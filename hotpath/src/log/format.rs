//! Segment and record headers as they stand on disk. Little-endian throughout, nothing here does I/O.
//!
//! Everything begins at a multiple of [`ALIGNMENT`]. A record header names the segment, the offset and the nonce of
//! its segment, so that stale bytes of another file, or a record forged inside an event, cannot be taken for it.

use crate::limits::{LOG_POSITION_MAX, LOG_RECORD_BYTES_MAX};
use crate::names::{DatasetKey, MAX_NAME_BYTES};
use serde::Serialize;

/// Offsets and lengths of records are multiples of this many bytes, as direct I/O asks for.
pub const ALIGNMENT: usize = 4096;

/// Version of the format; a segment of a later one is refused, never guessed at.
pub const VERSION: u32 = 1;

const SEGMENT_MAGIC: [u8; 8] = *b"bfzlog\r\n";
const RECORD_MAGIC: [u8; 4] = *b"bfzr";
const SEGMENT_HEADER_BYTES: usize = 64;

/// Bytes of a record before its payload.
pub const RECORD_HEADER_BYTES: usize = 256;

/// The name of a segment's file.
pub fn segment_name(sequence: u64) -> String {
    format!("{sequence:020}.log")
}

/// The number of the segment that a file holds, `None` for a file that is no segment.
pub fn segment_sequence(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Bytes that a record with a payload of this length takes on disk.
pub fn record_bytes(payload_bytes: usize) -> usize {
    (RECORD_HEADER_BYTES + payload_bytes).next_multiple_of(ALIGNMENT)
}

/// The number in segments that stands for an instance's name.
pub fn instance_hash(instance: &str) -> u64 {
    let low = crc32c::crc32c(instance.as_bytes());
    let high = crc32c::crc32c_append(!low, instance.as_bytes());
    u64::from(high) << 32 | u64::from(low)
}

/// The first block of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SegmentHeader {
    /// Format version.
    pub version: u32,
    /// Shard that writes the log.
    pub shard: u16,
    /// [`instance_hash`] of the instance that writes the log.
    pub instance_hash: u64,
    /// Number of the segment, as in its file's name.
    pub sequence: u64,
    /// Random number that every record of the segment repeats.
    pub nonce: u64,
    /// First position that was free when the segment was begun.
    pub next_position: u64,
    /// The segment before this one and the bytes of it that count; both 0 when there is none.
    pub previous: SegmentEnd,
}

/// Where the records that count end in a closed segment; what lies behind was never acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SegmentEnd {
    /// Number of the segment.
    pub sequence: u64,
    /// Bytes from its beginning.
    pub end: u64,
}

impl SegmentHeader {
    /// Writes the header to the first [`ALIGNMENT`] bytes of `block`.
    pub fn encode(&self, block: &mut [u8]) {
        let block = &mut block[..ALIGNMENT];
        block.fill(0);
        block[..8].copy_from_slice(&SEGMENT_MAGIC);
        block[8..12].copy_from_slice(&self.version.to_le_bytes());
        block[12..14].copy_from_slice(&self.shard.to_le_bytes());
        let numbers = [
            self.instance_hash,
            self.sequence,
            self.nonce,
            self.next_position,
            self.previous.sequence,
            self.previous.end,
        ];
        for (number, bytes) in numbers.iter().zip(block[16..SEGMENT_HEADER_BYTES].chunks_exact_mut(8)) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        let crc = crc32c::crc32c(&block[..SEGMENT_HEADER_BYTES]);
        block[SEGMENT_HEADER_BYTES..SEGMENT_HEADER_BYTES + 4].copy_from_slice(&crc.to_le_bytes());
    }

    /// Reads a header from the beginning of a segment; `None` when there is none or it is damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..SEGMENT_HEADER_BYTES)?;
        let crc = read_u32(bytes, SEGMENT_HEADER_BYTES)?;
        if header[..8] != SEGMENT_MAGIC || crc32c::crc32c(header) != crc {
            return None;
        }
        let found = Self {
            version: read_u32(header, 8)?,
            shard: read_u16(header, 12)?,
            instance_hash: read_u64(header, 16)?,
            sequence: read_u64(header, 24)?,
            nonce: read_u64(header, 32)?,
            next_position: read_u64(header, 40)?,
            previous: SegmentEnd { sequence: read_u64(header, 48)?, end: read_u64(header, 56)? },
        };
        (found.next_position < LOG_POSITION_MAX).then_some(found)
    }
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RecordKind {
    /// A sealed block of one dataset.
    Block = 1,
    /// These positions will be in these objects.
    Intent = 2,
    /// These positions are in their objects.
    Commit = 3,
    /// What older segments said that may be deleted.
    Checkpoint = 4,
    /// Stands where damaged bytes were that a repair has set aside.
    Void = 5,
}

impl RecordKind {
    fn from_number(number: u8) -> Option<Self> {
        [Self::Block, Self::Intent, Self::Commit, Self::Checkpoint, Self::Void]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }
}

/// The first bytes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHeader {
    /// What the record is.
    pub kind: RecordKind,
    /// Number of the segment that it stands in.
    pub sequence: u64,
    /// Where it stands there.
    pub offset: u64,
    /// The nonce of that segment.
    pub nonce: u64,
    /// Where the first record stands that was written and synced together with this one.
    pub group_start: u64,
    /// Block: position of its first event. Intent, commit: first position. Checkpoint: the next free one.
    pub first_position: u64,
    /// Intent, commit: last position, itself included.
    pub last_position: u64,
    /// Block: the time that its entries count from, microseconds since 1970.
    pub base_time_us: i64,
    /// Block: events.
    pub entry_count: u32,
    /// Block: senders.
    pub peer_count: u32,
    /// Bytes of the payload.
    pub payload_bytes: u32,
    /// Bytes of the whole record, padding included.
    pub record_bytes: u32,
    /// CRC-32C of the payload.
    pub payload_crc: u32,
    /// The dataset, of every kind but checkpoint and void.
    pub dataset: Option<DatasetKey>,
}

const TENANT_AT: usize = 120;
const DATASET_AT: usize = TENANT_AT + MAX_NAME_BYTES;
const CRC_AT: usize = RECORD_HEADER_BYTES - 4;

impl RecordHeader {
    /// Writes the header to the first [`RECORD_HEADER_BYTES`] of `record`.
    pub fn encode(&self, record: &mut [u8]) {
        let header = &mut record[..RECORD_HEADER_BYTES];
        header.fill(0);
        header[..4].copy_from_slice(&RECORD_MAGIC);
        header[4] = self.kind as u8;
        if let Some(dataset) = &self.dataset {
            header[5] = dataset.tenant().len() as u8;
            header[6] = dataset.dataset().len() as u8;
            header[TENANT_AT..][..dataset.tenant().len()].copy_from_slice(dataset.tenant().as_bytes());
            header[DATASET_AT..][..dataset.dataset().len()].copy_from_slice(dataset.dataset().as_bytes());
        }
        let short =
            [self.entry_count, self.peer_count, self.payload_bytes, self.record_bytes, self.payload_crc];
        for (number, bytes) in short.iter().zip(header[8..28].chunks_exact_mut(4)) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        let long = [
            self.sequence,
            self.offset,
            self.nonce,
            self.group_start,
            self.first_position,
            self.last_position,
            self.base_time_us as u64,
        ];
        for (number, bytes) in long.iter().zip(header[32..88].chunks_exact_mut(8)) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        let crc = crc32c::crc32c(&header[..CRC_AT]);
        header[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
    }

    /// Reads the header at the beginning of `record`, and checks every length in it against the maxima.
    ///
    /// # Errors
    /// Why there is no record here.
    pub fn decode(record: &[u8]) -> Result<Self, HeaderError> {
        let Some(header) = record.get(..RECORD_HEADER_BYTES) else { return Err(HeaderError::NoRecord) };
        if header[..4] != RECORD_MAGIC {
            return Err(HeaderError::NoRecord);
        }
        if read_u32(header, CRC_AT) != Some(crc32c::crc32c(&header[..CRC_AT])) {
            return Err(HeaderError::Checksum);
        }
        Self::fields(header).ok_or(HeaderError::Content)
    }

    fn fields(header: &[u8]) -> Option<Self> {
        let kind = RecordKind::from_number(header[4])?;
        let found = Self {
            kind,
            entry_count: read_u32(header, 8)?,
            peer_count: read_u32(header, 12)?,
            payload_bytes: read_u32(header, 16)?,
            record_bytes: read_u32(header, 20)?,
            payload_crc: read_u32(header, 24)?,
            sequence: read_u64(header, 32)?,
            offset: read_u64(header, 40)?,
            nonce: read_u64(header, 48)?,
            group_start: read_u64(header, 56)?,
            first_position: read_u64(header, 64)?,
            last_position: read_u64(header, 72)?,
            base_time_us: read_u64(header, 80)? as i64,
            dataset: match kind {
                RecordKind::Checkpoint | RecordKind::Void => None,
                _ => Some(dataset_of(header)?),
            },
        };
        found.is_consistent().then_some(found)
    }

    fn is_consistent(&self) -> bool {
        let length_fits = match self.kind {
            // A void covers what was damaged, however long that is.
            RecordKind::Void => {
                (self.record_bytes as usize).is_multiple_of(ALIGNMENT) && self.record_bytes > 0
            }
            _ => {
                self.record_bytes as usize <= LOG_RECORD_BYTES_MAX
                    && (self.payload_bytes as usize) < LOG_RECORD_BYTES_MAX
                    && record_bytes(self.payload_bytes as usize) == self.record_bytes as usize
            }
        };
        let positions_fit = self.first_position < LOG_POSITION_MAX && self.last_position < LOG_POSITION_MAX;
        let range_fits = match self.kind {
            RecordKind::Intent | RecordKind::Commit => self.first_position <= self.last_position,
            RecordKind::Block => self.entry_count > 0,
            RecordKind::Checkpoint | RecordKind::Void => true,
        };
        length_fits && positions_fit && range_fits && self.group_start <= self.offset
    }

    /// Where the record after this one begins.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(u64::from(self.record_bytes))
    }

    /// First position after this record's, for every kind that names positions.
    pub fn position_end(&self) -> u64 {
        match self.kind {
            RecordKind::Block => self.first_position + u64::from(self.entry_count),
            RecordKind::Intent | RecordKind::Commit => self.last_position + 1,
            RecordKind::Checkpoint => self.first_position,
            RecordKind::Void => 0,
        }
    }
}

/// Why no record header stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// The bytes are no record header.
    NoRecord,
    /// Its checksum is wrong.
    Checksum,
    /// Its checksum is right, but a field is outside its bounds.
    Content,
}

fn dataset_of(header: &[u8]) -> Option<DatasetKey> {
    let name = |at: usize, length: u8| {
        let bytes = header.get(at..at + MAX_NAME_BYTES)?.get(..usize::from(length))?;
        std::str::from_utf8(bytes).ok()
    };
    DatasetKey::new(name(TENANT_AT, header[5])?, name(DATASET_AT, header[6])?).ok()
}

fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

fn read_u64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

/// Where a record stands and what it says, enough to read it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordPlace {
    /// Number of the segment.
    pub segment: u64,
    /// Offset of the record in it.
    pub offset: u64,
    /// Bytes of the record, padding included.
    pub record_bytes: u32,
    /// What the record is.
    pub kind: RecordKind,
    /// Its dataset.
    pub dataset: DatasetKey,
    /// Position of the block's first event; first position of an intent or commit.
    pub first_position: u64,
    /// Events of the block; 0 for other kinds.
    pub entry_count: u32,
}

impl RecordPlace {
    /// The place that a header describes; `None` for a checkpoint or void.
    pub fn of(header: &RecordHeader) -> Option<Self> {
        Some(Self {
            segment: header.sequence,
            offset: header.offset,
            record_bytes: header.record_bytes,
            kind: header.kind,
            dataset: header.dataset.clone()?,
            first_position: header.first_position,
            entry_count: header.entry_count,
        })
    }

    /// Position of the block's last event.
    pub fn last_position(&self) -> u64 {
        self.first_position + u64::from(self.entry_count).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_named_by_its_number_and_nothing_else_is_a_segment() {
        assert_eq!(segment_sequence(&segment_name(42)), Some(42));
        assert_eq!(segment_sequence(&segment_name(u64::MAX)), Some(u64::MAX));
        for other in ["1.log", "damaged", "+0000000000000000001.log", "99999999999999999999.log"] {
            assert_eq!(segment_sequence(other), None, "{other}");
        }
    }

    #[test]
    fn instances_have_different_hashes() {
        assert_ne!(instance_hash("edge-1"), instance_hash("edge-2"));
    }
}
