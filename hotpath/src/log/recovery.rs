//! What the records of all segments say together: what is committed, what is pending, what is damaged. No I/O.

use crate::log::format::{RecordHeader, RecordPlace};
use crate::log::payload::Intent;
use crate::log::scan::{Content, Gap, SegmentScan};
use crate::log::segments::{Bookkeeping, ClosedSegment, PendingIntent};
use crate::names::DatasetKey;
use serde::Serialize;
use std::collections::BTreeMap;

/// Why bytes of a segment are no intact record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DamageReason {
    /// The segment's header is missing or fails its checksum.
    SegmentHeader,
    /// No record begins here.
    NoRecord,
    /// The record's header fails its checksum.
    HeaderChecksum,
    /// The header is intact, but a field is outside its bounds.
    HeaderContent,
    /// A record of another segment, another place or another use of the file.
    Stale,
    /// The file ends inside the record.
    Cut,
    /// The payload fails its checksum.
    PayloadChecksum,
    /// The payload is intact, but is not what the header says.
    PayloadContent,
    /// The file ends before the acknowledged records do, or has zeros in their place.
    Missing,
    /// The block's positions were there before; the first copy counts.
    Repeated,
}

/// A damaged place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// Number of the segment.
    pub segment: u64,
    /// First byte.
    pub offset: u64,
    /// Bytes.
    pub bytes: u64,
    /// What is wrong.
    pub reason: DamageReason,
    /// The dataset, when the record's header is intact.
    pub dataset: Option<DatasetKey>,
    /// The block's first position, when the record's header is intact.
    pub first_position: Option<u64>,
    /// Events of the block, when the record's header is intact.
    pub events: Option<u32>,
    /// Whether a copy lies in the folder `damaged`. Without one the segment is not deleted.
    pub set_aside: bool,
}

impl Damage {
    fn of(segment: u64, gap: &Gap) -> Self {
        let header = gap.header.as_ref();
        let block = header.filter(|header| header.entry_count > 0);
        Self {
            segment,
            offset: gap.offset,
            bytes: gap.bytes,
            reason: gap.reason,
            dataset: header.and_then(|header| header.dataset.clone()),
            first_position: block.map(|header| header.first_position),
            events: block.map(|header| header.entry_count),
            set_aside: false,
        }
    }

    /// Name of the copy in the folder `damaged`.
    pub fn file_name(&self) -> String {
        format!("{:020}-{:010}.bin", self.segment, self.offset)
    }
}

/// What a log held when it was opened.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Position of the next event.
    pub next_position: u64,
    /// Last committed position of each dataset.
    pub committed: BTreeMap<DatasetKey, u64>,
    /// Uploads that were begun and not committed, in their order.
    pub pending_intents: Vec<Intent>,
    /// Blocks with a position that is not committed, in their order. Of the first one of a dataset, positions up to
    /// the committed one are done.
    pub blocks: Vec<RecordPlace>,
    /// Damaged places among what was acknowledged, at most `LOG_DAMAGE_REPORTS_MAX`.
    pub damage: Vec<Damage>,
    /// All damaged places.
    pub damage_count: u64,
    /// Bytes of all damaged places.
    pub damage_bytes: u64,
    /// What a crash left behind the last complete group of the newest segment: normally never acknowledged.
    pub torn: Vec<Damage>,
    /// Segments that were read.
    pub segments: usize,
    /// Bytes that were read.
    pub bytes_read: u64,
}

/// Where closed segments end, as newer segments say.
#[derive(Debug, Default)]
pub struct Ends(BTreeMap<u64, u64>);

impl Ends {
    /// Takes what this segment says of older ones. Segments are shown to it from the newest to the oldest.
    pub fn learn(&mut self, scan: &SegmentScan) {
        let previous = scan.header.map(|header| header.previous).filter(|previous| previous.sequence > 0);
        let checkpoints = scan.records.iter().filter_map(|record| match &record.content {
            Content::Checkpoint(checkpoint) => Some(checkpoint.segments.iter().copied()),
            _ => None,
        });
        for end in previous.into_iter().chain(checkpoints.flatten()) {
            if end.sequence < scan.sequence {
                self.0.entry(end.sequence).or_insert(end.end);
            }
        }
    }

    /// The end of a segment, `None` when no newer one names it.
    pub fn of(&self, sequence: u64) -> Option<u64> {
        self.0.get(&sequence).copied()
    }
}

/// A segment and what counts in it.
#[derive(Debug)]
pub struct JudgedSegment {
    /// The scan, without records behind the end.
    pub scan: SegmentScan,
    /// Where the records that count end.
    pub end: u64,
    /// Damage among what was acknowledged.
    pub damage: Vec<Damage>,
    /// What a crash left behind.
    pub torn: Vec<Damage>,
    /// First position that no record of the file uses, those behind the end included.
    pub position_end: u64,
    /// Whether damaged bytes of it have no copy: it must not be deleted then.
    pub keeps_damage: bool,
}

/// Tells what counts from what does not. `end` is what newer segments say of this one.
///
/// With an end, all before it was acknowledged: whatever is not intact there is damage, and what lies behind is of
/// a failed write that was never acknowledged. Without one this is the newest segment: what is not intact in its
/// last group, or behind it, is the trace of a crash.
pub fn judge(mut scan: SegmentScan, end: Option<u64>) -> JudgedSegment {
    let mentioned = scan.records.iter().map(|record| &record.header);
    let in_gaps = scan.gaps.iter().filter_map(|gap| gap.header.as_ref());
    let positions = mentioned.chain(in_gaps).map(RecordHeader::position_end);
    let position_end =
        positions.chain(scan.header.map(|header| header.next_position)).max().unwrap_or_default();
    let sequence = scan.sequence;
    let (damage, torn) = match end {
        Some(end) => {
            scan.records.retain(|record| record.header.offset < end);
            (damage_before(&scan, end), Vec::new())
        }
        None => {
            let last_group = scan.records.last().map_or(0, |record| record.header.group_start);
            let all = scan.gaps.iter().map(|gap| Damage::of(sequence, gap));
            all.partition(|damage| damage.offset < last_group)
        }
    };
    let end = end.unwrap_or_else(|| scan.records_end());
    JudgedSegment { end, keeps_damage: !damage.is_empty(), damage, torn, position_end, scan }
}

fn damage_before(scan: &SegmentScan, end: u64) -> Vec<Damage> {
    let mut damage = Vec::new();
    for gap in scan.gaps.iter().filter(|gap| gap.offset < end) {
        let mut found = Damage::of(scan.sequence, gap);
        found.bytes = found.bytes.min(end - gap.offset);
        damage.push(found);
    }
    let gaps_end = scan.gaps.iter().map(Gap::end).max().unwrap_or_default();
    let covered = gaps_end.max(scan.records_end());
    if covered < end {
        let gap = Gap { offset: covered, bytes: end - covered, reason: DamageReason::Missing, header: None };
        damage.push(Damage::of(scan.sequence, &gap));
    }
    damage
}

/// Puts the segments together, oldest first.
pub fn assemble(segments: Vec<JudgedSegment>) -> (Bookkeeping, Recovery) {
    let mut book = Bookkeeping::default();
    let mut recovery = Recovery { segments: segments.len(), ..Recovery::default() };
    let mut blocks = Vec::new();
    let mut position_floor = 0;
    for segment in segments {
        book.next_position = book.next_position.max(segment.position_end);
        recovery.bytes_read += segment.scan.file_bytes;
        let mut closed = ClosedSegment::new(segment.scan.sequence, segment.scan.file_bytes, segment.end);
        closed.keeps_damage = segment.keeps_damage;
        for damage in segment.damage {
            recovery.count(damage);
        }
        recovery.torn.extend(segment.torn);
        for record in segment.scan.records {
            let header = record.header;
            if let Some(dataset) = &header.dataset {
                book.datasets.insert(dataset.clone());
            }
            match record.content {
                Content::Block => {
                    if header.first_position < position_floor {
                        recovery.count(repeated(&header));
                        continue;
                    }
                    position_floor = header.position_end();
                    if let Some(place) = RecordPlace::of(&header) {
                        closed.note_block(&place.dataset, place.last_position());
                        blocks.push(place);
                    }
                }
                Content::Intent(intent) => {
                    book.pending.retain(|pending| !pending.intent.is_same_range(&intent));
                    book.pending.push(PendingIntent { segment: header.sequence, intent });
                }
                Content::Commit(commit) => book.note_committed(&commit.dataset, commit.last),
                Content::Checkpoint(checkpoint) => {
                    for (dataset, last) in &checkpoint.committed {
                        book.note_committed(dataset, *last);
                    }
                }
                Content::Void => {}
            }
        }
        book.closed.push(closed);
    }
    book.forget_committed_intents();
    blocks.retain(|place| !book.is_committed(&place.dataset, place.last_position()));
    recovery.next_position = book.next_position;
    recovery.committed = book.committed.clone();
    recovery.pending_intents = book.pending.iter().map(|pending| pending.intent.clone()).collect();
    recovery.blocks = blocks;
    (book, recovery)
}

fn repeated(header: &RecordHeader) -> Damage {
    let gap = Gap {
        offset: header.offset,
        bytes: u64::from(header.record_bytes),
        reason: DamageReason::Repeated,
        header: Some(header.clone()),
    };
    // Its positions are in the log once already: there is nothing to set aside.
    Damage { set_aside: true, ..Damage::of(header.sequence, &gap) }
}

impl Recovery {
    fn count(&mut self, damage: Damage) {
        self.damage_count += 1;
        self.damage_bytes += damage.bytes;
        if self.damage.len() < crate::limits::LOG_DAMAGE_REPORTS_MAX {
            self.damage.push(damage);
        }
    }
}

impl Intent {
    /// Whether both are about the same positions of the same dataset.
    pub fn is_same_range(&self, other: &Self) -> bool {
        self.dataset == other.dataset && self.first == other.first && self.last == other.last
    }
}
