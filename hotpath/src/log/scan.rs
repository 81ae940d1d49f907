//! A segment's bytes to its records, whatever the bytes are. No I/O.
//!
//! Behind a damaged place the scan looks for the next record at the next multiple of [`ALIGNMENT`]; one counts only
//! if it names this segment, its own offset and the segment's nonce.

use crate::limits::LOG_SEGMENT_BYTES_MAX;
use crate::log::format::{ALIGNMENT, HeaderError, RecordHeader, RecordKind, SegmentHeader};
use crate::log::payload::{BlockPayload, Checkpoint, Commit, Intent};
use crate::log::recovery::DamageReason;

/// What was found in one segment.
#[derive(Debug)]
pub struct SegmentScan {
    /// Number of the segment, from its file's name.
    pub sequence: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Its header, `None` when it is damaged.
    pub header: Option<SegmentHeader>,
    /// Intact records in their order.
    pub records: Vec<ScannedRecord>,
    /// What lies between and behind them, zeros at the end left out.
    pub gaps: Vec<Gap>,
}

/// An intact record.
#[derive(Debug)]
pub struct ScannedRecord {
    /// Its header.
    pub header: RecordHeader,
    /// What it says.
    pub content: Content,
}

/// What an intact record says.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// A block; its parts were checked and can be read.
    Block,
    /// An intent.
    Intent(Intent),
    /// A commit.
    Commit(Commit),
    /// A checkpoint.
    Checkpoint(Checkpoint),
    /// Bytes that a repair has set aside.
    Void,
}

/// Bytes that are no intact record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// First byte.
    pub offset: u64,
    /// Bytes.
    pub bytes: u64,
    /// What is wrong with them.
    pub reason: DamageReason,
    /// The record's header, when that at least is intact.
    pub header: Option<RecordHeader>,
}

impl Gap {
    /// First byte behind it.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.bytes)
    }
}

/// Finds the records of a segment. `bytes` is the whole file, or its first [`LOG_SEGMENT_BYTES_MAX`].
pub fn scan_segment(sequence: u64, bytes: &[u8]) -> SegmentScan {
    let length = bytes.len().min(LOG_SEGMENT_BYTES_MAX as usize);
    let bytes = &bytes[..length];
    let header = SegmentHeader::decode(bytes).filter(|header| header.sequence == sequence);
    let nonce = header.map(|header| header.nonce).or_else(|| first_nonce(sequence, bytes));
    let mut scan =
        SegmentScan { sequence, file_bytes: length as u64, header, records: Vec::new(), gaps: Vec::new() };
    if header.is_none() {
        scan.add_gap(0, ALIGNMENT.min(length), DamageReason::SegmentHeader, None);
    }
    let mut offset = ALIGNMENT;
    while offset < length {
        let here = &bytes[offset..];
        let step = match examine(here, sequence, offset as u64, nonce) {
            Ok(record) => {
                let step = record.header.record_bytes as usize;
                scan.records.push(record);
                step
            }
            Err(Failure { reason, header }) => {
                let step = header.as_ref().map_or(ALIGNMENT, |header| header.record_bytes as usize);
                let step = step.min(here.len());
                scan.add_gap(offset, step, reason, header);
                step
            }
        };
        offset += step;
    }
    scan.trim_zeros(bytes);
    scan
}

/// The nonce that the first intact record header of this segment names.
fn first_nonce(sequence: u64, bytes: &[u8]) -> Option<u64> {
    let mut offsets = (ALIGNMENT..bytes.len()).step_by(ALIGNMENT);
    offsets.find_map(|offset| {
        let header = RecordHeader::decode(&bytes[offset..]).ok()?;
        (header.sequence == sequence && header.offset == offset as u64).then_some(header.nonce)
    })
}

/// Why no intact record stands at a place.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong.
    pub reason: DamageReason,
    /// The header, when that is intact and belongs here.
    pub header: Option<RecordHeader>,
}

/// Reads the record at the beginning of `bytes`, which stands at `offset` of segment `sequence`. Without a `nonce`
/// every nonce is taken.
///
/// # Errors
/// What is wrong with it.
pub fn examine(
    bytes: &[u8],
    sequence: u64,
    offset: u64,
    nonce: Option<u64>,
) -> Result<ScannedRecord, Failure> {
    let without = |reason| Failure { reason, header: None };
    let header = RecordHeader::decode(bytes).map_err(|error| {
        without(match error {
            HeaderError::NoRecord => DamageReason::NoRecord,
            HeaderError::Checksum => DamageReason::HeaderChecksum,
            HeaderError::Content => DamageReason::HeaderContent,
        })
    })?;
    let in_place = header.sequence == sequence && header.offset == offset;
    if !in_place || nonce.is_some_and(|nonce| nonce != header.nonce) {
        return Err(without(DamageReason::Stale));
    }
    let Some(record) = bytes.get(..header.record_bytes as usize) else {
        return Err(Failure { reason: DamageReason::Cut, header: Some(header) });
    };
    match content(&header, record) {
        Ok(content) => Ok(ScannedRecord { header, content }),
        Err(reason) => Err(Failure { reason, header: Some(header) }),
    }
}

/// The payload of a whole record whose header is intact.
pub fn payload_of<'a>(header: &RecordHeader, record: &'a [u8]) -> Option<&'a [u8]> {
    let payload =
        record.get(crate::log::format::RECORD_HEADER_BYTES..)?.get(..header.payload_bytes as usize)?;
    (crc32c::crc32c(payload) == header.payload_crc).then_some(payload)
}

fn content(header: &RecordHeader, record: &[u8]) -> Result<Content, DamageReason> {
    let payload = payload_of(header, record).ok_or(DamageReason::PayloadChecksum)?;
    let content = match header.kind {
        RecordKind::Block => BlockPayload::decode(header, payload).map(|_| Content::Block),
        RecordKind::Intent => Intent::decode(header, payload).map(Content::Intent),
        RecordKind::Checkpoint => Checkpoint::decode(header, payload).map(Content::Checkpoint),
        RecordKind::Void => Ok(Content::Void),
        RecordKind::Commit => match header.dataset.clone() {
            Some(dataset) => {
                let (first, last) = (header.first_position, header.last_position);
                Ok(Content::Commit(Commit { dataset, first, last }))
            }
            None => return Err(DamageReason::PayloadContent),
        },
    };
    content.map_err(|_| DamageReason::PayloadContent)
}

impl SegmentScan {
    /// Where the last intact record ends.
    pub fn records_end(&self) -> u64 {
        self.records.last().map_or(0, |record| record.header.end())
    }

    /// Adds a gap, or lengthens the one before it when neither has a header of its own.
    fn add_gap(&mut self, offset: usize, bytes: usize, reason: DamageReason, header: Option<RecordHeader>) {
        let (offset, bytes) = (offset as u64, bytes as u64);
        if bytes == 0 && reason != DamageReason::SegmentHeader {
            return;
        }
        if let Some(last) = self.gaps.last_mut() {
            let joins = last.end() == offset && header.is_none() && last.offset > 0;
            if joins && (last.header.is_none() || reason == DamageReason::NoRecord) {
                last.bytes += bytes;
                return;
            }
        }
        self.gaps.push(Gap { offset, bytes, reason, header });
    }

    /// Takes the zeros at the end of the file for what they are: space that was never written.
    fn trim_zeros(&mut self, bytes: &[u8]) {
        let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let written = (written.next_multiple_of(ALIGNMENT) as u64).max(self.records_end());
        self.gaps.retain(|gap| gap.offset < written);
        if let Some(last) = self.gaps.last_mut().filter(|gap| gap.end() > written && gap.offset > 0) {
            last.bytes = written - last.offset;
        }
    }
}
