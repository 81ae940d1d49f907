//! `mutate`: many small changes, always in the same order: copy, rename, convert, split, join, gsub, lowercase, uppercase,
//! strip, merge, update, replace, remove.

mod change_case;
mod convert;
mod copy;
mod join;
mod merge;
mod split_text;
mod steps;
mod update;

use std::any::Any;

use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "mutate",
    description: "Copies, renames, converts, splits, joins, replaces and removes fields, in this order whatever the order of the keys is.",
    keys: &[
        FilterKey {
            name: "copy",
            value_type: "object",
            default: "",
            example: "{\"source_ip\": \"client_ip\"}",
            description: "Puts the value of each field into the field it names too.",
        },
        FilterKey {
            name: "rename",
            value_type: "object",
            default: "",
            example: "{\"src\": \"source_ip\"}",
            description: "Gives each field the name it names.",
        },
        FilterKey {
            name: "convert",
            value_type: "object",
            default: "",
            example: "{\"bytes\": \"integer\"}",
            description: "Gives each field a type: string, integer, float or boolean.",
        },
        FilterKey {
            name: "split",
            value_type: "object",
            default: "",
            example: "{\"field\": \"groups\", \"separator\": \",\"}",
            description: "Makes a list of a text: field, separator, target (the field); or a list of such objects.",
        },
        FilterKey {
            name: "join",
            value_type: "object",
            default: "",
            example: "{\"field\": \"answers\", \"separator\": \" \"}",
            description: "Makes a text of a list: field, separator, target (the field); or a list of such objects.",
        },
        FilterKey {
            name: "gsub",
            value_type: "object[]",
            default: "",
            example: "[{\"field\": \"url_path\", \"pattern\": \"[0-9]+\", \"replacement\": \":id\"}]",
            description: "Puts replacement in the place of what pattern matches in field, as regex_replace does.",
        },
        FilterKey {
            name: "lowercase",
            value_type: "string[]",
            default: "",
            example: "[\"hostname\"]",
            description: "Puts fields into lower case.",
        },
        FilterKey {
            name: "uppercase",
            value_type: "string[]",
            default: "",
            example: "[\"country_code\"]",
            description: "Puts fields into upper case.",
        },
        FilterKey {
            name: "strip",
            value_type: "string[]",
            default: "",
            example: "[\"user_name\"]",
            description: "Takes away white space at both ends of fields.",
        },
        FilterKey {
            name: "merge",
            value_type: "object[]",
            default: "",
            example: "[{\"source\": \"alias\", \"target\": \"names\"}]",
            description: "Makes target a list of its own values and those of source.",
        },
        FilterKey {
            name: "update",
            value_type: "object",
            default: "",
            example: "{\"action\": \"seen\"}",
            description: "Puts values into fields that have one.",
        },
        FilterKey {
            name: "replace",
            value_type: "object",
            default: "",
            example: "{\"environment\": \"production\"}",
            description: "Puts values into fields, as add_field does.",
        },
        FilterKey {
            name: "remove",
            value_type: "string[]",
            default: "",
            example: "[\"raw\"]",
            description: "Takes fields away.",
        },
    ],
    compile,
};

/// The steps, each a filter of its own.
#[derive(Debug)]
struct Mutate {
    steps: Vec<Box<dyn Filter>>,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let steps = steps::steps(config)?;
    if steps.is_empty() {
        let known: Vec<&str> = KIND.keys.iter().map(|key| key.name).collect();
        return Err(config.keys_error(format!("what is to be changed? give one of {}", known.join(", "))));
    }
    Ok(Box::new(Mutate { steps }))
}

impl Filter for Mutate {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let before = events.batch().clone();
        for step in &self.steps {
            if let Err(failure) = step.apply(events, rows, &mut ()) {
                events.replace(before);
                return Err(failure);
            }
        }
        Ok(())
    }
}
