//! Forms of values that the configs of several filters have: names with a default, lists of texts, objects, patterns.

use regex::Regex;
use serde_json::{Map, Value};

use super::columns::FieldName;
use super::condition::Pattern;
use super::config::FilterConfig;
use super::error::FilterError;
use super::limits::MAX_LIST_ITEMS;

/// The field that most filters read where none is named.
pub(super) const USUAL_SOURCE: &str = "message";

impl<'a> FilterConfig<'a> {
    /// The field that `key` names, or [`USUAL_SOURCE`].
    pub(super) fn usual_source(&self, key: &str) -> Result<FieldName, FilterError> {
        Ok(FieldName::new(self.field_or(key, USUAL_SOURCE)?))
    }

    /// The name of a column that the filter makes; none when the key is absent.
    pub(super) fn optional_column(&self, key: &str) -> Result<Option<String>, FilterError> {
        if self.value(key).is_none() {
            return Ok(None);
        }
        self.new_column(key).map(|name| Some(name.to_owned()))
    }

    /// What stands before the names of fields that the filter finds: the name in `key` and a `.`; nothing when it is absent.
    pub(super) fn name_prefix(&self, key: &str) -> Result<String, FilterError> {
        Ok(self.optional_column(key)?.map(|name| name + ".").unwrap_or_default())
    }

    /// The text of `key`, or `default`; an empty one is refused.
    pub(super) fn nonempty_text(&self, key: &str, default: &'a str) -> Result<&'a str, FilterError> {
        match self.text(key)?.unwrap_or(default) {
            "" => Err(self.key_error(key, "the text is empty")),
            text => Ok(text),
        }
    }

    /// The names and values of an object; none when the key is absent.
    pub(super) fn object(&self, key: &str) -> Result<Option<&'a Map<String, Value>>, FilterError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Object(members)) if members.is_empty() => {
                Err(self.key_error(key, "the object is empty"))
            }
            Some(Value::Object(members)) if members.len() > MAX_LIST_ITEMS => {
                Err(self.key_error(key, format!("an object has at most {MAX_LIST_ITEMS} members")))
            }
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(other) => Err(self.key_error(key, format!("expected an object, found {other}"))),
        }
    }

    /// One of `words`, which are written in any case; none when the key is absent.
    pub(super) fn word(
        &self,
        key: &str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, FilterError> {
        let Some(written) = self.text(key)? else {
            return Ok(None);
        };
        match words.iter().find(|word| word.eq_ignore_ascii_case(written)) {
            Some(word) => Ok(Some(*word)),
            None => {
                Err(self.key_error(key, format!("expected one of {}, found `{written}`", words.join(", "))))
            }
        }
    }

    /// A text that stands under `key` as a regular expression.
    pub(super) fn regex(&self, key: &str, text: &str) -> Result<Regex, FilterError> {
        let pattern = Pattern::new(text).map_err(|reason| self.key_error(key, reason))?;
        Ok(pattern.into_regex())
    }
}
