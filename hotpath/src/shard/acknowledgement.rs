//! The promise to answer a sender that waits, kept whatever becomes of its batch.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

/// What became of a batch whose sender waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IngestOutcome {
    /// Every event of it is on disk.
    Durable,
    /// Nothing of it is kept: the shard is out of memory, or its log or spool takes nothing. Try again later.
    Busy,
    /// The log could not be written; whether the events will be there after a restart is not known.
    Failed,
}

/// The promise to answer one sender once all parts of its batch are durable, or none of them will be.
#[derive(Debug)]
pub(crate) struct Acknowledgement {
    reply: async_channel::Sender<IngestOutcome>,
    /// Parts that no group commit has covered. Whatever is dropped before that was not logged.
    parts_left: Cell<usize>,
    /// A part was given to the log for writing: from then on it may be on disk.
    may_be_logged: Cell<bool>,
    is_withdrawn: Cell<bool>,
    has_failed: Cell<bool>,
}

impl Acknowledgement {
    pub(crate) fn new(reply: async_channel::Sender<IngestOutcome>) -> Rc<Self> {
        Rc::new(Self {
            reply,
            parts_left: Cell::new(0),
            may_be_logged: Cell::new(false),
            is_withdrawn: Cell::new(false),
            has_failed: Cell::new(false),
        })
    }

    /// Not all of the batch was taken.
    pub(crate) fn fail(&self) {
        self.has_failed.set(true);
    }

    fn outcome(&self) -> IngestOutcome {
        if self.is_withdrawn.get() {
            return IngestOutcome::Busy;
        }
        let is_durable = self.parts_left.get() == 0 && !self.has_failed.get();
        if is_durable { IngestOutcome::Durable } else { IngestOutcome::Failed }
    }
}

impl Drop for Acknowledgement {
    /// Every part is durable, or is gone without being logged. A sender that no longer waits is no error.
    fn drop(&mut self) {
        let _ = self.reply.try_send(self.outcome());
    }
}

/// The events of one batch that lie in one block; their sender is answered when the last part is dropped.
#[derive(Debug)]
pub(crate) struct BatchPart {
    acknowledgement: Rc<Acknowledgement>,
    /// The batch's entries in the block.
    pub(crate) entries: Range<usize>,
}

impl BatchPart {
    pub(crate) fn new(acknowledgement: &Rc<Acknowledgement>, entries: Range<usize>) -> Self {
        acknowledgement.parts_left.set(acknowledgement.parts_left.get() + 1);
        Self { acknowledgement: Rc::clone(acknowledgement), entries }
    }

    pub(crate) fn is_of(&self, acknowledgement: &Rc<Acknowledgement>) -> bool {
        Rc::ptr_eq(&self.acknowledgement, acknowledgement)
    }

    /// The block is on disk.
    pub(crate) fn set_durable(&self) {
        let acknowledgement = &self.acknowledgement;
        acknowledgement.may_be_logged.set(true);
        acknowledgement.parts_left.set(acknowledgement.parts_left.get().saturating_sub(1));
    }

    /// The block was given to the log for writing, which failed: nobody knows whether it is on disk.
    pub(crate) fn set_may_be_logged(&self) {
        self.acknowledgement.may_be_logged.set(true);
    }

    /// Takes the batch back and says whether that was possible: only while no part of it can be on disk. The caller
    /// then removes this part's events; the batch's other parts are asked the same and say the same.
    pub(crate) fn withdraw(&self) -> bool {
        let is_withdrawn = !self.acknowledgement.may_be_logged.get();
        self.acknowledgement.is_withdrawn.set(is_withdrawn);
        is_withdrawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch_of_two() -> (BatchPart, BatchPart, async_channel::Receiver<IngestOutcome>) {
        let (reply, answer) = async_channel::bounded(1);
        let acknowledgement = Acknowledgement::new(reply);
        let (first, second) =
            (BatchPart::new(&acknowledgement, 0..2), BatchPart::new(&acknowledgement, 0..1));
        (first, second, answer)
    }

    #[test]
    fn a_sender_is_told_durable_when_the_last_part_is_on_disk() {
        let (first, second, answer) = batch_of_two();
        first.set_durable();
        drop(first);
        assert!(answer.try_recv().is_err());
        second.set_durable();
        drop(second);
        assert_eq!(answer.try_recv(), Ok(IngestOutcome::Durable));
    }

    #[test]
    fn one_part_that_is_dropped_unlogged_is_a_failure() {
        let (first, second, answer) = batch_of_two();
        first.set_durable();
        drop((first, second));
        assert_eq!(answer.try_recv(), Ok(IngestOutcome::Failed));
    }

    #[test]
    fn a_batch_that_was_not_taken_whole_has_failed_even_when_its_parts_are_on_disk() {
        let (first, second, answer) = batch_of_two();
        first.acknowledgement.fail();
        first.set_durable();
        second.set_durable();
        drop((first, second));
        assert_eq!(answer.try_recv(), Ok(IngestOutcome::Failed));
    }

    #[test]
    fn what_cannot_be_in_the_log_is_taken_back_as_a_whole() {
        let (first, second, answer) = batch_of_two();
        assert!(first.withdraw());
        assert!(second.withdraw());
        drop((first, second));
        assert_eq!(answer.try_recv(), Ok(IngestOutcome::Busy));
    }

    #[test]
    fn once_a_part_is_or_may_be_in_the_log_nothing_is_taken_back() {
        for note in [BatchPart::set_durable, BatchPart::set_may_be_logged] {
            let (first, second, answer) = batch_of_two();
            note(&first);
            assert!(!second.withdraw());
            drop((first, second));
            assert_eq!(answer.try_recv(), Ok(IngestOutcome::Failed));
        }
    }
}
