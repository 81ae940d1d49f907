//! Where events enter a shard: one open block for each dataset, sealed when it is full or its time is up.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::account::{Aside, DropReason, Movement, TallyWriter};
use crate::block::{Block, BlockPool, Peer, SealedBlock};

/// Index of a dataset on its shard; it stays the same as long as the process runs.
pub(crate) type DatasetIndex = usize;

/// What became of a batch whose sender waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IngestOutcome {
    /// Every event of it is on disk.
    Durable,
    /// Nothing of it was taken: the shard is out of memory or log space. Try again later.
    Busy,
    /// The log could not be written; whether the events will be there after a restart is not known.
    Failed,
}

/// The promise to answer one sender once all blocks of its batch are durable.
#[derive(Debug)]
pub(crate) struct Acknowledgement {
    reply: async_channel::Sender<IngestOutcome>,
    /// Set only by the group commit that covers the last block. Whatever is dropped without it was not logged.
    is_durable: Cell<bool>,
    has_failed: Cell<bool>,
}

impl Acknowledgement {
    pub(crate) fn new(reply: async_channel::Sender<IngestOutcome>) -> Rc<Self> {
        Rc::new(Self { reply, is_durable: Cell::new(false), has_failed: Cell::new(false) })
    }

    /// The block that carries it, and with it every earlier one, is on disk.
    pub(crate) fn set_durable(&self) {
        self.is_durable.set(true);
    }

    /// Not all of the batch was taken.
    pub(crate) fn fail(&self) {
        self.has_failed.set(true);
    }
}

impl Drop for Acknowledgement {
    /// The block that carried it is durable, or is gone without being logged. A sender that no longer waits is no error.
    fn drop(&mut self) {
        let is_durable = self.is_durable.get() && !self.has_failed.get();
        let outcome = if is_durable { IngestOutcome::Durable } else { IngestOutcome::Failed };
        let _ = self.reply.try_send(outcome);
    }
}

/// A block that is complete and waits to be logged.
#[derive(Debug)]
pub(crate) struct SealedIntake {
    pub(crate) dataset: DatasetIndex,
    pub(crate) block: SealedBlock,
    pub(crate) acknowledgements: Vec<Rc<Acknowledgement>>,
}

#[derive(Debug)]
struct OpenBlock {
    block: Block,
    acknowledgements: Vec<Rc<Acknowledgement>>,
    cut_events: u64,
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
        self.datasets[dataset].open = Some(OpenBlock { block, acknowledgements: Vec::new(), cut_events: 0 });
        self.oldest_open_us.get_or_insert(received_us);
        Ok(())
    }

    /// Promises an answer once everything that the dataset has taken so far is durable.
    pub(crate) fn acknowledge_when_durable(
        &mut self,
        dataset: DatasetIndex,
        acknowledgement: Rc<Acknowledgement>,
    ) {
        self.someone_waits = true;
        if let Some(open) = &mut self.datasets[dataset].open {
            open.acknowledgements.push(acknowledgement);
            return;
        }
        let last = self.sealed.iter_mut().rev().find(|sealed| sealed.dataset == dataset);
        if let Some(last) = last {
            last.acknowledgements.push(acknowledgement);
        }
    }

    /// Counts events that were lost at the door.
    pub(crate) fn lost(&mut self, dataset: DatasetIndex, reason: DropReason, events: u64) {
        self.tally(dataset).record(&Movement::lose_at_receipt(reason, events));
    }

    fn seal(&mut self, dataset: DatasetIndex) {
        let state = &mut self.datasets[dataset];
        let Some(open) = state.open.take() else { return };
        let movement = Movement::receive(open.block.entry_count() as u64, open.block.used_bytes() as u64)
            .and(Aside::OversizeCut, open.cut_events);
        state.tally.record(&movement);
        self.sealed.push_back(SealedIntake {
            dataset,
            block: open.block.seal(),
            acknowledgements: open.acknowledgements,
        });
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

    fn sealed_with_acknowledgement() -> (Vec<SealedIntake>, async_channel::Receiver<IngestOutcome>) {
        let (mut intake, _) = intake(8);
        let (reply, answer) = async_channel::bounded(1);
        for _ in 0..3 {
            intake.push(0, &[7; 2000], &peer(), 5, false).unwrap();
        }
        intake.acknowledge_when_durable(0, Acknowledgement::new(reply));
        assert!(intake.someone_waits());
        intake.seal_all();
        (intake.take_sealed(10, u64::MAX), answer)
    }

    #[test]
    fn a_sender_is_told_durable_when_the_last_of_its_blocks_is_on_disk() {
        let (mut sealed, answer) = sealed_with_acknowledgement();
        drop(sealed.remove(0));
        assert!(answer.try_recv().is_err());
        sealed[0].acknowledgements[0].set_durable();
        drop(sealed);
        assert_eq!(answer.try_recv(), Ok(IngestOutcome::Durable));
    }

    #[test]
    fn a_block_that_is_dropped_unlogged_is_never_acknowledged() {
        let (sealed, answer) = sealed_with_acknowledgement();
        drop(sealed);
        assert_eq!(answer.try_recv(), Ok(IngestOutcome::Failed));
    }

    #[test]
    fn a_batch_that_was_not_taken_whole_has_failed_even_when_its_blocks_are_on_disk() {
        let (sealed, answer) = sealed_with_acknowledgement();
        sealed[1].acknowledgements[0].fail();
        sealed[1].acknowledgements[0].set_durable();
        drop(sealed);
        assert_eq!(answer.try_recv(), Ok(IngestOutcome::Failed));
    }
}
