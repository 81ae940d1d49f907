//! Opens a log: reads what is there, newest segment first, and sets aside what is damaged.

use crate::block::BlockPool;
use crate::limits::{LOG_DAMAGED_BYTES_MAX, LOG_SEGMENT_BYTES_MAX, LOG_TORN_BYTES_MAX};
use crate::log::disk::{Disk, DiskFile};
use crate::log::error::LogError;
use crate::log::format::{
    ALIGNMENT, RECORD_HEADER_BYTES, SegmentHeader, VERSION, instance_hash, segment_name, segment_sequence,
};
use crate::log::payload::Placed;
use crate::log::recovery::{Damage, Ends, JudgedSegment, Recovery, assemble, judge};
use crate::log::scan::{Content, SegmentScan, scan_segment};
use crate::log::writer::{Log, LogOptions, write_whole};
use std::collections::HashMap;
use std::rc::Rc;

/// Bytes that are read at once.
const READ_BYTES: usize = 1 << 20;

impl<D: Disk> Log<D> {
    /// Opens the log on `disk`, or begins one; says what it holds. Blocks are read into memory of `pool`. New
    /// records go to a new segment, which is made with the first of them.
    ///
    /// # Errors
    /// When the options are not usable, the disk fails, or a segment is of another instance, shard or later version.
    /// Damage is no error: it is in [`Recovery::damage`].
    pub async fn open(disk: D, options: LogOptions, pool: BlockPool) -> Result<(Self, Recovery), LogError> {
        options.check()?;
        let names = disk.list().await.map_err(LogError::io("list", "its folder"))?;
        let mut sequences: Vec<u64> = names.iter().filter_map(|name| segment_sequence(name)).collect();
        sequences.sort_unstable();
        let mut aside = SetAside::load(&disk).await?;
        let mut ends = Ends::default();
        let mut segments = Vec::with_capacity(sequences.len());
        // From the newest to the oldest, because each says where the ones before it end.
        for sequence in sequences.iter().rev() {
            segments.push(open_segment(&disk, &options, *sequence, &mut ends, &mut aside).await?);
        }
        segments.reverse();
        if !sequences.is_empty() {
            // A segment that was just begun before a crash may not have its name on disk yet.
            disk.sync_directory().await.map_err(LogError::io("sync", "its folder"))?;
        }
        let (book, recovery) = assemble(segments);
        let next_sequence = sequences.last().map_or(1, |last| last.saturating_add(1));
        report(&recovery);
        Ok((Self::new(Rc::new(disk), options, pool, book, next_sequence), recovery))
    }
}

async fn open_segment<D: Disk>(
    disk: &D,
    options: &LogOptions,
    sequence: u64,
    ends: &mut Ends,
    aside: &mut SetAside,
) -> Result<JudgedSegment, LogError> {
    let name = segment_name(sequence);
    let file = disk.open(&name).await.map_err(LogError::io("open", &name))?;
    let mut bytes = read_segment(&file, &name).await?;
    let scan = scan_segment(sequence, &bytes.bytes);
    check_origin(&scan, options, &name)?;
    ends.learn(&scan);
    let known_end = ends.of(sequence);
    let mut judged = judge(scan, known_end);
    if bytes.is_complete {
        aside.take(disk, &mut judged, &bytes.bytes).await;
        if known_end.is_none() {
            make_durable(&file, options, &judged, &mut bytes.bytes, &name).await?;
        }
        if !judged.keeps_damage && judged.end < judged.scan.file_bytes && known_end.is_none() {
            shorten(&file, &mut judged, &name).await;
        }
    } else {
        // Some of it could not be read today. Nothing is concluded from that: it is kept, and read again at the
        // next start.
        judged.keeps_damage = true;
        judged.end = known_end.unwrap_or(judged.scan.file_bytes);
    }
    file.close().await.map_err(LogError::io("close", &name))?;
    Ok(judged)
}

/// Makes sure that the last group of the newest segment is on disk before anything is concluded from it. A crash, or
/// a failed sync, may have left it in a cache that a further sync does not write: so it is written again as it is.
///
/// Holes that the crash left in it become void records, and a header that is lost is written again. Else they would
/// look like damage to the next start, when a newer segment says that this one counts up to its end.
async fn make_durable<F: DiskFile>(
    file: &F,
    options: &LogOptions,
    judged: &JudgedSegment,
    bytes: &mut [u8],
    name: &str,
) -> Result<(), LogError> {
    let start = judged.scan.records.last().map_or(0, |record| record.header.group_start);
    let is_hole = |torn: &&Damage| torn.offset > 0 && torn.offset < judged.end && torn.set_aside;
    for hole in judged.torn.iter().filter(is_hole) {
        let (offset, group_start, sequence) = (hole.offset, hole.offset, judged.scan.sequence);
        let (Some(nonce), Some(record)) =
            (judged.scan.nonce(), bytes.get_mut(offset as usize..offset as usize + RECORD_HEADER_BYTES))
        else {
            continue;
        };
        let place = Placed { sequence, nonce, offset, group_start, first_position: 0 };
        place.void(hole.bytes as u32).encode(record);
    }
    if let Some(header) = lost_header(judged, options)
        && start == 0
        && bytes.len() >= ALIGNMENT
    {
        header.encode(bytes);
    }
    let end = (judged.end as usize).min(bytes.len());
    for offset in (start as usize..end).step_by(READ_BYTES) {
        let piece = &bytes[offset..(offset + READ_BYTES).min(end)];
        let mut buffer = file.buffer(piece.len());
        buffer.as_mut().copy_from_slice(piece);
        write_whole(file, buffer, offset as u64).await.map_err(LogError::io("write", name))?;
    }
    file.sync().await.map_err(LogError::io("sync", name))
}

/// The header of a segment that had just been begun when the crash came: the checkpoint behind it says the same.
fn lost_header(judged: &JudgedSegment, options: &LogOptions) -> Option<SegmentHeader> {
    if !judged.torn.iter().any(|torn| torn.offset == 0 && torn.set_aside) {
        return None;
    }
    let nonce = judged.scan.nonce()?;
    judged.scan.records.iter().find_map(|record| {
        let Content::Checkpoint(checkpoint) = &record.content else { return None };
        Some(SegmentHeader {
            version: VERSION,
            shard: options.shard,
            instance_hash: instance_hash(&options.instance),
            sequence: judged.scan.sequence,
            nonce,
            next_position: checkpoint.next_position,
            previous: checkpoint.segments.last().copied().unwrap_or_default(),
        })
    })
}

/// Gives back the space behind the records of the newest segment.
async fn shorten<F: DiskFile>(file: &F, judged: &mut JudgedSegment, name: &str) {
    match file.truncate(judged.end).await {
        Ok(()) => judged.scan.file_bytes = judged.end,
        Err(error) => tracing::warn!(segment = name, %error, "unused space of a log segment is kept"),
    }
}

struct SegmentBytes {
    bytes: Vec<u8>,
    is_complete: bool,
}

/// Reads a whole segment. What cannot be read is zeros.
async fn read_segment<F: DiskFile>(file: &F, name: &str) -> Result<SegmentBytes, LogError> {
    let length = file.length().await.map_err(LogError::io("measure", name))?;
    let length = length.min(LOG_SEGMENT_BYTES_MAX) as usize;
    let mut found = SegmentBytes { bytes: vec![0; length], is_complete: true };
    for start in (0..length).step_by(READ_BYTES) {
        let chunk = start..(start + READ_BYTES).min(length);
        if read_piece(file, &mut found.bytes, chunk.clone()).await {
            continue;
        }
        // One bad sector must not take its neighbours with it.
        for start in chunk.clone().step_by(ALIGNMENT) {
            let piece = start..(start + ALIGNMENT).min(chunk.end);
            if !read_piece(file, &mut found.bytes, piece).await {
                found.is_complete = false;
                tracing::error!(segment = name, offset = start, "a part of the log cannot be read");
            }
        }
    }
    Ok(found)
}

async fn read_piece<F: DiskFile>(file: &F, bytes: &mut [u8], range: std::ops::Range<usize>) -> bool {
    // Direct I/O reads whole blocks, also where a file was cut inside one.
    let aligned = range.len().next_multiple_of(ALIGNMENT);
    match file.read_at(range.start as u64, aligned).await {
        Ok(read) if read.as_ref().len() >= range.len() => {
            let length = range.len();
            bytes[range].copy_from_slice(&read.as_ref()[..length]);
            true
        }
        Ok(_) | Err(_) => false,
    }
}

fn check_origin(scan: &SegmentScan, options: &LogOptions, name: &str) -> Result<(), LogError> {
    let Some(header) = scan.header else { return Ok(()) };
    if header.version > VERSION {
        return Err(LogError::Version { name: name.to_owned(), version: header.version, known: VERSION });
    }
    if header.shard != options.shard || header.instance_hash != instance_hash(&options.instance) {
        return Err(LogError::Foreign { name: name.to_owned() });
    }
    Ok(())
}

/// The folder `damaged`.
struct SetAside {
    files: HashMap<String, u64>,
    bytes: u64,
}

impl SetAside {
    async fn load<D: Disk>(disk: &D) -> Result<Self, LogError> {
        let list = disk.list_set_aside().await.map_err(LogError::io("list", "the folder damaged"))?;
        let files: HashMap<String, u64> = list.into_iter().collect();
        Ok(Self { bytes: files.values().sum(), files })
    }

    /// Copies what is damaged in a segment; notes in it whether everything has a copy now.
    async fn take<D: Disk>(&mut self, disk: &D, segment: &mut JudgedSegment, bytes: &[u8]) {
        let mut keeps_damage = false;
        for damage in &mut segment.damage {
            keeps_damage |= !self.copy(disk, damage, bytes, LOG_DAMAGED_BYTES_MAX).await;
        }
        for torn in &mut segment.torn {
            let is_copied = self.copy(disk, torn, bytes, LOG_TORN_BYTES_MAX).await;
            let has_room = self.bytes + torn.bytes <= LOG_TORN_BYTES_MAX;
            keeps_damage |= !is_copied && has_room;
        }
        segment.keeps_damage = keeps_damage;
    }

    async fn copy<D: Disk>(&mut self, disk: &D, damage: &mut Damage, bytes: &[u8], bytes_max: u64) -> bool {
        let end = (damage.offset + damage.bytes).min(bytes.len() as u64);
        let damaged = bytes.get(damage.offset as usize..end as usize).unwrap_or_default();
        let name = damage.file_name();
        let length = damaged.len() as u64;
        if damaged.is_empty() || self.files.get(&name) == Some(&length) {
            damage.set_aside = true;
            return true;
        }
        if self.bytes + length > bytes_max {
            return false;
        }
        match disk.set_aside(&name, damaged).await {
            Ok(()) => {
                self.bytes += length;
                self.files.insert(name, length);
                damage.set_aside = true;
            }
            Err(error) => {
                tracing::error!(file = name, %error, "damaged bytes of the log could not be set aside");
            }
        }
        damage.set_aside
    }
}

fn report(recovery: &Recovery) {
    for damage in &recovery.damage {
        tracing::error!(
            segment = damage.segment,
            offset = damage.offset,
            bytes = damage.bytes,
            reason = ?damage.reason,
            events = damage.events,
            set_aside = damage.set_aside,
            "a part of the log is damaged"
        );
    }
    for torn in &recovery.torn {
        tracing::warn!(
            segment = torn.segment,
            offset = torn.offset,
            bytes = torn.bytes,
            "the last write before a crash is not complete"
        );
    }
}
