//! One interface over a local folder and S3.

mod error;
pub mod folder;
mod key_rules;
pub mod prefixed;
pub mod reader;
pub mod s3;
mod s3_answers;
mod s3_http;
mod s3_multipart;

pub use error::{StoreError, StoreErrorKind, chain};
pub use key_rules::{check_key, check_prefix};

use crate::limits::{CREATE_BUCKET_PAUSE, MAX_RANGE_BYTES};
use crate::pace::{Pace, RetryPolicy};
use async_trait::async_trait;
use bytes::Bytes;
use folder::FolderStore;
use prefixed::PrefixedStore;
use s3::{S3Options, S3Store};
use std::fmt::Debug;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What must hold for a put to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutCondition {
    /// Nothing: an object under the key is replaced.
    None,
    /// There is no object under the key.
    IfAbsent,
    /// The object under the key has this etag, as any call of the same store gave it.
    IfMatch(String),
}

/// An object and its content.
#[derive(Debug, Clone)]
pub struct Object {
    /// The content.
    pub bytes: Bytes,
    /// Changes whenever the content changes; for [`PutCondition::IfMatch`].
    pub etag: String,
}

/// What is known of an object without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its key.
    pub key: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Changes whenever the object is put anew with another content; for [`Store::read_range`] and
    /// [`PutCondition::IfMatch`]. That of [`Store::get`] may be another one (a folder tells it from the content).
    pub etag: String,
    /// When it was put, by the server's clock, in µs since the epoch; where the server says.
    pub modified_us: Option<i64>,
}

/// A page of a listing.
#[derive(Debug, Clone, Default)]
pub struct ListPage {
    /// Objects. Ascending by key, except that some servers (SeaweedFS) sort by the parts between the `/`.
    pub objects: Vec<ObjectInfo>,
    /// Pass it to the next call; `None` when this was the last page.
    pub next: Option<String>,
}

/// A place for objects. Every call is bounded in time and can be cancelled by dropping it.
///
/// A put is atomic: readers see the whole old object or the whole new one. When a put returns, the object is
/// durable. Errors: see [`StoreErrorKind`]; calls that may succeed later fail with `Unavailable`, after the
/// store has repeated them by itself.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// Puts a local file under a key, replacing what was there. The file stays where it is, so that the call
    /// can be repeated; it must not change afterwards (a folder store links it). Remove it when it is committed.
    async fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError>;

    /// Puts bytes under a key; returns the new etag. Errors: `PreconditionFailed` when the condition does not
    /// hold, `Invalid` above [`crate::limits::MAX_PUT_BYTES`].
    async fn put_bytes(&self, key: &str, bytes: Bytes, condition: PutCondition)
    -> Result<String, StoreError>;

    /// Reads an object of at most `max_bytes`. Errors: `NotFound`; `Invalid` when it is larger.
    async fn get(&self, key: &str, max_bytes: u64) -> Result<Object, StoreError>;

    /// Reads the bytes `range` of the object that has this etag, as [`Store::head`] or [`Store::list`] gave it: pieces
    /// of two versions are never mixed. Errors: `NotFound`; `PreconditionFailed` when the object is another one by
    /// now; `Invalid` when the range is longer than [`crate::limits::MAX_RANGE_BYTES`] or ends behind the object's end.
    async fn read_range(&self, key: &str, range: Range<u64>, etag: &str) -> Result<Bytes, StoreError>;

    /// Size, etag and age of an object. Errors: `NotFound`.
    async fn head(&self, key: &str) -> Result<ObjectInfo, StoreError>;

    /// Objects whose keys begin with `prefix` (any text, empty for all), from `cursor` of the last page on. What our rules do not
    /// allow as a key is left out. A page may be short, or empty, and still have a `next`.
    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<ListPage, StoreError>;

    /// Deletes an object; one that is not there is no error.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// Where an object lies on the local disk; `None` for a store that is not a folder. Errors: `Invalid` key.
    fn local_path(&self, key: &str) -> Result<Option<PathBuf>, StoreError>;

    /// Where the store is, for messages: a path or an endpoint with its bucket. Holds no secret.
    fn location(&self) -> String;
}

/// Refuses a range that is empty, backward or too long to be held in memory. Errors: `Invalid`.
pub(crate) fn check_range(key: &str, range: &Range<u64>) -> Result<(), StoreError> {
    if range.start < range.end && range.end - range.start <= MAX_RANGE_BYTES {
        return Ok(());
    }
    let detail =
        format!("bytes {} to {} are no range of 1 to {MAX_RANGE_BYTES} bytes", range.start, range.end);
    Err(StoreError::new(StoreErrorKind::Invalid, "read", key, detail))
}

/// The error of a range that the object does not have.
pub(crate) fn range_behind_end(key: &str, range: &Range<u64>) -> StoreError {
    let detail = format!("the object ends before byte {}", range.end);
    StoreError::new(StoreErrorKind::Invalid, "read", key, detail)
}

/// Where objects shall live.
#[derive(Debug, Clone)]
pub enum StoreOptions {
    /// A folder, created when it is missing.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// A bucket of an S3 server.
    S3(Box<S3Options>),
}

/// Opens a store. A folder is created and cleaned of unfinished files; an S3 bucket is contacted only where it is
/// to be created. Errors: `Invalid` options (endpoint, CA file, prefix), `Denied` or `Unavailable` folder or bucket.
pub async fn open_store(
    options: StoreOptions,
    retry: RetryPolicy,
    pace: Arc<dyn Pace>,
) -> Result<Arc<dyn Store>, StoreError> {
    match options {
        StoreOptions::Folder { path } => Ok(Arc::new(FolderStore::open(path).await?)),
        StoreOptions::S3(options) => open_bucket(*options, retry, pace).await,
    }
}

async fn open_bucket(
    options: S3Options,
    retry: RetryPolicy,
    pace: Arc<dyn Pace>,
) -> Result<Arc<dyn Store>, StoreError> {
    let (prefix, create_bucket) = (options.prefix.clone(), options.create_bucket);
    let bucket = Arc::new(S3Store::open(options, retry, pace).await?);
    if create_bucket {
        create(&bucket).await?;
    }
    match prefix {
        Some(prefix) if !prefix.is_empty() => Ok(Arc::new(PrefixedStore::new(bucket, &prefix)?)),
        _ => Ok(bucket),
    }
}

/// Creates the bucket; a server that is away does not keep anybody from starting, it is asked again until it answers.
async fn create(bucket: &Arc<S3Store>) -> Result<(), StoreError> {
    match bucket.create_bucket().await {
        Err(error) if error.is_retryable() => {
            tracing::warn!(
                location = bucket.location(),
                error = chain(&error),
                "cannot create the bucket yet"
            );
            let bucket = Arc::clone(bucket);
            tokio::spawn(async move {
                while let Err(error) = bucket.create_bucket().await {
                    tracing::debug!(error = chain(&error), "cannot create the bucket yet");
                    tokio::time::sleep(CREATE_BUCKET_PAUSE).await;
                }
            });
            Ok(())
        }
        done => done,
    }
}

/// All objects under a prefix, page by page. Errors: those of [`Store::list`], `Invalid` when there are more
/// than `most`.
pub async fn list_all(store: &dyn Store, prefix: &str, most: usize) -> Result<Vec<ObjectInfo>, StoreError> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = store.list(prefix, cursor.as_deref()).await?;
        found.extend(page.objects);
        if found.len() > most {
            let what = format!("there are more than {most} objects; choose a longer prefix");
            return Err(StoreError::new(StoreErrorKind::Invalid, "list", prefix, what));
        }
        let Some(next) = page.next else {
            return Ok(found);
        };
        cursor = Some(next);
    }
}
