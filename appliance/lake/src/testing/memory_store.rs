//! A store in memory, for tests of whom durability is not the point.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::limits::LIST_PAGE_KEYS;
use crate::store::{
    ListPage, Object, ObjectInfo, PutCondition, Store, StoreError, StoreErrorKind, check_key, check_prefix,
    check_range, range_behind_end,
};

/// Objects in memory. Every put makes a new etag.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    ignores_conditions: bool,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Object>,
    puts: u64,
}

impl MemoryStore {
    /// A store that takes every put, whatever its condition says.
    pub fn without_conditions() -> Self {
        Self { ignores_conditions: true, ..Self::default() }
    }

    /// All keys, ascending.
    pub fn keys(&self) -> Vec<String> {
        self.state().objects.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, key: &str, bytes: Bytes, condition: &PutCondition) -> Result<String, StoreError> {
        check_key("put", key)?;
        let mut state = self.state();
        let present = state.objects.get(key).map(|object| object.etag.as_str());
        let holds = match condition {
            PutCondition::None => true,
            PutCondition::IfAbsent => present.is_none(),
            PutCondition::IfMatch(etag) => present == Some(etag.as_str()),
        };
        if !holds && !self.ignores_conditions {
            return Err(StoreError::new(StoreErrorKind::PreconditionFailed, "put", key, ""));
        }
        state.puts += 1;
        let etag = format!("\"{}\"", state.puts);
        state.objects.insert(key.to_owned(), Object { bytes, etag: etag.clone() });
        Ok(etag)
    }

    fn find(&self, operation: &'static str, key: &str) -> Result<Object, StoreError> {
        check_key(operation, key)?;
        let found = self.state().objects.get(key).cloned();
        found.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, operation, key, ""))
    }
}

fn info(key: &str, object: &Object) -> ObjectInfo {
    let (bytes, etag) = (object.bytes.len() as u64, object.etag.clone());
    ObjectInfo { key: key.to_owned(), bytes, etag, modified_us: None }
}

#[async_trait]
impl Store for MemoryStore {
    async fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        let bytes = std::fs::read(path).map_err(|cause| StoreError::from_io("put", key, cause))?;
        self.put(key, bytes.into(), &PutCondition::None)?;
        Ok(())
    }

    async fn put_bytes(
        &self,
        key: &str,
        bytes: Bytes,
        condition: PutCondition,
    ) -> Result<String, StoreError> {
        self.put(key, bytes, &condition)
    }

    async fn get(&self, key: &str, max_bytes: u64) -> Result<Object, StoreError> {
        let object = self.find("get", key)?;
        if object.bytes.len() as u64 > max_bytes {
            let detail = format!("the object is larger than {max_bytes} bytes");
            return Err(StoreError::new(StoreErrorKind::Invalid, "get", key, detail));
        }
        Ok(object)
    }

    async fn read_range(&self, key: &str, range: Range<u64>, etag: &str) -> Result<Bytes, StoreError> {
        check_range(key, &range)?;
        let object = self.find("read", key)?;
        if object.etag != etag {
            return Err(StoreError::new(StoreErrorKind::PreconditionFailed, "read", key, ""));
        }
        if (object.bytes.len() as u64) < range.end {
            return Err(range_behind_end(key, &range));
        }
        Ok(object.bytes.slice(range.start as usize..range.end as usize))
    }

    async fn head(&self, key: &str) -> Result<ObjectInfo, StoreError> {
        Ok(info(key, &self.find("head", key)?))
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<ListPage, StoreError> {
        check_prefix(prefix)?;
        let after = cursor.unwrap_or_default();
        let state = self.state();
        let wanted = state.objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after);
        let mut objects: Vec<ObjectInfo> =
            wanted.take(LIST_PAGE_KEYS + 1).map(|(key, object)| info(key, object)).collect();
        if objects.len() <= LIST_PAGE_KEYS {
            return Ok(ListPage { objects, next: None });
        }
        objects.truncate(LIST_PAGE_KEYS);
        let next = objects.last().map(|object| object.key.clone());
        Ok(ListPage { objects, next })
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        check_key("delete", key)?;
        self.state().objects.remove(key);
        Ok(())
    }

    fn local_path(&self, key: &str) -> Result<Option<PathBuf>, StoreError> {
        check_key("local path", key)?;
        Ok(None)
    }

    fn location(&self) -> String {
        "memory".to_owned()
    }
}
