//! What only a folder store does: atomic files, cleaning up, local paths.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly, and its helpers with it"
)]

use bytefreezer_lake::store::folder::FolderStore;
use bytefreezer_lake::{PutCondition, Store, list_all};

#[tokio::test]
async fn a_start_removes_what_a_dead_writer_left_and_spares_a_living_one() {
    let folder = tempfile::tempdir().unwrap();
    FolderStore::open(folder.path().to_owned()).await.unwrap();
    let tmp = folder.path().join(".bytefreezer/tmp");
    std::fs::write(tmp.join("dead.tmp"), "half").unwrap();
    let living = std::fs::File::create(tmp.join("living.tmp")).unwrap();
    living.lock().unwrap();

    FolderStore::open(folder.path().to_owned()).await.unwrap();
    assert!(!tmp.join("dead.tmp").exists());
    assert!(tmp.join("living.tmp").exists());
}

#[tokio::test]
async fn unfinished_files_and_locks_are_not_listed_and_none_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path().to_owned()).await.unwrap();
    let source = folder.path().join(".source");
    std::fs::write(&source, "content").unwrap();
    store.put_file("t/d/one", &source).await.unwrap();
    store.put_file("t/d/one", &source).await.unwrap();
    store.put_bytes("t/d/two", "x".into(), PutCondition::IfAbsent).await.unwrap();
    store.put_bytes("t/d/two", "x".into(), PutCondition::IfAbsent).await.unwrap_err();
    let keys: Vec<_> = list_all(&store, "", 10).await.unwrap().into_iter().map(|object| object.key).collect();
    assert_eq!(keys, ["t/d/one", "t/d/two"]);
    assert_eq!(std::fs::read_dir(folder.path().join(".bytefreezer/tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_reader_sees_the_whole_old_object_or_the_whole_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path().to_owned()).await.unwrap();
    let content = |letter: u8| bytes::Bytes::from(vec![letter; 100_000]);
    store.put_bytes("k", content(b'a'), PutCondition::None).await.unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for round in 0..40_u8 {
                store.put_bytes("k", content(b'a' + round % 26), PutCondition::None).await.unwrap();
            }
        }
    });
    while !writer.is_finished() {
        let seen = store.get("k", 200_000).await.unwrap().bytes;
        assert_eq!(seen.len(), 100_000);
        assert!(seen.iter().all(|byte| *byte == seen[0]));
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn the_local_path_is_where_the_object_lies() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path().to_owned()).await.unwrap();
    store.put_bytes("t/d/one", "x".into(), PutCondition::None).await.unwrap();
    let path = store.local_path("t/d/one").unwrap().unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"x");
}
