//! What the lake holds: its datasets, their columns, and the files of each with their bounds in time.
//!
//! The engine asks through [`LakeCatalog`]; [`StoreCatalog`] answers it from a local folder or from S3.

mod documents;
mod footers;
mod hive;
mod names;
mod snapshot_cache;
mod store;
mod types;

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStore;
use object_store::path::Path;

use crate::limits;

pub(crate) use hive::bounds_us as hour_bounds_us;
pub use names::is_dataset_name_part;
pub use store::StoreCatalog;
pub use types::{EVENT_TIME, lake_type_name};

/// The name of a dataset: `tenant/dataset` in messages, `tenant.dataset` in SQL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatasetName {
    /// The tenant that owns the dataset.
    pub tenant: String,
    /// The dataset's own name.
    pub dataset: String,
}

impl DatasetName {
    /// A name from its two parts.
    pub fn new(tenant: impl Into<String>, dataset: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), dataset: dataset.into() }
    }
}

impl fmt::Display for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.dataset)
    }
}

/// The hour partition that a file lies in, from its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HourPartition {
    /// Year, four digits.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: i64,
    /// Day of the month, 1 to 31.
    pub day: i64,
    /// Hour of the day, 0 to 23, UTC.
    pub hour: i64,
}

/// One Parquet file of a dataset.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// Where it is in the object store.
    pub key: Path,
    /// Its size.
    pub bytes: u64,
    /// Its rows, where the catalog says.
    pub rows: Option<u64>,
    /// The least `event_time` in it, in µs since 1970 UTC, where the catalog says.
    pub min_event_time_us: Option<i64>,
    /// The greatest `event_time` in it, in µs since 1970 UTC, where the catalog says.
    pub max_event_time_us: Option<i64>,
    /// The hour partition of its path, where it has one.
    pub hour: Option<HourPartition>,
    /// Tells apart two contents that were stored under the same key, for caches of footers.
    pub content_version: u64,
}

/// A dataset as it is at one moment: columns and files. Never changes; a newer state is a new snapshot.
#[derive(Debug)]
pub struct DatasetSnapshot {
    /// The dataset's name.
    pub name: DatasetName,
    /// The columns that its files may hold, all nullable.
    pub columns: SchemaRef,
    /// Its files, newest hour first.
    pub files: Arc<Vec<DataFile>>,
}

/// Why the catalog cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The store did not answer, or refused.
    #[error("the object store cannot be read at '{at}'")]
    Store {
        /// What was asked for.
        at: String,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// A catalog document is there and is not what it should be.
    #[error("the catalog of {dataset} is damaged: {what}")]
    Damaged {
        /// Whose catalog.
        dataset: DatasetName,
        /// What is wrong, and where.
        what: String,
    },
    /// A maximum of `limits.rs` is reached.
    #[error("{0}")]
    TooLarge(String),
}

/// Answers what the lake holds. Called for every query, so an implementation keeps what has not changed.
#[async_trait]
pub trait LakeCatalog: Send + Sync + fmt::Debug {
    /// The store that [`DataFile::key`] is in.
    fn object_store(&self) -> Arc<dyn ObjectStore>;

    /// Every dataset, in order of name. `fresh` asks for a new listing where one is kept for a while.
    async fn datasets(&self, fresh: bool) -> Result<Arc<Vec<DatasetName>>, CatalogError>;

    /// A dataset's columns and files as they are now. `None`: there is no such dataset.
    async fn snapshot(&self, name: &DatasetName) -> Result<Option<Arc<DatasetSnapshot>>, CatalogError>;
}

/// The snapshots of several datasets, in their order.
pub(crate) async fn snapshots_of(
    catalog: &dyn LakeCatalog,
    names: &[DatasetName],
) -> Result<Vec<Option<Arc<DatasetSnapshot>>>, CatalogError> {
    let lookups: Vec<_> = names.iter().map(|name| catalog.snapshot(name)).collect();
    stream::iter(lookups).buffered(limits::CATALOG_CONCURRENCY).try_collect().await
}
