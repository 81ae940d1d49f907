//! What a store promises, held against the folder and against a real S3 server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly, and its helpers with it"
)]

mod common;

use bytefreezer_lake::pace::SystemPace;
use bytefreezer_lake::{Lease, LeaseBoard, ObjectReader, PutCondition, Store, StoreErrorKind, list_all};
use std::sync::Arc;

async fn kind<T: std::fmt::Debug>(
    call: impl Future<Output = Result<T, bytefreezer_lake::StoreError>>,
) -> StoreErrorKind {
    call.await.unwrap_err().kind()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_does_what_the_interface_says() {
    let stores = common::stores().await;
    for store in &stores.all {
        println!("store {}", store.location());
        bytes_are_put_read_replaced_and_deleted(store.as_ref()).await;
        conditions_are_held(store.as_ref()).await;
        files_small_and_large_arrive_whole(store.as_ref()).await;
        ranges_are_read_of_the_version_asked_for(store.as_ref()).await;
        large_objects_are_read_piece_by_piece(store).await;
        bytefreezer_lake::check_conditions(store.as_ref()).await.unwrap();
        of_16_contenders_one_gets_a_lease_and_the_next_when_it_is_given_back(store).await;
        listings_give_every_key_once_page_by_page(store.as_ref()).await;
        keys_that_are_not_allowed_are_refused(store.as_ref()).await;
        of_64_racing_puts_exactly_one_wins(store.clone()).await;
        racing_increments_are_all_counted(store.clone()).await;
    }
}

async fn bytes_are_put_read_replaced_and_deleted(store: &dyn Store) {
    assert_eq!(kind(store.get("a/b/c.json", 100)).await, StoreErrorKind::NotFound);
    assert_eq!(kind(store.head("a/b/c.json")).await, StoreErrorKind::NotFound);
    store.delete("a/b/c.json").await.unwrap();

    let first = store.put_bytes("a/b/c.json", "one".into(), PutCondition::None).await.unwrap();
    let object = store.get("a/b/c.json", 3).await.unwrap();
    assert_eq!((object.bytes.as_ref(), &object.etag), (b"one".as_ref(), &first));
    assert_eq!(kind(store.get("a/b/c.json", 2)).await, StoreErrorKind::Invalid);

    let second = store.put_bytes("a/b/c.json", "other".into(), PutCondition::None).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(store.head("a/b/c.json").await.unwrap().bytes, 5);

    store.put_bytes("a/empty", "".into(), PutCondition::None).await.unwrap();
    assert!(store.get("a/empty", 0).await.unwrap().bytes.is_empty());

    store.delete("a/b/c.json").await.unwrap();
    store.delete("a/empty").await.unwrap();
    assert_eq!(kind(store.get("a/b/c.json", 100)).await, StoreErrorKind::NotFound);
}

async fn conditions_are_held(store: &dyn Store) {
    let match_of = |etag: &str| PutCondition::IfMatch(etag.to_owned());
    let etag = store.put_bytes("cas", "1".into(), PutCondition::IfAbsent).await.unwrap();
    let again = store.put_bytes("cas", "2".into(), PutCondition::IfAbsent);
    assert_eq!(kind(again).await, StoreErrorKind::PreconditionFailed);

    let next = store.put_bytes("cas", "3".into(), match_of(&etag)).await.unwrap();
    let stale = store.put_bytes("cas", "4".into(), match_of(&etag));
    assert_eq!(kind(stale).await, StoreErrorKind::PreconditionFailed);
    assert_eq!(store.get("cas", 10).await.unwrap().bytes.as_ref(), b"3");

    store.delete("cas").await.unwrap();
    let gone = store.put_bytes("cas", "5".into(), match_of(&next));
    assert_eq!(kind(gone).await, StoreErrorKind::PreconditionFailed);
}

async fn files_small_and_large_arrive_whole(store: &dyn Store) {
    let folder = tempfile::tempdir().unwrap();
    // Nothing, a little, exactly a part, and two parts and a bit.
    for size in [0, 1000, 8 << 20, (16 << 20) + 17] {
        let content: Vec<u8> = (0..size).map(|place: usize| (place.wrapping_mul(31) >> 5) as u8).collect();
        let path = folder.path().join("file");
        std::fs::write(&path, &content).unwrap();
        for _ in 0..2 {
            store.put_file("files/one.parquet", &path).await.unwrap();
            assert!(path.exists(), "the local file stays for a repetition");
        }
        let object = store.get("files/one.parquet", 32 << 20).await.unwrap();
        assert!(object.bytes == content, "{size} bytes");
        std::fs::remove_file(&path).unwrap();
        assert!(store.get("files/one.parquet", 32 << 20).await.unwrap().bytes == content);
    }
    let absent = folder.path().join("absent");
    let missing = store.put_file("files/two.parquet", &absent);
    assert_eq!(kind(missing).await, StoreErrorKind::Invalid);
    store.delete("files/one.parquet").await.unwrap();
}

async fn ranges_are_read_of_the_version_asked_for(store: &dyn Store) {
    assert_eq!(kind(store.read_range("r/a", 0..1, "none")).await, StoreErrorKind::NotFound);
    store.put_bytes("r/a", "0123456789".into(), PutCondition::None).await.unwrap();
    let told = store.head("r/a").await.unwrap();
    let listed = list_all(store, "r/", 10).await.unwrap();
    assert_eq!(listed[0].etag, told.etag, "a listing tells the same etag");
    let age_us = chrono::Utc::now().timestamp_micros() - told.modified_us.unwrap();
    assert!((-60_000_000..3_600_000_000).contains(&age_us), "{age_us}");
    assert_eq!(store.read_range("r/a", 0..10, &told.etag).await.unwrap(), "0123456789");
    assert_eq!(store.read_range("r/a", 3..4, &told.etag).await.unwrap(), "3");
    assert_eq!(kind(store.read_range("r/a", 8..11, &told.etag)).await, StoreErrorKind::Invalid);
    assert_eq!(kind(store.read_range("r/a", 20..30, &told.etag)).await, StoreErrorKind::Invalid);
    assert_eq!(kind(store.read_range("r/a", 4..4, &told.etag)).await, StoreErrorKind::Invalid);
    assert_eq!(kind(store.read_range("r/a", 0..u64::MAX, &told.etag)).await, StoreErrorKind::Invalid);

    let matching = PutCondition::IfMatch(told.etag.clone());
    store.put_bytes("r/a", "abcdefghij".into(), matching).await.unwrap();
    let stale = store.read_range("r/a", 0..10, &told.etag);
    assert_eq!(kind(stale).await, StoreErrorKind::PreconditionFailed);
    store.delete("r/a").await.unwrap();
}

async fn large_objects_are_read_piece_by_piece(store: &Arc<dyn Store>) {
    let content: Vec<u8> =
        (0..(9 << 20) + 11).map(|place: usize| (place.wrapping_mul(31) >> 5) as u8).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, &content).unwrap();
    store.put_file("r/large", &path).await.unwrap();
    let listed = list_all(store.as_ref(), "r/large", 10).await.unwrap();
    let mut reader = ObjectReader::of(store.clone(), listed[0].clone());
    let (mut read, mut pieces) = (Vec::new(), 0);
    while let Some(piece) = reader.next_piece().await.unwrap() {
        read.extend_from_slice(&piece);
        pieces += 1;
    }
    assert_eq!(pieces, 3);
    assert!(read == content);
    store.delete("r/large").await.unwrap();
}

async fn of_16_contenders_one_gets_a_lease_and_the_next_when_it_is_given_back(store: &Arc<dyn Store>) {
    let mut fences = Vec::new();
    for _ in 0..3 {
        let mut contenders = tokio::task::JoinSet::new();
        for number in 0..16 {
            let board = LeaseBoard::new(store.clone(), Arc::new(SystemPace));
            contenders.spawn(async move {
                let length = std::time::Duration::from_secs(600);
                board.take("leases/one.json", &format!("contender {number}"), length).await.unwrap()
            });
        }
        let mut taken: Vec<Lease> = contenders.join_all().await.into_iter().flatten().collect();
        assert_eq!(taken.len(), 1);
        let mut lease = taken.remove(0);
        lease.renew().await.unwrap();
        fences.push(lease.fence());
        lease.release().await.unwrap();
    }
    assert_eq!(fences, [1, 2, 3]);
    store.delete("leases/one.json").await.unwrap();
}

/// Puts without making durable what a test has no need to keep.
async fn put_quickly(store: &dyn Store, key: &str) {
    let Some(path) = store.local_path(key).unwrap() else {
        store.put_bytes(key, "x".into(), PutCondition::None).await.unwrap();
        return;
    };
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, "x").unwrap();
}

async fn listings_give_every_key_once_page_by_page(store: &dyn Store) {
    // `-` sorts before `/` and `0` after it: folders and keys have different orders here.
    let mut keys =
        vec!["l/a-b/x".to_owned(), "l/a/x".to_owned(), "l/a0/x".to_owned(), "l/a/deep/er".to_owned()];
    keys.extend((0..1005).map(|number| format!("l/many/{number:04}")));
    for chunk in keys.chunks(64) {
        let puts = chunk.iter().map(|key| put_quickly(store, key));
        futures::future::join_all(puts).await;
    }
    keys.sort_unstable();
    let all = list_all(store, "l/", 5000).await.unwrap();
    let mut found: Vec<_> = all.iter().map(|object| object.key.clone()).collect();
    if store.local_path("l").unwrap().is_none() {
        // SeaweedFS sorts by the parts of a key.
        found.sort_unstable();
    }
    assert!(found == keys, "{} of {} keys", found.len(), keys.len());
    assert!(all.iter().all(|object| object.bytes == 1));

    let first = store.list("l/", None).await.unwrap();
    assert!(first.next.is_some() && first.objects.len() <= 1000);
    let of_prefix = list_all(store, "l/a", 5000).await.unwrap();
    assert_eq!(of_prefix.len(), 4, "a prefix is any beginning of a key");
    assert!(list_all(store, "nothing/here", 10).await.unwrap().is_empty());
    assert_eq!(kind(list_all(store, "l/", 100)).await, StoreErrorKind::Invalid);
}

async fn keys_that_are_not_allowed_are_refused(store: &dyn Store) {
    for key in ["", "/etc/passwd", "../outside", "a/../../outside", ".bytefreezer/tmp/x", "a b", "a//b"] {
        assert_eq!(kind(store.put_bytes(key, "x".into(), PutCondition::None)).await, StoreErrorKind::Invalid);
        assert_eq!(kind(store.get(key, 10)).await, StoreErrorKind::Invalid);
        assert_eq!(kind(store.delete(key)).await, StoreErrorKind::Invalid);
        assert!(store.local_path(key).is_err());
    }
}

async fn of_64_racing_puts_exactly_one_wins(store: Arc<dyn Store>) {
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..64 {
        let store = store.clone();
        racers.spawn(async move {
            let result =
                store.put_bytes("race", format!("racer {number}").into(), PutCondition::IfAbsent).await;
            (number, result)
        });
    }
    let mut winners = Vec::new();
    for (number, result) in racers.join_all().await {
        match result {
            Ok(_) => winners.push(number),
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::PreconditionFailed, "{error}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    let left = store.get("race", 100).await.unwrap();
    assert_eq!(left.bytes.as_ref(), format!("racer {}", winners[0]).as_bytes());
    store.delete("race").await.unwrap();
}

async fn racing_increments_are_all_counted(store: Arc<dyn Store>) {
    store.put_bytes("counter", "0".into(), PutCondition::IfAbsent).await.unwrap();
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        racers.spawn(async move {
            for _ in 0..5 {
                loop {
                    let object = store.get("counter", 100).await.unwrap();
                    let count: u64 = std::str::from_utf8(&object.bytes).unwrap().parse().unwrap();
                    let next = (count + 1).to_string().into();
                    match store.put_bytes("counter", next, PutCondition::IfMatch(object.etag)).await {
                        Ok(_) => break,
                        Err(error) => assert_eq!(error.kind(), StoreErrorKind::PreconditionFailed, "{error}"),
                    }
                }
            }
        });
    }
    racers.join_all().await;
    assert_eq!(store.get("counter", 100).await.unwrap().bytes.as_ref(), b"40");
    store.delete("counter").await.unwrap();
}
