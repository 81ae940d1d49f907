//! The keys of one filter's config, read with errors that name the filter and the key.

use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::condition::{Condition, Literal, Number};
use super::error::{FilterError, suggestion};
use super::limits::{MAX_FIELD_NAME_BYTES, MAX_LIST_ITEMS};
use super::registry::FilterKind;
use super::resources::{Held, Parsed};
use super::surroundings::FilterSurroundings;
use crate::batch::column_name;

/// The columns that the lake's layout stands on: filters read them, and do not rename, remove or overwrite them.
const KEPT_COLUMNS: [&str; 2] = ["event_time", "ingest_time"];

/// Whether it is one of the columns that filters leave as they are.
pub(super) fn is_kept_column(name: &str) -> bool {
    KEPT_COLUMNS.contains(&name)
}

/// One filter's config while it is compiled.
#[derive(Debug)]
pub struct FilterConfig<'a> {
    place: String,
    depth: usize,
    keys: &'a Map<String, Value>,
    surroundings: &'a FilterSurroundings,
}

impl<'a> FilterConfig<'a> {
    /// Takes the config of a filter of `kind`, and refuses keys that it does not know.
    pub(super) fn new(
        place: &str,
        depth: usize,
        kind: &FilterKind,
        keys: &'a Map<String, Value>,
        surroundings: &'a FilterSurroundings,
    ) -> Result<Self, FilterError> {
        let known: Vec<&str> = kind.keys.iter().map(|key| key.name).collect();
        let unknown = keys.keys().find(|key| !known.contains(&key.as_str()));
        if let Some(unknown) = unknown {
            return Err(FilterError::UnknownKey {
                place: place.to_owned(),
                key: unknown.clone(),
                hint: suggestion(unknown, &known),
                known: known.join(", "),
            });
        }
        Ok(Self { place: place.to_owned(), depth, keys, surroundings })
    }

    /// Which filter this is: `filter 2 (drop)`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What the filters of the dataset are given.
    pub fn surroundings(&self) -> &'a FilterSurroundings {
        self.surroundings
    }

    /// How many `conditional` filters this one stands in.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// An error about `key`.
    pub fn key_error(&self, key: &str, reason: impl Into<String>) -> FilterError {
        FilterError::Key { place: self.place.clone(), key: key.to_owned(), reason: reason.into() }
    }

    /// An error about the keys together.
    pub fn keys_error(&self, reason: impl Into<String>) -> FilterError {
        FilterError::Keys { place: self.place.clone(), reason: reason.into() }
    }

    /// The value of `key`; none when it is absent.
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        self.keys.get(key)
    }

    /// Which of `keys` is given, when exactly one is.
    pub fn one_of<'k>(&self, keys: &[&'k str]) -> Result<&'k str, FilterError> {
        let mut given = keys.iter().filter(|key| self.keys.contains_key(**key));
        match (given.next(), given.next()) {
            (Some(key), None) => Ok(key),
            (Some(first), Some(second)) => {
                Err(self.keys_error(format!("`{first}` and `{second}` exclude each other: give one of them")))
            }
            (None, _) => Err(self.keys_error(format!("one of the keys {} is needed", keys.join(", ")))),
        }
    }

    /// The text of `key`; none when it is absent.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, FilterError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.key_error(key, format!("expected a text, found {other}"))),
        }
    }

    /// The switch of `key`; `false` when it is absent.
    pub fn switch(&self, key: &str) -> Result<bool, FilterError> {
        self.switch_or(key, false)
    }

    /// The switch of `key`, with what holds when it is absent.
    pub fn switch_or(&self, key: &str, default: bool) -> Result<bool, FilterError> {
        match self.value(key) {
            None => Ok(default),
            Some(Value::Bool(switch)) => Ok(*switch),
            Some(other) => Err(self.key_error(key, format!("expected true or false, found {other}"))),
        }
    }

    /// The whole number of `key`, from `least`; none when it is absent.
    pub fn whole_number(&self, key: &str, least: u64) -> Result<Option<u64>, FilterError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match value.as_u64().filter(|number| *number >= least) {
            Some(number) => Ok(Some(number)),
            None => Err(self.key_error(key, format!("expected a whole number from {least}, found {value}"))),
        }
    }

    /// The whole number of `key`, from 1 to `most`; none when it is absent.
    pub fn bounded_number(&self, key: &str, most: u64) -> Result<Option<u64>, FilterError> {
        match self.whole_number(key, 1)? {
            Some(number) if number > most => {
                Err(self.key_error(key, format!("{number} is too much: at most {most}")))
            }
            number => Ok(number),
        }
    }

    /// The percentage of `key`, 0 to 100; none when it is absent.
    pub fn percentage(&self, key: &str) -> Result<Option<f64>, FilterError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match value.as_f64().filter(|number| (0.0..=100.0).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(self.key_error(key, format!("expected a number from 0 to 100, found {value}"))),
        }
    }

    /// The time zone of `key`, by its IANA name; UTC when it is absent.
    pub fn time_zone(&self, key: &str) -> Result<Tz, FilterError> {
        let name = self.text(key)?.unwrap_or("UTC");
        name.parse().map_err(|_| {
            let reason = format!("`{name}` is no time zone: write an IANA name, as UTC or Europe/Berlin");
            self.key_error(key, reason)
        })
    }

    /// The name of a field that must be given; it need not be in any batch.
    pub fn field(&self, key: &str) -> Result<&'a str, FilterError> {
        let Some(name) = self.text(key)? else {
            return Err(self.key_error(key, "is needed: the name of a field"));
        };
        self.checked_field(key, name)
    }

    /// The name of a field, with the one that is meant when the key is absent.
    pub fn field_or(&self, key: &str, default: &'a str) -> Result<&'a str, FilterError> {
        match self.text(key)? {
            None => Ok(default),
            Some(name) => self.checked_field(key, name),
        }
    }

    /// The names of a list of fields; none when the key is absent.
    pub fn fields(&self, key: &str) -> Result<Option<Vec<&'a str>>, FilterError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let items = self.items(key, value)?;
        let mut names = Vec::with_capacity(items.len());
        for item in items {
            let Value::String(name) = item else {
                return Err(self.key_error(key, format!("expected the names of fields, found {item}")));
            };
            names.push(self.checked_field(key, name)?);
        }
        Ok(Some(names))
    }

    /// The field that is looked at: `source_field`, or `field` for short.
    pub fn source_field(&self) -> Result<&'a str, FilterError> {
        self.field(self.one_of(&["source_field", "field"])?)
    }

    /// The fields of `fields`, or the one of `field`.
    pub fn one_or_more_fields(&self) -> Result<Vec<&'a str>, FilterError> {
        if self.one_of(&["fields", "field"])? == "field" {
            return Ok(vec![self.field("field")?]);
        }
        Ok(self.fields("fields")?.unwrap_or_default())
    }

    /// The texts of `key`, one or a list of up to `most`; none when it is absent.
    pub fn texts(&self, key: &str, most: usize) -> Result<Option<Vec<&'a str>>, FilterError> {
        let value = match self.value(key) {
            None => return Ok(None),
            Some(Value::String(text)) => return Ok(Some(vec![text])),
            Some(value) => value,
        };
        let items = self.items(key, value)?;
        if items.len() > most {
            return Err(self.key_error(key, format!("at most {most} are taken")));
        }
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) => texts.push(text.as_str()),
                other => return Err(self.key_error(key, format!("expected texts, found {other}"))),
            }
        }
        Ok(Some(texts))
    }

    /// What the names of new columns begin with: `target_field`, or `otherwise` in lower snake case.
    pub fn column_prefix(&self, otherwise: &str) -> Result<String, FilterError> {
        if self.value("target_field").is_some() {
            return self.new_column("target_field").map(str::to_owned);
        }
        column_name(otherwise).ok_or_else(|| {
            self.keys_error(format!("`{otherwise}` gives no name of a column: write `target_field`"))
        })
    }

    /// The resource called `name`, which stands under `key`.
    pub(super) fn resource<T: Parsed>(
        &self,
        key: &str,
        name: &str,
        options: &T::Options,
    ) -> Result<Arc<Held<T>>, FilterError> {
        self.surroundings.resources.open(name, options).map_err(|reason| self.key_error(key, reason))
    }

    /// The items of a list that is neither empty nor too long.
    pub fn items(&self, key: &str, value: &'a Value) -> Result<&'a [Value], FilterError> {
        let Value::Array(items) = value else {
            return Err(self.key_error(key, format!("expected a list, found {value}")));
        };
        if items.is_empty() {
            return Err(self.key_error(key, "the list is empty"));
        }
        if items.len() > MAX_LIST_ITEMS {
            return Err(self.key_error(key, format!("a list has at most {MAX_LIST_ITEMS} items")));
        }
        Ok(items)
    }

    pub(super) fn checked_field(&self, key: &str, name: &'a str) -> Result<&'a str, FilterError> {
        if name.is_empty() || name.len() > MAX_FIELD_NAME_BYTES {
            let reason = format!("a field name has 1 to {MAX_FIELD_NAME_BYTES} bytes");
            return Err(self.key_error(key, reason));
        }
        Ok(name)
    }

    /// Refuses to take away or to overwrite a column that the lake's layout stands on.
    pub fn check_changeable(&self, key: &str, name: &str) -> Result<(), FilterError> {
        // `event.time` means `event_time` too.
        if is_kept_column(&name.replace('.', "_")) {
            let reason =
                format!("`{name}` decides where an event is stored and cannot be changed by this filter");
            return Err(self.key_error(key, reason));
        }
        Ok(())
    }

    /// The name of a column that the filter makes: lower snake case, so that SQL needs no quotes.
    pub fn new_column(&self, key: &str) -> Result<&'a str, FilterError> {
        self.column_to_make(key, self.field(key)?)
    }

    /// A name that stands under `key` as that of a column that the filter makes.
    pub(super) fn column_to_make(&self, key: &str, name: &'a str) -> Result<&'a str, FilterError> {
        self.check_changeable(key, name)?;
        let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
        let goes_on_well =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if starts_well && goes_on_well {
            return Ok(name);
        }
        let reason = format!(
            "a column is named in lower snake case, so that SQL needs no quotes: write `{}`",
            snake_case(name)
        );
        Err(self.key_error(key, reason))
    }

    /// The condition of `key`; none when it is absent.
    pub fn condition(&self, key: &str) -> Result<Option<Condition>, FilterError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        read_condition(&self.place, key, text).map(Some)
    }

    /// A JSON value as a value of the condition language.
    pub(super) fn literal(&self, key: &str, value: &Value) -> Result<Literal, FilterError> {
        match value {
            Value::Null => Ok(Literal::Null),
            Value::Bool(boolean) => Ok(Literal::Boolean(*boolean)),
            Value::String(text) => Ok(Literal::Text(text.clone())),
            Value::Number(number) => {
                let number =
                    number.as_i64().map(Number::Integer).or_else(|| number.as_f64().map(Number::Double));
                number
                    .map(Literal::Number)
                    .ok_or_else(|| self.key_error(key, format!("{value} is too large a number")))
            }
            Value::Array(_) | Value::Object(_) => {
                Err(self
                    .key_error(key, format!("expected a text, a number, true, false or null, found {value}")))
            }
        }
    }
}

/// Reads a condition that stands under `key` of the filter at `place`.
pub(super) fn read_condition(place: &str, key: &str, text: &str) -> Result<Condition, FilterError> {
    Condition::parse(text).map_err(|error| FilterError::Condition {
        place: place.to_owned(),
        key: key.to_owned(),
        error,
    })
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut follows_lowercase = false;
    for character in name.chars() {
        if character.is_ascii_uppercase() && follows_lowercase {
            snake.push('_');
        }
        follows_lowercase = character.is_ascii_lowercase() || character.is_ascii_digit();
        let is_plain = character.is_ascii_alphanumeric();
        snake.push(if is_plain { character.to_ascii_lowercase() } else { '_' });
    }
    if snake.starts_with(|first: char| first.is_ascii_digit()) {
        snake.insert(0, '_');
    }
    snake
}
