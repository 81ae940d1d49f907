//! Filters over small batches, with resources in memory.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

pub mod mmdb;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use hotpath::filter::{
    FilterOutcome, FilterPipelineDefinition, FilterState, FilterSurroundings, Filters, ResourceSource,
    Resources,
};

/// When the resources of a test were written.
pub const WRITTEN_US: i64 = 1_700_000_000_000_000;

/// Resources in memory: the bytes of each, and when they were written.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<String, (i64, Vec<u8>)>>);

impl Memory {
    pub fn write(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        let mut files = self.0.lock().unwrap();
        let written_us = files.get(name).map_or(WRITTEN_US, |(written_us, _)| written_us + 1);
        files.insert(name.to_owned(), (written_us, bytes.into()));
    }
}

impl ResourceSource for Memory {
    fn written_us(&self, name: &str) -> Result<i64, String> {
        self.0.lock().unwrap().get(name).map(|file| file.0).ok_or("no such file".to_owned())
    }

    fn read(&self, name: &str, _bytes_max: usize) -> Result<Vec<u8>, String> {
        self.0.lock().unwrap().get(name).map(|file| file.1.clone()).ok_or("no such file".to_owned())
    }
}

/// Surroundings with these resources.
pub fn surroundings<B: Into<Vec<u8>> + Clone>(files: &[(&str, B)]) -> FilterSurroundings {
    let memory = Memory::default();
    for (name, bytes) in files {
        memory.write(name, bytes.clone());
    }
    FilterSurroundings { resources: Arc::new(Resources::new(Arc::new(memory))), ..Default::default() }
}

/// Surroundings without resources.
pub fn bare() -> FilterSurroundings {
    FilterSurroundings::default()
}

pub fn compile(filters: &str, surroundings: &FilterSurroundings) -> Filters {
    try_compile(filters, surroundings).unwrap_or_else(|error| panic!("{error}"))
}

pub fn try_compile(filters: &str, surroundings: &FilterSurroundings) -> Result<Filters, String> {
    let text = format!("{{\"filters\": [{filters}]}}");
    let pipeline = FilterPipelineDefinition::from_json(&text).map_err(|error| error.to_string())?;
    Filters::compile(&pipeline.filters, surroundings).map_err(|error| error.to_string())
}

/// Why the filters do not compile.
pub fn refusal(filters: &str, surroundings: &FilterSurroundings) -> String {
    try_compile(filters, surroundings).err().unwrap_or_else(|| panic!("{filters} compiles"))
}

pub fn run(filters: &str, surroundings: &FilterSurroundings, batch: RecordBatch) -> FilterOutcome {
    let filters = compile(filters, surroundings);
    apply(&filters, &mut filters.new_state(), batch)
}

/// Applies filters, and checks what holds for every filter that makes no rows.
pub fn apply(filters: &Filters, state: &mut FilterState, batch: RecordBatch) -> FilterOutcome {
    let rows = batch.num_rows();
    let outcome = filters.apply(batch, state, 0);
    assert_eq!(outcome.batch.num_rows() + outcome.dropped_rows, rows);
    assert_eq!(outcome.dropped_by_filter.iter().sum::<usize>(), outcome.dropped_rows);
    outcome
}

/// A batch of one column of texts.
pub fn batch_of(name: &str, texts: &[Option<&str>]) -> RecordBatch {
    batch(vec![(name, text_column(texts))])
}

pub fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .expect("columns of as many rows each")
}

pub fn text_column(texts: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringViewArray::from(texts.to_vec()))
}

pub fn integer_column(integers: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(integers.to_vec()))
}

/// Times in seconds.
pub fn time_column(seconds: &[f64]) -> ArrayRef {
    let microseconds = seconds.iter().map(|seconds| (seconds * 1e6).round() as i64);
    Arc::new(TimestampMicrosecondArray::from_iter_values(microseconds).with_timezone("UTC"))
}

pub fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column =
        batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name} in {:?}", names(batch)));
    column.as_string_view().iter().map(|text| text.map(str::to_owned)).collect()
}

/// The text of one row; none where there is no column, too.
pub fn text(batch: &RecordBatch, name: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(name)?.as_string_view();
    column.is_valid(row).then(|| column.value(row).to_owned())
}

/// A number of one row; none where there is no column, too.
pub fn number(batch: &RecordBatch, name: &str, row: usize) -> Option<f64> {
    let column =
        arrow::compute::cast(batch.column_by_name(name)?, &arrow::datatypes::DataType::Float64).unwrap();
    let column = column.as_primitive::<arrow::datatypes::Float64Type>();
    column.is_valid(row).then(|| column.value(row))
}

pub fn names(batch: &RecordBatch) -> Vec<String> {
    batch.schema().fields().iter().map(|field| field.name().clone()).collect()
}

/// What `_errors` says in a row.
pub fn errors(batch: &RecordBatch, row: usize) -> Vec<String> {
    let Some(column) = batch.column_by_name("_errors") else {
        return Vec::new();
    };
    let lists = column.as_list::<i32>();
    if lists.is_null(row) {
        return Vec::new();
    }
    lists.value(row).as_string_view().iter().flatten().map(str::to_owned).collect()
}

/// A folder of the public corpora.
pub fn corpora(kind: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let folder = std::env::var_os("BYTEFREEZER_CORPORA").map_or(beside, PathBuf::from).join(kind);
    if !folder.is_dir() {
        println!("skipped: no corpora");
        return None;
    }
    Some(folder)
}

/// The files below a folder, in the order of their names.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_in(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
