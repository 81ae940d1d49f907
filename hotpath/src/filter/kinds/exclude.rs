//! `exclude`: drops the events that match, keeps the others.

use std::any::Any;

use super::field_test::matched_events;
use super::include::MATCH_KEYS;
use crate::filter::condition::Condition;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "exclude",
    description: "Drops the events that match and keeps the others.",
    keys: &MATCH_KEYS,
    compile,
};

#[derive(Debug)]
struct Exclude {
    matched: Condition,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    Ok(Box::new(Exclude { matched: matched_events(config)? }))
}

impl Filter for Exclude {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let matched = self.matched.evaluate_among(events.batch(), rows);
        events.drop_rows(&matched);
        Ok(())
    }
}
