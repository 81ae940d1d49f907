//! Stores and clocks that misbehave on purpose, for tests here and in the crates above.

mod memory_store;

pub use memory_store::MemoryStore;

use crate::pace::Pace;
use crate::store::{ListPage, Object, ObjectInfo, PutCondition, Store, StoreError, StoreErrorKind};
use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// What goes wrong with one call of a [`FaultyStore`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails and does nothing.
    Refused,
    /// The call does its work, and its answer is lost.
    LostReply,
    /// The call waits first.
    Slow(Duration),
}

/// A store whose calls fail as planned. Calls are counted from 1, `local_path` and `location` not.
#[derive(Debug)]
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    calls: AtomicU64,
    plan: fn(u64) -> Option<Fault>,
    only: AtomicU64,
    dies: Option<Death>,
}

/// When a store is gone for whoever calls it.
#[derive(Debug, Clone, Copy)]
struct Death {
    call: u64,
    /// Whether that call still does its work.
    does_its_work: bool,
}

impl FaultyStore {
    /// A store that asks `plan` what shall go wrong with the call of that number.
    pub fn new(inner: Arc<dyn Store>, plan: fn(u64) -> Option<Fault>) -> Self {
        Self { inner, calls: AtomicU64::new(0), plan, only: AtomicU64::new(u64::MAX), dies: None }
    }

    /// A store whose call number `call` is refused, and no other.
    pub fn failing_call(inner: Arc<dyn Store>, call: u64) -> Self {
        let store = Self::new(inner, |_| None);
        store.only.store(call, Ordering::Relaxed);
        store
    }

    /// A store that is gone from call number `call` on, as it is for a process that dies there. With `does_its_work`
    /// that call still reaches the store.
    pub fn dying_at(inner: Arc<dyn Store>, call: u64, does_its_work: bool) -> Self {
        Self { dies: Some(Death { call, does_its_work }), ..Self::new(inner, |_| None) }
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn around<T: Send>(
        &self,
        operation: &'static str,
        key: &str,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let failed = || StoreError::new(StoreErrorKind::Unavailable, operation, key, "planned by the test");
        if self.only.load(Ordering::Relaxed) == number {
            return Err(failed());
        }
        if let Some(death) = self.dies
            && number >= death.call
        {
            if number == death.call && death.does_its_work {
                drop(call.await);
            }
            return Err(failed());
        }
        match (self.plan)(number) {
            None => call.await,
            Some(Fault::Refused) => Err(failed()),
            Some(Fault::LostReply) => {
                // Whatever the answer was.
                drop(call.await);
                Err(failed())
            }
            Some(Fault::Slow(pause)) => {
                tokio::time::sleep(pause).await;
                call.await
            }
        }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        self.around("put", key, self.inner.put_file(key, path)).await
    }

    async fn put_bytes(
        &self,
        key: &str,
        bytes: Bytes,
        condition: PutCondition,
    ) -> Result<String, StoreError> {
        self.around("put", key, self.inner.put_bytes(key, bytes, condition)).await
    }

    async fn get(&self, key: &str, max_bytes: u64) -> Result<Object, StoreError> {
        self.around("get", key, self.inner.get(key, max_bytes)).await
    }

    async fn read_range(&self, key: &str, range: Range<u64>, etag: &str) -> Result<Bytes, StoreError> {
        self.around("read", key, self.inner.read_range(key, range, etag)).await
    }

    async fn head(&self, key: &str) -> Result<ObjectInfo, StoreError> {
        self.around("head", key, self.inner.head(key)).await
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<ListPage, StoreError> {
        self.around("list", prefix, self.inner.list(prefix, cursor)).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.around("delete", key, self.inner.delete(key)).await
    }

    fn local_path(&self, key: &str) -> Result<Option<PathBuf>, StoreError> {
        self.inner.local_path(key)
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

/// A clock that moves only by the pauses that are asked for; nobody waits. Jitter is always the whole bound.
#[derive(Debug, Default)]
pub struct FakePace {
    now_us: AtomicI64,
}

#[async_trait]
impl Pace for FakePace {
    fn now_us(&self) -> i64 {
        self.now_us.load(Ordering::Relaxed)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.now_us.load(Ordering::Relaxed).cast_unsigned())
    }

    async fn sleep(&self, pause: Duration) {
        self.now_us.fetch_add(pause.as_micros() as i64, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }

    fn jitter(&self, most: Duration) -> Duration {
        most
    }
}
