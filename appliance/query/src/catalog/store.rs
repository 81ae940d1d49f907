//! The catalog of a lake in an object store: a local folder or S3.
//!
//! `metadata/partitions.json` is the truth about a dataset's files where it exists, and only the files it lists are
//! read. Without it the files under `data/parquet/` are listed. Documents are asked for again at every query, but only
//! sent by the store when they changed (ETag).

use std::hash::{Hash, Hasher};
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, ObjectMeta, ObjectStore};

use super::documents::{columns_of_schema, files_of_partitions, too_many_files};
use super::footers::columns_of_newest_files;
use super::hive::{bounds_us, hour_of_key};
use super::snapshot_cache::{CachedSnapshot, DocumentTag, SnapshotCache};
use super::{CatalogError, DataFile, DatasetName, DatasetSnapshot, LakeCatalog, is_dataset_name_part};
use crate::limits;

/// A [`LakeCatalog`] over any object store whose root holds the lake's `{tenant}/{dataset}/` folders.
#[derive(Debug)]
pub struct StoreCatalog {
    store: Arc<dyn ObjectStore>,
    listing: Mutex<Option<(Instant, Arc<Vec<DatasetName>>)>>,
    snapshots: Mutex<SnapshotCache>,
}

/// What a conditional read of a document found.
enum Document {
    Absent,
    Unchanged,
    Changed { tag: DocumentTag, json: Vec<u8> },
}

impl StoreCatalog {
    /// The catalog of the lake at the root of a store. For a lake below a prefix: `object_store::prefix::PrefixStore`.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, listing: Mutex::new(None), snapshots: Mutex::new(SnapshotCache::default()) }
    }

    /// The catalog of the lake in a local folder, which must exist.
    pub fn local_folder(folder: &FilePath) -> Result<Self, CatalogError> {
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|source| CatalogError::Store { at: folder.display().to_string(), source })?;
        Ok(Self::new(Arc::new(store)))
    }

    async fn list_datasets(&self) -> Result<Vec<DatasetName>, CatalogError> {
        let tenants = self.subfolders(None).await?;
        let listings = tenants.into_iter().map(|tenant| async move {
            let datasets = self.subfolders(Some(&Path::from(tenant.as_str()))).await?;
            Ok::<_, CatalogError>((tenant, datasets))
        });
        let listings: Vec<(String, Vec<String>)> =
            stream::iter(listings).buffered(limits::CATALOG_CONCURRENCY).try_collect().await?;
        let mut names = Vec::new();
        for (tenant, datasets) in listings {
            names.extend(datasets.into_iter().map(|dataset| DatasetName::new(tenant.as_str(), dataset)));
            if names.len() > limits::MAX_DATASETS {
                let message = format!("the lake has more than {} datasets", limits::MAX_DATASETS);
                return Err(CatalogError::TooLarge(message));
            }
        }
        names.sort();
        Ok(names)
    }

    /// The names directly below a folder that can be a tenant or dataset.
    async fn subfolders(&self, folder: Option<&Path>) -> Result<Vec<String>, CatalogError> {
        let listing = self.store.list_with_delimiter(folder).await.map_err(|source| CatalogError::Store {
            at: folder.map_or_else(|| "/".to_owned(), ToString::to_string),
            source,
        })?;
        let names = listing.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned));
        Ok(names.filter(|name| is_dataset_name_part(name)).collect())
    }

    async fn read_document(&self, key: &str, known: Option<&DocumentTag>) -> Result<Document, CatalogError> {
        let store_error = |source| CatalogError::Store { at: key.to_owned(), source };
        let known_etag = match known {
            Some(DocumentTag::Present(Some(etag))) => Some(etag.as_str()),
            _ => None,
        };
        let options = GetOptions::new().with_if_none_match(known_etag);
        let found = match self.store.get_opts(&Path::from(key), options).await {
            Ok(found) => found,
            Err(object_store::Error::NotModified { .. }) => return Ok(Document::Unchanged),
            Err(object_store::Error::NotFound { .. }) => return Ok(Document::Absent),
            Err(source) => return Err(store_error(source)),
        };
        if found.meta.size > limits::MAX_CATALOG_DOCUMENT_BYTES {
            return Err(CatalogError::TooLarge(format!(
                "'{key}' has {} bytes, more than the {} that are read",
                found.meta.size,
                limits::MAX_CATALOG_DOCUMENT_BYTES
            )));
        }
        let tag = DocumentTag::Present(found.meta.e_tag.clone());
        let json = found.bytes().await.map_err(store_error)?.to_vec();
        Ok(Document::Changed { tag, json })
    }

    /// The files under `data/parquet/`, with a digest that changes when any of them does.
    async fn list_files(&self, name: &DatasetName) -> Result<(Vec<DataFile>, u64), CatalogError> {
        let folder = Path::from(format!("{}/{}/data/parquet", name.tenant, name.dataset));
        let mut listing = self.store.list(Some(&folder));
        let mut files = Vec::new();
        while let Some(object) = listing.next().await {
            let object = object.map_err(|source| CatalogError::Store { at: folder.to_string(), source })?;
            if !is_data_file(&object) {
                continue;
            }
            if files.len() == limits::MAX_FILES_PER_DATASET {
                return Err(too_many_files(name));
            }
            files.push(listed_file(object));
        }
        let mut digest = std::hash::DefaultHasher::new();
        files.sort_by(|a, b| a.key.cmp(&b.key));
        for file in &files {
            (file.key.as_ref(), file.bytes, file.content_version).hash(&mut digest);
        }
        Ok((files, digest.finish()))
    }

    fn cached(&self, name: &DatasetName) -> Option<Arc<CachedSnapshot>> {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner).get(name)
    }

    async fn read_snapshot(&self, name: &DatasetName) -> Result<Option<Arc<CachedSnapshot>>, CatalogError> {
        let known = self.cached(name);
        let metadata = format!("{}/{}/metadata", name.tenant, name.dataset);
        // In this order: a writer stores the schema before the files that need it, so a schema read after the list of
        // files knows all their columns and types.
        let partitions_key = format!("{metadata}/partitions.json");
        let partitions =
            self.read_document(&partitions_key, known.as_ref().map(|known| &known.partitions_tag)).await?;
        let mut listing_digest = None;
        let (files, partitions_tag) = match (partitions, &known) {
            (Document::Unchanged, Some(known)) => {
                (Arc::clone(&known.snapshot.files), known.partitions_tag.clone())
            }
            (Document::Changed { tag, json }, _) => (newest_first(files_of_partitions(name, &json)?), tag),
            (Document::Absent | Document::Unchanged, known) => {
                let (files, digest) = self.list_files(name).await?;
                listing_digest = Some(digest);
                let files = match known {
                    Some(known) if known.listing_digest == listing_digest => {
                        Arc::clone(&known.snapshot.files)
                    }
                    _ => newest_first(files),
                };
                (files, DocumentTag::Absent)
            }
        };

        let schema_key = format!("{metadata}/schema.json");
        let schema = self.read_document(&schema_key, known.as_ref().map(|known| &known.schema_tag)).await?;
        let same_files = known.as_ref().is_some_and(|known| Arc::ptr_eq(&known.snapshot.files, &files));
        let (columns, schema_tag) = match (schema, &known) {
            (Document::Unchanged, Some(known)) => {
                (Arc::clone(&known.snapshot.columns), known.schema_tag.clone())
            }
            (Document::Changed { tag, json }, _) => (columns_of_schema(name, &json)?, tag),
            (_, Some(known)) if known.schema_tag == DocumentTag::Absent && same_files => {
                (Arc::clone(&known.snapshot.columns), DocumentTag::Absent)
            }
            (_, _) => {
                let nothing_stored = files.is_empty() && partitions_tag == DocumentTag::Absent;
                if nothing_stored {
                    return Ok(None);
                }
                (columns_of_newest_files(&self.store, name, &files).await?, DocumentTag::Absent)
            }
        };
        if let Some(known) = known
            && same_files
            && Arc::ptr_eq(&known.snapshot.columns, &columns)
        {
            return Ok(Some(known));
        }
        let snapshot = Arc::new(DatasetSnapshot { name: name.clone(), columns, files });
        Ok(Some(Arc::new(CachedSnapshot { snapshot, schema_tag, partitions_tag, listing_digest })))
    }
}

fn is_data_file(object: &ObjectMeta) -> bool {
    let Some(file_name) = object.location.filename() else { return false };
    file_name.ends_with(".parquet") && !file_name.starts_with(['.', '_'])
}

fn listed_file(object: ObjectMeta) -> DataFile {
    let mut version = std::hash::DefaultHasher::new();
    (object.e_tag.as_deref(), object.last_modified).hash(&mut version);
    DataFile {
        hour: hour_of_key(object.location.as_ref()),
        bytes: object.size,
        rows: None,
        min_event_time_us: None,
        max_event_time_us: None,
        content_version: version.finish(),
        key: object.location,
    }
}

/// The newest rows are what is asked for most: they come first in every scan.
fn newest_first(mut files: Vec<DataFile>) -> Arc<Vec<DataFile>> {
    let last_moment = |file: &DataFile| {
        file.max_event_time_us.or_else(|| Some(bounds_us(&file.hour?)?.1)).unwrap_or(i64::MIN)
    };
    files.sort_by(|a, b| last_moment(b).cmp(&last_moment(a)).then_with(|| b.key.cmp(&a.key)));
    Arc::new(files)
}

#[async_trait]
impl LakeCatalog for StoreCatalog {
    fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    async fn datasets(&self, fresh: bool) -> Result<Arc<Vec<DatasetName>>, CatalogError> {
        if !fresh {
            let listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((listed_at, names)) = listing.as_ref()
                && listed_at.elapsed() < limits::DATASET_LISTING_TTL
            {
                return Ok(Arc::clone(names));
            }
        }
        let names = Arc::new(self.list_datasets().await?);
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        *listing = Some((Instant::now(), Arc::clone(&names)));
        Ok(names)
    }

    async fn snapshot(&self, name: &DatasetName) -> Result<Option<Arc<DatasetSnapshot>>, CatalogError> {
        if !is_dataset_name_part(&name.tenant) || !is_dataset_name_part(&name.dataset) {
            return Ok(None);
        }
        let found = self.read_snapshot(name).await?;
        let mut snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = found else {
            snapshots.remove(name);
            return Ok(None);
        };
        snapshots.insert(name.clone(), Arc::clone(&found));
        Ok(Some(Arc::clone(&found.snapshot)))
    }
}
