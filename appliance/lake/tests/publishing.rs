//! Cuts become objects and metadata, whatever fails on the way and whoever else writes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly, and its helpers with it"
)]

mod common;

use bytefreezer_lake::keys::{partitions_key, schema_key};
use bytefreezer_lake::partitions::Partitions;
use bytefreezer_lake::schema::DatasetSchema;
use bytefreezer_lake::store::folder::FolderStore;
use bytefreezer_lake::testing::{Fault, FaultyStore};
use bytefreezer_lake::{Publisher, Store, StoreErrorKind, list_all};
use hotpath::cut::{ColumnType, FileKind, FinishedCut, FinishedFile};
use hotpath::names::DatasetKey;
use std::path::Path;
use std::sync::Arc;

/// A cut of ten positions with a file for each of the hours.
fn cut(folder: &Path, dataset: &str, first: u64, hours: &[i64]) -> FinishedCut {
    let mut files = Vec::new();
    for hour in hours {
        let path = folder.join(format!("{dataset}-{first}-{hour}"));
        std::fs::write(&path, format!("parquet of {first}")).unwrap();
        files.push(FinishedFile {
            bytes: std::fs::metadata(&path).unwrap().len(),
            path,
            hour: *hour,
            rows: 10,
            min_event_time_us: hour * 3_600_000_000,
            max_event_time_us: hour * 3_600_000_000 + 9,
            received_us: None,
            columns: vec![("message".to_owned(), ColumnType::String)],
        });
    }
    let dataset = DatasetKey::new("acme", dataset).unwrap();
    let (first_position, last_position) = (first, first + 9);
    let kind = FileKind::Parquet;
    FinishedCut { dataset, shard: 0, first_position, last_position, kind, files, dead_letters: None }
}

async fn read<T: serde::de::DeserializeOwned>(store: &dyn Store, key: &str) -> T {
    serde_json::from_slice(&store.get(key, 1 << 20).await.unwrap().bytes).unwrap()
}

fn fw() -> DatasetKey {
    DatasetKey::new("acme", "fw").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_of_several_proxies_are_all_listed_on_either_store() {
    let stores = common::stores().await;
    for store in &stores.all {
        let spool = tempfile::tempdir().unwrap();
        println!("store {}", store.location());
        let mut proxies = tokio::task::JoinSet::new();
        for proxy in 0..4 {
            let publisher = Publisher::new(store.clone(), &format!("edge-{proxy}")).unwrap();
            let folder = spool.path().join(format!("{proxy}"));
            std::fs::create_dir_all(&folder).unwrap();
            let cuts: Vec<_> = (0..5).map(|number| cut(&folder, "fw", number * 10, &[1, 2])).collect();
            proxies.spawn(async move {
                for cut in &cuts {
                    publisher.publish(cut).await.unwrap();
                }
            });
        }
        proxies.join_all().await;
        let list: Partitions = read(store.as_ref(), &partitions_key(&fw())).await;
        assert_eq!(list.files.len(), 4 * 5 * 2);
        assert_eq!(list.version, 20, "one change for each publish, none lost");
        assert_eq!(list.partitions.iter().map(|sum| sum.rows).sum::<u64>(), 400);
        let there = list_all(store.as_ref(), "acme/fw/data/", 100).await.unwrap();
        let there: Vec<_> = there.into_iter().map(|object| (object.key, object.bytes)).collect();
        let listed: Vec<_> = list.files.iter().map(|file| (file.key.clone(), file.bytes)).collect();
        assert_eq!(there, listed);
        let schema: DatasetSchema = read(store.as_ref(), &schema_key(&fw())).await;
        assert_eq!((schema.version, schema.columns.len()), (1, 1));
    }
}

async fn folder_store(folder: &Path) -> Arc<dyn Store> {
    Arc::new(FolderStore::open(folder.join("lake")).await.unwrap())
}

#[tokio::test]
async fn publishing_again_changes_nothing_and_a_batch_changes_the_metadata_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(folder.path()).await;
    let publisher = Publisher::new(store.clone(), "edge").unwrap();
    let cuts = [
        cut(folder.path(), "fw", 0, &[1]),
        cut(folder.path(), "fw", 10, &[1, 2]),
        cut(folder.path(), "web", 20, &[3]),
        cut(folder.path(), "fw", 30, &[]),
    ];
    let published = publisher.publish_batch(&cuts).await;
    for (cut, result) in cuts.iter().zip(&published) {
        assert_eq!(result.as_ref().unwrap().keys, publisher.keys_of(cut));
    }
    assert_eq!(published[1].as_ref().unwrap().rows, 20);
    let list: Partitions = read(store.as_ref(), &partitions_key(&fw())).await;
    assert_eq!((list.version, list.files.len()), (1, 3));

    let before = store.get(&partitions_key(&fw()), 1 << 20).await.unwrap();
    for result in publisher.publish_batch(&cuts).await {
        result.unwrap();
    }
    assert_eq!(store.get(&partitions_key(&fw()), 1 << 20).await.unwrap().bytes, before.bytes);
}

#[tokio::test]
async fn whichever_call_fails_repeating_the_publish_completes_it() {
    let folder = tempfile::tempdir().unwrap();
    let cut = cut(folder.path(), "fw", 0, &[1, 2]);
    for failing in 1..20 {
        let inner = folder_store(&folder.path().join(failing.to_string())).await;
        let faulty = Arc::new(FaultyStore::failing_call(inner.clone(), failing));
        let publisher = Publisher::new(faulty.clone(), "edge").unwrap();
        let first = publisher.publish(&cut).await;
        if faulty.calls() < failing {
            assert!(failing > 4, "the publish makes more calls than that");
            first.unwrap();
            return;
        }
        assert_eq!(first.unwrap_err().kind(), StoreErrorKind::Unavailable);
        publisher.publish(&cut).await.unwrap();
        let list: Partitions = read(inner.as_ref(), &partitions_key(&fw())).await;
        assert_eq!((list.version, list.files.len()), (1, 2), "call {failing}");
    }
    panic!("a publish of two files makes fewer calls than twenty");
}

#[tokio::test]
async fn a_publish_whose_answers_are_lost_is_not_done_twice() {
    let folder = tempfile::tempdir().unwrap();
    let cut = cut(folder.path(), "fw", 0, &[1]);
    // The last of the five calls, which writes the list; the fourth, and in the repetition the last.
    let plans: [fn(u64) -> Option<Fault>; 2] = [
        |call| call.is_multiple_of(5).then_some(Fault::LostReply),
        |call| call.is_multiple_of(4).then_some(Fault::LostReply),
    ];
    for (number, plan) in plans.into_iter().enumerate() {
        let inner = folder_store(&folder.path().join(number.to_string())).await;
        let publisher = Publisher::new(Arc::new(FaultyStore::new(inner.clone(), plan)), "edge").unwrap();
        publisher.publish(&cut).await.unwrap_err();
        while publisher.publish(&cut).await.is_err() {}
        let list: Partitions = read(inner.as_ref(), &partitions_key(&fw())).await;
        assert_eq!((list.version, list.files.len()), (1, 1));
    }
}

#[tokio::test]
async fn a_cut_whose_file_was_damaged_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(folder.path()).await;
    let publisher = Publisher::new(store.clone(), "edge").unwrap();
    let cuts = [cut(folder.path(), "fw", 0, &[1]), cut(folder.path(), "fw", 10, &[1])];
    std::fs::write(&cuts[0].files[0].path, "cut short").unwrap();
    let results = publisher.publish_batch(&cuts).await;
    assert_eq!(results[0].as_ref().unwrap_err().kind(), StoreErrorKind::Invalid);
    results[1].as_ref().unwrap();
    let list: Partitions = read(store.as_ref(), &partitions_key(&fw())).await;
    assert_eq!(list.files.len(), 1, "what was not uploaded is not listed");
}

#[tokio::test]
async fn what_a_replay_did_not_produce_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(folder.path()).await;
    let publisher = Publisher::new(store.clone(), "edge").unwrap();
    let cut = cut(folder.path(), "fw", 0, &[1, 2]);
    let keys = publisher.publish(&cut).await.unwrap().keys;
    for _ in 0..2 {
        publisher.retract(&fw(), &keys[1..]).await.unwrap();
    }
    let list: Partitions = read(store.as_ref(), &partitions_key(&fw())).await;
    assert_eq!(list.files.iter().map(|file| &file.key).collect::<Vec<_>>(), [&keys[0]]);
    assert_eq!(store.head(&keys[1]).await.unwrap_err().kind(), StoreErrorKind::NotFound);
}

#[tokio::test]
async fn damaged_metadata_is_reported_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(folder.path()).await;
    let key = partitions_key(&fw());
    store.put_bytes(&key, "{ not json".into(), bytefreezer_lake::PutCondition::None).await.unwrap();
    let publisher = Publisher::new(store.clone(), "edge").unwrap();
    let error = publisher.publish(&cut(folder.path(), "fw", 0, &[1])).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert!(error.to_string().contains("partitions.json"), "{error}");
    assert_eq!(store.get(&key, 100).await.unwrap().bytes.as_ref(), b"{ not json");
}
