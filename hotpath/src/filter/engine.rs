//! A compiled list of filters, and a batch's way through it.

use std::any::Any;

use arrow::array::RecordBatch;
use serde_json::{Map, Value};

use super::condition::Condition;
use super::config::{FilterConfig, read_condition};
use super::definition::FilterDefinition;
use super::error::{FilterError, suggestion};
use super::events::Events;
use super::kinds::conditional::BRANCH_KEYS;
use super::limits::{MAX_FILTER_DEPTH, MAX_FILTERS};
use super::mask::Mask;
use super::registry::{Filter, FilterFailure, FilterKind, catalogue};

/// A list of filters, compiled once for a configuration and used for every batch.
///
/// It can be shared between shards; a copy for each shard saves them from meeting in the regular expressions' caches.
#[derive(Debug, Default)]
pub struct Filters {
    filters: Vec<CompiledFilter>,
}

#[derive(Debug)]
struct CompiledFilter {
    enabled: bool,
    condition: Option<Condition>,
    filter: Box<dyn Filter>,
}

/// What the filters of one configuration keep from batch to batch, on one shard.
#[derive(Debug)]
pub struct FilterState {
    states: Vec<Box<dyn Any + Send>>,
}

/// What became of a batch.
#[derive(Debug)]
pub struct FilterOutcome {
    /// The events that stayed, in their order.
    pub batch: RecordBatch,
    /// The events dropped.
    pub dropped_rows: usize,
    /// The events each filter dropped, in the order of the definitions.
    pub dropped_by_filter: Vec<usize>,
    /// The filters that could not be carried out (their place in the list, from 0, and why). The events went on without them.
    pub failures: Vec<(usize, FilterFailure)>,
}

impl Filters {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// The first thing that is wrong: which filter, which key, and in a condition at which character.
    pub fn compile(definitions: &[FilterDefinition]) -> Result<Self, FilterError> {
        let count: usize = definitions.iter().map(|definition| 1 + nested_filters(&definition.config)).sum();
        if count > MAX_FILTERS {
            let reason = format!("{count} filters, nested ones counted too; at most {MAX_FILTERS} are taken");
            return Err(FilterError::TooMany { place: "the filter list".to_owned(), reason });
        }
        Self::compile_nested(definitions, "", 0)
    }

    /// Compiles filters that stand in `depth` others; `place` is what stands before `filter 1` in an error.
    pub(super) fn compile_nested(
        definitions: &[FilterDefinition],
        place: &str,
        depth: usize,
    ) -> Result<Self, FilterError> {
        if depth > MAX_FILTER_DEPTH {
            let reason = format!("conditional filters stand deeper in one another than {MAX_FILTER_DEPTH}");
            return Err(FilterError::TooMany {
                place: place.trim_end_matches([' ', ',']).to_owned(),
                reason,
            });
        }
        let mut filters = Vec::with_capacity(definitions.len());
        for (index, definition) in definitions.iter().enumerate() {
            let place = format!("{place}filter {} ({})", index + 1, definition.kind);
            filters.push(compile_one(definition, &place, depth)?);
        }
        Ok(Self { filters })
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.filters.iter().all(|compiled| !compiled.enabled)
    }

    /// The filters, those that are not enabled too.
    pub fn len(&self) -> usize {
        self.filters.len()
    }

    /// The state to start with. `shard_seed` tells shards apart: give each its own, so that they do not sample alike.
    pub fn new_state(&self, shard_seed: u64) -> FilterState {
        let states = self.filters.iter().map(|compiled| compiled.filter.new_state(shard_seed)).collect();
        FilterState { states }
    }

    /// Takes a batch through the filters. `state` must come from [`Filters::new_state`] of the same filters.
    ///
    /// A filter that fails is passed over and reported in the outcome: no event is lost for it.
    pub fn apply(&self, batch: RecordBatch, state: &mut FilterState) -> FilterOutcome {
        let rows = batch.num_rows();
        let mut events = Events::new(batch);
        let mut dropped_by_filter = vec![0; self.filters.len()];
        let mut failures = Vec::new();
        for (index, compiled) in self.filters.iter().enumerate() {
            if events.live().is_none() {
                break;
            }
            let before = events.live().selected();
            let all = Mask::all(rows);
            let result = match state.states.get_mut(index) {
                Some(state) => compiled.apply(&mut events, &all, state.as_mut()),
                None => Err(FilterFailure::ForeignState),
            };
            if let Err(failure) = result {
                failures.push((index, failure));
            }
            dropped_by_filter[index] = before - events.live().selected();
        }
        let unfiltered = events.batch().clone();
        match events.into_batch() {
            Ok(batch) => {
                let dropped_rows = rows - batch.num_rows();
                FilterOutcome { batch, dropped_rows, dropped_by_filter, failures }
            }
            Err(error) => {
                failures.push((self.filters.len(), error.into()));
                dropped_by_filter.fill(0);
                FilterOutcome { batch: unfiltered, dropped_rows: 0, dropped_by_filter, failures }
            }
        }
    }

    /// Takes `rows` of `events` through the filters, for a filter that has filters in it.
    pub(super) fn apply_to_rows(
        &self,
        events: &mut Events,
        rows: &Mask,
        state: &mut FilterState,
    ) -> Result<(), FilterFailure> {
        for (index, compiled) in self.filters.iter().enumerate() {
            let state = state.states.get_mut(index).ok_or(FilterFailure::ForeignState)?;
            compiled.apply(events, rows, state.as_mut())?;
        }
        Ok(())
    }
}

impl CompiledFilter {
    /// Carries the filter out on those of `rows` that are live and for which its condition holds.
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        if !self.enabled {
            return Ok(());
        }
        let mut rows = events.live().and(rows);
        if let Some(condition) = &self.condition {
            rows = condition.evaluate_among(events.batch(), &rows);
        }
        if rows.is_none() {
            return Ok(());
        }
        self.filter.apply(events, &rows, state)
    }
}

fn compile_one(
    definition: &FilterDefinition,
    place: &str,
    depth: usize,
) -> Result<CompiledFilter, FilterError> {
    let kind = find_kind(&definition.kind, place)?;
    let config = FilterConfig::new(place, depth, kind, &definition.config)?;
    let condition = match &definition.condition {
        Some(text) => Some(read_condition(place, "condition", text)?),
        None => None,
    };
    let filter = (kind.compile)(&config)?;
    Ok(CompiledFilter { enabled: definition.enabled, condition, filter })
}

/// The filters in the branches of a config, at any depth (the JSON reader bounds the depth).
fn nested_filters(config: &Map<String, Value>) -> usize {
    let branches = BRANCH_KEYS.iter().filter_map(|key| config.get(*key)?.as_array());
    let nested = branches.flatten().map(|filter| {
        let config = filter.get("config").and_then(Value::as_object);
        1 + config.map_or(0, nested_filters)
    });
    nested.sum()
}

fn find_kind(name: &str, place: &str) -> Result<&'static FilterKind, FilterError> {
    if let Some(kind) = catalogue().iter().find(|kind| kind.name == name) {
        return Ok(kind);
    }
    let known: Vec<&str> = catalogue().iter().map(|kind| kind.name).collect();
    Err(FilterError::UnknownType {
        place: place.to_owned(),
        name: name.to_owned(),
        hint: suggestion(name, &known),
        known: known.join(", "),
    })
}
