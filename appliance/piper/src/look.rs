//! Finds batches in the stage `intake`.

use std::collections::BTreeSet;

use bytefreezer_lake::{ListPage, Store, StoreError};
use hotpath::layout::{BatchKey, batch_prefix, parse_intake_key};
use hotpath::names::DatasetKey;

use crate::limits::BATCHES_SEEN_MAX;

/// The batches of a dataset that are to be worked on, in the order of their names, as many as are noted at once.
///
/// # Errors
/// Those of the store.
pub(crate) async fn waiting_batches(
    store: &dyn Store,
    dataset: &DatasetKey,
    done: &BTreeSet<BatchKey>,
) -> Result<Vec<BatchKey>, StoreError> {
    let mut waiting = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let ListPage { objects, next } = store.list(&batch_prefix(dataset), cursor.as_deref()).await?;
        for object in objects {
            let Some(batch) = parse_intake_key(&object.key) else { continue };
            if done.contains(&batch) {
                continue;
            }
            waiting.push(batch);
            if waiting.len() >= BATCHES_SEEN_MAX {
                return Ok(waiting);
            }
        }
        let Some(next) = next else { return Ok(waiting) };
        cursor = Some(next);
    }
}
