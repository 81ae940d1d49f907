//! `add_field`: the same value in every row, or a text with variables.

use std::any::Any;

use super::field_value::FieldValue;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "add_field",
    description: "Puts one value into a field; what the field had before is replaced.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"environment\"",
            description: "The field, in lower snake case.",
        },
        FilterKey {
            name: "value",
            value_type: "any",
            default: "",
            example: "\"production\"",
            description: "A text, a number or a boolean, each kept as such; a text may have ${timestamp}, ${tenant_id}, ${dataset_id} and ${line_number}.",
        },
    ],
    compile,
};

#[derive(Debug)]
pub(super) struct AddField {
    pub(super) field: String,
    pub(super) value: FieldValue,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let field = config.new_column("field")?.to_owned();
    let Some(value) = config.value("value") else {
        return Err(config.key_error("value", "is needed: a text, a number or a boolean"));
    };
    let value = FieldValue::new(config, "value", value)?;
    Ok(Box::new(AddField { field, value }))
}

impl Filter for AddField {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        self.value.put(events, &self.field, rows)
    }
}
