//! The batches of a dataset that wait in the stage, and since when.

use std::collections::HashMap;
use std::time::Duration;

use bytefreezer_lake::keys::{batch_prefix, parse_piper_key};
use bytefreezer_lake::{ObjectInfo, Store, StoreError};
use hotpath::names::DatasetKey;

use crate::limits::{PLAN_BYTES_MAX, PLAN_SOURCES_MAX, WAITING_BATCHES_MAX};

/// A batch in the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WaitingBatch {
    /// Receipt of its first row.
    received_ns: u64,
    pub(crate) object: ObjectInfo,
    /// When this packer saw it first, on its monotonic clock.
    first_seen: Duration,
}

/// What was found in the stage.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the order of receipt.
    pub(crate) batches: Vec<WaitingBatch>,
    /// Whether these are all.
    pub(crate) is_complete: bool,
}

/// When a plan is due, and how much it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gathering {
    /// Bytes of batches that make a file of the wanted size.
    pub(crate) bytes_wanted: u64,
    /// Longest wait of a batch.
    pub(crate) age_max: Duration,
}

impl Gathering {
    /// Whether these batches are to be packed now.
    pub(crate) fn is_due(&self, batches: &[WaitingBatch], now: Duration) -> bool {
        let bytes: u64 = batches.iter().map(|batch| batch.object.bytes).sum();
        let is_old = |batch: &WaitingBatch| now.saturating_sub(batch.first_seen) >= self.age_max;
        bytes >= self.bytes_wanted || batches.len() >= PLAN_SOURCES_MAX || batches.iter().any(is_old)
    }

    /// How many of these batches, from the first on, make a plan.
    pub(crate) fn for_plan(&self, batches: &[WaitingBatch]) -> usize {
        let mut bytes = 0_u64;
        for (number, batch) in batches.iter().enumerate() {
            let with_it = bytes.saturating_add(batch.object.bytes);
            let is_enough = bytes >= self.bytes_wanted || number >= PLAN_SOURCES_MAX;
            if number > 0 && (is_enough || with_it > PLAN_BYTES_MAX) {
                return number;
            }
            bytes = with_it;
        }
        batches.len()
    }
}

/// Looks into the stage of one dataset.
#[derive(Debug)]
pub(crate) struct Waiting {
    dataset: DatasetKey,
    first_seen: HashMap<String, Duration>,
}

impl Waiting {
    pub(crate) fn new(dataset: DatasetKey) -> Self {
        Self { dataset, first_seen: HashMap::new() }
    }

    /// The batches that are there. Objects with other keys are not looked at.
    pub(crate) async fn look(&mut self, stage: &dyn Store, now: Duration) -> Result<Found, StoreError> {
        let prefix = batch_prefix(&self.dataset);
        let mut found = Found { batches: Vec::new(), is_complete: true };
        let mut cursor: Option<String> = None;
        loop {
            let page = stage.list(&prefix, cursor.as_deref()).await?;
            found.batches.extend(page.objects.into_iter().filter_map(|object| self.batch(object, now)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
            if found.batches.len() >= WAITING_BATCHES_MAX {
                found.is_complete = false;
                break;
            }
        }
        found.batches.sort_by(|one, other| {
            (one.received_ns, &one.object.key).cmp(&(other.received_ns, &other.object.key))
        });
        // Batches that are gone are forgotten.
        self.first_seen =
            found.batches.iter().map(|batch| (batch.object.key.clone(), batch.first_seen)).collect();
        Ok(found)
    }

    fn batch(&self, object: ObjectInfo, now: Duration) -> Option<WaitingBatch> {
        let key = parse_piper_key(&object.key)?;
        let first_seen = self.first_seen.get(&object.key).copied().unwrap_or(now);
        (key.dataset == self.dataset).then_some(WaitingBatch {
            received_ns: key.received_ns,
            object,
            first_seen,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytefreezer_lake::PutCondition;
    use bytefreezer_lake::keys::{BatchKey, piper_key};
    use bytefreezer_lake::testing::MemoryStore;

    fn fw() -> DatasetKey {
        DatasetKey::new("acme", "fw").unwrap()
    }

    async fn put(stage: &MemoryStore, received_ns: u64, bytes: usize) -> String {
        let key = piper_key(&BatchKey { dataset: fw(), received_ns, batch: "edge-0-1-2".to_owned() });
        stage.put_bytes(&key, "x".repeat(bytes).into(), PutCondition::None).await.unwrap();
        key
    }

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    #[tokio::test]
    async fn batches_come_in_the_order_of_receipt_and_other_objects_are_not_batches() {
        let stage = MemoryStore::default();
        let later = put(&stage, 10, 1).await;
        let earlier = put(&stage, 9, 1).await;
        for other in [
            "acme/fw/acme--fw--7--x.ndjson.gz",
            "acme/fw/metadata/x.ndjson",
            "acme/fw2/acme--fw2--1--x.ndjson",
        ] {
            stage.put_bytes(other, "x".into(), PutCondition::None).await.unwrap();
        }
        let found = Waiting::new(fw()).look(&stage, seconds(0)).await.unwrap();
        let keys: Vec<&String> = found.batches.iter().map(|batch| &batch.object.key).collect();
        assert_eq!(keys, [&earlier, &later]);
        assert!(found.is_complete);
    }

    #[tokio::test]
    async fn a_plan_is_due_by_size_or_by_the_wait_of_the_oldest() {
        let stage = MemoryStore::default();
        let mut waiting = Waiting::new(fw());
        let gathering = Gathering { bytes_wanted: 100, age_max: seconds(20) };
        put(&stage, 1, 40).await;
        let found = waiting.look(&stage, seconds(5)).await.unwrap();
        assert!(!gathering.is_due(&found.batches, seconds(5)));
        put(&stage, 2, 40).await;
        let found = waiting.look(&stage, seconds(15)).await.unwrap();
        assert!(!gathering.is_due(&found.batches, seconds(24)));
        assert!(gathering.is_due(&found.batches, seconds(25)), "twenty seconds after the first was seen");
        put(&stage, 3, 40).await;
        let found = waiting.look(&stage, seconds(15)).await.unwrap();
        assert!(gathering.is_due(&found.batches, seconds(15)), "large enough");
        assert!(!gathering.is_due(&[], seconds(1_000)));
    }

    #[tokio::test]
    async fn a_plan_takes_what_makes_a_file_and_one_batch_at_least() {
        let stage = MemoryStore::default();
        for number in 0..5 {
            put(&stage, number, 40).await;
        }
        let found = Waiting::new(fw()).look(&stage, seconds(0)).await.unwrap();
        let plan_of = |bytes_wanted| Gathering { bytes_wanted, age_max: seconds(1) }.for_plan(&found.batches);
        assert_eq!((plan_of(1), plan_of(80), plan_of(81), plan_of(1_000)), (1, 2, 3, 5));
    }
}
