//! A finished cut: what an encoder thread hands to the uploads. All open files of one dataset on one shard
//! are closed together; the cut says which positions of the shard's log they hold.

use crate::layout::BatchKey;
use crate::limits::COLUMN_LIST_DEPTH_MAX;
use crate::names::DatasetKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The type of a column in a Parquet file and in a dataset's schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// UTF-8 text.
    String,
    /// 64 bit signed integer.
    Int64,
    /// 64 bit IEEE float.
    Double,
    /// True or false.
    Boolean,
    /// Microseconds since the epoch, UTC.
    Timestamp,
    /// A list of values of one type.
    List(Box<ColumnType>),
}

impl fmt::Display for ColumnType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => out.write_str("string"),
            Self::Int64 => out.write_str("int64"),
            Self::Double => out.write_str("double"),
            Self::Boolean => out.write_str("boolean"),
            Self::Timestamp => out.write_str("timestamp"),
            Self::List(item) => write!(out, "list<{item}>"),
        }
    }
}

/// A text that names no column type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a column type: use string, int64, double, boolean, timestamp or list<...>")]
pub struct ColumnTypeError {
    /// The beginning of the text as given.
    pub text: String,
}

impl FromStr for ColumnType {
    type Err = ColumnTypeError;

    fn from_str(text: &str) -> Result<Self, ColumnTypeError> {
        let mut inner = text;
        let mut depth = 0;
        while let Some(item) = inner.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
            inner = item;
            depth += 1;
            if depth > COLUMN_LIST_DEPTH_MAX {
                return Err(ColumnTypeError { text: text.chars().take(40).collect() });
            }
        }
        let mut column_type = match inner {
            "string" => Self::String,
            "int64" => Self::Int64,
            "double" => Self::Double,
            "boolean" => Self::Boolean,
            "timestamp" => Self::Timestamp,
            _ => return Err(ColumnTypeError { text: text.chars().take(40).collect() }),
        };
        for _ in 0..depth {
            column_type = Self::List(Box::new(column_type));
        }
        Ok(column_type)
    }
}

impl Serialize for ColumnType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ColumnType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What the files of a cut are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FileKind {
    /// Parquet files for the lake, one for an hour.
    #[default]
    Parquet,
    /// One file of rows for a receiver (see [`crate::rows`]), gzip packed.
    Rows,
}

/// One closed file in the local spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedFile {
    /// Where it lies on the local disk.
    pub path: PathBuf,
    /// The hour of every row's `event_time`, in hours since the epoch, UTC; 0 for a file of rows.
    pub hour: i64,
    /// Rows in the file.
    pub rows: u64,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// Least `event_time`, in µs since the epoch, UTC.
    pub min_event_time_us: i64,
    /// Greatest `event_time`, in µs since the epoch, UTC.
    pub max_event_time_us: i64,
    /// Receipt of its first row, in µs since the epoch; only of a file of rows, whose object is named by it.
    pub received_us: Option<i64>,
    /// Columns in the file's order; none of a file of rows.
    pub columns: Vec<(String, ColumnType)>,
}

/// All files of one dataset that one shard closed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedCut {
    /// The dataset of every row.
    pub dataset: DatasetKey,
    /// The shard whose log holds the positions.
    pub shard: u16,
    /// First position the cut covers.
    pub first_position: u64,
    /// Last position the cut covers, itself included.
    pub last_position: u64,
    /// What the files are.
    pub kind: FileKind,
    /// The files; none when filters dropped every row.
    pub files: Vec<FinishedFile>,
    /// Rows that a filter failed on, where the dataset wants them apart: a file as [`FileKind::Rows`] has.
    pub dead_letters: Option<FinishedFile>,
}

impl FinishedCut {
    /// Every file on the local disk.
    pub fn local_files(&self) -> impl Iterator<Item = &FinishedFile> {
        self.files.iter().chain(&self.dead_letters)
    }

    /// What a file of rows is called on its way. `instance` is the proxy's name.
    pub fn batch_key(&self, file: &FinishedFile, instance: &str) -> BatchKey {
        let received_us = u64::try_from(file.received_us.unwrap_or_default()).unwrap_or_default();
        let (shard, first, last) = (self.shard, self.first_position, self.last_position);
        BatchKey {
            dataset: self.dataset.clone(),
            received_ns: received_us.saturating_mul(1_000),
            batch: format!("{instance}-{shard}-{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_type_is_written_and_read_by_its_name() {
        let list = ColumnType::List(Box::new(ColumnType::List(Box::new(ColumnType::Int64))));
        let all = [
            (ColumnType::String, "string"),
            (ColumnType::Int64, "int64"),
            (ColumnType::Double, "double"),
            (ColumnType::Boolean, "boolean"),
            (ColumnType::Timestamp, "timestamp"),
            (list, "list<list<int64>>"),
        ];
        for (column_type, name) in all {
            assert_eq!(column_type.to_string(), name);
            assert_eq!(name.parse::<ColumnType>().unwrap(), column_type);
            let json = serde_json::to_string(&column_type).unwrap();
            assert_eq!(serde_json::from_str::<ColumnType>(&json).unwrap(), column_type);
        }
    }

    #[test]
    fn a_name_that_is_no_column_type_is_refused_however_deep() {
        for bad in ["", "text", "list<", "list<>", "list<string", "String"] {
            assert!(bad.parse::<ColumnType>().is_err(), "{bad}");
        }
        let deep = format!("{}int64{}", "list<".repeat(100_000), ">".repeat(100_000));
        assert!(deep.parse::<ColumnType>().is_err());
    }
}
