//! Filters as a configuration writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::{FilterError, FilterProblem, suggestion};
use super::kinds::conditional::BRANCH_KEYS;
use super::registry::{SECRET_TYPE, catalogue};

/// One filter of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterDefinition {
    /// Which filter: `drop`, `rename_field`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The filter's own keys.
    #[serde(default)]
    pub config: Map<String, Value>,
    /// Whether the filter is carried out; a filter that is not is still checked.
    #[serde(default = "enabled_by_default")]
    pub enabled: bool,
    /// The filter applies only to events for which this condition holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// For the people who read the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

impl FilterDefinition {
    /// Puts asterisks in the place of what its config keeps secret, that of filters in it too: for people to see.
    pub fn mask_secrets(&mut self) {
        mask_secrets(&self.kind, &mut self.config);
    }
}

fn mask_secrets(kind: &str, config: &mut Map<String, Value>) {
    let kind = catalogue().iter().find(|known| known.name == kind);
    let keys = kind.into_iter().flat_map(|kind| kind.keys);
    for key in keys.filter(|key| key.value_type == SECRET_TYPE) {
        if let Some(value) = config.get_mut(key.name) {
            *value = Value::from(MASK);
        }
    }
    for branch in BRANCH_KEYS {
        for filter in config.get_mut(branch).and_then(Value::as_array_mut).into_iter().flatten() {
            let kind = filter.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(config) = filter.get_mut("config").and_then(Value::as_object_mut) {
                mask_secrets(&kind, config);
            }
        }
    }
}

fn enabled_by_default() -> bool {
    true
}

/// What is shown of a secret.
const MASK: &str = "********";

/// The keys of a [`FilterDefinition`].
const DEFINITION_KEYS: [&str; 5] = ["type", "config", "enabled", "condition", "notes"];

/// The keys of a [`FilterPipelineDefinition`].
const PIPELINE_KEYS: [&str; 1] = ["filters"];

/// A list of filters, carried out in its order: `{"filters": [...]}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterPipelineDefinition {
    /// The filters in the order in which they are carried out.
    #[serde(default)]
    pub filters: Vec<FilterDefinition>,
}

impl FilterPipelineDefinition {
    /// Reads a list from JSON text. Unlike plain serde it suggests the key that may have been meant.
    ///
    /// # Errors
    /// Which filter and key is wrong, or where the text is not JSON.
    pub fn from_json(text: &str) -> Result<Self, FilterError> {
        let value: Value = serde_json::from_str(text).map_err(|error| malformed(&error))?;
        let Value::Object(mut pipeline) = value else {
            return Err(FilterError::Malformed { reason: "the outermost value is no object".to_owned() });
        };
        check_keys(&pipeline, &PIPELINE_KEYS, "the filter list")?;
        let filters = pipeline.remove("filters").unwrap_or_default();
        Ok(Self { filters: definitions_from_value(filters, "")? })
    }

    /// Reads a list of either form, `{"filters": [...]}` or `[...]`, and tells everything that is wrong with it.
    ///
    /// # Errors
    /// A problem for each filter that cannot be read, or the one of the list itself.
    pub fn from_value(value: Value) -> Result<Self, Vec<FilterProblem>> {
        let items = items_of(value).map_err(|error| vec![FilterProblem { filter: None, error }])?;
        let (mut filters, mut problems) = (Vec::with_capacity(items.len()), Vec::new());
        for (index, item) in items.into_iter().enumerate() {
            match definition_from_value(item, &format!("filter {}", index + 1)) {
                Ok(definition) => filters.push(definition),
                Err(error) => problems.push(FilterProblem { filter: Some(index + 1), error }),
            }
        }
        if problems.is_empty() { Ok(Self { filters }) } else { Err(problems) }
    }
}

/// The filters of a list of either form.
fn items_of(value: Value) -> Result<Vec<Value>, FilterError> {
    match value {
        Value::Array(items) => Ok(items),
        Value::Object(mut pipeline) => {
            check_keys(&pipeline, &PIPELINE_KEYS, "the filter list")?;
            match pipeline.remove("filters") {
                Some(Value::Array(items)) => Ok(items),
                _ => Err(FilterError::Malformed { reason: "`filters` is no list".to_owned() }),
            }
        }
        _ => Err(FilterError::Malformed { reason: "it is neither a list nor an object".to_owned() }),
    }
}

/// Reads the filters of a JSON list; `place` is what stands before `filter 1` in an error.
pub(super) fn definitions_from_value(
    value: Value,
    place: &str,
) -> Result<Vec<FilterDefinition>, FilterError> {
    let Value::Array(items) = value else {
        return Err(FilterError::Malformed { reason: format!("{place}the filters are no list") });
    };
    let mut definitions = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        definitions.push(definition_from_value(item, &format!("{place}filter {}", index + 1))?);
    }
    Ok(definitions)
}

fn definition_from_value(item: Value, place: &str) -> Result<FilterDefinition, FilterError> {
    if let Value::Object(keys) = &item {
        check_keys(keys, &DEFINITION_KEYS, place)?;
    }
    serde_json::from_value(item)
        .map_err(|error| FilterError::Malformed { reason: format!("{place}: {error}") })
}

fn check_keys(keys: &Map<String, Value>, known: &[&str], place: &str) -> Result<(), FilterError> {
    let Some(unknown) = keys.keys().find(|key| !known.contains(&key.as_str())) else {
        return Ok(());
    };
    Err(FilterError::UnknownKey {
        place: place.to_owned(),
        key: unknown.clone(),
        hint: suggestion(unknown, known),
        known: known.join(", "),
    })
}

fn malformed(error: &serde_json::Error) -> FilterError {
    FilterError::Malformed { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let mask = json!({"type": "mask", "config": {"field": "user", "key": "of the house"}});
        let outer = json!({"type": "conditional", "config": {"condition": "a == 1", "then": [mask]}});
        for filter in [mask.clone(), outer] {
            let mut definition: FilterDefinition = serde_json::from_value(filter).unwrap();
            definition.mask_secrets();
            let shown = serde_json::to_string(&definition).unwrap();
            assert!(shown.contains(MASK) && !shown.contains("of the house"), "{shown}");
        }
    }
}
