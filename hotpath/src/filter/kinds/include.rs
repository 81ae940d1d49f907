//! `include`: keeps the events that match, drops the others.

use std::any::Any;

use super::field_test::matched_events;
use crate::filter::condition::Condition;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "include",
    description: "Keeps the events that match and drops the others.",
    keys: &MATCH_KEYS,
    compile,
};

/// The keys of `include` and `exclude`.
pub(super) static MATCH_KEYS: [FilterKey; 8] = [
    FilterKey {
        name: "condition",
        value_type: "condition",
        default: "",
        example: "\"level == 'error'\"",
        description: "Which events match, in place of the other keys.",
    },
    FilterKey {
        name: "field",
        value_type: "string",
        default: "",
        example: "\"level\"",
        description: "The field that one of equals, contains and matches is asked of.",
    },
    FilterKey {
        name: "equals",
        value_type: "any",
        default: "",
        example: "\"error\"",
        description: "The field has this value, or one of a list of values.",
    },
    FilterKey {
        name: "contains",
        value_type: "any",
        default: "",
        example: "\"denied\"",
        description: "The field's text contains this, or the field's list has this member.",
    },
    FilterKey {
        name: "matches",
        value_type: "string",
        default: "",
        example: "\"^sshd\"",
        description: "A regular expression that occurs in the field's text.",
    },
    FilterKey {
        name: "any_field",
        value_type: "string[]",
        default: "",
        example: "[\"source_ip\", \"dest_ip\"]",
        description: "Several fields; the event matches when one of them passes any_equals or any_matches.",
    },
    FilterKey {
        name: "any_equals",
        value_type: "any",
        default: "",
        example: "\"10.0.0.1\"",
        description: "One of the fields has this value, or one of a list of values.",
    },
    FilterKey {
        name: "any_matches",
        value_type: "string",
        default: "",
        example: "\"^10[.]\"",
        description: "A regular expression that occurs in the text of one of the fields.",
    },
];

#[derive(Debug)]
struct Include {
    matched: Condition,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    Ok(Box::new(Include { matched: matched_events(config)? }))
}

impl Filter for Include {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let matched = self.matched.evaluate_among(events.batch(), rows);
        events.drop_rows(&rows.minus(&matched));
        Ok(())
    }
}
