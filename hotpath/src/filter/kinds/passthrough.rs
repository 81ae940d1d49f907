//! `passthrough`: does nothing. It holds a place in a list of filters.

use std::any::Any;

use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "passthrough",
    description: "Does nothing: every event passes as it is.",
    keys: &[FilterKey {
        name: "description",
        value_type: "string",
        default: "",
        example: "\"enrichment comes here\"",
        description: "For people.",
    }],
    compile,
};

#[derive(Debug)]
struct Passthrough;

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    config.text("description")?;
    Ok(Box::new(Passthrough))
}

impl Filter for Passthrough {
    fn apply(&self, _: &mut Events, _: &Mask, _: &mut dyn Any) -> Result<(), FilterFailure> {
        Ok(())
    }
}
