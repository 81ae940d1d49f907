//! The stored data of a configuration, for reading: a query engine over its folder or bucket.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytefreezer_core::config::{Config, FolderStorage, QueryConfig, S3Storage, StorageConfig};
use bytefreezer_lake::pace::{RetryPolicy, SystemPace};
use bytefreezer_lake::store::chain;
use bytefreezer_lake::store::s3::{S3Credentials, S3Options};
use bytefreezer_lake::{Store, StoreErrorKind, StoreOptions, open_store};
use bytefreezer_query::{QueryEngine, QueryLimits, QueryOptions, StoreCatalog};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::prefix::PrefixStore;
use object_store::{Certificate, ClientOptions, ObjectStore};
use tokio::runtime::Handle;

use crate::failure::wrong_setting;
use crate::limits::CA_FILE_BYTES_MAX;

/// Longest wait for a connection to the object store.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A query engine over the storage of a configuration. `file` is the configuration's, for messages; `runtime` is where
/// queries run, `None` for wherever they are asked for.
///
/// # Errors
/// When the lake cannot be opened; `ConfigErrors` when a setting is at fault.
pub fn open_engine(config: &Config, file: Option<&Path>, runtime: Option<Handle>) -> Result<QueryEngine> {
    let catalog = match &config.storage {
        StorageConfig::Folder(folder) => open_folder(folder)?,
        StorageConfig::S3(bucket) => open_bucket(bucket, file)?,
    };
    let mut options = QueryOptions::new(Arc::new(catalog));
    options.limits = limits(&config.query);
    options.runtime = runtime;
    QueryEngine::new(options).context("cannot start the query engine")
}

/// The storage of a configuration, for writing. `file` is the configuration's, for messages.
///
/// # Errors
/// When it cannot be opened; `ConfigErrors` when a setting is at fault.
pub async fn open_store_of(config: &Config, file: Option<&Path>) -> Result<Arc<dyn Store>> {
    open_stage(&config.storage, "storage", file).await
}

/// A storage that stands in the configuration as `setting`, which is `storage` or a stage, for writing.
///
/// # Errors
/// As [`open_store_of`].
pub async fn open_stage(
    storage: &StorageConfig,
    setting: &str,
    file: Option<&Path>,
) -> Result<Arc<dyn Store>> {
    let options = match storage {
        StorageConfig::Folder(folder) => StoreOptions::Folder { path: folder.path.clone() },
        StorageConfig::S3(storage) => StoreOptions::S3(Box::new(s3_options(storage))),
    };
    match open_store(options, RetryPolicy::default(), Arc::new(SystemPace)).await {
        Ok(store) => Ok(store),
        Err(error) if error.kind() == StoreErrorKind::Invalid => {
            Err(wrong_setting(file, setting, chain(&error)).into())
        }
        Err(error) => Err(error).with_context(|| format!("cannot open {setting}")),
    }
}

fn s3_options(storage: &S3Storage) -> S3Options {
    let credentials = S3Credentials::Keys {
        access_key: storage.access_key.expose().to_owned(),
        secret_key: storage.secret_key.expose().to_owned(),
        session_token: None,
    };
    let mut options = S3Options::new(&storage.endpoint, &storage.bucket, credentials);
    options.region.clone_from(&storage.region);
    options.prefix.clone_from(&storage.prefix);
    options.create_bucket = storage.create_bucket;
    options.path_style = storage.path_style;
    options.ca_file.clone_from(&storage.ca_file);
    options
}

fn limits(config: &QueryConfig) -> QueryLimits {
    QueryLimits {
        time: Duration::from_secs(config.timeout_seconds),
        rows: Some(usize::try_from(config.rows_max).unwrap_or(usize::MAX)),
        memory_bytes: usize::try_from(config.memory_bytes_max.bytes()).unwrap_or(usize::MAX),
        ..QueryLimits::default()
    }
}

fn open_folder(folder: &FolderStorage) -> Result<StoreCatalog> {
    let path = &folder.path;
    anyhow::ensure!(
        path.is_dir(),
        "there is no lake in {}; is `--config` or `--data-dir` the one that the appliance runs with?",
        path.display()
    );
    StoreCatalog::local_folder(path).with_context(|| format!("cannot open the lake in {}", path.display()))
}

fn open_bucket(storage: &S3Storage, file: Option<&Path>) -> Result<StoreCatalog> {
    let client = client_options(storage, file)?;
    let bucket =
        bucket(storage, client).map_err(|error| wrong_setting(file, "storage", error.to_string()))?;
    let store: Arc<dyn ObjectStore> = match storage.prefix.as_deref() {
        Some(prefix) if !prefix.is_empty() => Arc::new(PrefixStore::new(bucket, prefix)),
        _ => Arc::new(bucket),
    };
    Ok(StoreCatalog::new(store))
}

fn bucket(storage: &S3Storage, client: ClientOptions) -> object_store::Result<AmazonS3> {
    AmazonS3Builder::new()
        .with_endpoint(endpoint(storage))
        .with_region(&storage.region)
        .with_bucket_name(&storage.bucket)
        .with_virtual_hosted_style_request(!storage.path_style)
        .with_access_key_id(storage.access_key.expose())
        .with_secret_access_key(storage.secret_key.expose())
        .with_client_options(client)
        .build()
}

/// Where requests go. With the bucket in the host name, `object_store` takes an endpoint that has it already.
fn endpoint(storage: &S3Storage) -> String {
    let endpoint = storage.endpoint.trim_end_matches('/');
    match endpoint.split_once("://") {
        Some((scheme, host)) if !storage.path_style => format!("{scheme}://{}.{host}", storage.bucket),
        _ => endpoint.to_owned(),
    }
}

fn client_options(storage: &S3Storage, file: Option<&Path>) -> Result<ClientOptions> {
    let mut options = ClientOptions::new()
        .with_allow_http(storage.endpoint.starts_with("http://"))
        .with_connect_timeout(CONNECT_TIMEOUT);
    let Some(path) = &storage.ca_file else { return Ok(options) };
    let wrong = |reason: String| wrong_setting(file, "storage.ca_file", reason);
    let shown = path.display();
    let bytes =
        std::fs::metadata(path).map_err(|error| wrong(format!("cannot read {shown}: {error}")))?.len();
    if bytes > CA_FILE_BYTES_MAX {
        return Err(wrong(format!("{shown} is longer than {CA_FILE_BYTES_MAX} bytes")).into());
    }
    let pem = std::fs::read(path).map_err(|error| wrong(format!("cannot read {shown}: {error}")))?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|error| wrong(format!("{shown} holds no PEM certificates: {error}")))?;
    for certificate in certificates {
        options = options.with_root_certificate(certificate);
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytefreezer_core::config::Secret;

    fn storage(path_style: bool) -> S3Storage {
        S3Storage {
            endpoint: "https://s3.example.net:9000/".into(),
            region: "eu-central-1".into(),
            bucket: "lake".into(),
            prefix: None,
            path_style,
            access_key: Secret::new("key"),
            secret_key: Secret::new("secret"),
            ca_file: None,
            create_bucket: false,
        }
    }

    #[test]
    fn the_bucket_stands_in_the_path_or_in_the_host_name() {
        assert_eq!(endpoint(&storage(true)), "https://s3.example.net:9000");
        assert_eq!(endpoint(&storage(false)), "https://lake.s3.example.net:9000");
        for path_style in [true, false] {
            assert!(bucket(&storage(path_style), ClientOptions::new()).is_ok());
        }
    }

    #[test]
    fn a_file_of_authorities_that_is_not_there_is_a_wrong_setting() {
        let storage = S3Storage { ca_file: Some("/nowhere/ca.pem".into()), ..storage(true) };
        let error = open_bucket(&storage, Some(Path::new("a.yaml"))).unwrap_err();
        assert!(error.is::<bytefreezer_core::config::ConfigErrors>());
        assert!(
            error.to_string().starts_with("a.yaml: storage.ca_file: cannot read /nowhere/ca.pem"),
            "{error}"
        );
    }

    #[test]
    fn the_limits_are_those_of_the_configuration() {
        let config = QueryConfig { timeout_seconds: 7, rows_max: 11, ..QueryConfig::default() };
        let limits = limits(&config);
        assert_eq!((limits.time, limits.rows), (Duration::from_secs(7), Some(11)));
        assert_eq!(limits.memory_bytes as u64, config.memory_bytes_max.bytes());
    }
}
