//! Where the Parquet files are stored.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Secret;

/// Where the Parquet files are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum StorageConfig {
    /// A local folder.
    Folder(FolderStorage),
    /// Any S3.
    S3(S3Storage),
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self::Folder(FolderStorage::default())
    }
}

/// A local folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FolderStorage {
    /// The folder; made if it is not there. `{data_dir}` stands for the setting of that name.
    #[schemars(extend("format" = "path"))]
    pub path: PathBuf,
}

impl Default for FolderStorage {
    fn default() -> Self {
        Self { path: PathBuf::from("{data_dir}/lake") }
    }
}

/// An S3 bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3Storage {
    /// The service's address, as in `https://s3.example.net:9000`.
    #[schemars(extend("format" = "http-url"))]
    pub endpoint: String,
    /// The region that requests are signed for.
    #[serde(default = "default_region")]
    pub region: String,
    /// The bucket.
    #[schemars(extend("format" = "bucket"))]
    pub bucket: String,
    /// Put before every key, without `/` at its ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "key-prefix"))]
    pub prefix: Option<String>,
    /// Whether the bucket stands in the path (`true`) or in the host name (`false`).
    #[serde(default = "default_true")]
    pub path_style: bool,
    /// Who asks.
    pub access_key: Secret,
    /// The proof.
    pub secret_key: Secret,
    /// A PEM file with the authorities that the service's certificate is checked against, instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    pub ca_file: Option<PathBuf>,
    /// Whether to make the bucket when it is not there.
    #[serde(default)]
    pub create_bucket: bool,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

fn default_true() -> bool {
    true
}
