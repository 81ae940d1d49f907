//! The plans of a dataset, and what is remembered of them: a batch that a committed plan names is not packed again.

use std::collections::{BTreeMap, HashSet};

use bytefreezer_lake::keys::rfc3339_us;
use bytefreezer_lake::{PutCondition, Store, StoreError, StoreErrorKind, list_all};
use futures::stream::{self, StreamExt, TryStreamExt};
use hotpath::names::DatasetKey;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tracing::warn;

use crate::error::PackError;
use crate::limits::{CALLS_IN_FLIGHT, MAX_PLAN_BYTES, PLANS_KEPT_MAX, PLANS_LISTED_MAX, SOURCES_KEPT_MAX};
use crate::plan::{Plan, PlanState, plan_key, plan_number, plans_prefix};

/// A plan as it lies in the store.
#[derive(Debug, Clone)]
pub(crate) struct StoredPlan {
    pub(crate) plan: Plan,
    pub(crate) etag: String,
}

/// A committed plan, as far as it is of interest.
#[derive(Debug)]
struct Committed {
    committed_us: i64,
    /// Its batches, by the hash of their keys.
    sources: Vec<u128>,
}

/// How many plans are kept, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    pub(crate) time: Duration,
    pub(crate) plans_max: usize,
    pub(crate) sources_max: usize,
}

impl Keeping {
    pub(crate) fn for_days(days: u64) -> Self {
        let time = Duration::from_secs(days.saturating_mul(86_400));
        Self { time, plans_max: PLANS_KEPT_MAX, sources_max: SOURCES_KEPT_MAX }
    }
}

/// The plans of one dataset.
#[derive(Debug)]
pub(crate) struct PlanBook {
    dataset: DatasetKey,
    committed: BTreeMap<u64, Committed>,
    /// The batches of all of them.
    packed: HashSet<u128>,
    last_number: u64,
    /// Parquet bytes for a byte of a batch, by the last plan that has both.
    file_share: Option<f64>,
}

impl PlanBook {
    pub(crate) fn new(dataset: DatasetKey) -> Self {
        Self { dataset, committed: BTreeMap::new(), packed: HashSet::new(), last_number: 0, file_share: None }
    }

    /// Whether a committed plan names a batch.
    pub(crate) fn has_packed(&self, key: &str) -> bool {
        self.packed.contains(&hash_of(key))
    }

    /// Parquet bytes for a byte of a batch; `None` when no plan has shown it.
    pub(crate) fn file_share(&self) -> Option<f64> {
        self.file_share
    }

    /// Reads the plans that are not known yet. Gives those that are open, in their order.
    pub(crate) async fn catch_up(&mut self, store: &dyn Store) -> Result<Vec<StoredPlan>, PackError> {
        let listed = list_all(store, &plans_prefix(&self.dataset), PLANS_LISTED_MAX).await?;
        let numbers = listed.iter().filter_map(|object| plan_number(&self.dataset, &object.key));
        let mut unknown: Vec<u64> = numbers.filter(|number| !self.committed.contains_key(number)).collect();
        unknown.sort_unstable();
        let mut reading = stream::iter(unknown)
            .map(|number| read(store, plan_key(&self.dataset, number)))
            .buffered(CALLS_IN_FLIGHT);
        let mut open = Vec::new();
        let mut last_number = self.last_number;
        let mut found = Vec::new();
        while let Some(stored) = reading.try_next().await? {
            // Forgotten by another packer since it was listed.
            let Some(stored) = stored else { continue };
            last_number = last_number.max(stored.plan.number);
            match stored.plan.state {
                PlanState::Open => open.push(stored),
                PlanState::Committed => found.push(stored.plan),
            }
        }
        drop(reading);
        for plan in &found {
            self.remember(plan);
        }
        self.last_number = last_number;
        Ok(open)
    }

    /// Puts a new plan, with the next number. Errors: [`PackError::Fenced`] when another packer has put one.
    pub(crate) async fn begin(&mut self, store: &dyn Store, mut plan: Plan) -> Result<StoredPlan, PackError> {
        plan.number = self.last_number + 1;
        let key = plan_key(&self.dataset, plan.number);
        let put = store.put_bytes(&key, plan.to_bytes(&key)?, PutCondition::IfAbsent).await;
        let etag = put.map_err(fenced)?;
        self.last_number = plan.number;
        Ok(StoredPlan { plan, etag })
    }

    /// Puts a plan in the place of what was known of it. Errors: [`PackError::Fenced`] when another packer has changed it.
    pub(crate) async fn change(
        &mut self,
        store: &dyn Store,
        known_etag: String,
        plan: Plan,
    ) -> Result<StoredPlan, PackError> {
        let key = plan_key(&self.dataset, plan.number);
        let put = store.put_bytes(&key, plan.to_bytes(&key)?, PutCondition::IfMatch(known_etag)).await;
        let etag = put.map_err(fenced)?;
        if plan.state == PlanState::Committed {
            self.remember(&plan);
        }
        Ok(StoredPlan { plan, etag })
    }

    fn remember(&mut self, plan: &Plan) {
        let Some(result) = &plan.result else { return };
        let committed_us = chrono::DateTime::parse_from_rfc3339(&result.committed_at)
            .map_or(0, |time| time.timestamp_micros());
        let source_bytes = plan.source_bytes();
        if result.bytes > 0 && source_bytes > 0 {
            self.file_share = Some(result.bytes as f64 / source_bytes as f64);
        }
        let sources: Vec<u128> = plan.sources.iter().map(|source| hash_of(&source.key)).collect();
        self.packed.extend(&sources);
        self.committed.insert(plan.number, Committed { committed_us, sources });
    }

    /// Forgets plans that are older than they must be kept, or too many. Call it when no batch of a committed plan is
    /// left in the stage. The last plan always stays: its number must not be used again.
    pub(crate) async fn forget_old(
        &mut self,
        store: &dyn Store,
        keeping: Keeping,
        now_us: i64,
    ) -> Result<(), StoreError> {
        let time_us = i64::try_from(keeping.time.as_micros()).unwrap_or(i64::MAX);
        while let Some((number, oldest)) = self.committed.first_key_value() {
            let is_old = now_us.saturating_sub(oldest.committed_us) > time_us;
            let are_many =
                self.committed.len() > keeping.plans_max || self.packed.len() > keeping.sources_max;
            if *number >= self.last_number || !(is_old || are_many) {
                break;
            }
            if !is_old {
                warn!(
                    dataset = %self.dataset,
                    plan = number,
                    committed_at = rfc3339_us(oldest.committed_us),
                    "more plans than are kept: an old one is forgotten early, and a batch of it that came again would be packed again"
                );
            }
            store.delete(&plan_key(&self.dataset, *number)).await?;
            if let Some((_, forgotten)) = self.committed.pop_first() {
                for source in forgotten.sources {
                    self.packed.remove(&source);
                }
            }
        }
        Ok(())
    }
}

async fn read(store: &dyn Store, key: String) -> Result<Option<StoredPlan>, StoreError> {
    match store.get(&key, MAX_PLAN_BYTES).await {
        Ok(object) => Ok(Some(StoredPlan { plan: Plan::parse(&key, &object.bytes)?, etag: object.etag })),
        Err(error) if error.kind() == StoreErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A plan that is not as we know it is another packer's.
fn fenced(error: StoreError) -> PackError {
    if error.kind() == StoreErrorKind::PreconditionFailed {
        return PackError::Fenced;
    }
    error.into()
}

/// Stands for a key. Two keys with one hash would lose a batch: 128 bits make that as good as impossible.
fn hash_of(key: &str) -> u128 {
    let digest = Sha256::digest(key.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{PlanResult, PlanSource};
    use bytefreezer_lake::testing::MemoryStore;

    fn fw() -> DatasetKey {
        DatasetKey::new("acme", "fw").unwrap()
    }

    fn plan(source: &str) -> Plan {
        Plan {
            number: 0,
            state: PlanState::Open,
            packer: "a".to_owned(),
            version: "1".to_owned(),
            fence: 1,
            made_at: rfc3339_us(0),
            part_bytes: 1,
            rebound: false,
            sources: vec![PlanSource { key: source.to_owned(), etag: "e".to_owned(), bytes: 100 }],
            result: None,
        }
    }

    /// A book with committed plans, a second of time between each.
    async fn book_with(store: &MemoryStore, plans: u64) -> PlanBook {
        let mut book = PlanBook::new(fw());
        for number in 1..=plans {
            let stored = book.begin(store, plan(&format!("source-{number}"))).await.unwrap();
            let committed_at = rfc3339_us(number as i64 * 1_000_000);
            let result = PlanResult { committed_at, files: 1, rows: 1, bytes: 25, refused_lines: 0 };
            let done = Plan { state: PlanState::Committed, result: Some(result), ..stored.plan };
            book.change(store, stored.etag, done).await.unwrap();
        }
        book
    }

    #[tokio::test]
    async fn another_packer_learns_what_was_packed_and_what_is_open() {
        let store = MemoryStore::default();
        let mut first = book_with(&store, 3).await;
        first.begin(&store, plan("source-4")).await.unwrap();
        let mut second = PlanBook::new(fw());
        let open = second.catch_up(&store).await.unwrap();
        assert_eq!(open.iter().map(|open| open.plan.number).collect::<Vec<_>>(), [4]);
        assert!(second.has_packed("source-1") && second.has_packed("source-3"));
        assert!(!second.has_packed("source-4"), "not yet");
        assert_eq!(second.file_share(), Some(0.25));
    }

    #[tokio::test]
    async fn of_two_packers_with_the_same_knowledge_one_makes_the_next_plan() {
        let store = MemoryStore::default();
        let mut first = book_with(&store, 1).await;
        let mut second = PlanBook::new(fw());
        second.catch_up(&store).await.unwrap();
        let made = first.begin(&store, plan("a")).await.unwrap();
        assert!(matches!(second.begin(&store, plan("b")).await, Err(PackError::Fenced)));
        let open = second.catch_up(&store).await.unwrap();
        let changed = second.change(&store, open[0].etag.clone(), open[0].plan.clone()).await.unwrap();
        assert_ne!(changed.etag, made.etag);
        assert!(matches!(first.change(&store, made.etag, made.plan).await, Err(PackError::Fenced)));
    }

    #[tokio::test]
    async fn old_plans_are_forgotten_but_never_the_last_number() {
        let store = MemoryStore::default();
        let mut book = book_with(&store, 5).await;
        let keeping = Keeping { time: Duration::from_secs(10), plans_max: 100, sources_max: 100 };
        book.forget_old(&store, keeping, 12_500_000).await.unwrap();
        assert_eq!(store.keys().len(), 3, "those of the seconds 1 and 2 are older than ten seconds");
        assert!(!book.has_packed("source-2") && book.has_packed("source-3"));
        book.forget_old(&store, keeping, i64::MAX).await.unwrap();
        assert_eq!(store.keys(), [plan_key(&fw(), 5)]);
        assert_eq!(book.begin(&store, plan("x")).await.unwrap().plan.number, 6);
    }

    #[tokio::test]
    async fn more_plans_or_batches_than_are_kept_are_forgotten_early() {
        for (plans_max, sources_max) in [(2, 100), (100, 2)] {
            let store = MemoryStore::default();
            let mut book = book_with(&store, 5).await;
            let keeping = Keeping { time: Duration::from_secs(1_000), plans_max, sources_max };
            book.forget_old(&store, keeping, 6_000_000).await.unwrap();
            assert_eq!(store.keys(), [plan_key(&fw(), 4), plan_key(&fw(), 5)]);
        }
    }

    #[tokio::test]
    async fn what_is_no_plan_stops_the_dataset_and_says_so() {
        let store = MemoryStore::default();
        let key = plan_key(&fw(), 1);
        store.put_bytes(&key, "{ half".into(), PutCondition::None).await.unwrap();
        let error = PlanBook::new(fw()).catch_up(&store).await.unwrap_err();
        assert!(error.to_string().contains("plans/1.json"), "{error}");
    }
}
