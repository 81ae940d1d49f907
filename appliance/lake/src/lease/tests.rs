//! The rules of leases, one by one. Time moves only when a test says so.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::testing::{FakePace, Fault, FaultyStore, MemoryStore};

const LENGTH: Duration = Duration::from_secs(8);
const KEY: &str = "acme/fw/metadata/lease.json";

struct Site {
    store: Arc<dyn Store>,
    pace: Arc<FakePace>,
}

impl Site {
    fn new() -> Self {
        Self::over(Arc::new(MemoryStore::default()))
    }

    fn over(store: Arc<dyn Store>) -> Self {
        Self { store, pace: Arc::new(FakePace::default()) }
    }

    fn board(&self) -> LeaseBoard {
        LeaseBoard::new(Arc::clone(&self.store), Arc::clone(&self.pace) as Arc<dyn Pace>)
    }

    async fn pass(&self, seconds: u64) {
        self.pace.sleep(Duration::from_secs(seconds)).await;
    }
}

async fn take(board: &LeaseBoard, holder: &str) -> Option<Lease> {
    board.take(KEY, holder, LENGTH).await.unwrap()
}

#[tokio::test]
async fn one_takes_it_and_the_next_after_it_was_given_back() {
    let site = Site::new();
    let (a, b) = (site.board(), site.board());
    let first = take(&a, "a").await.unwrap();
    assert!(first.is_held());
    assert!(take(&b, "b").await.is_none());
    let guard = first.guard();
    first.release().await.unwrap();
    assert!(!guard.is_held());
    let second = take(&b, "b").await.unwrap();
    assert_eq!(second.fence(), 2);
}

#[tokio::test]
async fn a_lease_that_is_not_renewed_ends_for_its_holder_before_it_ends_for_others() {
    let site = Site::new();
    let (a, b) = (site.board(), site.board());
    let first = take(&a, "a").await.unwrap();
    assert!(take(&b, "b").await.is_none());
    site.pass(6).await;
    assert!(first.is_held());
    site.pass(1).await;
    assert!(!first.is_held(), "seven of eight seconds");
    assert!(take(&b, "b").await.is_none());
    site.pass(1).await;
    assert_eq!(take(&b, "b").await.unwrap().fence(), 2);
}

#[tokio::test]
async fn whoever_looks_for_the_first_time_waits_the_whole_length() {
    let site = Site::new();
    let _first = take(&site.board(), "a").await.unwrap();
    site.pass(100).await;
    let late = site.board();
    assert!(take(&late, "b").await.is_none(), "it may have been renewed a moment ago");
    site.pass(8).await;
    assert!(take(&late, "b").await.is_some());
}

#[tokio::test]
async fn a_renewal_makes_it_last_and_is_seen_by_others() {
    let site = Site::new();
    let (a, b) = (site.board(), site.board());
    let mut first = take(&a, "a").await.unwrap();
    for _ in 0..20 {
        site.pass(5).await;
        assert!(take(&b, "b").await.is_none());
        first.renew().await.unwrap();
        assert!(first.is_held());
    }
}

#[tokio::test]
async fn a_lease_that_was_taken_over_cannot_be_renewed_nor_given_back() {
    let site = Site::new();
    let (a, b) = (site.board(), site.board());
    let mut first = take(&a, "a").await.unwrap();
    take(&b, "b").await;
    site.pass(8).await;
    let second = take(&b, "b").await.unwrap();
    assert!(matches!(first.renew().await, Err(LeaseError::Lost { .. })));
    assert!(!first.is_held());
    assert_eq!(first.release().await.unwrap_err().kind(), StoreErrorKind::PreconditionFailed);
    assert!(second.is_held());
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_is_found_to_be_our_own() {
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::default());
    // Calls: get, put (take), put (renewal, its answer is lost).
    let faulty = FaultyStore::new(memory, |call| (call == 3).then_some(Fault::LostReply));
    let site = Site::over(Arc::new(faulty));
    let mut lease = take(&site.board(), "a").await.unwrap();
    site.pass(3).await;
    assert!(matches!(lease.renew().await, Err(LeaseError::Store(_))));
    site.pass(3).await;
    lease.renew().await.unwrap();
    site.pass(6).await;
    assert!(lease.is_held());
}

#[tokio::test]
async fn a_taking_whose_answer_was_lost_holds_nothing_and_ends_by_itself() {
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let faulty = FaultyStore::new(memory, |call| (call == 2).then_some(Fault::LostReply));
    let site = Site::over(Arc::new(faulty));
    let board = site.board();
    board.take(KEY, "a", LENGTH).await.unwrap_err();
    assert!(take(&board, "a").await.is_none());
    site.pass(8).await;
    assert_eq!(take(&board, "a").await.unwrap().fence(), 2);
}

#[tokio::test]
async fn a_lease_of_something_that_is_gone_leaves_no_object() {
    let store = Arc::new(MemoryStore::default());
    let site = Site::over(Arc::clone(&store) as Arc<dyn Store>);
    let lease = take(&site.board(), "a").await.unwrap();
    lease.end().await.unwrap();
    assert!(store.keys().is_empty());
    assert_eq!(take(&site.board(), "b").await.unwrap().fence(), 1);
}

#[tokio::test]
async fn a_lease_that_is_being_deleted_is_not_taken_until_its_time_is_up() {
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::default());
    // Calls: get, put, put (ending), delete.
    let faulty = Arc::new(FaultyStore::failing_call(memory, 4));
    let site = Site::over(faulty);
    let lease = take(&site.board(), "a").await.unwrap();
    lease.end().await.unwrap_err();
    let board = site.board();
    assert!(take(&board, "b").await.is_none());
    site.pass(8).await;
    assert_eq!(take(&board, "b").await.unwrap().fence(), 2);
}

#[tokio::test]
async fn what_is_no_lease_is_an_error_that_says_what_to_do() {
    let site = Site::new();
    site.store.put_bytes(KEY, "{ not a lease".into(), PutCondition::None).await.unwrap();
    let error = site.board().take(KEY, "a", LENGTH).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert!(error.to_string().contains("delete the object"), "{error}");
}

#[tokio::test]
async fn an_absurd_length_does_not_last_for_ever() {
    let site = Site::new();
    let text = r#"{"holder":"x","fence":7,"state":"held","length_ms":18446744073709551615,"token":"t","renewals":0}"#;
    site.store.put_bytes(KEY, text.into(), PutCondition::None).await.unwrap();
    let board = site.board();
    assert!(take(&board, "a").await.is_none());
    site.pass(3600).await;
    assert_eq!(take(&board, "a").await.unwrap().fence(), 8);
}

#[tokio::test]
async fn a_store_under_a_lease_changes_nothing_once_it_is_over() {
    let site = Site::new();
    let lease = take(&site.board(), "a").await.unwrap();
    let fenced = FencedStore::new(Arc::clone(&site.store), lease.guard());
    fenced.put_bytes("x", "1".into(), PutCondition::None).await.unwrap();
    site.pass(8).await;
    let put = fenced.put_bytes("x", "2".into(), PutCondition::None).await;
    assert_eq!(put.unwrap_err().kind(), StoreErrorKind::Unavailable);
    fenced.delete("x").await.unwrap_err();
    assert_eq!(fenced.get("x", 10).await.unwrap().bytes, "1");
}

#[tokio::test]
async fn a_store_that_takes_every_put_is_found_out() {
    let careless = MemoryStore::without_conditions();
    let error = check_conditions(&careless).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    let text = error.to_string();
    assert!(text.contains("memory does not hold to `If-None-Match`") && text.contains("SeaweedFS"), "{text}");

    let careful = MemoryStore::default();
    check_conditions(&careful).await.unwrap();
    assert!(careful.keys().is_empty() && careless.keys().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_lease_is_renewed_until_it_is_given_back() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let board = LeaseBoard::new(Arc::clone(&store), Arc::new(crate::pace::SystemPace));
    let kept = board.take(KEY, "a", LEASE_LENGTH_MIN).await.unwrap().unwrap().keep();
    let guard = kept.guard();
    tokio::time::sleep(LEASE_LENGTH_MIN * 2).await;
    assert!(guard.is_held());
    assert!(take(&board, "b").await.is_none());
    kept.release().await.unwrap();
    assert!(!guard.is_held());
    assert_eq!(take(&board, "b").await.unwrap().fence(), 2);
}
