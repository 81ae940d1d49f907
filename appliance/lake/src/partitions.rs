//! The files of a dataset: `metadata/partitions.json`.

use crate::keys::{data_prefix, hour_start_us, object_key, parse_object_key, partition_path, rfc3339_us};
use crate::limits::MAX_LISTED_FILES;
use hotpath::cut::{FinishedCut, FinishedFile};
use hotpath::names::DatasetKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A published Parquet object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedFile {
    /// Its key.
    pub key: String,
    /// Rows in it.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Least `event_time` (RFC 3339, µs).
    pub min_event_time: String,
    /// Greatest `event_time` (RFC 3339, µs).
    pub max_event_time: String,
    /// The proxy that wrote it.
    pub instance: String,
    /// The shard of that proxy.
    pub shard: u16,
    /// First position of its cut in the shard's log.
    pub first_position: u64,
    /// Last position of its cut.
    pub last_position: u64,
    /// Files with the same names and types of columns in the same order have the same value.
    pub columns_hash: String,
}

impl ListedFile {
    /// The entry of one file of a cut.
    pub fn of(cut: &FinishedCut, file: &FinishedFile, instance: &str) -> Self {
        let (first, last) = (cut.first_position, cut.last_position);
        let mut columns = Sha256::new();
        for (name, column_type) in &file.columns {
            columns.update(format!("{name}:{column_type}\n"));
        }
        let columns_hash = format!("{:x}", columns.finalize()).chars().take(16).collect();
        Self {
            key: object_key(&cut.dataset, file.hour, instance, cut.shard, first, last),
            rows: file.rows,
            bytes: file.bytes,
            min_event_time: rfc3339_us(file.min_event_time_us),
            max_event_time: rfc3339_us(file.max_event_time_us),
            instance: instance.to_owned(),
            shard: cut.shard,
            first_position: first,
            last_position: last,
            columns_hash,
        }
    }
}

/// The sums of one hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionSummary {
    /// The hour's beginning (RFC 3339).
    pub hour: String,
    /// Prefix of its keys.
    pub prefix: String,
    /// Files.
    pub files: u64,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Least `event_time`.
    pub min_event_time: String,
    /// Greatest `event_time`.
    pub max_event_time: String,
}

/// The content of `partitions.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partitions {
    /// `tenant/dataset`.
    pub dataset: String,
    /// Grows by one with every change.
    pub version: u64,
    /// When it was last changed (RFC 3339).
    pub updated_at: String,
    /// Set once the list was full: it is complete from this hour on; list the store for what is older.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub complete_from: Option<String>,
    /// Sums by hour, ascending.
    pub partitions: Vec<PartitionSummary>,
    /// Files, ascending by key.
    pub files: Vec<ListedFile>,
}

impl Partitions {
    /// The list of a dataset without files.
    pub fn new(dataset: &DatasetKey) -> Self {
        Self {
            dataset: dataset.to_string(),
            version: 0,
            updated_at: rfc3339_us(0),
            complete_from: None,
            partitions: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Adds or replaces files by key and removes keys; says whether anything changed. A key that is in both
    /// stays. The list keeps at most `most_files`: whole hours leave it, oldest first.
    pub fn change(
        &mut self,
        dataset: &DatasetKey,
        upsert: &[ListedFile],
        remove: &[String],
        most_files: usize,
        now_us: i64,
    ) -> bool {
        let mut by_key: BTreeMap<String, ListedFile> =
            std::mem::take(&mut self.files).into_iter().map(|file| (file.key.clone(), file)).collect();
        let mut changed = false;
        for key in remove {
            changed |= by_key.remove(key).is_some();
        }
        for file in upsert {
            if self.complete_from.as_ref().is_some_and(|from| hour_text(&file.key) < *from) {
                continue;
            }
            let before = by_key.insert(file.key.clone(), file.clone());
            changed |= before.as_ref() != Some(file);
        }
        while by_key.len() > most_files {
            // Keys of one dataset sort by hour, so the first is of the oldest one.
            let Some(oldest) = by_key.keys().next().map(|key| hour_text(key)) else { break };
            by_key.retain(|key, _| hour_text(key) != oldest);
            self.complete_from = Some(next_hour(&oldest));
            tracing::warn!(
                dataset = self.dataset,
                hour = oldest,
                most_files,
                "partitions.json is full: its oldest hour leaves the list; its objects stay and are queried"
            );
        }
        self.files = by_key.into_values().collect();
        if !changed {
            return false;
        }
        self.partitions = summarise(dataset, &self.files);
        self.version += 1;
        self.updated_at = rfc3339_us(now_us);
        true
    }

    /// [`Partitions::change`] with the limit that holds: [`MAX_LISTED_FILES`].
    pub fn update(
        &mut self,
        dataset: &DatasetKey,
        upsert: &[ListedFile],
        remove: &[String],
        now_us: i64,
    ) -> bool {
        self.change(dataset, upsert, remove, MAX_LISTED_FILES, now_us)
    }
}

/// The hour of a key (RFC 3339); the epoch's for a key that is not ours.
fn hour_text(key: &str) -> String {
    let hour = parse_object_key(key).map_or(0, |parsed| parsed.hour);
    rfc3339_us(hour_start_us(hour))
}

fn next_hour(hour: &str) -> String {
    let start_us = chrono::DateTime::parse_from_rfc3339(hour).map_or(0, |time| time.timestamp_micros());
    rfc3339_us(start_us.saturating_add(hour_start_us(1)))
}

fn summarise(dataset: &DatasetKey, files: &[ListedFile]) -> Vec<PartitionSummary> {
    let mut by_hour: BTreeMap<i64, PartitionSummary> = BTreeMap::new();
    for file in files {
        let hour = parse_object_key(&file.key).map_or(0, |parsed| parsed.hour);
        let sum = by_hour.entry(hour).or_insert_with(|| PartitionSummary {
            hour: rfc3339_us(hour_start_us(hour)),
            prefix: format!("{}{}/", data_prefix(dataset), partition_path(hour)),
            files: 0,
            rows: 0,
            bytes: 0,
            min_event_time: file.min_event_time.clone(),
            max_event_time: file.max_event_time.clone(),
        });
        sum.files += 1;
        sum.rows += file.rows;
        sum.bytes += file.bytes;
        if file.min_event_time < sum.min_event_time {
            sum.min_event_time.clone_from(&file.min_event_time);
        }
        if file.max_event_time > sum.max_event_time {
            sum.max_event_time.clone_from(&file.max_event_time);
        }
    }
    by_hour.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotpath::cut::FileKind;

    fn fw() -> DatasetKey {
        DatasetKey::new("acme", "fw").unwrap()
    }

    fn finished(hour: i64, first: u64) -> FinishedFile {
        FinishedFile {
            path: "x".into(),
            hour,
            rows: 10,
            bytes: 100,
            min_event_time_us: hour_start_us(hour) + first as i64,
            max_event_time_us: hour_start_us(hour) + first as i64 + 5,
            received_us: None,
            columns: Vec::new(),
        }
    }

    fn listed(hour: i64, first: u64) -> ListedFile {
        let file = finished(hour, first);
        let cut = FinishedCut {
            dataset: fw(),
            shard: 0,
            first_position: first,
            last_position: first + 9,
            kind: FileKind::Parquet,
            files: Vec::new(),
            dead_letters: None,
        };
        ListedFile::of(&cut, &file, "edge")
    }

    #[test]
    fn files_are_summed_by_hour() {
        let mut list = Partitions::new(&fw());
        assert!(list.update(&fw(), &[listed(2, 10), listed(1, 0), listed(1, 10)], &[], 0));
        let sums: Vec<_> = list.partitions.iter().map(|sum| (sum.files, sum.rows, sum.bytes)).collect();
        assert_eq!(sums, [(2, 20, 200), (1, 10, 100)]);
        assert_eq!(list.partitions[0].min_event_time, "1970-01-01T01:00:00.000000Z");
        assert_eq!(list.partitions[0].max_event_time, "1970-01-01T01:00:00.000015Z");
        assert_eq!(list.partitions[0].prefix, "acme/fw/data/parquet/year=1970/month=01/day=01/hour=01/");
    }

    #[test]
    fn a_full_list_with_the_longest_names_is_small_enough_to_be_read_again() {
        let name = "x".repeat(hotpath::names::MAX_NAME_BYTES);
        let dataset = DatasetKey::new(name.clone(), name.clone()).unwrap();
        let file = FinishedFile { rows: u64::MAX, bytes: u64::MAX, ..finished(498_685, 0) };
        let cut = FinishedCut {
            dataset: dataset.clone(),
            shard: u16::MAX,
            first_position: u64::MAX,
            last_position: u64::MAX,
            kind: FileKind::Parquet,
            files: Vec::new(),
            dead_letters: None,
        };
        let mut list = Partitions::new(&dataset);
        let empty = serde_json::to_vec_pretty(&list).unwrap().len();
        list.update(&dataset, &[ListedFile::of(&cut, &file, &name)], &[], 0);
        let one = serde_json::to_vec_pretty(&list).unwrap().len() - empty;
        assert!(
            ((empty + one * MAX_LISTED_FILES) as u64) < crate::limits::MAX_METADATA_BYTES,
            "{one} bytes a file"
        );
    }

    #[test]
    fn the_same_files_again_change_nothing() {
        let mut list = Partitions::new(&fw());
        list.update(&fw(), &[listed(1, 0)], &[], 0);
        let before = list.clone();
        assert!(!list.update(&fw(), &[listed(1, 0)], &["acme/fw/absent".into()], 99));
        assert_eq!(list, before);
    }

    #[test]
    fn a_removed_key_leaves_the_list_unless_it_is_added_too() {
        let mut list = Partitions::new(&fw());
        list.update(&fw(), &[listed(1, 0), listed(1, 10)], &[], 0);
        let both = [listed(1, 0).key, listed(1, 10).key];
        assert!(list.update(&fw(), &[listed(1, 10)], &both, 0));
        let keys: Vec<_> = list.files.iter().map(|file| file.key.clone()).collect();
        assert_eq!(keys, [listed(1, 10).key]);
    }

    #[test]
    fn a_full_list_lets_go_of_its_oldest_hours_and_says_from_when_it_is_complete() {
        let mut list = Partitions::new(&fw());
        let files = [listed(1, 0), listed(1, 10), listed(2, 0), listed(3, 0)];
        assert!(list.change(&fw(), &files, &[], 3, 0));
        assert_eq!(list.files.len(), 2);
        assert_eq!(list.complete_from.as_deref(), Some("1970-01-01T02:00:00.000000Z"));
        assert!(
            !list.change(&fw(), &[listed(1, 20)], &[], 3, 0),
            "an hour that left does not come back in part"
        );
    }
}
