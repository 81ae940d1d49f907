//! A store that changes nothing any more once a lease is not held.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::LeaseGuard;
use crate::store::{ListPage, Object, ObjectInfo, PutCondition, Store, StoreError, StoreErrorKind};

/// A store under a lease: puts and deletions fail as unavailable when the lease is not held, reads do not mind.
#[derive(Debug)]
pub struct FencedStore {
    inner: Arc<dyn Store>,
    guard: LeaseGuard,
}

impl FencedStore {
    /// `inner` for as long as the lease of `guard` is held.
    pub fn new(inner: Arc<dyn Store>, guard: LeaseGuard) -> Self {
        Self { inner, guard }
    }

    fn check(&self, operation: &'static str, key: &str) -> Result<(), StoreError> {
        if self.guard.is_held() {
            return Ok(());
        }
        let detail = "the lease for this work is not held any more";
        Err(StoreError::new(StoreErrorKind::Unavailable, operation, key, detail))
    }
}

#[async_trait]
impl Store for FencedStore {
    async fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        self.check("put", key)?;
        self.inner.put_file(key, path).await
    }

    async fn put_bytes(
        &self,
        key: &str,
        bytes: Bytes,
        condition: PutCondition,
    ) -> Result<String, StoreError> {
        self.check("put", key)?;
        self.inner.put_bytes(key, bytes, condition).await
    }

    async fn get(&self, key: &str, max_bytes: u64) -> Result<Object, StoreError> {
        self.inner.get(key, max_bytes).await
    }

    async fn read_range(&self, key: &str, range: Range<u64>, etag: &str) -> Result<Bytes, StoreError> {
        self.inner.read_range(key, range, etag).await
    }

    async fn head(&self, key: &str) -> Result<ObjectInfo, StoreError> {
        self.inner.head(key).await
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<ListPage, StoreError> {
        self.inner.list(prefix, cursor).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.check("delete", key)?;
        self.inner.delete(key).await
    }

    fn local_path(&self, key: &str) -> Result<Option<PathBuf>, StoreError> {
        self.inner.local_path(key)
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}
