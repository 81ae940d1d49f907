//! `metadata/schema.json` and `metadata/partitions.json`, read tolerantly: fields unknown here are passed over.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use chrono::DateTime;
use object_store::path::Path;
use serde::Deserialize;
use tracing::warn;

use super::hive::hour_of_key;
use super::types::arrow_type_of;
use super::{CatalogError, DataFile, DatasetName};
use crate::limits;

#[derive(Debug, Deserialize)]
struct SchemaDocument {
    columns: Vec<ColumnEntry>,
}

#[derive(Debug, Deserialize)]
struct ColumnEntry {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
}

#[derive(Debug, Deserialize)]
struct PartitionsDocument {
    files: Vec<FileEntry>,
}

#[derive(Debug, Deserialize)]
struct FileEntry {
    key: String,
    bytes: u64,
    #[serde(default)]
    rows: Option<u64>,
    #[serde(default)]
    min_event_time: Option<TimeValue>,
    #[serde(default)]
    max_event_time: Option<TimeValue>,
}

/// A moment, as µs since 1970 UTC or as RFC 3339 text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum TimeValue {
    Microseconds(i64),
    Text(String),
}

impl TimeValue {
    fn microseconds(&self) -> Result<i64, String> {
        match self {
            Self::Microseconds(value) => Ok(*value),
            Self::Text(text) => DateTime::parse_from_rfc3339(text)
                .map(|time| time.timestamp_micros())
                .map_err(|error| format!("'{text}' is not an RFC 3339 time: {error}")),
        }
    }
}

/// The columns that a `schema.json` lists.
pub(super) fn columns_of_schema(dataset: &DatasetName, json: &[u8]) -> Result<SchemaRef, CatalogError> {
    let document: SchemaDocument =
        serde_json::from_slice(json).map_err(|error| damaged(dataset, format!("schema.json: {error}")))?;
    let mut seen = HashSet::new();
    let mut fields = Vec::new();
    for column in document.columns {
        if fields.len() == limits::MAX_COLUMNS_PER_DATASET {
            warn!(%dataset, max = limits::MAX_COLUMNS_PER_DATASET, "too many columns, the rest is not shown in sql");
            break;
        }
        let Some(data_type) = arrow_type_of(&column.type_name) else {
            warn!(%dataset, column = column.name, type_name = column.type_name, "unknown type, column is not shown in sql");
            continue;
        };
        if !seen.insert(column.name.clone()) {
            return Err(damaged(dataset, format!("schema.json: column '{}' is listed twice", column.name)));
        }
        fields.push(Field::new(column.name, data_type, true));
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// The files that a `partitions.json` lists. Every one must lie inside the dataset's own folder: a damaged or forged
/// document must not open another tenant's files.
pub(super) fn files_of_partitions(dataset: &DatasetName, json: &[u8]) -> Result<Vec<DataFile>, CatalogError> {
    let document: PartitionsDocument = serde_json::from_slice(json)
        .map_err(|error| damaged(dataset, format!("partitions.json: {error}")))?;
    if document.files.len() > limits::MAX_FILES_PER_DATASET {
        return Err(too_many_files(dataset));
    }
    let folder = format!("{}/{}/", dataset.tenant, dataset.dataset);
    let mut seen = HashSet::with_capacity(document.files.len());
    let mut files = Vec::with_capacity(document.files.len());
    for entry in &document.files {
        if !entry.key.starts_with(&folder) {
            return Err(damaged(dataset, format!("partitions.json: '{}' is outside the dataset", entry.key)));
        }
        if !seen.insert(entry.key.as_str()) {
            return Err(damaged(dataset, format!("partitions.json: '{}' is listed twice", entry.key)));
        }
        files.push(data_file(entry).map_err(|what| damaged(dataset, format!("partitions.json: {what}")))?);
    }
    Ok(files)
}

fn data_file(entry: &FileEntry) -> Result<DataFile, String> {
    let key = Path::parse(&entry.key).map_err(|error| format!("'{}' is not a key: {error}", entry.key))?;
    let min = entry.min_event_time.as_ref().map(TimeValue::microseconds).transpose()?;
    let max = entry.max_event_time.as_ref().map(TimeValue::microseconds).transpose()?;
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        return Err(format!("'{}' has min_event_time after max_event_time", entry.key));
    }
    Ok(DataFile {
        hour: hour_of_key(&entry.key),
        key,
        bytes: entry.bytes,
        rows: entry.rows,
        min_event_time_us: min,
        max_event_time_us: max,
        content_version: content_version(entry, min, max),
    })
}

/// The document names no modification time, but a file that was written again with other rows has other figures.
fn content_version(entry: &FileEntry, min: Option<i64>, max: Option<i64>) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    (entry.bytes, entry.rows, min, max).hash(&mut hasher);
    hasher.finish()
}

pub(super) fn too_many_files(dataset: &DatasetName) -> CatalogError {
    CatalogError::TooLarge(format!(
        "{dataset} has more than {} files: compact it",
        limits::MAX_FILES_PER_DATASET
    ))
}

pub(super) fn damaged(dataset: &DatasetName, what: String) -> CatalogError {
    CatalogError::Damaged { dataset: dataset.clone(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> DatasetName {
        DatasetName::new("acme", "web")
    }

    #[test]
    fn files_are_read_with_times_as_text_or_numbers() {
        let json = br#"{"version":7,"dataset":"acme/web","surprise":[1],"files":[
            {"key":"acme/web/data/parquet/year=1970/month=01/day=01/hour=00/a.parquet","rows":3,"bytes":9,
             "min_event_time":"1970-01-01T00:00:01Z","max_event_time":2000000,"more":{}}]}"#;
        let files = files_of_partitions(&dataset(), json).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].min_event_time_us, Some(1_000_000));
        assert_eq!(files[0].max_event_time_us, Some(2_000_000));
        assert_eq!(files[0].rows, Some(3));
        assert!(files[0].hour.is_some());
    }

    #[test]
    fn a_file_outside_the_dataset_is_refused() {
        for key in [
            "other/web/data/x.parquet",
            "acme/web2/x.parquet",
            "acme/web/../../other/x.parquet",
            "/etc/passwd",
        ] {
            let json = format!(r#"{{"files":[{{"key":"{key}","rows":1,"bytes":1}}]}}"#);
            let error = files_of_partitions(&dataset(), json.as_bytes()).unwrap_err();
            assert!(matches!(error, CatalogError::Damaged { .. }), "{key}: {error}");
        }
    }

    #[test]
    fn damaged_documents_are_errors_that_say_where() {
        let error = files_of_partitions(&dataset(), b"{\"files\":[{]}").unwrap_err().to_string();
        assert!(error.contains("acme/web") && error.contains("line 1"), "{error}");
        let twice = br#"{"columns":[{"name":"a","type":"int64"},{"name":"a","type":"string"}]}"#;
        assert!(columns_of_schema(&dataset(), twice).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn a_type_of_a_newer_version_leaves_out_only_its_column() {
        let json = br#"{"version":1,"columns":[{"name":"a","type":"int64","first_seen":"x"},{"name":"b","type":"uuid"}]}"#;
        let schema = columns_of_schema(&dataset(), json).unwrap();
        assert_eq!(schema.fields().len(), 1);
    }
}
