//! The lake's names of types (`schema.json`, the HTTP answers) and the Arrow types that stand for them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::limits::MAX_LIST_DEPTH;

/// The column that rows are partitioned and sorted by.
pub const EVENT_TIME: &str = "event_time";

/// The Arrow type for a type name of `schema.json`, or `None` for a name this version does not know.
pub(super) fn arrow_type_of(name: &str) -> Option<DataType> {
    arrow_type_at_depth(name, 0)
}

fn arrow_type_at_depth(name: &str, depth: usize) -> Option<DataType> {
    let name = name.trim();
    if let Some(item) = name.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
        if depth == MAX_LIST_DEPTH {
            return None;
        }
        // Array functions handle plain strings in lists better than views.
        let item = match arrow_type_at_depth(item, depth + 1)? {
            DataType::Utf8View => DataType::Utf8,
            other => other,
        };
        return Some(DataType::List(Arc::new(Field::new_list_field(item, true))));
    }
    Some(match name {
        "string" => DataType::Utf8View,
        "int64" => DataType::Int64,
        "double" => DataType::Float64,
        "boolean" => DataType::Boolean,
        "timestamp" => utc_microseconds(),
        _ => return None,
    })
}

fn utc_microseconds() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The lake's name for an Arrow type; Arrow's own name, in lower case, for a type that the lake does not store.
pub fn lake_type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Timestamp(_, _) => "timestamp".to_owned(),
        DataType::Dictionary(_, value) => lake_type_name(value),
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) => {
            format!("list<{}>", lake_type_name(item.data_type()))
        }
        other => other.to_string().to_ascii_lowercase(),
    }
}

/// The type under which a column of a Parquet file appears in SQL when there is no `schema.json`.
fn table_type_of_file_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => DataType::BinaryView,
        DataType::Dictionary(_, value) => table_type_of_file_type(value),
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        DataType::List(item) => {
            let item = match table_type_of_file_type(item.data_type()) {
                DataType::Utf8View => DataType::Utf8,
                other => other,
            };
            DataType::List(Arc::new(Field::new_list_field(item, true)))
        }
        other => other.clone(),
    }
}

/// One table schema for files with different schemas: the union of their columns by name, in order of first
/// appearance; an integer column that is a double elsewhere is a double, any other disagreement is a string.
pub(super) fn union_of_file_schemas(schemas: &[SchemaRef]) -> Schema {
    let mut names: Vec<String> = Vec::new();
    let mut types: std::collections::HashMap<String, DataType> = std::collections::HashMap::new();
    for schema in schemas {
        for field in schema.fields() {
            let found = table_type_of_file_type(field.data_type());
            match types.get_mut(field.name()) {
                None => {
                    names.push(field.name().clone());
                    types.insert(field.name().clone(), found);
                }
                Some(known) => {
                    let wider = wider_type(known, &found);
                    *known = wider;
                }
            }
        }
    }
    let fields = names.into_iter().filter_map(|name| {
        let data_type = types.remove(&name)?;
        Some(Field::new(name, data_type, true))
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn wider_type(known: &DataType, found: &DataType) -> DataType {
    if known == found {
        return known.clone();
    }
    if known.is_null() {
        return found.clone();
    }
    if found.is_null() {
        return known.clone();
    }
    if known.is_integer() && found.is_integer() {
        return DataType::Int64;
    }
    if known.is_numeric() && found.is_numeric() {
        return DataType::Float64;
    }
    DataType::Utf8View
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_name_of_the_lake_comes_back_from_its_arrow_type() {
        let names = [
            "string",
            "int64",
            "double",
            "boolean",
            "timestamp",
            "list<string>",
            "list<int64>",
            "list<double>",
        ];
        for name in names {
            assert_eq!(lake_type_name(&arrow_type_of(name).unwrap()), name);
        }
    }

    #[test]
    fn unknown_and_absurdly_nested_type_names_are_refused() {
        assert_eq!(arrow_type_of("decimal"), None);
        assert_eq!(arrow_type_of("list<"), None);
        let deep = format!("{}int64{}", "list<".repeat(10_000), ">".repeat(10_000));
        assert_eq!(arrow_type_of(&deep), None);
    }

    #[test]
    fn file_schemas_unite_by_name_and_widen() {
        let old = Arc::new(Schema::new(vec![
            Field::new("a", DataType::Int64, false),
            Field::new("b", DataType::Utf8, true),
        ]));
        let new = Arc::new(Schema::new(vec![
            Field::new("a", DataType::Float64, true),
            Field::new("c", DataType::Boolean, true),
        ]));
        let united = union_of_file_schemas(&[old, new]);
        let found: Vec<_> =
            united.fields().iter().map(|f| (f.name().as_str(), f.data_type().clone())).collect();
        assert_eq!(found, [("a", DataType::Float64), ("b", DataType::Utf8View), ("c", DataType::Boolean)]);
    }
}
