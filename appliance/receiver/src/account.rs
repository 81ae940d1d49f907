//! The account of events of this role.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytefreezer_core::ledger::Ledger;
use hotpath::account::{Aside, DatasetWriters, Movement, RejectReason};
use hotpath::names::DatasetKey;
use tracing::error;

use crate::decode::PackedRows;

/// The number under which the account is kept; there are no shards here.
const SHARD: u16 = 0;

/// The accounts of all datasets.
#[derive(Debug)]
pub struct Accounts {
    ledger: Arc<Ledger>,
    writers: Mutex<HashMap<DatasetKey, DatasetWriters>>,
}

impl Accounts {
    /// Over the ledger of the process.
    pub fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, writers: Mutex::default() }
    }

    /// A batch of rows was taken in.
    pub fn receive_rows(&self, dataset: &DatasetKey, rows: u64, bytes: u64) {
        self.record(dataset, &Movement::receive(rows, bytes));
    }

    /// It was not, after all.
    pub fn withdraw_rows(&self, dataset: &DatasetKey, rows: u64) {
        self.record(dataset, &Movement::refuse_held(RejectReason::Withdrawn, rows));
    }

    /// Events were taken in and became rows.
    pub fn receive_events(&self, dataset: &DatasetKey, rows: &PackedRows) {
        let mut movement = Movement::receive(rows.events, rows.events_bytes);
        movement.add(&Movement::unfold(rows.rows.saturating_sub(rows.events)));
        self.record(dataset, &movement.and(Aside::ParseErrors, rows.parse_errors));
    }

    /// Rows of an earlier process were found.
    pub fn find(&self, dataset: &DatasetKey, rows: u64) {
        self.record(dataset, &Movement::receive(rows, 0).and(Aside::Replayed, rows));
    }

    /// A request was refused. What is in it nobody knows; it counts as one event.
    pub fn refuse(&self, dataset: &DatasetKey, reason: RejectReason) {
        self.record(dataset, &Movement::refuse(reason, 1));
    }

    /// A batch is in the storage.
    pub fn store(&self, dataset: &DatasetKey, rows: u64, bytes: u64) {
        let movement = Movement::store(rows, rows).and(Aside::BytesStored, bytes).and(Aside::FilesStored, 1);
        self.record(dataset, &movement);
    }

    fn record(&self, dataset: &DatasetKey, movement: &Movement) {
        let mut all = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(dataset) {
            match self.ledger.open(dataset, SHARD) {
                Ok(writers) => {
                    all.insert(dataset.clone(), writers);
                }
                Err(error) => return error!(%dataset, %error, "the events of a dataset are not counted"),
            }
        }
        if let Some(writers) = all.get_mut(dataset) {
            writers.executor.record(movement);
        }
    }
}
