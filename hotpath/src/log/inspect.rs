//! Reads a log from outside, by plain file I/O: `wal inspect`, `wal export`, `wal repair`. Nothing here prints.
//!
//! Inspecting and exporting change nothing. While the log is being written they may see its last group half
//! written; repair only when nobody writes it.

use crate::block::{BlockMemory, SealedBlock};
use crate::limits::LOG_SEGMENT_BYTES_MAX;
use crate::log::format::{
    RECORD_HEADER_BYTES, RecordHeader, RecordKind, RecordPlace, SegmentHeader, segment_name, segment_sequence,
};
use crate::log::glommio_disk::{list_files, list_set_aside, set_aside};
use crate::log::payload::{BlockPayload, Intent, Placed};
use crate::log::recovery::{Damage, DamageReason, Ends, JudgedSegment, Recovery, assemble, judge};
use crate::log::scan::{payload_of, scan_segment};
use crate::names::DatasetKey;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What a log holds.
#[derive(Debug, Serialize)]
pub struct LogInspection {
    /// Its segments, oldest first.
    pub segments: Vec<SegmentInspection>,
    /// Position of the next event.
    pub next_position: u64,
    /// How far each dataset is committed.
    pub committed: Vec<CommittedPosition>,
    /// Uploads that were begun and not committed.
    pub pending_intents: Vec<Intent>,
    /// Blocks that are not committed.
    pub blocks_pending: u64,
    /// Events of those blocks.
    pub events_pending: u64,
    /// Damage among what was acknowledged.
    pub damage: Vec<Damage>,
    /// All damaged places, those beyond what `damage` describes included.
    pub damage_count: u64,
    /// Bytes of all damaged places.
    pub damage_bytes: u64,
    /// What a crash left behind the last complete group.
    pub torn: Vec<Damage>,
    /// Names and bytes of the files in the folder `damaged`.
    pub set_aside: Vec<(String, u64)>,
}

/// How far a dataset is committed.
#[derive(Debug, Serialize)]
pub struct CommittedPosition {
    /// The dataset.
    pub dataset: DatasetKey,
    /// Its last committed position.
    pub last: u64,
}

/// A segment and its records.
#[derive(Debug, Serialize)]
pub struct SegmentInspection {
    /// Name of its file.
    pub name: String,
    /// Bytes of its file.
    pub file_bytes: u64,
    /// Where the records that count end.
    pub end: u64,
    /// Its header, `None` when it is damaged.
    pub header: Option<SegmentHeader>,
    /// Its intact records.
    pub records: Vec<RecordSummary>,
}

/// An intact record.
#[derive(Debug, Serialize)]
pub struct RecordSummary {
    /// First byte.
    pub offset: u64,
    /// Bytes, padding included.
    pub bytes: u32,
    /// What it is.
    pub kind: RecordKind,
    /// Its dataset.
    pub dataset: Option<DatasetKey>,
    /// First position.
    pub first_position: u64,
    /// Events of a block.
    pub events: u32,
}

/// Says what the log in `folder` holds.
///
/// # Errors
/// What the system answered. Damage is no error.
pub fn inspect(folder: &Path) -> io::Result<LogInspection> {
    let judged = judge_all(folder, |_, _| Ok(()))?;
    let segments = judged.iter().map(summarize).collect();
    let (_, recovery) = assemble(judged);
    let Recovery {
        next_position,
        committed,
        pending_intents,
        blocks,
        damage,
        damage_count,
        damage_bytes,
        torn,
        ..
    } = recovery;
    Ok(LogInspection {
        segments,
        next_position,
        committed: committed.into_iter().map(|(dataset, last)| CommittedPosition { dataset, last }).collect(),
        pending_intents,
        blocks_pending: blocks.len() as u64,
        events_pending: blocks.iter().map(|place| u64::from(place.entry_count)).sum(),
        damage,
        damage_count,
        damage_bytes,
        torn,
        set_aside: list_set_aside(folder)?,
    })
}

/// Reads all segments from the newest to the oldest; `visit` gets each with its bytes. Returns them oldest first.
fn judge_all(
    folder: &Path,
    mut visit: impl FnMut(&mut JudgedSegment, &[u8]) -> io::Result<()>,
) -> io::Result<Vec<JudgedSegment>> {
    let files = list_files(folder)?;
    let mut sequences: Vec<u64> = files.iter().filter_map(|(name, _)| segment_sequence(name)).collect();
    sequences.sort_unstable();
    let mut ends = Ends::default();
    let mut segments = Vec::with_capacity(sequences.len());
    for sequence in sequences.into_iter().rev() {
        let mut bytes = Vec::new();
        let file = File::open(folder.join(segment_name(sequence)))?;
        file.take(LOG_SEGMENT_BYTES_MAX).read_to_end(&mut bytes)?;
        let scan = scan_segment(sequence, &bytes);
        ends.learn(&scan);
        let mut judged = judge(scan, ends.of(sequence));
        visit(&mut judged, &bytes)?;
        segments.push(judged);
    }
    segments.reverse();
    Ok(segments)
}

fn summarize(segment: &JudgedSegment) -> SegmentInspection {
    let summary = |header: &RecordHeader| RecordSummary {
        offset: header.offset,
        bytes: header.record_bytes,
        kind: header.kind,
        dataset: header.dataset.clone(),
        first_position: header.first_position,
        events: header.entry_count,
    };
    SegmentInspection {
        name: segment_name(segment.scan.sequence),
        file_bytes: segment.scan.file_bytes,
        end: segment.end,
        header: segment.scan.header,
        records: segment.scan.records.iter().map(|record| summary(&record.header)).collect(),
    }
}

/// Every intact block of a log, in the order of positions.
#[derive(Debug)]
pub struct Export {
    folder: PathBuf,
    places: std::vec::IntoIter<RecordPlace>,
    committed: BTreeMap<DatasetKey, u64>,
}

/// An intact block.
#[derive(Debug)]
pub struct ExportedBlock {
    /// Where it stands.
    pub place: RecordPlace,
    /// Last position of its dataset that is in a committed object; what is not above it is stored already.
    pub committed_last: Option<u64>,
    /// The block.
    pub block: SealedBlock,
}

/// Begins to give back what a log holds: every intact block, committed ones that are still there included.
///
/// # Errors
/// What the system answered.
pub fn export(folder: &Path) -> io::Result<Export> {
    let judged = judge_all(folder, |_, _| Ok(()))?;
    let headers = judged.iter().flat_map(|segment| &segment.scan.records).map(|record| &record.header);
    let blocks = headers.filter(|header| header.kind == RecordKind::Block);
    let mut places: Vec<RecordPlace> = blocks.filter_map(RecordPlace::of).collect();
    let (_, recovery) = assemble(judged);
    let repeated = |place: &RecordPlace| {
        let mut repeated = recovery.damage.iter().filter(|damage| damage.reason == DamageReason::Repeated);
        repeated.any(|damage| damage.segment == place.segment && damage.offset == place.offset)
    };
    places.retain(|place| !repeated(place));
    Ok(Export { folder: folder.to_owned(), places: places.into_iter(), committed: recovery.committed })
}

impl Iterator for Export {
    type Item = io::Result<ExportedBlock>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.places.next()?;
        let committed_last = self.committed.get(&place.dataset).copied();
        Some(read_block(&self.folder, &place).map(|block| ExportedBlock { place, committed_last, block }))
    }
}

fn read_block(folder: &Path, place: &RecordPlace) -> io::Result<SealedBlock> {
    let changed = || io::Error::new(io::ErrorKind::InvalidData, "the record changed while it was exported");
    let mut record = vec![0; place.record_bytes as usize];
    File::open(folder.join(segment_name(place.segment)))?.read_exact_at(&mut record, place.offset)?;
    let header = RecordHeader::decode(&record).map_err(|_| changed())?;
    let payload = payload_of(&header, &record).ok_or_else(changed)?;
    let parts = BlockPayload::decode(&header, payload).map_err(|_| changed())?;
    let memory = BlockMemory::unpooled(parts.data.len());
    parts.into_block(memory).map_err(|_| changed())
}

/// What a repair did.
#[derive(Debug, Default, Serialize)]
pub struct RepairReport {
    /// Damage that was copied to the folder `damaged` and taken out of the segment.
    pub repaired: Vec<Damage>,
    /// Damage that was copied, but stays in the segment until that is released: segment headers, and files that
    /// are too short. Neither stops the log.
    pub left_in_place: Vec<Damage>,
}

/// Sets everything that is damaged aside: copies it to the folder `damaged`, then puts a void record in its place,
/// so that the next start finds the segment intact. Intact records are not touched.
///
/// # Errors
/// What the system answered; what was repaired until then stays so.
pub fn repair(folder: &Path) -> io::Result<RepairReport> {
    let mut report = RepairReport::default();
    judge_all(folder, |segment, bytes| {
        let found: Vec<Damage> = segment.damage.drain(..).chain(segment.torn.drain(..)).collect();
        for mut damage in found {
            let end = (damage.offset + damage.bytes).min(bytes.len() as u64);
            let damaged = bytes.get(damage.offset as usize..end as usize).unwrap_or_default();
            if !damaged.is_empty() {
                set_aside(folder, &damage.file_name(), damaged)?;
            }
            damage.set_aside = true;
            let can_be_void = damage.offset > 0 && damaged.len() >= crate::log::format::ALIGNMENT;
            match nonce_of(segment).filter(|_| can_be_void) {
                Some(nonce) => {
                    write_void(folder, &damage, nonce, damaged.len())?;
                    report.repaired.push(damage);
                }
                None => report.left_in_place.push(damage),
            }
        }
        Ok(())
    })?;
    Ok(report)
}

fn nonce_of(segment: &JudgedSegment) -> Option<u64> {
    let header = segment.scan.header.map(|header| header.nonce);
    header.or_else(|| segment.scan.records.first().map(|record| record.header.nonce))
}

fn write_void(folder: &Path, damage: &Damage, nonce: u64, bytes: usize) -> io::Result<()> {
    let place = Placed {
        sequence: damage.segment,
        nonce,
        offset: damage.offset,
        group_start: damage.offset,
        first_position: 0,
    };
    let whole = bytes - bytes % crate::log::format::ALIGNMENT;
    let mut record = [0; RECORD_HEADER_BYTES];
    place.void(whole as u32).encode(&mut record);
    let file = OpenOptions::new().write(true).open(folder.join(segment_name(damage.segment)))?;
    file.write_all_at(&record, damage.offset)?;
    file.sync_all()
}
