//! The account of events of every dataset: `received = stored + filtered + rejected + dropped + in flight`.
//!
//! Who moves events writes tallies ([`hotpath::account`]); this sums them up for whoever looks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotpath::account::{Aside, DatasetCounters, DatasetWriters, DropReason, Movement, RejectReason};
use hotpath::names::DatasetKey;
use serde::Serialize;

use crate::limits::LEDGER_ACCOUNTS_MAX;

/// Every account of this process.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: Mutex<BTreeMap<(DatasetKey, u16), Account>>,
}

/// The account of one dataset on one shard.
#[derive(Debug, Default)]
struct Account {
    /// What was counted by writers that are gone (the dataset was taken out by a reload, or its shard restarted).
    closed: Movement,
    open: Vec<Arc<DatasetCounters>>,
}

/// The ledger holds as many accounts as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger holds {LEDGER_ACCOUNTS_MAX} accounts already; use fewer datasets or shards")]
pub struct LedgerFull;

impl Ledger {
    /// Opens an account and gives out the right to write it. A dataset that comes back goes on where it was.
    ///
    /// # Errors
    /// When there are [`LEDGER_ACCOUNTS_MAX`] accounts.
    pub fn open(&self, dataset: &DatasetKey, shard: u16) -> Result<DatasetWriters, LedgerFull> {
        let mut accounts = self.lock();
        let key = (dataset.clone(), shard);
        if !accounts.contains_key(&key) && accounts.len() >= LEDGER_ACCOUNTS_MAX {
            return Err(LedgerFull);
        }
        let account = accounts.entry(key).or_default();
        account.close_abandoned();
        let (counters, writers) = DatasetCounters::new();
        account.open.push(counters);
        Ok(writers)
    }

    /// Every account, by dataset and shard. Each balances as of one moment; see [`DatasetCounters::read`].
    pub fn shards(&self) -> Vec<ShardAccount> {
        let accounts = self.lock();
        accounts
            .iter()
            .map(|((dataset, shard), account)| ShardAccount {
                dataset: dataset.clone(),
                shard: *shard,
                events: account.read(),
            })
            .collect()
    }

    /// The account of each dataset, all shards together.
    pub fn account(&self) -> Vec<DatasetAccount> {
        let mut sums: BTreeMap<DatasetKey, Movement> = BTreeMap::new();
        for shard in self.shards() {
            sums.entry(shard.dataset).or_default().add(&shard.events);
        }
        sums.iter().map(|(dataset, events)| DatasetAccount::new(dataset, events)).collect()
    }

    /// The map is only ever added to under the lock, so it is whole even after a panic elsewhere.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(DatasetKey, u16), Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn read(&self) -> Movement {
        let mut sum = self.closed;
        for counters in &self.open {
            sum.add(&counters.read());
        }
        sum
    }

    /// Keeps the numbers of writers that are gone, so that reloads do not pile counters up.
    fn close_abandoned(&mut self) {
        let closed = &mut self.closed;
        self.open.retain(|counters| {
            // Only the writers hold the others, and they cannot be made anew.
            let abandoned = Arc::strong_count(counters) == 1;
            if abandoned {
                // Seen after the count: the drop of the last writer released what it wrote.
                std::sync::atomic::fence(std::sync::atomic::Ordering::Acquire);
                closed.add(&counters.read());
            }
            !abandoned
        });
    }
}

/// The numbers of one dataset on one shard.
#[derive(Clone, Debug)]
pub struct ShardAccount {
    /// The dataset.
    pub dataset: DatasetKey,
    /// The shard's number.
    pub shard: u16,
    /// The numbers.
    pub events: Movement,
}

/// The account of one dataset, as `GET /api/v1/ledger` answers it. Unit: events, but for the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DatasetAccount {
    /// Whose it is.
    pub tenant: String,
    /// Its name.
    pub dataset: String,
    /// Taken in; refused and lost ones included.
    pub received: u64,
    /// Rows in committed objects.
    pub stored: u64,
    /// Removed by filters.
    pub filtered: u64,
    /// Refused, in all.
    pub rejected: u64,
    /// Lost, in all.
    pub dropped: u64,
    /// On their way.
    pub in_flight: i64,
    /// `received - (stored + filtered + rejected + dropped + in_flight)`; anything but 0 is a fault of ours.
    pub imbalance: i64,
    /// Refused, by reason.
    pub rejected_by_reason: BTreeMap<&'static str, u64>,
    /// Lost, by reason.
    pub dropped_by_reason: BTreeMap<&'static str, u64>,
    /// Numbers beside the balance: cut events, refused connections, bytes, files.
    pub aside: BTreeMap<&'static str, u64>,
}

impl DatasetAccount {
    fn new(dataset: &DatasetKey, events: &Movement) -> Self {
        let rejected = RejectReason::ALL.iter().map(|reason| reason.name()).zip(events.rejected);
        let dropped = DropReason::ALL.iter().map(|reason| reason.name()).zip(events.dropped);
        let aside = Aside::ALL.iter().map(|aside| aside.name()).zip(events.aside);
        Self {
            tenant: dataset.tenant().to_owned(),
            dataset: dataset.dataset().to_owned(),
            received: events.received,
            stored: events.stored,
            filtered: events.filtered,
            rejected: events.rejected_total(),
            dropped: events.dropped_total(),
            in_flight: events.in_flight,
            imbalance: events.imbalance(),
            rejected_by_reason: rejected.collect(),
            dropped_by_reason: dropped.collect(),
            aside: aside.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(name: &str) -> DatasetKey {
        DatasetKey::new("acme", name).unwrap()
    }

    #[test]
    fn the_shards_of_a_dataset_are_added_up() {
        let ledger = Ledger::default();
        let mut first = ledger.open(&dataset("fw"), 0).unwrap();
        let mut second = ledger.open(&dataset("fw"), 1).unwrap();
        let _other = ledger.open(&dataset("dns"), 0).unwrap();
        first.executor.record(&Movement::receive(10, 1000));
        first.uploader.record(&Movement::store(4, 4));
        second.executor.record(&Movement::lose_at_receipt(DropReason::KernelUdp, 3));
        second.executor.record(&Movement::refuse(RejectReason::Empty, 2));

        let accounts = ledger.account();
        let names: Vec<&str> = accounts.iter().map(|account| account.dataset.as_str()).collect();
        assert_eq!(names, ["dns", "fw"]);
        let account = serde_json::to_value(&accounts[1]).unwrap();
        assert_eq!(
            account,
            serde_json::json!({
                "tenant": "acme", "dataset": "fw",
                "received": 15, "stored": 4, "filtered": 0, "rejected": 2, "dropped": 3, "in_flight": 6,
                "imbalance": 0,
                "rejected_by_reason": {"empty": 2, "malformed": 0, "too_large": 0, "unauthorized": 0, "withdrawn": 0},
                "dropped_by_reason":
                    {"kernel_udp": 3, "log_failed": 0, "log_full": 0, "log_damaged": 0, "no_memory": 0, "spool_full": 0, "format_changed": 0},
                "aside": {
                    "bytes_received": 1000, "bytes_stored": 0, "connection_limit": 0, "files_stored": 0,
                    "filter_errors": 0, "oversize_cut": 0, "parse_errors": 0, "replayed": 0, "unfolded": 0,
                },
            })
        );
    }

    #[test]
    fn a_dataset_that_comes_back_goes_on_where_it_was() {
        let ledger = Ledger::default();
        for _ in 0..50 {
            let mut writers = ledger.open(&dataset("fw"), 0).unwrap();
            writers.executor.record(&Movement::receive(2, 0));
            writers.uploader.record(&Movement::store(2, 2));
        }
        let account = &ledger.account()[0];
        assert_eq!((account.received, account.stored, account.imbalance), (100, 100, 0));
        // What is gone does not pile up.
        assert_eq!(ledger.lock().values().map(|account| account.open.len()).sum::<usize>(), 1);
    }

    #[test]
    fn a_difference_between_the_books_shows() {
        let ledger = Ledger::default();
        let mut writers = ledger.open(&dataset("fw"), 0).unwrap();
        writers.executor.record(&Movement::receive(10, 0));
        writers.uploader.record(&Movement::store(9, 10));
        assert_eq!(ledger.account()[0].imbalance, 1);
    }
}
