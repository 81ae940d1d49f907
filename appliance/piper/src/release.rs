//! What becomes of a batch in `intake` once its result is durable: deleted, or kept for some days.

use std::collections::BTreeSet;

use bytefreezer_lake::{ListPage, PutCondition, Store, StoreError};
use hotpath::layout::{BatchKey, intake_key};
use hotpath::names::DatasetKey;

use crate::limits::BATCHES_DONE_MAX;

const DAY_US: i64 = 24 * 3_600_000_000;

/// Where it is noted that a batch was worked on and is kept.
fn done_prefix(dataset: &DatasetKey) -> String {
    format!("{dataset}/done/")
}

fn done_key(batch: &BatchKey) -> String {
    format!("{}{}--{}", done_prefix(&batch.dataset), batch.received_ns, batch.batch)
}

fn batch_of(dataset: &DatasetKey, key: &str) -> Option<BatchKey> {
    let (received_ns, batch) = key.strip_prefix(&done_prefix(dataset))?.split_once("--")?;
    Some(BatchKey {
        dataset: dataset.clone(),
        received_ns: received_ns.parse().ok()?,
        batch: batch.to_owned(),
    })
}

/// Gives a batch up whose result is durable.
///
/// # Errors
/// Those of the store; to be repeated.
pub(crate) async fn release(store: &dyn Store, batch: &BatchKey, keep_days: u64) -> Result<(), StoreError> {
    if keep_days == 0 {
        return store.delete(&intake_key(batch)).await;
    }
    store.put_bytes(&done_key(batch), "".into(), PutCondition::None).await.map(drop)
}

/// Whether a batch was worked on before and is kept.
///
/// # Errors
/// Those of the store.
pub(crate) async fn is_done(store: &dyn Store, batch: &BatchKey) -> Result<bool, StoreError> {
    match store.head(&done_key(batch)).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == bytefreezer_lake::StoreErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The batches of a dataset that were worked on and are kept. Those whose days are over are deleted.
///
/// # Errors
/// Those of the store.
pub(crate) async fn kept_batches(
    store: &dyn Store,
    dataset: &DatasetKey,
    keep_days: u64,
    now_us: i64,
) -> Result<BTreeSet<BatchKey>, StoreError> {
    let keep_us = i64::try_from(keep_days).unwrap_or(i64::MAX).saturating_mul(DAY_US);
    let mut kept = BTreeSet::new();
    let mut cursor: Option<String> = None;
    loop {
        let ListPage { objects, next } = store.list(&done_prefix(dataset), cursor.as_deref()).await?;
        for object in objects {
            let Some(batch) = batch_of(dataset, &object.key) else { continue };
            if object.modified_us.is_some_and(|done_us| now_us.saturating_sub(done_us) >= keep_us) {
                // The batch first: one without its note would be worked on again.
                store.delete(&intake_key(&batch)).await?;
                store.delete(&object.key).await?;
            } else if kept.len() < BATCHES_DONE_MAX {
                kept.insert(batch);
            }
        }
        let Some(next) = next else { return Ok(kept) };
        cursor = Some(next);
    }
}
