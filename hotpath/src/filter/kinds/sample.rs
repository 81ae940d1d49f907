//! `sample`: keeps a share of the events.

use std::any::Any;

use super::random_share::RandomRows;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "sample",
    description: "Keeps a share of the events: a percentage at random, or exactly one in N.",
    keys: &[
        FilterKey {
            name: "percentage",
            value_type: "number",
            default: "",
            example: "10",
            description: "How many of a hundred events are kept, drawn at random.",
        },
        FilterKey {
            name: "rate",
            value_type: "integer",
            default: "",
            example: "100",
            description: "The first of every so many events is kept, counted on each shard.",
        },
        FilterKey {
            name: "seed",
            value_type: "integer",
            default: "0",
            example: "42",
            description: "Another seed draws other events; the same one draws the same.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct SamplePercentage {
    percentage: f64,
    seed: u64,
}

#[derive(Debug)]
struct SampleRate {
    rate: u64,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    config.one_of(&["percentage", "rate"])?;
    let seed = config.whole_number("seed", 0)?;
    if let Some(percentage) = config.percentage("percentage")? {
        return Ok(Box::new(SamplePercentage { percentage, seed: seed.unwrap_or(0) }));
    }
    if seed.is_some() {
        return Err(config.key_error("seed", "does not go with `rate`, which draws nothing"));
    }
    let rate = config.whole_number("rate", 1)?.unwrap_or(1);
    Ok(Box::new(SampleRate { rate }))
}

impl Filter for SamplePercentage {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let kept = RandomRows::new(self.seed, events.seed()).draw(self.percentage, rows);
        events.drop_rows(&rows.minus(&kept));
        Ok(())
    }
}

/// The events seen since the last one that was kept.
#[derive(Debug)]
struct Counted(u64);

impl Filter for SampleRate {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let counted = state.downcast_mut::<Counted>().ok_or(FilterFailure::ForeignState)?;
        let kept = rows.keep_where(|_| {
            let is_first = counted.0 == 0;
            counted.0 = (counted.0 + 1) % self.rate;
            is_first
        });
        events.drop_rows(&rows.minus(&kept));
        Ok(())
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(Counted(0))
    }
}
