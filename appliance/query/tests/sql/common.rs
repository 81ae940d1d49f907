//! A small lake in a temporary folder, in the layout that the lake's writer gives it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::util::pretty::pretty_format_batches;
use bytefreezer_core::resources::ResourceFolder;
use bytefreezer_query::{
    Caller, OutputFormat, QueryEngine, QueryError, QueryLimits, QueryOptions, StoreCatalog, write_result,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const HOUR_US: i64 = 3_600_000_000;
/// 2026-03-01T00:00:00Z.
pub const MARCH_US: i64 = 1_772_323_200_000_000;

pub struct TestLake {
    pub folder: TempDir,
}

pub fn times(values: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
}

pub fn ints(values: Vec<i64>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

pub fn doubles(values: Vec<f64>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}

pub fn strings(values: Vec<&str>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

/// A file that was written: what its entry in `partitions.json` says.
pub struct WrittenFile {
    pub key: String,
    pub rows: usize,
    pub bytes: u64,
    pub min_us: i64,
    pub max_us: i64,
}

impl TestLake {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn absolute(&self, key: &str) -> PathBuf {
        self.path().join(key)
    }

    /// Writes a file of one hour. `hour` counts from the first of March 2026; rows are spread over it in µs from its start.
    pub fn write_hour(
        &self,
        dataset: &str,
        hour: i64,
        name: &str,
        columns: Vec<(&str, ArrayRef)>,
    ) -> WrittenFile {
        let rows = columns[0].1.len();
        let start = MARCH_US + hour * HOUR_US;
        let event_times: Vec<i64> = (0..rows as i64).map(|row| start + row * 1_000).collect();
        let mut all: Vec<(&str, ArrayRef)> = vec![("event_time", times(event_times.clone()))];
        all.extend(columns);
        let key = format!(
            "{dataset}/data/parquet/year=2026/month=03/day={:02}/hour={:02}/{name}.parquet",
            1 + hour / 24,
            hour % 24
        );
        let bytes = self.write_file(&key, &RecordBatch::try_from_iter(all).unwrap());
        WrittenFile { key, rows, bytes, min_us: event_times[0], max_us: event_times[rows - 1] }
    }

    pub fn write_file(&self, key: &str, batch: &RecordBatch) -> u64 {
        let path = self.absolute(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap()))
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_bloom_filter_enabled(true)
            .set_max_row_group_row_count(Some(1_000))
            .build();
        let mut writer =
            ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        fs::metadata(path).unwrap().len()
    }

    /// Replaces a metadata document as a whole, as the lake's writer does.
    pub fn write_document(&self, dataset: &str, name: &str, document: &Value) {
        let folder = self.absolute(&format!("{dataset}/metadata"));
        fs::create_dir_all(&folder).unwrap();
        let new = folder.join(format!("{name}.new"));
        fs::write(&new, document.to_string()).unwrap();
        fs::rename(new, folder.join(name)).unwrap();
    }

    pub fn write_partitions(&self, dataset: &str, files: &[WrittenFile]) {
        let files: Vec<Value> = files
            .iter()
            .map(|file| {
                json!({"key": file.key, "rows": file.rows, "bytes": file.bytes,
                       "min_event_time": rfc3339(file.min_us), "max_event_time": rfc3339(file.max_us)})
            })
            .collect();
        self.write_document(
            dataset,
            "partitions.json",
            &json!({"version": 1, "dataset": dataset, "files": files}),
        );
    }

    pub fn write_schema(&self, dataset: &str, columns: &[(&str, &str)]) {
        let columns: Vec<Value> =
            columns.iter().map(|(name, type_name)| json!({"name": name, "type": type_name})).collect();
        self.write_document(dataset, "schema.json", &json!({"version": 1, "columns": columns}));
    }

    /// The folder of what filters name, which need not be there.
    pub fn resources(&self) -> Arc<ResourceFolder> {
        Arc::new(ResourceFolder::new(self.path().join("resources")))
    }

    pub fn engine(&self) -> QueryEngine {
        self.engine_with(QueryLimits::default())
    }

    pub fn engine_with(&self, limits: QueryLimits) -> QueryEngine {
        let catalog = Arc::new(StoreCatalog::local_folder(self.path()).unwrap());
        QueryEngine::new(QueryOptions { limits, target_partitions: Some(2), ..QueryOptions::new(catalog) })
            .unwrap()
    }
}

fn rfc3339(microseconds: i64) -> String {
    chrono::DateTime::from_timestamp_micros(microseconds).unwrap().to_rfc3339()
}

/// The rows of a statement as JSON objects, asked by somebody who sees everything.
pub async fn rows(engine: &QueryEngine, sql: &str) -> Vec<Value> {
    try_rows(engine, sql, &Caller::everything())
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error} {:?}", error.operator_detail))
}

pub async fn try_rows(engine: &QueryEngine, sql: &str, caller: &Caller) -> Result<Vec<Value>, QueryError> {
    let mut result = engine.execute(sql, caller).await?;
    let mut out = Vec::new();
    match write_result(&mut result, OutputFormat::Json, &mut out).await {
        Ok(_) => Ok(serde_json::from_slice(&out).unwrap()),
        Err(bytefreezer_query::OutputError::Query(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

pub async fn error_of(engine: &QueryEngine, sql: &str) -> QueryError {
    match try_rows(engine, sql, &Caller::everything()).await {
        Err(error) => error,
        Ok(rows) => panic!("{sql} was answered with {} rows", rows.len()),
    }
}

pub async fn text(engine: &QueryEngine, sql: &str) -> String {
    let batches = engine.execute(sql, &Caller::everything()).await.unwrap().collect().await.unwrap();
    pretty_format_batches(&batches).unwrap().to_string()
}
