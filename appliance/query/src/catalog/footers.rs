//! The columns of a dataset without `schema.json`, from the footers of its newest files.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectMeta, ObjectStore};

use super::documents::damaged;
use super::types::union_of_file_schemas;
use super::{CatalogError, DataFile, DatasetName};
use crate::limits;

/// The union of the columns of the newest files. `files` is newest first.
pub(super) async fn columns_of_newest_files(
    store: &Arc<dyn ObjectStore>,
    dataset: &DatasetName,
    files: &[DataFile],
) -> Result<SchemaRef, CatalogError> {
    let newest = files.iter().take(limits::MAX_FOOTERS_FOR_SCHEMA);
    let reads: Vec<_> = newest.map(|file| columns_of_file(store, dataset, file)).collect();
    let schemas: Vec<SchemaRef> =
        stream::iter(reads).buffered(limits::CATALOG_CONCURRENCY).try_collect().await?;
    Ok(Arc::new(union_of_file_schemas(&schemas)))
}

async fn columns_of_file(
    store: &Arc<dyn ObjectStore>,
    dataset: &DatasetName,
    file: &DataFile,
) -> Result<SchemaRef, CatalogError> {
    let object = ObjectMeta {
        location: file.key.clone(),
        last_modified: chrono::DateTime::UNIX_EPOCH,
        size: file.bytes,
        e_tag: None,
        version: None,
    };
    let schema = DFParquetMetadata::new(store.as_ref(), &object)
        .fetch_schema()
        .await
        .map_err(|error| damaged(dataset, format!("the footer of '{}': {error}", file.key)))?;
    Ok(Arc::new(schema))
}
