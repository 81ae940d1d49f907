//! The account of events of one dataset on one shard: `received = stored + filtered + rejected + dropped + in flight`.
//!
//! Three parts of a shard change the account: the executor takes events in, the encoder filters them, the uploader
//! stores them. Each has a *tally* of its own with exactly one writer, so nobody waits for anybody. A movement of events
//! (say: 400 received, 400 more in flight) is written to a tally as one group under a sequence lock, so a reader sees all
//! of it or nothing. Each tally balances by itself after each movement; therefore the sum of the tallies balances too,
//! even though they are read one after the other.
//!
//! `in_flight` is kept by the callers, who know it from the blocks they hold; it is not computed from the other numbers.
//! Only so does a balance of 0 say something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Why an event was refused. The sender was told, where the protocol has a way to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum RejectReason {
    /// No bytes at all: an empty datagram or an empty frame.
    Empty,
    /// Larger than the input takes, and of a kind that cannot be cut.
    TooLarge,
    /// The envelope could not be read (a body that is not valid gzip, a frame without end); a message inside a sound
    /// envelope is never rejected for its shape.
    Malformed,
    /// The sender did not say who it is, or not rightly.
    Unauthorized,
    /// Taken, and given back before any of it was in the log, because the log took nothing.
    Withdrawn,
}

impl RejectReason {
    /// Every reason, in the order of [`Movement::rejected`].
    pub const ALL: [Self; 5] =
        [Self::Empty, Self::TooLarge, Self::Malformed, Self::Unauthorized, Self::Withdrawn];

    /// The reason's name in metrics and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Unauthorized => "unauthorized",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Why a received event was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum DropReason {
    /// The kernel's receive buffer was full; known from the socket's drop counter (`SO_RXQ_OVFL`).
    KernelUdp,
    /// The log is at its limit on disk and the sender cannot be slowed (UDP).
    LogFull,
    /// The block pool is used up and the sender cannot be slowed (UDP).
    NoMemory,
    /// The log could not be written.
    LogFailed,
    /// A block of the log was damaged when it was read back.
    LogDamaged,
    /// Finished files that wait for their upload are at their limit on disk, and the sender cannot be slowed (UDP).
    SpoolFull,
    /// A decoder held them until it knew how to decode them, and the dataset was given another format meanwhile.
    FormatChanged,
}

impl DropReason {
    /// Every reason, in the order of [`Movement::dropped`].
    pub const ALL: [Self; 7] = [
        Self::KernelUdp,
        Self::LogFull,
        Self::NoMemory,
        Self::LogFailed,
        Self::LogDamaged,
        Self::SpoolFull,
        Self::FormatChanged,
    ];

    /// The reason's name in metrics and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::KernelUdp => "kernel_udp",
            Self::LogFull => "log_full",
            Self::NoMemory => "no_memory",
            Self::LogFailed => "log_failed",
            Self::LogDamaged => "log_damaged",
            Self::SpoolFull => "spool_full",
            Self::FormatChanged => "format_changed",
        }
    }
}

/// What is counted beside the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Aside {
    /// Events cut at the input's `max_message_bytes` (they go on, with a mark).
    OversizeCut,
    /// Connections refused because the input had `max_connections`.
    ConnectionLimit,
    /// Events kept whole in `raw` because they could not be parsed.
    ParseErrors,
    /// Events that went on with what a filter could not do in `_errors`.
    FilterErrors,
    /// Of `received`: events read back from the log at start.
    Replayed,
    /// Bytes of the events received.
    BytesReceived,
    /// Bytes of the Parquet files stored.
    BytesStored,
    /// Parquet files stored.
    FilesStored,
    /// Of `received`: records beyond the first one of the event that they came in.
    Unfolded,
    /// Of `stored`: rows that are kept as dead letters: a filter failed on them, or no receiver took them.
    DeadLetters,
}

impl Aside {
    /// Every number, in the order of [`Movement::aside`].
    pub const ALL: [Self; 10] = [
        Self::OversizeCut,
        Self::ConnectionLimit,
        Self::ParseErrors,
        Self::FilterErrors,
        Self::Replayed,
        Self::BytesReceived,
        Self::BytesStored,
        Self::FilesStored,
        Self::Unfolded,
        Self::DeadLetters,
    ];

    /// The number's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::OversizeCut => "oversize_cut",
            Self::ConnectionLimit => "connection_limit",
            Self::ParseErrors => "parse_errors",
            Self::FilterErrors => "filter_errors",
            Self::Replayed => "replayed",
            Self::BytesReceived => "bytes_received",
            Self::BytesStored => "bytes_stored",
            Self::FilesStored => "files_stored",
            Self::Unfolded => "unfolded",
            Self::DeadLetters => "dead_letters",
        }
    }
}

/// Events that move at one moment, and, summed up, an account. Unit: events, but for the bytes in [`Aside`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// Taken from the network (or from the log at start), refused and lost ones included. An event that holds several
    /// records, as a datagram of flows does, counts as one until it is decoded, and as its records from then on.
    pub received: u64,
    /// Rows in a committed object.
    pub stored: u64,
    /// Removed by a filter of the dataset.
    pub filtered: u64,
    /// Refused, by [`RejectReason`].
    pub rejected: [u64; RejectReason::ALL.len()],
    /// Lost, by [`DropReason`].
    pub dropped: [u64; DropReason::ALL.len()],
    /// Change of the number held between receipt and one of the ends above.
    pub in_flight: i64,
    /// Numbers beside the balance, by [`Aside`].
    pub aside: [u64; Aside::ALL.len()],
}

impl Movement {
    /// `events` were taken in and are held.
    pub fn receive(events: u64, bytes: u64) -> Self {
        let mut movement = Self { received: events, in_flight: signed(events), ..Self::default() };
        movement.aside[Aside::BytesReceived as usize] = bytes;
        movement
    }

    /// Events that are held turned out to be so many records more.
    pub fn unfold(records: u64) -> Self {
        let mut movement = Self { received: records, in_flight: signed(records), ..Self::default() };
        movement.aside[Aside::Unfolded as usize] = records;
        movement
    }

    /// `events` were refused at the door: received and rejected, never held.
    pub fn refuse(reason: RejectReason, events: u64) -> Self {
        let mut movement = Self { received: events, ..Self::default() };
        movement.rejected[reason as usize] = events;
        movement
    }

    /// `events` that were held were given back to their sender.
    pub fn refuse_held(reason: RejectReason, events: u64) -> Self {
        let mut movement = Self { in_flight: -signed(events), ..Self::default() };
        movement.rejected[reason as usize] = events;
        movement
    }

    /// `events` were lost at the door (kernel drops, no memory, log full): received and dropped, never held.
    pub fn lose_at_receipt(reason: DropReason, events: u64) -> Self {
        let mut movement = Self { received: events, ..Self::default() };
        movement.dropped[reason as usize] = events;
        movement
    }

    /// `events` that were held are lost.
    pub fn lose_held(reason: DropReason, events: u64) -> Self {
        let mut movement = Self { in_flight: -signed(events), ..Self::default() };
        movement.dropped[reason as usize] = events;
        movement
    }

    /// `events` that were held were removed by a filter.
    pub fn filter(events: u64) -> Self {
        Self { filtered: events, in_flight: -signed(events), ..Self::default() }
    }

    /// `rows` are in committed objects, for which `held_events` are held no longer. Both come from different books (the
    /// files' rows; the positions of the cut), so that a difference between them shows.
    pub fn store(rows: u64, held_events: u64) -> Self {
        Self { stored: rows, in_flight: -signed(held_events), ..Self::default() }
    }

    /// The same movement with `amount` counted under `aside`.
    pub fn and(mut self, aside: Aside, amount: u64) -> Self {
        let slot = &mut self.aside[aside as usize];
        *slot = slot.wrapping_add(amount);
        self
    }

    /// Adds another account to this one.
    pub fn add(&mut self, other: &Self) {
        let mut sum = self.to_words();
        for (word, added) in sum.iter_mut().zip(other.to_words()) {
            *word = word.wrapping_add(added);
        }
        *self = Self::from_words(&sum);
    }

    /// Events refused, for whatever reason.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.iter().sum()
    }

    /// Events lost, for whatever reason.
    pub fn dropped_total(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// The count for one number beside the balance.
    pub fn aside(&self, aside: Aside) -> u64 {
        self.aside[aside as usize]
    }

    /// `received - (stored + filtered + rejected + dropped + in flight)`; 0, or events were lost or doubled unseen.
    pub fn imbalance(&self) -> i64 {
        let ends = self
            .stored
            .wrapping_add(self.filtered)
            .wrapping_add(self.rejected_total())
            .wrapping_add(self.dropped_total())
            .wrapping_add(self.in_flight.cast_unsigned());
        self.received.wrapping_sub(ends).cast_signed()
    }

    fn to_words(self) -> [u64; WORDS] {
        let mut words = [0; WORDS];
        let head = [self.received, self.stored, self.filtered, self.in_flight.cast_unsigned()];
        let values = head.iter().chain(&self.rejected).chain(&self.dropped).chain(&self.aside);
        for (word, value) in words.iter_mut().zip(values) {
            *word = *value;
        }
        words
    }

    fn from_words(words: &[u64; WORDS]) -> Self {
        let mut rest = words.iter().copied();
        let mut next = || rest.next().unwrap_or_default();
        Self {
            received: next(),
            stored: next(),
            filtered: next(),
            in_flight: next().cast_signed(),
            rejected: std::array::from_fn(|_| next()),
            dropped: std::array::from_fn(|_| next()),
            aside: std::array::from_fn(|_| next()),
        }
    }
}

/// Numbers in a [`Movement`].
const WORDS: usize = 4 + RejectReason::ALL.len() + DropReason::ALL.len() + Aside::ALL.len();

fn signed(events: u64) -> i64 {
    events.cast_signed()
}

/// A group of numbers with one writer. On cache lines of its own, so that writers on different CPUs do not disturb
/// each other.
#[derive(Debug)]
#[repr(align(128))]
struct Tally {
    /// Odd while the group is being written.
    sequence: AtomicU64,
    words: [AtomicU64; WORDS],
}

impl Tally {
    fn new() -> Self {
        Self { sequence: AtomicU64::new(0), words: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Only the one [`TallyWriter`] of this tally calls this, so plain loads and stores do. The two fences are the
    /// known form of a sequence lock over atomics: nobody sees a new word under an old sequence number.
    fn record(&self, movement: &Movement) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, added) in self.words.iter().zip(movement.to_words()) {
            if added != 0 {
                word.store(word.load(Ordering::Relaxed).wrapping_add(added), Ordering::Relaxed);
            }
        }
        self.sequence.store(sequence.wrapping_add(2), Ordering::Release);
    }

    /// Reads the group as it stood at one moment. Tries again while a write is under way (a write takes nanoseconds);
    /// gives way to the writer when that has lost its CPU in the middle.
    fn read(&self) -> Movement {
        let mut tries = 0_u32;
        loop {
            let before = self.sequence.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let words: [u64; WORDS] =
                    std::array::from_fn(|index| self.words[index].load(Ordering::Relaxed));
                fence(Ordering::Acquire);
                if self.sequence.load(Ordering::Relaxed) == before {
                    return Movement::from_words(&words);
                }
            }
            tries += 1;
            if tries.is_multiple_of(64) {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }
}

/// The account of one dataset on one shard, as a reader has it.
#[derive(Debug)]
pub struct DatasetCounters {
    executor: Tally,
    encoder: Tally,
    uploader: Tally,
}

/// The right to write one tally. There is one for each tally; it cannot be cloned.
#[derive(Debug)]
pub struct TallyWriter {
    counters: Arc<DatasetCounters>,
    part: Part,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Executor,
    Encoder,
    Uploader,
}

/// The writers of a [`DatasetCounters`], one for each part of a shard that moves events.
#[derive(Debug)]
pub struct DatasetWriters {
    /// For the executor: receipt, rejection, loss, replay.
    pub executor: TallyWriter,
    /// For the encoder thread: what filters removed, what could not be parsed.
    pub encoder: TallyWriter,
    /// For the uploader: what is stored.
    pub uploader: TallyWriter,
}

impl DatasetCounters {
    /// An account with all numbers 0, and its writers.
    pub fn new() -> (Arc<Self>, DatasetWriters) {
        let counters =
            Arc::new(Self { executor: Tally::new(), encoder: Tally::new(), uploader: Tally::new() });
        let writer = |part| TallyWriter { counters: Arc::clone(&counters), part };
        let writers = DatasetWriters {
            executor: writer(Part::Executor),
            encoder: writer(Part::Encoder),
            uploader: writer(Part::Uploader),
        };
        (counters, writers)
    }

    /// The account now; its imbalance is that of the movements written, never that of a write half seen.
    ///
    /// Read against the way of the events, ends first: an event whose end is seen was received before, and that is
    /// read later; so `in_flight` is never below what the movements say.
    pub fn read(&self) -> Movement {
        let mut account = self.uploader.read();
        account.add(&self.encoder.read());
        account.add(&self.executor.read());
        account
    }
}

impl TallyWriter {
    /// Counts one movement, as one. Does not wait, does not allocate.
    pub fn record(&mut self, movement: &Movement) {
        let tally = match self.part {
            Part::Executor => &self.counters.executor,
            Part::Encoder => &self.counters.encoder,
            Part::Uploader => &self.counters.uploader,
        };
        tally.record(movement);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc;

    #[test]
    fn words_and_back_is_the_same_movement() {
        let words: [u64; WORDS] = std::array::from_fn(|index| index as u64 + 1);
        assert_eq!(Movement::from_words(&words).to_words(), words);
    }

    #[test]
    fn every_movement_balances_by_itself() {
        let movements = [
            Movement::receive(10, 1_000),
            Movement::refuse(RejectReason::Malformed, 3),
            Movement::refuse_held(RejectReason::Withdrawn, 6),
            Movement::lose_at_receipt(DropReason::KernelUdp, 7),
            Movement::lose_held(DropReason::LogDamaged, 2),
            Movement::filter(4),
            Movement::store(5, 5),
            Movement::default().and(Aside::OversizeCut, 9),
        ];
        for movement in movements {
            assert_eq!(movement.imbalance(), 0, "{movement:?}");
        }
    }

    #[test]
    fn the_account_adds_up_what_the_parts_wrote() {
        let (counters, mut writers) = DatasetCounters::new();
        writers.executor.record(&Movement::receive(100, 25_000));
        writers.executor.record(&Movement::lose_at_receipt(DropReason::KernelUdp, 5));
        writers.encoder.record(&Movement::filter(30).and(Aside::ParseErrors, 2));
        writers.uploader.record(&Movement::store(60, 60).and(Aside::FilesStored, 1));
        let account = counters.read();
        assert_eq!(account.received, 105);
        assert_eq!(account.stored, 60);
        assert_eq!(account.filtered, 30);
        assert_eq!(account.dropped_total(), 5);
        assert_eq!(account.in_flight, 10);
        assert_eq!(account.aside(Aside::BytesReceived), 25_000);
        assert_eq!(account.aside(Aside::ParseErrors), 2);
        assert_eq!(account.imbalance(), 0);
    }

    #[test]
    fn a_row_lost_between_file_and_log_shows_as_an_imbalance() {
        let (counters, mut writers) = DatasetCounters::new();
        writers.executor.record(&Movement::receive(100, 0));
        writers.uploader.record(&Movement::store(99, 100));
        assert_eq!(counters.read().imbalance(), 1);
    }

    /// Three writers hand events on as the real parts do, while a reader looks all the time. Each look must balance and
    /// must never show more ends than receipts. Without the sequence check, or with the tallies read in the other
    /// order, this fails within milliseconds.
    #[test]
    fn every_look_at_a_running_account_balances() {
        const MOVEMENTS: u64 = 200_000;
        let (counters, mut writers) = DatasetCounters::new();
        let (to_encoder, from_executor) = mpsc::sync_channel::<u64>(64);
        let (to_uploader, from_encoder) = mpsc::sync_channel::<u64>(64);
        let finished = AtomicBool::new(false);

        let looks = std::thread::scope(|scope| {
            scope.spawn(move || {
                for number in 0..MOVEMENTS {
                    let events = number % 7 + 1;
                    writers.executor.record(&Movement::receive(events, 10));
                    writers.executor.record(&Movement::lose_at_receipt(DropReason::NoMemory, number % 3));
                    to_encoder.send(events).unwrap();
                }
            });
            scope.spawn(move || {
                while let Ok(events) = from_executor.recv() {
                    writers.encoder.record(&Movement::filter(1));
                    to_uploader.send(events - 1).unwrap();
                }
            });
            let uploader = scope.spawn(move || {
                while let Ok(events) = from_encoder.recv() {
                    writers.uploader.record(&Movement::store(events, events));
                }
            });
            let reader = scope.spawn(|| {
                let mut looks = 0_u64;
                while !finished.load(Ordering::Relaxed) {
                    let account = counters.read();
                    assert_eq!(account.imbalance(), 0, "{account:?}");
                    assert!(account.in_flight >= 0, "{account:?}");
                    looks += 1;
                }
                looks
            });
            uploader.join().unwrap();
            finished.store(true, Ordering::Relaxed);
            reader.join().unwrap()
        });

        assert!(looks > 0);
        let account = counters.read();
        assert_eq!(account.in_flight, 0);
        assert_eq!(account.filtered, MOVEMENTS);
        assert_eq!(account.received, account.stored + account.filtered + account.dropped_total());
    }
}
