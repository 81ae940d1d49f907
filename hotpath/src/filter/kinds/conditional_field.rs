//! `conditional_field`: changes a field, or drops the event, by a test of the field.

use std::any::Any;

use super::field_value::FieldValue;
use super::operator_test::operator_test;
use crate::filter::columns::FieldName;
use crate::filter::condition::Condition;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

const OPERATORS: [&str; 12] = [
    "equals",
    "not_equals",
    "contains",
    "starts_with",
    "ends_with",
    "matches",
    "exists",
    "not_exists",
    "gt",
    "gte",
    "lt",
    "lte",
];

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "conditional_field",
    description: "Takes away or replaces the value of a field, or keeps or drops the event, by a test of the field.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"user_name\"",
            description: "The field that is looked at.",
        },
        FilterKey {
            name: "operator",
            value_type: "string",
            default: "equals",
            example: "\"starts_with\"",
            description: "equals, not_equals, contains, starts_with, ends_with, matches, exists, not_exists, gt, gte, lt or lte.",
        },
        FilterKey {
            name: "value",
            value_type: "any",
            default: "",
            example: "\"svc-\"",
            description: "What the field is compared with; not for exists and not_exists.",
        },
        FilterKey {
            name: "action",
            value_type: "string",
            default: "remove",
            example: "\"replace\"",
            description: "Where the test holds: remove or set_null takes the value away, replace puts replace_with in its place, drop_record drops the event. keep_record drops the events where it does not hold.",
        },
        FilterKey {
            name: "replace_with",
            value_type: "any",
            default: "",
            example: "\"service account\"",
            description: "The value for the action replace, as the value of add_field.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct ConditionalField {
    field: FieldName,
    test: Condition,
    action: Action,
}

#[derive(Debug)]
enum Action {
    Remove,
    Replace(FieldValue),
    DropRecord,
    KeepRecord,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let name = config.field("field")?;
    let test = Condition::from_expression(operator_test(config, &OPERATORS)?);
    let actions = ["remove", "set_null", "replace", "drop_record", "keep_record"];
    let action = config.word("action", &actions)?.unwrap_or("remove");
    let replace_with = config.value("replace_with");
    let action = match (action, replace_with) {
        ("replace", Some(value)) => Action::Replace(FieldValue::new(config, "replace_with", value)?),
        ("replace", None) => {
            return Err(config.key_error("replace_with", "is needed by the action replace"));
        }
        (other, Some(_)) => {
            return Err(config.key_error("replace_with", format!("does not go with the action {other}")));
        }
        ("drop_record", None) => Action::DropRecord,
        ("keep_record", None) => Action::KeepRecord,
        _ => Action::Remove,
    };
    if matches!(action, Action::Remove | Action::Replace(_)) {
        config.check_changeable("field", name)?;
    }
    if matches!(action, Action::Replace(_)) && config.text("operator")? == Some("not_exists") {
        // The column is made where there is none.
        config.new_column("field")?;
    }
    Ok(Box::new(ConditionalField { field: FieldName::new(name), test, action }))
}

impl Filter for ConditionalField {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let holds = self.test.evaluate_among(events.batch(), rows);
        let index = self.field.index_in(events.batch());
        let found = index.and_then(|index| events.batch().schema_ref().fields().get(index));
        let name = found.map_or_else(|| self.field.as_str().to_owned(), |field| field.name().clone());
        match &self.action {
            Action::DropRecord => events.drop_rows(&holds),
            Action::KeepRecord => events.drop_rows(&rows.minus(&holds)),
            _ if holds.is_none() => {}
            Action::Remove => events.clear_column(&name, &holds)?,
            Action::Replace(value) => value.put(events, &name, &holds)?,
        }
        Ok(())
    }
}
