//! The log as it is written: groups of records, one sync each, segments begun and released.
//!
//! A segment whose write or sync failed is never written again: after a failed fdatasync nobody knows what is on
//! disk. Its group is written once more, to a new segment that says where the failed one ends.

use crate::block::BlockPool;
use crate::limits::{
    LOG_CONTROL_SEGMENT_BYTES, LOG_GROUP_BYTES_MAX, LOG_PENDING_INTENTS_MAX, LOG_POSITION_MAX,
    LOG_SEGMENT_BYTES_MAX, LOG_SEGMENT_BYTES_MIN, LOG_SEGMENTS_MAX,
};
use crate::log::disk::{Disk, DiskFile};
use crate::log::error::LogError;
use crate::log::format::{
    ALIGNMENT, RecordPlace, SegmentEnd, SegmentHeader, VERSION, instance_hash, segment_name,
};
use crate::log::payload::{Commit, Placed, Record};
use crate::log::reader::LogReader;
use crate::log::segments::{Bookkeeping, ClosedSegment, PendingIntent};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use std::io;
use std::rc::Rc;

/// How a log is kept.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// Name of the instance; a log of another one is refused.
    pub instance: String,
    /// Number of the shard; a log of another one is refused.
    pub shard: u16,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Bytes that all segments may take. The last `segment_bytes` of it are kept for intents and commits.
    pub disk_bytes_max: u64,
    /// Unpredictable and new at each start: segments take their nonces from it.
    pub random_seed: u64,
}

impl LogOptions {
    /// Checks that the options can be kept.
    ///
    /// # Errors
    /// [`LogError::Options`] says what to change.
    pub fn check(&self) -> Result<(), LogError> {
        let bounds = LOG_SEGMENT_BYTES_MIN..=LOG_SEGMENT_BYTES_MAX;
        if !bounds.contains(&self.segment_bytes) || !self.segment_bytes.is_multiple_of(ALIGNMENT as u64) {
            let what = format!(
                "a log segment of {} bytes is not possible: give a multiple of {ALIGNMENT} between {LOG_SEGMENT_BYTES_MIN} and {LOG_SEGMENT_BYTES_MAX}",
                self.segment_bytes
            );
            return Err(LogError::Options { what });
        }
        if self.disk_bytes_max < self.segment_bytes.saturating_mul(4) {
            let what = format!(
                "a log of {} bytes is too small for segments of {}: give it at least four times as much",
                self.disk_bytes_max, self.segment_bytes
            );
            return Err(LogError::Options { what });
        }
        Ok(())
    }
}

/// The log of one shard. One task writes it; [`Log::reader`] reads beside it.
#[derive(Debug)]
pub struct Log<D: Disk> {
    disk: Rc<D>,
    options: LogOptions,
    pool: BlockPool,
    book: Bookkeeping,
    current: Option<Current<D::File>>,
    next_sequence: u64,
    nonces: StdRng,
}

/// The segment that is being written.
#[derive(Debug)]
struct Current<F> {
    file: F,
    /// Its account; `end` is where the synced records end.
    segment: ClosedSegment,
    nonce: u64,
    /// A write was begun and is not known to be complete: also when its future was dropped.
    is_in_doubt: bool,
}

impl<D: Disk> Log<D> {
    pub(super) fn new(
        disk: Rc<D>,
        options: LogOptions,
        pool: BlockPool,
        book: Bookkeeping,
        next_sequence: u64,
    ) -> Self {
        let nonces = StdRng::seed_from_u64(options.random_seed);
        Self { disk, options, pool, book, current: None, next_sequence, nonces }
    }

    /// Position that the next event gets.
    pub fn next_position(&self) -> u64 {
        self.book.next_position
    }

    /// Bytes that the segments take on disk.
    pub fn used_bytes(&self) -> u64 {
        self.book.closed_bytes() + self.current.as_ref().map_or(0, |current| current.segment.file_bytes)
    }

    /// Segments that are on disk.
    pub fn segment_count(&self) -> usize {
        self.book.closed.len() + usize::from(self.current.is_some())
    }

    /// Last committed position of a dataset.
    pub fn committed(&self, dataset: &crate::names::DatasetKey) -> Option<u64> {
        self.book.committed.get(dataset).copied()
    }

    /// Something to read blocks with.
    pub fn reader(&self) -> LogReader<D> {
        LogReader::new(Rc::clone(&self.disk), self.pool.clone())
    }

    /// Bytes of records ([`Record::disk_bytes`]) that can be appended together.
    pub fn group_bytes_max(&self) -> u64 {
        let head = self.head_bytes();
        let segment = self.options.segment_bytes.saturating_sub(head + self.control_bytes());
        segment.min(LOG_GROUP_BYTES_MAX)
    }

    /// Bytes at the end of each segment that only intents and commits may use, so that they never need new space.
    fn control_bytes(&self) -> u64 {
        (self.options.segment_bytes / 16) & !(ALIGNMENT as u64 - 1)
    }

    fn head_bytes(&self) -> u64 {
        let mut checkpoint_bytes = self.book.checkpoint().disk_bytes();
        // The current segment will be one more that the checkpoint names.
        checkpoint_bytes += ALIGNMENT;
        (ALIGNMENT + 2 * checkpoint_bytes) as u64
    }

    /// Appends the records as one group. When this returns, all of them are durable and may be acknowledged.
    ///
    /// Positions are given to the events in the order of the records; a failed group's are never given again.
    ///
    /// # Errors
    /// After an error nothing of the group is acknowledged; it may be appended again, and then gets new positions.
    /// [`LogError::Full`] when the budget or the disk is used up.
    pub async fn append(&mut self, records: &[Record]) -> Result<Vec<RecordPlace>, LogError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let group_bytes = self.check_group(records)?;
        let has_blocks = records.iter().any(Record::is_block);
        self.make_room(group_bytes, has_blocks).await?;
        let first_position = self.book.next_position;
        let events: u64 = records.iter().map(Record::entry_count).sum();
        assert!(first_position + events < LOG_POSITION_MAX, "positions do not run out");
        self.book.next_position += events;
        let places = match self.write_group(records, first_position).await {
            Ok(places) => places,
            Err(error) => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "a log segment is given up");
                self.close_current().await;
                self.begin_segment(has_blocks).await?;
                match self.write_group(records, first_position).await {
                    Ok(places) => places,
                    Err(error) => {
                        self.close_current().await;
                        return Err(error);
                    }
                }
            }
        };
        self.account(records, &places);
        Ok(places)
    }

    /// Makes a commit durable, then deletes the segments that nobody needs any more.
    ///
    /// # Errors
    /// As [`Log::append`]. A failed deletion is none: it is tried again with the next commit.
    pub async fn commit(&mut self, commit: Commit) -> Result<(), LogError> {
        self.append(&[Record::Commit(commit)]).await?;
        if let Err(error) = self.release().await {
            tracing::warn!(%error, "a log segment could not be deleted, it is tried again later");
        }
        Ok(())
    }

    /// Deletes the closed segments whose blocks are all committed; returns how many.
    ///
    /// # Errors
    /// [`LogError::Io`] when a deletion failed; it is tried again with the next call.
    pub async fn release(&mut self) -> Result<usize, LogError> {
        // Without a current segment nothing durable repeats what the closed ones say.
        if self.current.as_ref().is_none_or(|current| current.is_in_doubt) {
            return Ok(0);
        }
        for index in 0..self.book.closed.len() {
            let segment = &self.book.closed[index];
            if segment.is_deleted || !self.book.is_releasable(segment) {
                continue;
            }
            let name = segment_name(segment.sequence);
            match self.disk.remove(&name).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(LogError::io("delete", &name)(error));
                }
                Ok(()) | Err(_) => self.book.closed[index].is_deleted = true,
            }
        }
        let before = self.book.closed.len();
        if self.book.closed.iter().any(|segment| segment.is_deleted) {
            self.disk.sync_directory().await.map_err(LogError::io("sync", "its folder"))?;
            self.book.closed.retain(|segment| !segment.is_deleted);
        }
        Ok(before - self.book.closed.len())
    }

    /// Checks everything that can be wrong with a group; returns its bytes.
    fn check_group(&mut self, records: &[Record]) -> Result<u64, LogError> {
        for (index, record) in records.iter().enumerate() {
            record.check().map_err(|source| LogError::Record { index, source })?;
            let current = self.current.as_ref().map(|current| &current.segment);
            if !self.book.take_in(record.dataset(), current) {
                let count = self.book.datasets.len();
                return Err(LogError::Datasets { count, dataset: record.dataset().clone() });
            }
            if let Record::Commit(commit) = record {
                self.check_commit(commit, &records[..index])?;
            }
        }
        let intents = records.iter().filter(|record| matches!(record, Record::Intent(_))).count();
        let count = self.book.pending.len();
        if intents > 0 && count + intents > LOG_PENDING_INTENTS_MAX {
            return Err(LogError::PendingIntents { count });
        }
        let bytes = records.iter().map(|record| record.disk_bytes() as u64).sum();
        let bytes_max = self.group_bytes_max();
        if bytes > bytes_max {
            return Err(LogError::GroupTooLarge { bytes, bytes_max });
        }
        Ok(bytes)
    }

    /// A commit says that every earlier position of its dataset is stored too: then no earlier intent may be open
    /// but those that a commit `before` it in the group answers.
    fn check_commit(&self, commit: &Commit, before: &[Record]) -> Result<(), LogError> {
        let is_answered = |last: u64| {
            before.iter().any(|record| match record {
                Record::Commit(earlier) => earlier.dataset == commit.dataset && earlier.last >= last,
                Record::Block { .. } | Record::Intent(_) => false,
            })
        };
        let mut passed_over = self.book.passed_over(commit).filter(|intent| !is_answered(intent.last));
        let Some(intent) = passed_over.next() else { return Ok(()) };
        Err(LogError::CommitOutOfOrder {
            dataset: commit.dataset.clone(),
            last: commit.last,
            pending_first: intent.first,
            pending_last: intent.last,
        })
    }

    /// Sees to it that the current segment has room for the group, by a new segment if need be.
    async fn make_room(&mut self, group_bytes: u64, has_blocks: bool) -> Result<(), LogError> {
        if self.current.as_ref().is_some_and(|current| current.is_in_doubt) {
            self.close_current().await;
        }
        let kept = if has_blocks { self.control_bytes() } else { 0 };
        let used_bytes = self.used_bytes();
        let fits = self
            .current
            .as_ref()
            .is_some_and(|current| current.segment.end + group_bytes + kept <= current.segment.file_bytes);
        if fits && used_bytes <= self.bytes_max(has_blocks) {
            return Ok(());
        }
        self.begin_segment(has_blocks).await
    }

    /// The budget: intents and commits may use all of it, so that space can always be given back.
    fn bytes_max(&self, has_blocks: bool) -> u64 {
        let kept = if has_blocks { self.options.segment_bytes } else { 0 };
        self.options.disk_bytes_max - kept
    }

    /// Begins a segment: of the whole length, or of a small one when only that has room and no block needs it.
    async fn begin_segment(&mut self, has_blocks: bool) -> Result<(), LogError> {
        if !self.has_budget(self.options.segment_bytes, has_blocks)
            && let Err(error) = self.release().await
        {
            tracing::warn!(%error, "a log segment could not be deleted, it is tried again later");
        }
        let whole = self.try_segment(self.options.segment_bytes, has_blocks).await;
        match whole {
            Err(error) if is_full(&error) && !has_blocks => {
                let bytes = LOG_CONTROL_SEGMENT_BYTES.max(self.head_bytes() * 2);
                self.try_segment(bytes.min(self.options.segment_bytes), has_blocks).await
            }
            other => other,
        }
    }

    fn has_budget(&self, bytes: u64, has_blocks: bool) -> bool {
        let fits = self.used_bytes() + bytes <= self.bytes_max(has_blocks);
        // One segment more than blocks may have, for intents and commits.
        let segments_max = LOG_SEGMENTS_MAX - usize::from(has_blocks);
        fits && self.segment_count() < segments_max
    }

    async fn try_segment(&mut self, bytes: u64, has_blocks: bool) -> Result<(), LogError> {
        if !self.has_budget(bytes, has_blocks) {
            return Err(self.full());
        }
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let name = segment_name(sequence);
        let file = match self.new_file(&name, bytes).await {
            Ok(file) => file,
            Err(error) if error.is_storage_full() => return Err(self.full()),
            Err(error) => return Err(error),
        };
        // From here on the old segment gets nothing more: the new one says where it ends.
        self.close_current().await;
        let nonce = self.nonces.next_u64();
        let segment = ClosedSegment::new(sequence, bytes, 0);
        let mut current = Current { file, segment, nonce, is_in_doubt: true };
        match self.write_head(&mut current, &name).await {
            Ok(()) => {
                self.current = Some(current);
                Ok(())
            }
            Err(error) => {
                self.retire(current).await;
                Err(error)
            }
        }
    }

    fn full(&self) -> LogError {
        LogError::Full { used_bytes: self.used_bytes(), disk_bytes_max: self.options.disk_bytes_max }
    }

    /// A new, empty file of this length. When it cannot be had, none is left behind.
    async fn new_file(&self, name: &str, bytes: u64) -> Result<D::File, LogError> {
        let file = self.disk.create(name).await.map_err(LogError::io("create", name))?;
        if let Err(error) = file.preallocate(bytes).await {
            let closed = file.close().await;
            let removed = self.disk.remove(name).await;
            if let Err(error) = closed.and(removed) {
                tracing::warn!(segment = name, %error, "an empty log segment is left behind");
            }
            return Err(LogError::io("take space for", name)(error));
        }
        Ok(file)
    }

    /// Writes header and checkpoints, durable with the file's name when this returns.
    async fn write_head(&self, current: &mut Current<D::File>, name: &str) -> Result<(), LogError> {
        let sequence = current.segment.sequence;
        let checkpoint = self.book.checkpoint();
        let checkpoint_bytes = checkpoint.disk_bytes();
        let head_bytes = ALIGNMENT + 2 * checkpoint_bytes;
        if head_bytes as u64 > current.segment.file_bytes {
            return Err(self.full());
        }
        let mut buffer = current.file.buffer(head_bytes);
        let header = SegmentHeader {
            version: VERSION,
            shard: self.options.shard,
            instance_hash: instance_hash(&self.options.instance),
            sequence,
            nonce: current.nonce,
            next_position: self.book.next_position,
            previous: checkpoint.segments.last().copied().unwrap_or(SegmentEnd::default()),
        };
        let (first, copies) = buffer.as_mut().split_at_mut(ALIGNMENT);
        header.encode(first);
        for (copy, bytes) in copies.chunks_exact_mut(checkpoint_bytes).enumerate() {
            let offset = (ALIGNMENT + copy * checkpoint_bytes) as u64;
            let first_position = self.book.next_position;
            let place = Placed { sequence, nonce: current.nonce, offset, group_start: 0, first_position };
            checkpoint.encode(&place, bytes);
        }
        write_whole(&current.file, buffer, 0).await.map_err(LogError::io("write", name))?;
        current.file.sync().await.map_err(LogError::io("sync", name))?;
        self.disk.sync_directory().await.map_err(LogError::io("sync", "its folder"))?;
        current.segment.end = head_bytes as u64;
        current.is_in_doubt = false;
        Ok(())
    }

    /// Writes the group behind the synced records, all of it in flight together, and syncs once.
    async fn write_group(
        &mut self,
        records: &[Record],
        first_position: u64,
    ) -> Result<Vec<RecordPlace>, LogError> {
        let Some(current) = &mut self.current else { return Err(self.full()) };
        assert!(!current.is_in_doubt, "nothing is written to a segment in doubt");
        assert!(current.segment.end.is_multiple_of(ALIGNMENT as u64), "records are aligned");
        let name = segment_name(current.segment.sequence);
        current.is_in_doubt = true;
        let mut place = Placed {
            sequence: current.segment.sequence,
            nonce: current.nonce,
            offset: current.segment.end,
            group_start: current.segment.end,
            first_position,
        };
        let mut writes = Vec::with_capacity(records.len());
        let mut places = Vec::with_capacity(records.len());
        for record in records {
            let mut buffer = current.file.buffer(record.disk_bytes());
            let header = record.encode(&place, buffer.as_mut());
            writes.push(write_whole(&current.file, buffer, place.offset));
            place.offset = header.end();
            place.first_position += record.entry_count();
            places.extend(RecordPlace::of(&header));
        }
        assert!(place.offset <= current.segment.file_bytes, "a group never leaves its segment");
        assert_eq!(places.len(), records.len(), "each record has its place");
        let written: io::Result<Vec<()>> = join_all(writes).await.into_iter().collect();
        written.map_err(LogError::io("write", &name))?;
        current.file.sync().await.map_err(LogError::io("sync", &name))?;
        current.segment.end = place.offset;
        current.is_in_doubt = false;
        Ok(places)
    }

    /// Notes what is durable now.
    fn account(&mut self, records: &[Record], places: &[RecordPlace]) {
        let Some(current) = &mut self.current else { return };
        for (record, place) in records.iter().zip(places) {
            assert_eq!(place.segment, current.segment.sequence, "a group is in one segment");
            match record {
                Record::Block { dataset, .. } => current.segment.note_block(dataset, place.last_position()),
                Record::Intent(intent) => {
                    self.book.pending.retain(|known| !known.intent.is_same_range(intent));
                    self.book.pending.push(PendingIntent { segment: place.segment, intent: intent.clone() });
                }
                Record::Commit(commit) => self.book.note_committed(&commit.dataset, commit.last),
            }
        }
        self.book.forget_committed_intents();
    }

    /// Ends the current segment where its synced records end.
    async fn close_current(&mut self) {
        if let Some(current) = self.current.take() {
            self.retire(current).await;
        }
    }

    async fn retire(&mut self, current: Current<D::File>) {
        let Current { file, segment, .. } = current;
        let (name, end) = (segment_name(segment.sequence), segment.end);
        // Noted before anything is waited for: the caller may drop this future, the next segment must still say
        // where this one ends.
        self.book.closed.push(segment);
        // Gives back what was not used, and drops what a failed write may have left. Best effort.
        match file.truncate(end).await {
            Ok(()) => {
                if let Some(segment) = self.book.closed.last_mut() {
                    segment.file_bytes = end;
                }
            }
            Err(error) => tracing::warn!(segment = name, %error, "unused space of a log segment is kept"),
        }
        if let Err(error) = file.close().await {
            tracing::warn!(segment = name, %error, "a log segment was not closed cleanly");
        }
    }
}

fn is_full(error: &LogError) -> bool {
    matches!(error, LogError::Full { .. }) || error.is_storage_full()
}

/// Writes a buffer as a whole; a short write is a failure.
async fn write_whole<F: DiskFile>(file: &F, buffer: F::Buffer, offset: u64) -> io::Result<()> {
    let length = buffer.as_ref().len();
    let written = file.write_at(buffer, offset).await?;
    if written < length {
        return Err(io::Error::new(
            io::ErrorKind::WriteZero,
            format!("{written} of {length} bytes were written"),
        ));
    }
    Ok(())
}
