//! `kv`: fields from the key=value pairs of a text.

mod pairs;

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::Array;
use hashbrown::{HashMap, HashSet};

use crate::batch::{ColumnRegistry, Value};
use crate::cut::ColumnType;
use crate::filter::columns::{FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::field_rows::{FieldRows, Present};
use crate::filter::limits::MAX_LIST_ITEMS;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use crate::limits::KEY_VALUE_PAIRS_MAX;
use pairs::{Pairs, Splitting};

const NO_TEXT: &str = "the field has a value that is no text";
const NO_PAIR: &str = "no key and value in the text";
const TOO_MANY: &str = "the text has more pairs than are taken";

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "kv",
    description: "Makes fields of the key=value pairs of a text.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "message",
            example: "\"message\"",
            description: "The field whose text has the pairs.",
        },
        FilterKey {
            name: "field_split",
            value_type: "string",
            default: "a space",
            example: "\"&\"",
            description: "The text between two pairs.",
        },
        FilterKey {
            name: "value_split",
            value_type: "string",
            default: "=",
            example: "\":\"",
            description: "The text between a key and its value.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "",
            example: "\"request\"",
            description: "The name before the names of the fields: `request` makes `request_id` of the key `id`.",
        },
        FilterKey {
            name: "prefix",
            value_type: "string",
            default: "",
            example: "\"kv_\"",
            description: "Stands before each key in the name of its field.",
        },
        FilterKey {
            name: "include_keys",
            value_type: "string[]",
            default: "every key",
            example: "[\"src\", \"dst\"]",
            description: "The keys that are taken, as they are written in the text.",
        },
        FilterKey {
            name: "exclude_keys",
            value_type: "string[]",
            default: "",
            example: "[\"devid\"]",
            description: "The keys that are not taken.",
        },
        FilterKey {
            name: "trim_key",
            value_type: "string",
            default: "",
            example: "\"<>[]\"",
            description: "Characters that are taken away at both ends of keys; white space is in any case.",
        },
        FilterKey {
            name: "trim_value",
            value_type: "string",
            default: "",
            example: "\",\"",
            description: "Characters that are taken away at both ends of values without quotes.",
        },
        FilterKey {
            name: "allow_duplicate_values",
            value_type: "boolean",
            default: "true",
            example: "false",
            description: "A key that comes again with the same value has it twice; false: once.",
        },
        FilterKey {
            name: "default_values",
            value_type: "object",
            default: "",
            example: "{\"action\": \"unknown\"}",
            description: "The values of keys that the text does not have.",
        },
        FilterKey {
            name: "remove_field",
            value_type: "boolean",
            default: "false",
            example: "true",
            description: "Takes the source_field away where it gave a pair.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct KeyValue {
    source: FieldName,
    splitting: Splitting,
    /// What stands before keys in the names of fields.
    prefix: String,
    include: Option<HashSet<String>>,
    exclude: HashSet<String>,
    allow_duplicate_values: bool,
    default_values: Vec<(String, String)>,
    removes_source: bool,
    columns: Arc<ColumnRegistry>,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let source = config.usual_source("source_field")?;
    let removes_source = config.switch("remove_field")?;
    if removes_source {
        config.check_changeable("source_field", source.as_str())?;
    }
    let splitting = Splitting {
        field_split: config.nonempty_text("field_split", " ")?.to_owned(),
        value_split: config.nonempty_text("value_split", "=")?.to_owned(),
        trim_key: config.text("trim_key")?.unwrap_or("").chars().collect(),
        trim_value: config.text("trim_value")?.unwrap_or("").chars().collect(),
    };
    if splitting.value_split.contains(&splitting.field_split) {
        let reason = "has the field_split in it, so that no pair would ever be found";
        return Err(config.key_error("value_split", reason));
    }
    let prefix = config.name_prefix("target_field")? + config.text("prefix")?.unwrap_or("");
    let set = |key| -> Result<Option<HashSet<String>>, FilterError> {
        let texts = config.texts(key, MAX_LIST_ITEMS)?;
        Ok(texts.map(|texts| texts.into_iter().map(str::to_owned).collect()))
    };
    let mut default_values = Vec::new();
    for (key, value) in config.object("default_values")?.into_iter().flatten() {
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Bool(truth) => truth.to_string(),
            other => {
                let reason = format!("expected a text, a number or a boolean for `{key}`, found {other}");
                return Err(config.key_error("default_values", reason));
            }
        };
        default_values.push((key.clone(), text));
    }
    Ok(Box::new(KeyValue {
        source,
        splitting,
        prefix,
        include: set("include_keys")?,
        exclude: set("exclude_keys")?.unwrap_or_default(),
        allow_duplicate_values: config.switch_or("allow_duplicate_values", true)?,
        default_values,
        removes_source,
        columns: Arc::clone(&config.surroundings().columns),
    }))
}

impl Filter for KeyValue {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let found = state.downcast_mut::<FieldRows>().ok_or(FilterFailure::ForeignState)?;
        let Some(index) = self.source.index_in(events.batch()) else {
            return Ok(());
        };
        let name = events.batch().schema_ref().field(index).name().clone();
        let column = events.batch().column(index);
        let present = rows.with_value(column);
        let Some(texts) = as_texts(column) else {
            events.fault(&present, NO_TEXT);
            return Ok(());
        };
        let row_count = texts.len();
        let (mut without_pair, mut with_too_many) = (Vec::new(), Vec::new());
        for row in present.rows() {
            found.begin_row(row);
            let mut pairs = Pairs::new(&self.splitting, texts.value(row));
            let is_any = self.put_pairs(&mut pairs, found);
            found.end_row();
            if !is_any {
                without_pair.push(row);
            }
            if pairs.next().is_some() {
                with_too_many.push(row);
            }
        }
        let without_pair = Mask::of_rows(row_count, without_pair);
        if self.removes_source {
            events.clear_column(&name, &present.minus(&without_pair))?;
        }
        events.fault(&without_pair, NO_PAIR);
        events.fault(&Mask::of_rows(row_count, with_too_many), TOO_MANY);
        found.merge(events, Present::Replaced)
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(FieldRows::new(&self.columns))
    }
}

impl KeyValue {
    /// Puts the pairs of a text into the current row; whether there is any.
    fn put_pairs(&self, pairs: &mut Pairs<'_>, found: &mut FieldRows) -> bool {
        let mut values: Vec<Vec<Value<'_>>> = Vec::new();
        let mut keys: Vec<&str> = Vec::new();
        let mut numbers: HashMap<&str, usize, foldhash::fast::RandomState> = HashMap::default();
        let texts: Vec<(&str, Cow<'_, str>)> = pairs.by_ref().take(KEY_VALUE_PAIRS_MAX).collect();
        for (key, value) in &texts {
            let is_included = self.include.as_ref().is_none_or(|include| include.contains(*key));
            if !is_included || self.exclude.contains(*key) {
                continue;
            }
            let number = *numbers.entry(*key).or_insert(keys.len());
            if number == keys.len() {
                keys.push(key);
                values.push(Vec::new());
            }
            let Some(of_key) = values.get_mut(number) else { continue };
            let value = Value::Text(value);
            if self.allow_duplicate_values || !of_key.contains(&value) {
                of_key.push(value);
            }
        }
        let mut name = String::new();
        for (key, of_key) in keys.iter().zip(&values) {
            self.put(&mut name, key, of_key, found);
        }
        for (key, value) in &self.default_values {
            if !numbers.contains_key(key.as_str()) {
                self.put(&mut name, key, &[Value::Text(value)], found);
            }
        }
        !texts.is_empty()
    }

    fn put(&self, name: &mut String, key: &str, values: &[Value<'_>], found: &mut FieldRows) {
        name.clear();
        name.push_str(&self.prefix);
        name.push_str(key);
        if let [value] = values {
            found.put(name, value);
            return;
        }
        // The column of a key is one of texts whether its first row has one of them or several.
        found.expect(name, &ColumnType::String);
        let items: Vec<Option<Value<'_>>> = values.iter().copied().map(Some).collect();
        found.put(name, &Value::List(&items));
    }
}
