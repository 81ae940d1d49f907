//! From finished cuts to published objects: files first, then `schema.json`, then `partitions.json`, so that
//! nothing is listed that is not there. Every step can be repeated and then changes nothing.

use crate::keys::{dead_letters_key, object_key, partitions_key, schema_key};
use crate::limits::UPLOADS_IN_FLIGHT;
use crate::pace::{Pace, SystemPace};
use crate::partitions::{ListedFile, Partitions};
use crate::schema::DatasetSchema;
use crate::store::{Store, StoreError, StoreErrorKind};
use crate::swap::swap_json;
use futures::stream::{self, StreamExt};
use hotpath::cut::{FinishedCut, FinishedFile};
use hotpath::names::{DatasetKey, NameError, check_name};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What the publishing of a cut did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Keys of the cut's files, in their order, dead letters last.
    pub keys: Vec<String>,
    /// Rows in them.
    pub rows: u64,
    /// Bytes in them.
    pub bytes: u64,
}

/// Publishes the cuts of one proxy. Several publishers may serve one dataset.
#[derive(Debug, Clone)]
pub struct Publisher {
    store: Arc<dyn Store>,
    instance: String,
    pace: Arc<dyn Pace>,
}

impl Publisher {
    /// `instance` names the proxy in keys and is unique among all that write to the store.
    pub fn new(store: Arc<dyn Store>, instance: &str) -> Result<Self, NameError> {
        Self::with_pace(store, instance, Arc::new(SystemPace))
    }

    /// The same with a clock and random numbers of the caller.
    pub fn with_pace(store: Arc<dyn Store>, instance: &str, pace: Arc<dyn Pace>) -> Result<Self, NameError> {
        check_name("instance", instance)?;
        Ok(Self { store, instance: instance.to_owned(), pace })
    }

    fn dead_letters_key_of(&self, cut: &FinishedCut) -> String {
        let (first, last) = (cut.first_position, cut.last_position);
        dead_letters_key(&cut.dataset, &self.instance, cut.shard, first, last)
    }

    /// The keys of a cut's files, in their order, dead letters last: what the intent record holds before the upload starts.
    pub fn keys_of(&self, cut: &FinishedCut) -> Vec<String> {
        let dead_letters = cut.dead_letters.iter().map(|_| self.dead_letters_key_of(cut));
        cut.files.iter().map(|file| self.key_of(cut, file)).chain(dead_letters).collect()
    }

    fn key_of(&self, cut: &FinishedCut, file: &FinishedFile) -> String {
        let (first, last) = (cut.first_position, cut.last_position);
        object_key(&cut.dataset, file.hour, &self.instance, cut.shard, first, last)
    }

    /// Publishes one cut. Local files stay; remove them when the commit record is durable.
    pub async fn publish(&self, cut: &FinishedCut) -> Result<Published, Arc<StoreError>> {
        let mut results = self.publish_batch(std::slice::from_ref(cut)).await;
        results.pop().unwrap_or_else(|| Ok(Published { keys: Vec::new(), rows: 0, bytes: 0 }))
    }

    /// Publishes cuts with one metadata change for each dataset. The results are in the order of the cuts. A cut
    /// that failed can be published again; the others are done.
    pub async fn publish_batch(&self, cuts: &[FinishedCut]) -> Vec<Result<Published, Arc<StoreError>>> {
        let mut failures = self.upload(cuts).await;
        let mut by_dataset: BTreeMap<&DatasetKey, Vec<usize>> = BTreeMap::new();
        for (index, cut) in cuts.iter().enumerate() {
            if !cut.files.is_empty() && !failures.contains_key(&index) {
                by_dataset.entry(&cut.dataset).or_default().push(index);
            }
        }
        for (dataset, indexes) in by_dataset {
            let of_dataset: Vec<&FinishedCut> = indexes.iter().filter_map(|index| cuts.get(*index)).collect();
            if let Err(error) = self.list_files(dataset, &of_dataset).await {
                let error = Arc::new(error);
                failures.extend(indexes.into_iter().map(|index| (index, error.clone())));
            }
        }
        let result = |(index, cut): (usize, &FinishedCut)| match failures.remove(&index) {
            Some(error) => Err(error),
            None => Ok(self.published(cut)),
        };
        cuts.iter().enumerate().map(result).collect()
    }

    fn published(&self, cut: &FinishedCut) -> Published {
        Published {
            keys: self.keys_of(cut),
            rows: cut.local_files().map(|file| file.rows).sum(),
            bytes: cut.local_files().map(|file| file.bytes).sum(),
        }
    }

    /// Uploads all files; gives the first error of each cut that has one, by the cut's index.
    async fn upload(&self, cuts: &[FinishedCut]) -> BTreeMap<usize, Arc<StoreError>> {
        let mut jobs = Vec::new();
        for (index, cut) in cuts.iter().enumerate() {
            for (file, key) in cut.local_files().zip(self.keys_of(cut)) {
                jobs.push((index, key, file.path.clone(), file.bytes));
            }
        }
        let results: Vec<(usize, Result<(), StoreError>)> =
            stream::iter(jobs)
                .map(|(index, key, path, bytes)| async move {
                    (index, self.upload_file(&key, &path, bytes).await)
                })
                .buffered(UPLOADS_IN_FLIGHT)
                .collect()
                .await;
        let mut failures = BTreeMap::new();
        for (index, result) in results {
            if let Err(error) = result {
                failures.entry(index).or_insert_with(|| Arc::new(error));
            }
        }
        failures
    }

    /// Uploads one file, unless it is not the one that was finished.
    async fn upload_file(&self, key: &str, path: &Path, bytes: u64) -> Result<(), StoreError> {
        let refuse = |detail: String| StoreError::new(StoreErrorKind::Invalid, "put", key, detail);
        let found = tokio::fs::metadata(path).await;
        let found = found.map_err(|cause| {
            refuse(format!("the local file {} cannot be read", path.display())).caused_by(cause)
        })?;
        if found.len() != bytes {
            let (path, is, was) = (path.display(), found.len(), bytes);
            return Err(refuse(format!(
                "{path} has {is} bytes and had {was} when it was finished; replay the log"
            )));
        }
        self.store.put_file(key, path).await
    }

    /// Brings a dataset's metadata up to date with files that are uploaded.
    async fn list_files(&self, dataset: &DatasetKey, cuts: &[&FinishedCut]) -> Result<(), StoreError> {
        let now_us = self.pace.now_us();
        let entry = |cut: &FinishedCut, file: &FinishedFile| ListedFile::of(cut, file, &self.instance);
        let listed: Vec<ListedFile> =
            cuts.iter().flat_map(|cut| cut.files.iter().map(|file| entry(cut, file))).collect();
        let merge = |schema: &mut DatasetSchema| schema.merge(cuts.iter().flat_map(|cut| &cut.files), now_us);
        let empty = || DatasetSchema::new(dataset);
        swap_json(self.store.as_ref(), self.pace.as_ref(), &schema_key(dataset), empty, merge).await?;
        self.change_list(dataset, &listed, &[], now_us).await
    }

    async fn change_list(
        &self,
        dataset: &DatasetKey,
        upsert: &[ListedFile],
        remove: &[String],
        now_us: i64,
    ) -> Result<(), StoreError> {
        let update = |list: &mut Partitions| list.update(dataset, upsert, remove, now_us);
        let empty = || Partitions::new(dataset);
        let key = partitions_key(dataset);
        swap_json(self.store.as_ref(), self.pace.as_ref(), &key, empty, update).await?;
        Ok(())
    }

    /// Takes back objects of an intent that its replay did not produce: out of the list first, then deleted.
    /// Keys that are not there are no error, so it can be repeated.
    pub async fn retract(&self, dataset: &DatasetKey, keys: &[String]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        self.change_list(dataset, &[], keys, self.pace.now_us()).await?;
        for key in keys {
            self.store.delete(key).await?;
        }
        Ok(())
    }
}
