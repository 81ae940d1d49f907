//! The schema of a dataset over all its files: `metadata/schema.json`.
//!
//! Merging is a join in a lattice: the order of the files, and merging one twice, make no difference.

use crate::keys::{hour_start_us, rfc3339_us, schema_key};
use crate::limits::{MAX_METADATA_BYTES, MAX_SCHEMA_COLUMNS, MAX_SCHEMA_HISTORY};
use crate::store::{Store, StoreError, StoreErrorKind};
use hotpath::batch::ColumnRegistry;
use hotpath::cut::{ColumnType, FinishedFile};
use hotpath::names::DatasetKey;
use serde::{Deserialize, Serialize};

/// The type of a column whose files hold it as `one` and as `other`: the same where they agree, double over
/// int64 and double, lists by their items, string for every other pair.
pub fn join_types(one: &ColumnType, other: &ColumnType) -> ColumnType {
    use ColumnType::{Double, Int64, List, String};
    match (one, other) {
        (one, other) if one == other => one.clone(),
        (Int64, Double) | (Double, Int64) => Double,
        (List(one), List(other)) => List(Box::new(join_types(one, other))),
        _ => String,
    }
}

/// A column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaColumn {
    /// Its name.
    pub name: String,
    /// The join of its types in all files.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// First hour of `event_time` with a file that has the column (RFC 3339).
    pub first_seen: String,
    /// Last such hour.
    pub last_seen: String,
}

/// A change of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaChange {
    /// The schema's version since this change.
    pub version: u64,
    /// When it was merged (RFC 3339).
    pub at: String,
    /// The column.
    pub column: String,
    /// Its type before; nothing for a new column.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<ColumnType>,
    /// Its type since.
    pub to: ColumnType,
}

/// The content of `schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSchema {
    /// `tenant/dataset`.
    pub dataset: String,
    /// Grows by one with every merge that added or widened a column.
    pub version: u64,
    /// Columns in the order in which they appeared.
    pub columns: Vec<SchemaColumn>,
    /// Changes, oldest first, at most [`MAX_SCHEMA_HISTORY`].
    pub history: Vec<SchemaChange>,
}

impl DatasetSchema {
    /// The schema of a dataset without files.
    pub fn new(dataset: &DatasetKey) -> Self {
        Self { dataset: dataset.to_string(), version: 0, columns: Vec::new(), history: Vec::new() }
    }

    /// Joins the columns of files into the schema; says whether anything changed. `now_us` dates the changes.
    pub fn merge<'a>(&mut self, files: impl IntoIterator<Item = &'a FinishedFile>, now_us: i64) -> bool {
        let before = self.columns.len();
        let next_version = self.version + 1;
        let mut left_out = 0_u64;
        let mut seen_moved = false;
        let mut changes = Vec::new();
        let mut places: std::collections::HashMap<String, usize> =
            self.columns.iter().enumerate().map(|(place, column)| (column.name.clone(), place)).collect();
        let change = |name: &str, from: Option<ColumnType>, to: ColumnType| SchemaChange {
            version: next_version,
            at: rfc3339_us(now_us),
            column: name.to_owned(),
            from,
            to,
        };
        for file in files {
            let hour = rfc3339_us(hour_start_us(file.hour));
            for (name, column_type) in &file.columns {
                let known = places.get(name).and_then(|place| self.columns.get_mut(*place));
                let Some(column) = known else {
                    if self.columns.len() >= MAX_SCHEMA_COLUMNS {
                        left_out += 1;
                        continue;
                    }
                    places.insert(name.clone(), self.columns.len());
                    changes.push(change(name, None, column_type.clone()));
                    self.columns.push(SchemaColumn {
                        name: name.clone(),
                        column_type: column_type.clone(),
                        first_seen: hour.clone(),
                        last_seen: hour.clone(),
                    });
                    continue;
                };
                let joined = join_types(&column.column_type, column_type);
                if joined != column.column_type {
                    changes.push(change(name, Some(column.column_type.clone()), joined.clone()));
                    column.column_type = joined;
                }
                // RFC 3339 in UTC with four-digit years sorts as the times do.
                if hour < column.first_seen {
                    column.first_seen.clone_from(&hour);
                    seen_moved = true;
                }
                if hour > column.last_seen {
                    column.last_seen.clone_from(&hour);
                    seen_moved = true;
                }
            }
        }
        if left_out > 0 {
            tracing::warn!(
                dataset = self.dataset,
                left_out,
                limit = MAX_SCHEMA_COLUMNS,
                "the schema is full: further columns are in the files but not in schema.json"
            );
        }
        if changes.is_empty() {
            return seen_moved;
        }
        debug_assert!(self.columns.len() >= before);
        self.version = next_version;
        self.history.extend(changes);
        let excess = self.history.len().saturating_sub(MAX_SCHEMA_HISTORY);
        self.history.drain(..excess);
        true
    }
}

/// The columns that earlier files of a dataset have, so that their types stay. Errors: those of the store; `Invalid` when
/// `schema.json` is damaged.
pub async fn known_columns(store: &dyn Store, dataset: &DatasetKey) -> Result<ColumnRegistry, StoreError> {
    let key = schema_key(dataset);
    let object = match store.get(&key, MAX_METADATA_BYTES).await {
        Ok(object) => object,
        Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(ColumnRegistry::default()),
        Err(error) => return Err(error),
    };
    let schema: DatasetSchema = serde_json::from_slice(&object.bytes).map_err(|cause| {
        let detail = "the object is damaged: move it away, and it is made anew with the next file";
        StoreError::new(StoreErrorKind::Invalid, "get", key, detail).caused_by(cause)
    })?;
    Ok(ColumnRegistry::new(schema.columns.into_iter().map(|column| (column.name, column.column_type))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(hour: i64, columns: &[(&str, &str)]) -> FinishedFile {
        let typed = |(name, text): &(&str, &str)| ((*name).to_owned(), text.parse().unwrap());
        FinishedFile {
            path: "x".into(),
            hour,
            rows: 1,
            bytes: 1,
            min_event_time_us: 0,
            max_event_time_us: 0,
            received_us: None,
            columns: columns.iter().map(typed).collect(),
        }
    }

    fn schema() -> DatasetSchema {
        DatasetSchema::new(&DatasetKey::new("acme", "fw").unwrap())
    }

    #[test]
    fn an_int_becomes_double_beside_doubles_and_string_beside_anything_else() {
        let join =
            |one: &str, other: &str| join_types(&one.parse().unwrap(), &other.parse().unwrap()).to_string();
        assert_eq!(join("int64", "double"), "double");
        assert_eq!(join("int64", "boolean"), "string");
        assert_eq!(join("timestamp", "int64"), "string");
        assert_eq!(join("list<int64>", "list<double>"), "list<double>");
        assert_eq!(join("list<int64>", "list<boolean>"), "list<string>");
        assert_eq!(join("list<int64>", "int64"), "string");
    }

    #[test]
    fn the_join_does_not_depend_on_order_or_repetition() {
        let names =
            "string int64 double boolean timestamp list<int64> list<double> list<string> list<list<int64>>";
        let all: Vec<ColumnType> = names.split(' ').map(|name| name.parse().unwrap()).collect();
        for a in &all {
            assert_eq!(join_types(a, a), *a);
            for b in &all {
                assert_eq!(join_types(a, b), join_types(b, a));
                for c in &all {
                    let left = join_types(&join_types(a, b), c);
                    assert_eq!(left, join_types(a, &join_types(b, c)), "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn a_merge_records_new_and_widened_columns_and_when_they_were_seen() {
        let mut schema = schema();
        assert!(schema.merge(&[file(5, &[("a", "int64")])], 0));
        assert!(schema.merge(&[file(3, &[("a", "double"), ("b", "string")])], 7));
        assert_eq!(schema.version, 2);
        assert_eq!(schema.columns[0].column_type, ColumnType::Double);
        assert_eq!(schema.columns[0].first_seen, "1970-01-01T03:00:00.000000Z");
        assert_eq!(schema.columns[0].last_seen, "1970-01-01T05:00:00.000000Z");
        let told: Vec<_> =
            schema.history.iter().map(|change| (change.version, change.column.as_str())).collect();
        assert_eq!(told, [(1, "a"), (2, "a"), (2, "b")]);
        assert_eq!(schema.history[1].from, Some(ColumnType::Int64));
    }

    #[test]
    fn merging_again_changes_nothing() {
        let mut schema = schema();
        let files = [file(5, &[("a", "int64")]), file(6, &[("a", "double")])];
        schema.merge(&files, 0);
        let before = schema.clone();
        assert!(!schema.merge(&files, 99));
        assert_eq!(schema, before);
    }

    #[test]
    fn columns_and_history_stay_within_their_limits() {
        let names: Vec<String> = (0..MAX_SCHEMA_COLUMNS + 5).map(|number| format!("c{number}")).collect();
        let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "int64")).collect();
        let mut schema = schema();
        schema.merge(&[file(0, &columns)], 0);
        assert_eq!(schema.columns.len(), MAX_SCHEMA_COLUMNS);
        assert_eq!(schema.history.len(), MAX_SCHEMA_HISTORY);
    }
}
