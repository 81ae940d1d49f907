//! Snapshots kept between queries, with the tags that say whether they still hold.

use std::collections::HashMap;
use std::sync::Arc;

use super::{DatasetName, DatasetSnapshot};
use crate::limits;

/// What was known of one catalog document when it was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DocumentTag {
    /// It was not there.
    Absent,
    /// It was there; the store's ETag, if the store has any.
    Present(Option<String>),
}

/// A snapshot, and from which state of the store it was made.
#[derive(Debug)]
pub(super) struct CachedSnapshot {
    pub(super) snapshot: Arc<DatasetSnapshot>,
    pub(super) schema_tag: DocumentTag,
    pub(super) partitions_tag: DocumentTag,
    /// A digest of the listing that the files came from, where there was no `partitions.json`.
    pub(super) listing_digest: Option<u64>,
}

/// At most [`limits::MAX_CACHED_SNAPSHOTS`] snapshots with [`limits::MAX_CACHED_FILES`] files; the one unused for
/// longest goes first.
#[derive(Debug, Default)]
pub(super) struct SnapshotCache {
    entries: HashMap<DatasetName, (Arc<CachedSnapshot>, u64)>,
    uses: u64,
    files: usize,
}

impl SnapshotCache {
    pub(super) fn get(&mut self, name: &DatasetName) -> Option<Arc<CachedSnapshot>> {
        self.uses += 1;
        let (snapshot, last_use) = self.entries.get_mut(name)?;
        *last_use = self.uses;
        Some(Arc::clone(snapshot))
    }

    pub(super) fn insert(&mut self, name: DatasetName, snapshot: Arc<CachedSnapshot>) {
        self.remove(&name);
        self.uses += 1;
        self.files += snapshot.snapshot.files.len();
        self.entries.insert(name, (snapshot, self.uses));
        while self.is_over_limit() {
            let oldest = self.entries.iter().min_by_key(|(_, (_, last_use))| *last_use);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else { return };
            self.remove(&oldest);
        }
    }

    pub(super) fn remove(&mut self, name: &DatasetName) {
        if let Some((removed, _)) = self.entries.remove(name) {
            self.files -= removed.snapshot.files.len();
        }
    }

    fn is_over_limit(&self) -> bool {
        // One snapshot is always kept, however large: the query that made it holds it anyway.
        self.entries.len() > 1
            && (self.entries.len() > limits::MAX_CACHED_SNAPSHOTS || self.files > limits::MAX_CACHED_FILES)
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Schema;

    use super::*;

    fn snapshot(name: &DatasetName) -> Arc<CachedSnapshot> {
        let snapshot = DatasetSnapshot {
            name: name.clone(),
            columns: Arc::new(Schema::empty()),
            files: Arc::new(Vec::new()),
        };
        Arc::new(CachedSnapshot {
            snapshot: Arc::new(snapshot),
            schema_tag: DocumentTag::Absent,
            partitions_tag: DocumentTag::Absent,
            listing_digest: None,
        })
    }

    #[test]
    fn the_snapshot_unused_for_longest_goes_when_the_cache_is_full() {
        let mut cache = SnapshotCache::default();
        let names: Vec<_> =
            (0..=limits::MAX_CACHED_SNAPSHOTS).map(|i| DatasetName::new("t", format!("d{i}"))).collect();
        for name in &names[..limits::MAX_CACHED_SNAPSHOTS] {
            cache.insert(name.clone(), snapshot(name));
        }
        assert!(cache.get(&names[0]).is_some());
        let last = &names[limits::MAX_CACHED_SNAPSHOTS];
        cache.insert(last.clone(), snapshot(last));
        assert!(cache.get(&names[0]).is_some(), "was used just before");
        assert!(cache.get(&names[1]).is_none(), "was unused for longest");
        assert!(cache.get(last).is_some());
    }
}
