//! Drives a log at random and knows what it has promised.

use super::disk::SimulatedDisk;
use super::{block_record, dataset, open, texts};
use hotpath::log::{Commit, Intent, Log, Record, Recovery};
use rand::Rng;
use rand::rngs::StdRng;
use std::collections::{BTreeMap, BTreeSet};

const DATASETS: [&str; 3] = ["fw", "web", "dns"];

#[derive(Debug, Clone)]
struct Promised {
    first_position: u64,
    last_position: u64,
    events: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Model {
    /// Acknowledged blocks of each dataset, those that are surely committed left out.
    promised: BTreeMap<&'static str, Vec<Promised>>,
    committed: BTreeMap<&'static str, u64>,
    /// Commits that were asked for; they may have become durable even if they were not acknowledged.
    commit_asked: BTreeMap<&'static str, u64>,
    /// Events that were given to the log and not acknowledged: they may turn up once, until the next start.
    unanswered: BTreeSet<String>,
    pub next_event: u64,
    position_floor: u64,
    pub appends_refused: u64,
    pub appends_done: u64,
    pub appends_withdrawn: u64,
}

fn texts_of(record: &Record) -> Vec<String> {
    match record {
        Record::Block { block, .. } => texts(block),
        Record::Intent(_) | Record::Commit(_) => Vec::new(),
    }
}

impl Model {
    /// One random operation. Errors of the log are answered as a caller would: the group is tried again.
    pub async fn step(&mut self, log: &mut Log<SimulatedDisk>, random: &mut StdRng) {
        if random.random_bool(0.25) {
            self.commit(log, random).await;
        } else {
            self.append(log, random).await;
        }
    }

    async fn append(&mut self, log: &mut Log<SimulatedDisk>, random: &mut StdRng) {
        let mut group = Vec::new();
        for _ in 0..random.random_range(1..4) {
            let name = DATASETS[random.random_range(0..DATASETS.len())];
            let mut events = Vec::new();
            for _ in 0..random.random_range(1..5) {
                let length = if random.random_bool(0.2) { 20_000 } else { random.random_range(0..600) };
                events.push(format!("event {} {}", self.next_event, "x".repeat(length)));
                self.next_event += 1;
            }
            group.push((name, events));
        }
        self.unanswered.extend(group.iter().flat_map(|(_, events)| events.iter().cloned()));
        let records: Vec<Record> = group.iter().map(|(name, events)| block_record(name, events)).collect();
        let mut may_be_logged = false;
        for _ in 0..2 {
            let next_position = log.next_position();
            let Ok(places) = log.append(&records).await else {
                self.appends_refused += 1;
                may_be_logged |= log.next_position() != next_position;
                continue;
            };
            self.appends_done += 1;
            for (place, (name, events)) in places.into_iter().zip(group) {
                assert!(place.first_position >= self.position_floor, "a position was given twice");
                self.position_floor = place.last_position() + 1;
                events.iter().for_each(|event| assert!(self.unanswered.remove(event)));
                let promised = Promised {
                    first_position: place.first_position,
                    last_position: place.last_position(),
                    events,
                };
                self.promised.entry(name).or_default().push(promised);
            }
            return;
        }
        if !may_be_logged {
            // The log gave no position, so it wrote nothing: these must never turn up.
            self.appends_withdrawn += 1;
            records.iter().flat_map(texts_of).for_each(|event| assert!(self.unanswered.remove(&event)));
        }
    }

    async fn commit(&mut self, log: &mut Log<SimulatedDisk>, random: &mut StdRng) {
        let name = DATASETS[random.random_range(0..DATASETS.len())];
        let Some(blocks) = self.promised.get(name).filter(|blocks| !blocks.is_empty()) else { return };
        let upto = random.random_range(0..blocks.len());
        let last = blocks[upto].last_position;
        let keys = vec![format!("acme/{name}/0-{last}.parquet")];
        let intent = Intent { dataset: dataset(name), first: 0, last, keys };
        if log.append(&[Record::Intent(intent)]).await.is_err() {
            return;
        }
        let asked = self.commit_asked.entry(name).or_insert(last);
        *asked = last.max(*asked);
        if log.commit(Commit { dataset: dataset(name), first: 0, last }).await.is_ok() {
            self.committed.insert(name, last.max(self.committed.get(name).copied().unwrap_or(0)));
            let blocks = self.promised.entry(name).or_default();
            blocks.retain(|block| block.last_position > last);
        }
    }

    /// Opens the log again and holds what it says against what was promised.
    pub async fn reopen(&mut self, disk: &SimulatedDisk, what: &str) -> Log<SimulatedDisk> {
        let (log, recovery) = open(disk.clone()).await.unwrap();
        self.check(&log, recovery, what).await;
        log
    }

    pub async fn check(&mut self, log: &Log<SimulatedDisk>, recovery: Recovery, what: &str) {
        assert_eq!(recovery.damage, [], "{what}: no bit was flipped");
        assert!(recovery.next_position >= self.position_floor, "{what}: positions would be given twice");
        let mut found: BTreeMap<&'static str, Vec<Promised>> = BTreeMap::new();
        let mut floor = 0;
        let reader = log.reader();
        for place in &recovery.blocks {
            assert!(place.first_position >= floor, "{what}: a position turned up twice");
            floor = place.last_position() + 1;
            let name = DATASETS.into_iter().find(|name| *name == place.dataset.dataset()).unwrap();
            let events = texts(&reader.read(place).await.unwrap());
            let (first_position, last_position) = (place.first_position, place.last_position());
            found.entry(name).or_default().push(Promised { first_position, last_position, events });
        }
        for name in DATASETS {
            let committed = recovery.committed.get(&dataset(name)).copied();
            self.check_dataset(name, committed, found.remove(name).unwrap_or_default(), what);
        }
        self.unanswered.clear();
        // Positions of a torn record, which nobody has seen, may be given again.
        self.position_floor = self.position_floor.max(floor);
    }

    fn check_dataset(
        &mut self,
        name: &'static str,
        committed: Option<u64>,
        found: Vec<Promised>,
        what: &str,
    ) {
        let sure = self.committed.get(name).copied();
        let asked = self.commit_asked.get(name).copied();
        assert!(committed >= sure || !self.has_rows(name), "{what}: {name}: a commit was lost");
        assert!(committed <= asked.max(sure), "{what}: {name}: a commit was invented");
        let done = |position: u64| committed.is_some_and(|last| position <= last);
        let mut rest = found.iter().peekable();
        for block in self.promised.remove(name).unwrap_or_default() {
            if done(block.last_position) {
                continue;
            }
            loop {
                let Some(next) = rest.next() else { panic!("{what}: {name}: acknowledged events were lost") };
                if next.first_position == block.first_position {
                    assert_eq!(next.events, block.events, "{what}: {name}: an event changed");
                    break;
                }
                self.expect_unanswered(name, next, what);
            }
        }
        for extra in rest {
            self.expect_unanswered(name, extra, what);
        }
        if let Some(last) = committed {
            self.committed.insert(name, last);
            self.commit_asked.insert(name, last);
        }
        self.promised.insert(name, found);
    }

    fn has_rows(&self, name: &str) -> bool {
        self.promised.get(name).is_some_and(|blocks| !blocks.is_empty())
    }

    fn expect_unanswered(&mut self, name: &str, block: &Promised, what: &str) {
        for event in &block.events {
            assert!(self.unanswered.remove(event), "{what}: {name}: an event turned up twice");
        }
    }
}
