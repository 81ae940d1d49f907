//! `drop`: drops the events for which a condition holds, a share of them, or all.

use std::any::Any;

use super::field_test::field_test;
use super::random_share::RandomRows;
use crate::filter::condition::{Condition, Expression};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "drop",
    description: "Drops the events for which a condition holds, a random share of them, or all.",
    keys: &[
        FilterKey {
            name: "condition",
            value_type: "condition",
            default: "",
            example: "\"action == 'deny'\"",
            description: "Which events are dropped.",
        },
        FilterKey {
            name: "if_field",
            value_type: "string",
            default: "",
            example: "\"level\"",
            description: "The field that one of equals, not_equals, contains and matches is asked of, in place of a condition.",
        },
        FilterKey {
            name: "equals",
            value_type: "any",
            default: "",
            example: "\"debug\"",
            description: "The field has this value, or one of a list of values.",
        },
        FilterKey {
            name: "not_equals",
            value_type: "any",
            default: "",
            example: "\"error\"",
            description: "The field has a value, and another than this or these.",
        },
        FilterKey {
            name: "contains",
            value_type: "any",
            default: "",
            example: "\"healthz\"",
            description: "The field's text contains this, or the field's list has this member.",
        },
        FilterKey {
            name: "matches",
            value_type: "string",
            default: "",
            example: "\"^kube-\"",
            description: "A regular expression that occurs in the field's text.",
        },
        FilterKey {
            name: "unless_field",
            value_type: "string",
            default: "",
            example: "\"severity\"",
            description: "The field that one of unless_equals and unless_matches is asked of: the events for which it holds stay.",
        },
        FilterKey {
            name: "unless_equals",
            value_type: "any",
            default: "",
            example: "\"error\"",
            description: "Events whose unless_field has this value, or one of a list of values, stay.",
        },
        FilterKey {
            name: "unless_matches",
            value_type: "string",
            default: "",
            example: "\"^(error|fatal)$\"",
            description: "Events in whose unless_field this regular expression occurs stay.",
        },
        FilterKey {
            name: "percentage",
            value_type: "number",
            default: "100",
            example: "50",
            description: "How many of a hundred such events are dropped, drawn at random; without another key, of all events.",
        },
        FilterKey {
            name: "always_drop",
            value_type: "boolean",
            default: "false",
            example: "true",
            description: "Drops every event.",
        },
    ],
    compile,
};

const TEST_KEYS: [&str; 4] = ["equals", "not_equals", "contains", "matches"];
const UNLESS_KEYS: [&str; 2] = ["unless_equals", "unless_matches"];

#[derive(Debug)]
struct DropEvents {
    /// None: every event.
    matched: Option<Condition>,
    /// None: each of the matched events.
    percentage: Option<f64>,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let always = config.switch("always_drop")?;
    let percentage = config.percentage("percentage")?;
    let matched = match (matched_events(config)?, spared_events(config)?) {
        (matched, None) => matched,
        (None, Some(spared)) => Some(Expression::Not(Box::new(spared))),
        (Some(matched), Some(spared)) => {
            Some(Expression::And(vec![matched, Expression::Not(Box::new(spared))]))
        }
    };
    let matched = matched.map(Condition::from_expression);
    if always && (matched.is_some() || percentage.is_some()) {
        return Err(config.key_error("always_drop", "drops every event: leave the other keys out"));
    }
    if !always && matched.is_none() && percentage.is_none() {
        let reason = "what is to be dropped? give condition, if_field with one of equals, not_equals, contains and matches, unless_field with unless_equals or unless_matches, percentage, or always_drop: true";
        return Err(config.keys_error(reason));
    }
    Ok(Box::new(DropEvents { matched, percentage }))
}

fn matched_events(config: &FilterConfig<'_>) -> Result<Option<Expression>, FilterError> {
    if config.value("if_field").is_none() {
        if let Some(stray) = TEST_KEYS.iter().find(|key| config.value(key).is_some()) {
            return Err(config.key_error(stray, "needs `if_field` beside it"));
        }
        return Ok(config.condition("condition")?.map(Condition::into_expression));
    }
    config.one_of(&["condition", "if_field"])?;
    let key = config.one_of(&TEST_KEYS)?;
    field_test(config, config.field("if_field")?, key).map(Some)
}

/// The events that stay whatever else holds.
fn spared_events(config: &FilterConfig<'_>) -> Result<Option<Expression>, FilterError> {
    if config.value("unless_field").is_none() {
        if let Some(stray) = UNLESS_KEYS.iter().find(|key| config.value(key).is_some()) {
            return Err(config.key_error(stray, "needs `unless_field` beside it"));
        }
        return Ok(None);
    }
    let key = config.one_of(&UNLESS_KEYS)?;
    field_test(config, config.field("unless_field")?, key).map(Some)
}

impl Filter for DropEvents {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let mut dropped = match &self.matched {
            Some(condition) => condition.evaluate_among(events.batch(), rows),
            None => rows.clone(),
        };
        if let Some(percentage) = self.percentage {
            dropped = RandomRows::new(0, events.seed()).draw(percentage, &dropped);
        }
        events.drop_rows(&dropped);
        Ok(())
    }
}
