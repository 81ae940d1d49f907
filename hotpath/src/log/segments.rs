//! The account of a log's segments: what is committed, and which segments nobody needs any more. No I/O.

use crate::limits::LOG_DATASETS_MAX;
use crate::log::format::SegmentEnd;
use crate::log::payload::{Checkpoint, Commit, Intent};
use crate::names::DatasetKey;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A segment that takes no more records.
#[derive(Debug)]
pub struct ClosedSegment {
    /// Its number.
    pub sequence: u64,
    /// Bytes of its file.
    pub file_bytes: u64,
    /// Where the records that count end.
    pub end: u64,
    /// Whether damaged bytes of it were not copied anywhere else.
    pub keeps_damage: bool,
    /// Deleted, but the folder was not synced since: a power loss may bring it back.
    pub is_deleted: bool,
    /// Last position of each dataset in it.
    last_positions: HashMap<DatasetKey, u64>,
}

impl ClosedSegment {
    /// A segment without blocks.
    pub fn new(sequence: u64, file_bytes: u64, end: u64) -> Self {
        Self {
            sequence,
            file_bytes,
            end,
            keeps_damage: false,
            is_deleted: false,
            last_positions: HashMap::new(),
        }
    }

    /// Notes a block of the segment.
    pub fn note_block(&mut self, dataset: &DatasetKey, last_position: u64) {
        match self.last_positions.get_mut(dataset) {
            Some(last) => {
                assert!(*last < last_position, "positions of a dataset only grow");
                *last = last_position;
            }
            None => {
                self.last_positions.insert(dataset.clone(), last_position);
            }
        }
    }
}

/// An intent without a commit, and the segment that holds it.
#[derive(Debug)]
pub struct PendingIntent {
    /// Number of the segment.
    pub segment: u64,
    /// The intent.
    pub intent: Intent,
}

/// What is true of the log as a whole.
#[derive(Debug, Default)]
pub struct Bookkeeping {
    /// Position of the next event.
    pub next_position: u64,
    /// Every dataset that any record is about.
    pub datasets: BTreeSet<DatasetKey>,
    /// Last committed position of each dataset.
    pub committed: BTreeMap<DatasetKey, u64>,
    /// Intents without a commit, in their order.
    pub pending: Vec<PendingIntent>,
    /// Segments that take no more records, oldest first.
    pub closed: Vec<ClosedSegment>,
}

impl Bookkeeping {
    /// Whether a position of a dataset is in a committed object.
    pub fn is_committed(&self, dataset: &DatasetKey, position: u64) -> bool {
        self.committed.get(dataset).is_some_and(|last| position <= *last)
    }

    /// Notes that a dataset is committed up to `last`; less than before changes nothing.
    pub fn note_committed(&mut self, dataset: &DatasetKey, last: u64) {
        match self.committed.get_mut(dataset) {
            Some(known) => *known = last.max(*known),
            None => {
                self.committed.insert(dataset.clone(), last);
            }
        }
    }

    /// Drops the intents that a commit answers.
    pub fn forget_committed_intents(&mut self) {
        let committed = &self.committed;
        self.pending.retain(|pending| {
            committed.get(&pending.intent.dataset).is_none_or(|last| *last < pending.intent.last)
        });
    }

    /// The earlier intents of the same dataset that a commit would pass over.
    pub fn passed_over(&self, commit: &Commit) -> impl Iterator<Item = &Intent> {
        let intents = self.pending.iter().map(|pending| &pending.intent);
        intents.filter(|intent| intent.dataset == commit.dataset && intent.last < commit.first)
    }

    /// Whether a record of this dataset can be accounted for; notes the dataset when it can. `current` is the
    /// segment being written.
    pub fn take_in(&mut self, dataset: &DatasetKey, current: Option<&ClosedSegment>) -> bool {
        if self.datasets.contains(dataset) {
            return true;
        }
        if self.datasets.len() >= LOG_DATASETS_MAX {
            self.forget_absent_datasets(current);
        }
        if self.datasets.len() >= LOG_DATASETS_MAX {
            return false;
        }
        self.datasets.insert(dataset.clone())
    }

    /// Forgets commits of datasets that have neither a row nor an intent in any segment. A segment counts until it
    /// is deleted for good, see [`ClosedSegment::is_deleted`].
    fn forget_absent_datasets(&mut self, current: Option<&ClosedSegment>) {
        let (closed, pending) = (&self.closed, &self.pending);
        let is_present = |dataset: &DatasetKey| {
            let mut segments = closed.iter().chain(current);
            segments.any(|segment| segment.last_positions.contains_key(dataset))
                || pending.iter().any(|pending| pending.intent.dataset == *dataset)
        };
        self.datasets.retain(is_present);
        self.committed.retain(|dataset, _| is_present(dataset));
    }

    /// Whether nobody needs a closed segment any more.
    pub fn is_releasable(&self, segment: &ClosedSegment) -> bool {
        let all_committed =
            segment.last_positions.iter().all(|(dataset, last)| self.is_committed(dataset, *last));
        let holds_intent = self.pending.iter().any(|pending| pending.segment == segment.sequence);
        all_committed && !holds_intent && !segment.keeps_damage
    }

    /// Bytes of all closed segments that are still there.
    pub fn closed_bytes(&self) -> u64 {
        let present = self.closed.iter().filter(|segment| !segment.is_deleted);
        present.map(|segment| segment.file_bytes).sum()
    }

    /// What the head of a new segment says.
    pub fn checkpoint(&self) -> Checkpoint {
        let end = |segment: &ClosedSegment| SegmentEnd { sequence: segment.sequence, end: segment.end };
        Checkpoint {
            next_position: self.next_position,
            committed: self.committed.iter().map(|(dataset, last)| (dataset.clone(), *last)).collect(),
            segments: self.closed.iter().map(end).collect(),
        }
    }
}
