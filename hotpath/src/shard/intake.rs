//! Where events enter a shard: one open block for each dataset, sealed when it is full or its time is up.

use std::collections::VecDeque;
use std::rc::Rc;

use super::acknowledgement::{Acknowledgement, BatchPart};
use crate::account::{Aside, DropReason, Movement, RejectReason, TallyWriter};
use crate::block::{Block, BlockPool, Peer, SealedBlock};

/// Index of a dataset on its shard; it stays the same as long as the process runs.
pub(crate) type DatasetIndex = usize;

/// A block that is complete and waits to be logged.
#[derive(Debug)]
pub(crate) struct SealedIntake {
    pub(crate) dataset: DatasetIndex,
    pub(crate) block: SealedBlock,
    /// Batches that have events in it; their senders wait.
    pub(crate) batches: Vec<BatchPart>,
}

impl SealedIntake {
    /// Takes back the batches of which nothing can be in the log, and returns what it had of them.
    fn withdraw(&mut self) -> Vec<BatchPart> {
        let withdrawn: Vec<BatchPart> = self.batches.extract_if(.., |part| part.withdraw()).collect();
        if !withdrawn.is_empty() {
            self.block = self.block.without(withdrawn.iter().map(|part| part.entries.clone()));
        }
        withdrawn
    }
}

#[derive(Debug)]
struct OpenBlock {
    block: Block,
    batches: Vec<BatchPart>,
    cut_events: u64,
    /// Events, their bytes, and how many of them were cut, as far as the account has them.
    accounted: (u64, u64, u64),
}

impl OpenBlock {
    /// What the account has not yet.
    fn account(&mut self) -> Movement {
        let (events, bytes, cut_events) = self.accounted;
        self.accounted = (self.block.entry_count() as u64, self.block.used_bytes() as u64, self.cut_events);
        Movement::receive(self.accounted.0 - events, self.accounted.1 - bytes)
            .and(Aside::OversizeCut, self.accounted.2 - cut_events)
    }

    /// The last event belongs to this batch, whose events come one after the other.
    fn note_batch(&mut self, acknowledgement: &Rc<Acknowledgement>) {
        let end = self.block.entry_count();
        match self.batches.last_mut() {
            Some(part) if part.is_of(acknowledgement) => part.entries.end = end,
            _ => self.batches.push(BatchPart::new(acknowledgement, end - 1..end)),
        }
    }
}

#[derive(Debug)]
struct DatasetIntake {
    open: Option<OpenBlock>,
    tally: TallyWriter,
}

/// Why an event was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotTaken;

/// The open blocks of a shard, and the sealed ones that its log has not yet.
#[derive(Debug)]
pub(crate) struct Intake {
    pool: BlockPool,
    /// Blocks of the pool that are left for reading back from the log.
    reserve_blocks: usize,
    datasets: Vec<DatasetIntake>,
    sealed: VecDeque<SealedIntake>,
    /// Receipt of the first event in any open block, in microseconds since 1970.
    oldest_open_us: Option<i64>,
    someone_waits: bool,
}

impl Intake {
    pub(crate) fn new(pool: BlockPool) -> Self {
        let reserve_blocks = (pool.blocks_max() / 16).max(1);
        Self {
            pool,
            reserve_blocks,
            datasets: Vec::new(),
            sealed: VecDeque::new(),
            oldest_open_us: None,
            someone_waits: false,
        }
    }

    /// Adds a dataset; its index is the number of those before it.
    pub(crate) fn add_dataset(&mut self, tally: TallyWriter) -> DatasetIndex {
        self.datasets.push(DatasetIntake { open: None, tally });
        self.datasets.len() - 1
    }

    /// The account's part that the executor writes.
    pub(crate) fn tally(&mut self, dataset: DatasetIndex) -> &mut TallyWriter {
        // An index is only had from `add_dataset`, and datasets are never removed.
        &mut self.datasets[dataset].tally
    }

    /// Takes one event.
    ///
    /// # Errors
    /// [`NotTaken`] when no block is left; the caller slows its sender or counts the loss.
    pub(crate) fn push(
        &mut self,
        dataset: DatasetIndex,
        bytes: &[u8],
        peer: &Peer,
        received_us: i64,
        truncated: bool,
    ) -> Result<(), NotTaken> {
        if self.datasets[dataset].open.is_none() {
            self.open_block(dataset, received_us)?;
        }
        if let Some(open) = &mut self.datasets[dataset].open
            && open.block.push(bytes, peer, received_us, truncated).is_ok()
        {
            open.cut_events += u64::from(truncated);
            return Ok(());
        }
        self.seal(dataset);
        self.open_block(dataset, received_us)?;
        let Some(open) = &mut self.datasets[dataset].open else { return Err(NotTaken) };
        open.cut_events += u64::from(truncated);
        open.block.push(bytes, peer, received_us, truncated).map_err(|_| NotTaken)
    }

    fn open_block(&mut self, dataset: DatasetIndex, received_us: i64) -> Result<(), NotTaken> {
        if self.pool.available() <= self.reserve_blocks {
            return Err(NotTaken);
        }
        let memory = self.pool.take().ok_or(NotTaken)?;
        let block = Block::new(memory, received_us);
        let open = OpenBlock { block, batches: Vec::new(), cut_events: 0, accounted: (0, 0, 0) };
        self.datasets[dataset].open = Some(open);
        self.oldest_open_us.get_or_insert(received_us);
        Ok(())
    }

    /// Takes one event of a batch whose sender waits until all of it is durable.
    ///
    /// # Errors
    /// As [`Intake::push`].
    pub(crate) fn push_of_batch(
        &mut self,
        dataset: DatasetIndex,
        event: (&[u8], bool),
        peer: &Peer,
        received_us: i64,
        acknowledgement: &Rc<Acknowledgement>,
    ) -> Result<(), NotTaken> {
        let (bytes, truncated) = event;
        self.push(dataset, bytes, peer, received_us, truncated)?;
        self.someone_waits = true;
        if let Some(open) = &mut self.datasets[dataset].open {
            open.note_batch(acknowledgement);
        }
        Ok(())
    }

    /// Counts events that were lost at the door.
    pub(crate) fn lost(&mut self, dataset: DatasetIndex, reason: DropReason, events: u64) {
        self.tally(dataset).record(&Movement::lose_at_receipt(reason, events));
    }

    fn seal(&mut self, dataset: DatasetIndex) {
        let state = &mut self.datasets[dataset];
        let Some(mut open) = state.open.take() else { return };
        state.tally.record(&open.account());
        self.sealed.push_back(SealedIntake { dataset, block: open.block.seal(), batches: open.batches });
    }

    /// Brings the account up to what lies in open blocks, which stay open long while the log takes nothing.
    pub(crate) fn account_for_open(&mut self) {
        for state in &mut self.datasets {
            if let Some(open) = &mut state.open {
                state.tally.record(&open.account());
            }
        }
    }

    /// Takes back every batch of which nothing can be in the log, from a group that the log has refused and from all
    /// blocks behind it; their senders are told to try again. A block that has nothing left is gone.
    pub(crate) fn withdraw_batches(&mut self, group: &mut Vec<SealedIntake>) {
        for dataset in 0..self.datasets.len() {
            if self.datasets[dataset].open.as_ref().is_some_and(|open| !open.batches.is_empty()) {
                self.seal(dataset);
            }
        }
        for sealed in group.iter_mut().chain(&mut self.sealed) {
            let withdrawn = sealed.withdraw();
            let events = withdrawn.iter().map(|part| part.entries.len() as u64).sum();
            // Before the senders are told, which happens when the last part is dropped.
            self.datasets[sealed.dataset]
                .tally
                .record(&Movement::refuse_held(RejectReason::Withdrawn, events));
        }
        group.retain(|sealed| !sealed.block.entries().is_empty());
        self.sealed.retain(|sealed| !sealed.block.entries().is_empty());
    }

    /// Seals every open block.
    pub(crate) fn seal_all(&mut self) {
        for dataset in 0..self.datasets.len() {
            self.seal(dataset);
        }
        self.oldest_open_us = None;
        self.someone_waits = false;
    }

    /// Whether sealed blocks wait to be logged.
    pub(crate) fn has_sealed(&self) -> bool {
        !self.sealed.is_empty()
    }

    /// Whether a sender waits for what lies in open blocks.
    pub(crate) fn someone_waits(&self) -> bool {
        self.someone_waits
    }

    /// When the first event in an open block was received, in microseconds since 1970.
    pub(crate) fn oldest_open_us(&self) -> Option<i64> {
        self.oldest_open_us
    }

    /// Up to `blocks_max` sealed blocks of about `bytes_max` bytes together, oldest first; at least one if there is one.
    pub(crate) fn take_sealed(&mut self, blocks_max: usize, bytes_max: u64) -> Vec<SealedIntake> {
        let mut bytes = 0;
        let mut count = 0;
        for sealed in self.sealed.iter().take(blocks_max) {
            bytes += sealed.block.logged_bytes_max() as u64;
            if count > 0 && bytes > bytes_max {
                break;
            }
            count += 1;
        }
        self.sealed.drain(..count).collect()
    }

    /// Whether stream senders are to be slowed: three quarters of the blocks are in use.
    pub(crate) fn is_congested(&self) -> bool {
        self.pool.available() * 4 <= self.pool.blocks_max()
    }

    /// Whether a batch of so many bytes fits as a whole.
    pub(crate) fn has_room_for(&self, bytes: usize) -> bool {
        let blocks = bytes / (crate::limits::BLOCK_BYTES / 2) + 1;
        self.pool.available() > self.reserve_blocks + blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::DatasetCounters;
    use crate::block::SourceType;
    use crate::shard::acknowledgement::IngestOutcome;

    fn peer() -> Peer {
        Peer::new("192.0.2.1:1".parse().unwrap(), SourceType::Syslog)
    }

    fn intake(blocks: usize) -> (Intake, std::sync::Arc<DatasetCounters>) {
        let mut intake = Intake::new(BlockPool::new(4096, blocks));
        let (counters, writers) = DatasetCounters::new();
        intake.add_dataset(writers.executor);
        (intake, counters)
    }

    #[test]
    fn a_full_block_is_sealed_and_the_event_goes_to_the_next() {
        let (mut intake, counters) = intake(8);
        for _ in 0..3 {
            intake.push(0, &[7; 2000], &peer(), 5, false).unwrap();
        }
        let sealed = intake.take_sealed(10, u64::MAX);
        assert_eq!(sealed.len(), 1);
        assert_eq!(sealed[0].block.entries().len(), 2);
        assert_eq!(counters.read().received, 2, "events are accounted for with their block");
        intake.seal_all();
        assert_eq!(counters.read().received, 3);
        assert_eq!(counters.read().imbalance(), 0);
    }

    #[test]
    fn without_a_block_the_event_is_not_taken_and_nothing_else_is_lost() {
        let (mut intake, _) = intake(3);
        let mut taken = 0;
        while intake.push(0, &[7; 2000], &peer(), 5, false).is_ok() {
            taken += 1;
        }
        intake.seal_all();
        let sealed = intake.take_sealed(10, u64::MAX);
        assert_eq!(sealed.iter().map(|sealed| sealed.block.entries().len()).sum::<usize>(), taken);
        drop(sealed);
        assert!(intake.push(0, b"x", &peer(), 5, false).is_ok());
    }

    fn push_batch(intake: &mut Intake, events: usize) -> async_channel::Receiver<IngestOutcome> {
        let (reply, answer) = async_channel::bounded(1);
        let acknowledgement = Acknowledgement::new(reply);
        for _ in 0..events {
            intake.push_of_batch(0, (&[7; 1000], false), &peer(), 5, &acknowledgement).unwrap();
        }
        answer
    }

    #[test]
    fn a_block_that_is_dropped_unlogged_is_never_acknowledged() {
        let (mut intake, _) = intake(8);
        let answer = push_batch(&mut intake, 6);
        assert!(intake.someone_waits());
        intake.seal_all();
        drop(intake.take_sealed(10, u64::MAX));
        assert_eq!(answer.try_recv(), Ok(IngestOutcome::Failed));
    }

    #[test]
    fn batches_are_taken_back_from_every_block_and_other_events_stay() {
        let (mut intake, counters) = intake(16);
        intake.push(0, b"stream", &peer(), 5, false).unwrap();
        // Blocks take four of these: the first batch ends in the second block, where the second one begins.
        let first = push_batch(&mut intake, 5);
        let second = push_batch(&mut intake, 4);
        let mut group = intake.take_sealed(1, u64::MAX);
        assert_eq!(group.len(), 1);
        intake.withdraw_batches(&mut group);
        assert_eq!(first.try_recv(), Ok(IngestOutcome::Busy));
        assert_eq!(second.try_recv(), Ok(IngestOutcome::Busy));
        let left: Vec<&[u8]> =
            group.iter().flat_map(|sealed| sealed.block.events()).map(|e| e.bytes).collect();
        assert_eq!(left, [b"stream"]);
        assert!(!intake.has_sealed());
        let account = counters.read();
        assert_eq!((account.received, account.rejected_total(), account.in_flight), (10, 9, 1));
        assert_eq!(account.imbalance(), 0);
    }

    #[test]
    fn a_batch_that_has_a_part_in_the_log_stays_whole() {
        let (mut intake, counters) = intake(16);
        let answer = push_batch(&mut intake, 6);
        intake.seal_all();
        for part in &intake.take_sealed(1, u64::MAX)[0].batches {
            part.set_durable();
        }
        let mut group = intake.take_sealed(1, u64::MAX);
        intake.withdraw_batches(&mut group);
        assert_eq!(group[0].block.entries().len(), 2);
        assert_eq!(counters.read().rejected_total(), 0);
        group[0].batches[0].set_durable();
        drop(group);
        assert_eq!(answer.try_recv(), Ok(IngestOutcome::Durable));
    }

    #[test]
    fn what_lies_in_an_open_block_is_accounted_for_once() {
        let (mut intake, counters) = intake(8);
        intake.push(0, b"cut", &peer(), 5, true).unwrap();
        intake.account_for_open();
        intake.account_for_open();
        intake.push(0, b"whole", &peer(), 5, false).unwrap();
        assert_eq!(counters.read().received, 1);
        intake.seal_all();
        let account = counters.read();
        assert_eq!((account.received, account.aside(Aside::OversizeCut)), (2, 1));
        assert_eq!(account.aside(Aside::BytesReceived), 8);
    }
}
