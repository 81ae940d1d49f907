//! A store inside another: every key gets a prefix.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{ListPage, Object, ObjectInfo, PutCondition, Store, StoreError, check_prefix};

/// The keys of a store that begin with one prefix, without it.
#[derive(Debug)]
pub struct PrefixedStore {
    inner: Arc<dyn Store>,
    /// Ends with `/`.
    prefix: String,
}

impl PrefixedStore {
    /// Errors: `Invalid` when the prefix cannot begin a key.
    pub fn new(inner: Arc<dyn Store>, prefix: &str) -> Result<Self, StoreError> {
        let prefix = format!("{}/", prefix.trim_matches('/'));
        check_prefix(&prefix)?;
        Ok(Self { inner, prefix })
    }

    fn outer(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn without_prefix(&self, mut info: ObjectInfo) -> Option<ObjectInfo> {
        info.key = info.key.strip_prefix(&self.prefix)?.to_owned();
        Some(info)
    }
}

#[async_trait]
impl Store for PrefixedStore {
    async fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        self.inner.put_file(&self.outer(key), path).await
    }

    async fn put_bytes(
        &self,
        key: &str,
        bytes: Bytes,
        condition: PutCondition,
    ) -> Result<String, StoreError> {
        self.inner.put_bytes(&self.outer(key), bytes, condition).await
    }

    async fn get(&self, key: &str, max_bytes: u64) -> Result<Object, StoreError> {
        self.inner.get(&self.outer(key), max_bytes).await
    }

    async fn read_range(&self, key: &str, range: Range<u64>, etag: &str) -> Result<Bytes, StoreError> {
        self.inner.read_range(&self.outer(key), range, etag).await
    }

    async fn head(&self, key: &str) -> Result<ObjectInfo, StoreError> {
        let info = self.inner.head(&self.outer(key)).await?;
        Ok(ObjectInfo { key: key.to_owned(), ..info })
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<ListPage, StoreError> {
        let page = self.inner.list(&self.outer(prefix), cursor).await?;
        let objects = page.objects.into_iter().filter_map(|info| self.without_prefix(info)).collect();
        Ok(ListPage { objects, next: page.next })
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.inner.delete(&self.outer(key)).await
    }

    fn local_path(&self, key: &str) -> Result<Option<PathBuf>, StoreError> {
        self.inner.local_path(&self.outer(key))
    }

    fn location(&self) -> String {
        format!("{}/{}", self.inner.location(), self.prefix.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::folder::FolderStore;

    #[tokio::test]
    async fn keys_lie_under_the_prefix_and_are_listed_without_it() {
        let folder = tempfile::tempdir().unwrap();
        let inner: Arc<dyn Store> = Arc::new(FolderStore::open(folder.path().to_owned()).await.unwrap());
        let store = PrefixedStore::new(Arc::clone(&inner), "/site/a/").unwrap();
        store.put_bytes("t/d/x.json", Bytes::from_static(b"1"), PutCondition::None).await.unwrap();
        inner.put_bytes("t/d/other.json", Bytes::from_static(b"2"), PutCondition::None).await.unwrap();
        assert_eq!(inner.get("site/a/t/d/x.json", 10).await.unwrap().bytes, "1");
        let page = store.list("t/", None).await.unwrap();
        let keys: Vec<&str> = page.objects.iter().map(|info| info.key.as_str()).collect();
        assert_eq!(keys, ["t/d/x.json"]);
        store.delete("t/d/x.json").await.unwrap();
        assert!(store.head("t/d/x.json").await.is_err());
    }

    #[tokio::test]
    async fn a_prefix_that_leaves_the_store_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let inner: Arc<dyn Store> = Arc::new(FolderStore::open(folder.path().to_owned()).await.unwrap());
        assert!(PrefixedStore::new(inner, "../other").is_err());
    }
}
