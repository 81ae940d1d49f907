//! The keys of `mutate` as steps, in the order in which they are carried out.

use regex::Regex;
use serde_json::{Map, Value};

use super::change_case::{ChangeCase, TextForm};
use super::convert::{Convert, TargetType};
use super::copy::Copy;
use super::join::Join;
use super::merge::Merge;
use super::split_text::SplitText;
use super::update::Update;
use crate::filter::columns::FieldName;
use crate::filter::config::FilterConfig;
use crate::filter::error::{FilterError, suggestion};
use crate::filter::kinds::add_field::AddField;
use crate::filter::kinds::field_value::FieldValue;
use crate::filter::kinds::regex_replace::RegexReplace;
use crate::filter::kinds::remove_field::RemoveField;
use crate::filter::kinds::rename_field::RenameField;
use crate::filter::registry::Filter;
use crate::filter::replacing::Replacing;

type Steps = Vec<Box<dyn Filter>>;

/// The steps that a config asks for.
pub(super) fn steps(config: &FilterConfig<'_>) -> Result<Steps, FilterError> {
    let mut steps: Steps = Vec::new();
    copies_and_renames(config, &mut steps)?;
    conversions(config, &mut steps)?;
    for object in objects(config, "split", &["field", "separator", "target"])? {
        let (field, target, separator) = object.field_target_separator()?;
        steps.push(Box::new(SplitText { field, target, separator }));
    }
    for object in objects(config, "join", &["field", "separator", "target"])? {
        let (field, target, separator) = object.field_target_separator()?;
        steps.push(Box::new(Join { field, target, separator }));
    }
    for object in objects(config, "gsub", &["field", "pattern", "replacement"])? {
        let source = object.changeable("field")?;
        let pattern: Regex = config.regex("gsub", object.needed("pattern")?)?;
        let replacement = object.text("replacement")?.unwrap_or("");
        let replacing = Replacing::new(pattern, replacement, true)
            .map_err(|reason| config.key_error("gsub", format!("`replacement`: {reason}")))?;
        steps.push(Box::new(RegexReplace { source, target: None, replacing }));
    }
    for (key, form) in
        [("lowercase", TextForm::Lower), ("uppercase", TextForm::Upper), ("strip", TextForm::Stripped)]
    {
        for field in changeable_fields(config, key)? {
            steps.push(Box::new(ChangeCase { field, form }));
        }
    }
    for object in objects(config, "merge", &["source", "target"])? {
        let target = config.column_to_make("merge", object.needed("target")?)?.to_owned();
        steps.push(Box::new(Merge { source: object.field("source")?, target }));
    }
    values(config, &mut steps)?;
    let fields = changeable_fields(config, "remove")?;
    if !fields.is_empty() {
        steps.push(Box::new(RemoveField { fields }));
    }
    Ok(steps)
}

fn copies_and_renames(config: &FilterConfig<'_>, steps: &mut Steps) -> Result<(), FilterError> {
    for key in ["copy", "rename"] {
        for (from, to) in config.object(key)?.into_iter().flatten() {
            let Value::String(to) = to else {
                return Err(config.key_error(key, format!("expected the name of a field, found {to}")));
            };
            let to = config.column_to_make(key, to)?.to_owned();
            if *from == to {
                return Err(config.key_error(key, format!("`{from}` has that name already")));
            }
            let from_name = FieldName::new(config.checked_field(key, from)?);
            if key == "copy" {
                steps.push(Box::new(Copy { from: from_name, to }));
            } else {
                config.check_changeable(key, from)?;
                steps.push(Box::new(RenameField { from: from_name, to }));
            }
        }
    }
    Ok(())
}

fn conversions(config: &FilterConfig<'_>, steps: &mut Steps) -> Result<(), FilterError> {
    for (field, to) in config.object("convert")?.into_iter().flatten() {
        let field = changeable(config, "convert", field)?;
        let Some(to) = to.as_str().and_then(TargetType::from_word) else {
            let reason = format!("expected string, integer, float or boolean, found {to}");
            return Err(config.key_error("convert", reason));
        };
        steps.push(Box::new(Convert { field, to }));
    }
    Ok(())
}

fn values(config: &FilterConfig<'_>, steps: &mut Steps) -> Result<(), FilterError> {
    for (field, value) in config.object("update")?.into_iter().flatten() {
        let field = changeable(config, "update", field)?;
        steps.push(Box::new(Update { field, value: FieldValue::new(config, "update", value)? }));
    }
    for (field, value) in config.object("replace")?.into_iter().flatten() {
        let field = config.column_to_make("replace", config.checked_field("replace", field)?)?.to_owned();
        steps.push(Box::new(AddField { field, value: FieldValue::new(config, "replace", value)? }));
    }
    Ok(())
}

fn changeable(config: &FilterConfig<'_>, key: &str, name: &str) -> Result<FieldName, FilterError> {
    config.check_changeable(key, name)?;
    Ok(FieldName::new(name))
}

fn changeable_fields(config: &FilterConfig<'_>, key: &str) -> Result<Vec<FieldName>, FilterError> {
    let names = config.fields(key)?.unwrap_or_default();
    names.into_iter().map(|name| changeable(config, key, name)).collect()
}

/// One of the objects that stand under a key.
struct KeyObject<'a, 'c> {
    config: &'c FilterConfig<'a>,
    key: &'static str,
    members: &'a Map<String, Value>,
}

/// The object that stands under `key`, or those of a list; their members are `known`.
fn objects<'a, 'c>(
    config: &'c FilterConfig<'a>,
    key: &'static str,
    known: &[&str],
) -> Result<Vec<KeyObject<'a, 'c>>, FilterError> {
    let values: &'a [Value] = match config.value(key) {
        None => &[],
        Some(list @ Value::Array(_)) => config.items(key, list)?,
        Some(single) => std::slice::from_ref(single),
    };
    let mut objects = Vec::with_capacity(values.len());
    for value in values {
        let Value::Object(members) = value else {
            let reason = format!("expected an object of {}, found {value}", known.join(", "));
            return Err(config.key_error(key, reason));
        };
        if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
            let hint = suggestion(unknown, known);
            let reason = format!("unknown key `{unknown}`{hint}; known: {}", known.join(", "));
            return Err(config.key_error(key, reason));
        }
        objects.push(KeyObject { config, key, members });
    }
    Ok(objects)
}

impl<'a> KeyObject<'a, '_> {
    fn text(&self, name: &str) -> Result<Option<&'a str>, FilterError> {
        match self.members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => {
                Err(self.config.key_error(self.key, format!("`{name}`: expected a text, found {other}")))
            }
        }
    }

    fn needed(&self, name: &str) -> Result<&'a str, FilterError> {
        match self.text(name)? {
            Some("") | None => Err(self.config.key_error(self.key, format!("`{name}` is needed"))),
            Some(text) => Ok(text),
        }
    }

    fn field(&self, name: &str) -> Result<FieldName, FilterError> {
        Ok(FieldName::new(self.config.checked_field(self.key, self.needed(name)?)?))
    }

    fn changeable(&self, name: &str) -> Result<FieldName, FilterError> {
        self.config.check_changeable(self.key, self.needed(name)?)?;
        self.field(name)
    }

    fn field_target_separator(&self) -> Result<(FieldName, Option<String>, String), FilterError> {
        let separator = self.needed("separator")?.to_owned();
        match self.text("target")? {
            None => Ok((self.changeable("field")?, None, separator)),
            Some(target) => {
                let target = self.config.column_to_make(self.key, target)?.to_owned();
                Ok((self.field("field")?, Some(target), separator))
            }
        }
    }
}
