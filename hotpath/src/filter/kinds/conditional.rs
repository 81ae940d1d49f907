//! `conditional`: keeps or drops by the test of one field, or takes events through other filters by a condition.

use std::any::Any;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::operator_test::operator_test;
use crate::filter::condition::Condition;
use crate::filter::config::FilterConfig;
use crate::filter::definition::definitions_from_value;
use crate::filter::engine::{FilterState, Filters};
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

/// The keys that hold filters.
pub(in crate::filter) const BRANCH_KEYS: [&str; 2] = ["then", "else"];

const OPERATORS: [&str; 10] =
    ["eq", "ne", "gt", "lt", "gte", "lte", "contains", "not_contains", "exists", "not_exists"];

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "conditional",
    description: "Keeps or drops events by one field, or takes them through other filters by a condition.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"severity\"",
            description: "The field that is looked at.",
        },
        FilterKey {
            name: "operator",
            value_type: "string",
            default: "eq",
            example: "\"lte\"",
            description: "eq, ne, gt, lt, gte, lte, contains, not_contains, exists or not_exists.",
        },
        FilterKey {
            name: "value",
            value_type: "any",
            default: "",
            example: "3",
            description: "What the field is compared with; not for exists and not_exists.",
        },
        FilterKey {
            name: "action",
            value_type: "string",
            default: "keep",
            example: "\"drop\"",
            description: "keep: the events that pass the test stay, the others are dropped. drop: the other way round.",
        },
        FilterKey {
            name: "condition",
            value_type: "condition",
            default: "",
            example: "\"severity <= 3\"",
            description: "Decides between then and else, in place of field, operator, value and action.",
        },
        FilterKey {
            name: "then",
            value_type: "filter[]",
            default: "[]",
            example: "[{\"type\": \"add_field\", \"config\": {\"field\": \"urgent\", \"value\": true}}]",
            description: "Filters for the events for which the condition holds.",
        },
        FilterKey {
            name: "else",
            value_type: "filter[]",
            default: "[]",
            example: "[{\"type\": \"sample\", \"config\": {\"percentage\": 10}}]",
            description: "Filters for the other events.",
        },
    ],
    compile,
};

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let form = config.one_of(&["field", "condition"])?;
    let of_other_form: &[&str] =
        if form == "field" { &BRANCH_KEYS } else { &["operator", "value", "action"] };
    if let Some(stray) = of_other_form.iter().find(|key| config.value(key).is_some()) {
        return Err(config.key_error(stray, format!("does not go with `{form}`")));
    }
    if form == "field" { compile_keep_or_drop(config) } else { compile_branches(config) }
}

#[derive(Debug)]
struct KeepOrDrop {
    test: Condition,
    keeps: bool,
}

fn compile_keep_or_drop(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let keeps = match config.text("action")?.unwrap_or("keep") {
        "keep" => true,
        "drop" => false,
        other => return Err(config.key_error("action", format!("expected keep or drop, found `{other}`"))),
    };
    Ok(Box::new(KeepOrDrop { test: Condition::from_expression(operator_test(config, &OPERATORS)?), keeps }))
}

impl Filter for KeepOrDrop {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let passing = self.test.evaluate_among(events.batch(), rows);
        let dropped = if self.keeps { rows.minus(&passing) } else { passing };
        events.drop_rows(&dropped);
        Ok(())
    }
}

#[derive(Debug)]
struct Branches {
    condition: Condition,
    then_filters: Filters,
    else_filters: Filters,
}

fn compile_branches(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let condition = config.condition("condition")?;
    let condition = condition.ok_or_else(|| config.key_error("condition", "is needed"))?;
    if BRANCH_KEYS.iter().all(|key| config.value(key).is_none()) {
        return Err(config.keys_error("`then` or `else` is needed beside `condition`"));
    }
    let [then_filters, else_filters] = BRANCH_KEYS.map(|key| compile_branch(config, key));
    Ok(Box::new(Branches { condition, then_filters: then_filters?, else_filters: else_filters? }))
}

fn compile_branch(config: &FilterConfig<'_>, key: &str) -> Result<Filters, FilterError> {
    let Some(value) = config.value(key) else {
        return Ok(Filters::default());
    };
    let place = format!("{}, {key} ", config.place());
    let definitions = definitions_from_value(value.clone(), &place)?;
    Filters::compile_nested(&definitions, config.surroundings(), &place, config.depth() + 1)
}

#[derive(Debug)]
struct BranchStates {
    then_state: FilterState,
    else_state: FilterState,
}

impl Filter for Branches {
    fn apply_waiting<'a>(
        &'a self,
        events: &'a mut Events,
        rows: &'a Mask,
        state: &'a mut (dyn Any + Send),
    ) -> BoxFuture<'a, Result<(), FilterFailure>> {
        let branches = async move {
            let states = state.downcast_mut::<BranchStates>().ok_or(FilterFailure::ForeignState)?;
            // Decided before the first branch changes what the condition looks at.
            let then_rows = self.condition.evaluate_among(events.batch(), rows);
            let else_rows = rows.minus(&then_rows);
            events.enter(else_rows);
            self.then_filters.apply_to_rows(events, then_rows, &mut states.then_state).await;
            let else_rows = events.leave();
            self.else_filters.apply_to_rows(events, else_rows, &mut states.else_state).await;
            Ok(())
        };
        branches.boxed()
    }

    fn waits(&self) -> bool {
        self.then_filters.waits() || self.else_filters.waits()
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(BranchStates {
            then_state: self.then_filters.new_state(),
            else_state: self.else_filters.new_state(),
        })
    }
}
