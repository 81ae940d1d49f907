//! `grok`: takes a text apart by patterns that have names.

mod families;
mod pattern;
mod reference;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use regex::CaptureLocations;
use serde_json::Value as Json;

use crate::batch::ColumnRegistry;
use crate::filter::columns::{FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::distinct::Distinct;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::field_rows::{FieldRows, Present};
use crate::filter::limits::{MAX_GROK_PATTERNS, MAX_GROK_TEXT_BYTES};
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use pattern::{CompiledPattern, PatternOptions};
use reference::Naming;

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "grok",
    description: "Takes a text apart by named patterns, and puts what they catch into fields.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "\"message\"",
            example: "\"message\"",
            description: "The field with the text.",
        },
        FilterKey {
            name: "pattern",
            value_type: "string",
            default: "",
            example: "\"%{IP:client_ip} %{WORD:action} %{NUMBER:bytes:int}\"",
            description: "The pattern: a regular expression with %{NAME}, %{NAME:field}, %{NAME:field:type} and (?<field>...) in it.",
        },
        FilterKey {
            name: "patterns",
            value_type: "string[]",
            default: "",
            example: "[\"%{SYSLOGLINE}\", \"%{GREEDYDATA:text}\"]",
            description: "Several patterns, tried in their order, in place of one.",
        },
        FilterKey {
            name: "break_on_match",
            value_type: "boolean",
            default: "true",
            example: "true",
            description: "Whether the first pattern that matches is the last one tried.",
        },
        FilterKey {
            name: "keep_empty_captures",
            value_type: "boolean",
            default: "false",
            example: "false",
            description: "Whether a field whose part of the text is empty is put as an empty text.",
        },
        FilterKey {
            name: "named_captures_only",
            value_type: "boolean",
            default: "true",
            example: "true",
            description: "Whether %{NAME} without a field is not put; otherwise it is put under the pattern's name.",
        },
        FilterKey {
            name: "overwrite_keys",
            value_type: "boolean",
            default: "true",
            example: "true",
            description: "Whether what was caught replaces a value that the field has.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "",
            example: "\"request\"",
            description: "What stands before the name of each field: request gives request_method of method.",
        },
        FilterKey {
            name: "custom_patterns",
            value_type: "object",
            default: "{}",
            example: "{\"TICKET\": \"[A-Z]+-[0-9]+\"}",
            description: "Patterns of your own by their names; they go before built-in ones of the same name.",
        },
        FilterKey {
            name: "ecs_compatibility",
            value_type: "string",
            default: "\"v1\"",
            example: "\"v1\"",
            description: "The names that built-in patterns give to fields: v1 for those of the Elastic Common Schema (source_ip), disabled for the older ones (clientip).",
        },
    ],
    compile,
};

#[derive(Debug)]
struct Grok {
    source: FieldName,
    patterns: Vec<CompiledPattern>,
    break_on_match: bool,
    keep_empty: bool,
    present: Present,
    columns: Arc<ColumnRegistry>,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let source = config.usual_source("source_field")?;
    let options = PatternOptions {
        custom: custom_patterns(config)?,
        naming: naming(config)?,
        catches_unnamed: !config.switch_or("named_captures_only", true)?,
        prefix: match config.value("target_field") {
            Some(_) => format!("{}_", config.new_column("target_field")?),
            None => String::new(),
        },
    };
    for (name, pattern) in &options.custom {
        CompiledPattern::new(pattern, &options)
            .map_err(|reason| config.key_error("custom_patterns", format!("`{name}`: {reason}")))?;
    }
    Ok(Box::new(Grok {
        source,
        patterns: patterns(config, &options)?,
        break_on_match: config.switch_or("break_on_match", true)?,
        keep_empty: config.switch("keep_empty_captures")?,
        present: if config.switch_or("overwrite_keys", true)? { Present::Replaced } else { Present::Kept },
        columns: Arc::clone(&config.surroundings().columns),
    }))
}

fn patterns(
    config: &FilterConfig<'_>,
    options: &PatternOptions,
) -> Result<Vec<CompiledPattern>, FilterError> {
    let key = config.one_of(&["pattern", "patterns"])?;
    if key == "pattern" {
        let pattern = config.text(key)?.unwrap_or_default();
        let compiled =
            CompiledPattern::new(pattern, options).map_err(|reason| config.key_error(key, reason))?;
        return Ok(vec![compiled]);
    }
    let items = config.items(key, config.value(key).unwrap_or(&Json::Null))?;
    if items.len() > MAX_GROK_PATTERNS {
        return Err(config.key_error(key, format!("at most {MAX_GROK_PATTERNS} patterns are taken")));
    }
    let mut compiled = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let Json::String(pattern) = item else {
            return Err(config.key_error(key, format!("expected texts, found {item}")));
        };
        let pattern = CompiledPattern::new(pattern, options)
            .map_err(|reason| config.key_error(key, format!("pattern {}: {reason}", index + 1)))?;
        compiled.push(pattern);
    }
    Ok(compiled)
}

fn custom_patterns(config: &FilterConfig<'_>) -> Result<BTreeMap<String, String>, FilterError> {
    const KEY: &str = "custom_patterns";
    let mut custom = BTreeMap::new();
    let Some(value) = config.value(KEY) else { return Ok(custom) };
    let Json::Object(members) = value else {
        return Err(
            config.key_error(KEY, format!("expected an object of patterns by their names, found {value}"))
        );
    };
    for (name, pattern) in members {
        let Json::String(pattern) = pattern else {
            return Err(config.key_error(KEY, format!("`{name}`: expected a text, found {pattern}")));
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(
                config.key_error(KEY, format!("`{name}`: a pattern's name has letters, digits and `_`"))
            );
        }
        custom.insert(name.clone(), pattern.clone());
    }
    Ok(custom)
}

fn naming(config: &FilterConfig<'_>) -> Result<Naming, FilterError> {
    const KEY: &str = "ecs_compatibility";
    match config.text(KEY)?.unwrap_or("v1") {
        "v1" | "v8" => Ok(Naming::Ecs),
        "disabled" => Ok(Naming::Classic),
        other => Err(config.key_error(KEY, format!("`{other}` is not known: write v1 or disabled"))),
    }
}

/// What a shard keeps: memory that is used again from batch to batch.
#[derive(Debug)]
struct GrokState {
    fields: FieldRows,
    /// Of each pattern.
    locations: Vec<CaptureLocations>,
    /// The columns have the types that the patterns say.
    has_types: bool,
}

/// What became of the distinct texts.
enum Found {
    /// The number of the row with what was caught.
    Row(u32),
    NoMatch,
    TooLong,
}

impl Filter for Grok {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let state = state.downcast_mut::<GrokState>().ok_or(FilterFailure::ForeignState)?;
        let Some(column) = self.source.column_in(events.batch()) else { return Ok(()) };
        let Some(texts) = as_texts(column) else {
            let with_value = rows.with_value(column);
            events.fault(&with_value, "the field is a list, not a text");
            return Ok(());
        };
        let distinct = Distinct::of(&texts, rows);
        let found = self.find_all(distinct.texts(&texts), state);
        let row_count = events.batch().num_rows();
        let row_of = |number: u32| match found.get(number as usize) {
            Some(Found::Row(row)) => Some(*row),
            _ => None,
        };
        let placed = distinct.rows.iter().filter_map(|(row, number)| Some((*row, row_of(*number)?)));
        state.fields.merge_shared(placed, events, self.present)?;
        let rows_with = |is_so: fn(&Found) -> bool| {
            let so =
                distinct.rows.iter().filter(|(_, number)| found.get(*number as usize).is_some_and(is_so));
            Mask::of_rows(row_count, so.map(|(row, _)| *row as usize))
        };
        events.fault(&rows_with(|found| matches!(found, Found::NoMatch)), "no pattern matches");
        events.fault(
            &rows_with(|found| matches!(found, Found::TooLong)),
            "the text is longer than 65536 bytes",
        );
        Ok(())
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(GrokState {
            fields: FieldRows::new(&self.columns),
            locations: self.patterns.iter().map(CompiledPattern::new_locations).collect(),
            has_types: false,
        })
    }
}

impl Grok {
    /// Matches each text, and puts what was caught into rows of the state, one for each text that matches.
    fn find_all<'t>(&self, texts: impl Iterator<Item = &'t str>, state: &mut GrokState) -> Vec<Found> {
        if !state.has_types {
            // Only now, so that a decoder that has columns of these names has settled their types before.
            for field in self.patterns.iter().flat_map(|pattern| &pattern.fields) {
                state.fields.expect(&field.name, &field.caught_type.column_type());
            }
            state.has_types = true;
        }
        let mut found = Vec::new();
        let mut rows = 0;
        for text in texts {
            if text.len() > MAX_GROK_TEXT_BYTES {
                found.push(Found::TooLong);
            } else if self.find(text, state) {
                found.push(Found::Row(rows));
                rows += 1;
            } else {
                found.push(Found::NoMatch);
            }
        }
        found
    }

    /// Whether a pattern matches; what it caught is a row then.
    fn find(&self, text: &str, state: &mut GrokState) -> bool {
        let GrokState { fields, locations, .. } = state;
        let mut is_found = false;
        let mut put: Vec<&str> = Vec::new();
        for (pattern, locations) in self.patterns.iter().zip(locations) {
            if !pattern.matches(text, locations) {
                continue;
            }
            if !is_found {
                fields.begin_shared_row();
                is_found = true;
            }
            for field in &pattern.fields {
                let Some(caught) = field.caught(text, locations, self.keep_empty) else { continue };
                if put.contains(&field.name.as_str()) {
                    continue;
                }
                fields.put(&field.name, &field.caught_type.read(caught));
                if !self.break_on_match {
                    put.push(&field.name);
                }
            }
            if self.break_on_match {
                break;
            }
        }
        if is_found {
            fields.end_row();
        }
        is_found
    }
}
