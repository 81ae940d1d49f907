//! A compiled list of filters, and a batch's way through it.

use std::any::Any;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::filter_record_batch;
use futures::executor::block_on;
use serde_json::{Map, Value};

use super::condition::Condition;
use super::config::{FilterConfig, read_condition};
use super::definition::FilterDefinition;
use super::error::{FilterError, FilterProblem, suggestion};
use super::events::Events;
use super::kinds::conditional::BRANCH_KEYS;
use super::limits::{MAX_FILTER_DEPTH, MAX_FILTERS};
use super::mask::Mask;
use super::registry::{Filter, FilterFailure, FilterKind, catalogue};
use super::surroundings::FilterSurroundings;
use super::walk::FilterWalk;

/// A list of filters, compiled once for a configuration and used for every batch.
///
/// It can be shared between shards; a copy for each shard saves them from meeting in the regular expressions' caches.
#[derive(Debug, Default)]
pub struct Filters {
    pub(super) filters: Vec<CompiledFilter>,
}

#[derive(Debug)]
pub(super) struct CompiledFilter {
    /// `filter 2 (drop)`.
    pub(super) place: Arc<str>,
    enabled: bool,
    condition: Option<Condition>,
    filter: Box<dyn Filter>,
}

/// What the filters of one configuration keep from batch to batch, on one shard.
#[derive(Debug, Default)]
pub struct FilterState {
    pub(super) states: Vec<Box<dyn Any + Send>>,
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
    /// The events that filters made beside those that came: `split` makes many of one.
    pub added_rows: usize,
    /// The events of `batch` with which something went wrong; `_errors` of each says what.
    pub faulty: Mask,
}

impl FilterOutcome {
    /// The events that no filter failed on, and the others, if there are any.
    pub fn apart(&self) -> (RecordBatch, Option<RecordBatch>) {
        if self.faulty.is_none() {
            return (self.batch.clone(), None);
        }
        let good = Mask::all(self.batch.num_rows()).minus(&self.faulty);
        let parted = filter_record_batch(&self.batch, &good.to_array())
            .and_then(|good| Ok((good, filter_record_batch(&self.batch, &self.faulty.to_array())?)));
        match parted {
            Ok((good, failed)) => (good, Some(failed)),
            // Masks are as long as their batch. Were they not, everything would go on together.
            Err(_) => (self.batch.clone(), None),
        }
    }
}

impl Filters {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// The first thing that is wrong: which filter, which key, and in a condition at which character.
    pub fn compile(
        definitions: &[FilterDefinition],
        surroundings: &FilterSurroundings,
    ) -> Result<Self, FilterError> {
        check_count(definitions)?;
        Self::compile_nested(definitions, surroundings, "", 0)
    }

    /// Everything that keeps a configuration from being compiled, where [`Filters::compile`] tells the first thing: one
    /// problem for each filter that is wrong. Empty when nothing is.
    pub fn problems(
        definitions: &[FilterDefinition],
        surroundings: &FilterSurroundings,
    ) -> Vec<FilterProblem> {
        if let Err(error) = check_count(definitions) {
            return vec![FilterProblem { filter: None, error }];
        }
        let mut problems = Vec::new();
        for (index, definition) in definitions.iter().enumerate() {
            let place = format!("filter {} ({})", index + 1, definition.kind);
            if let Err(error) = compile_one(definition, surroundings, &place, 0) {
                problems.push(FilterProblem { filter: Some(index + 1), error });
            }
        }
        problems
    }

    /// Compiles filters that stand in `depth` others; `place` is what stands before `filter 1` in an error.
    pub(super) fn compile_nested(
        definitions: &[FilterDefinition],
        surroundings: &FilterSurroundings,
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
            filters.push(compile_one(definition, surroundings, &place, depth)?);
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

    /// The state to start with, one for each shard.
    pub fn new_state(&self) -> FilterState {
        FilterState { states: self.filters.iter().map(|compiled| compiled.filter.new_state()).collect() }
    }

    /// Whether a filter may wait for the answers of others (`dns`), so that [`Filters::apply`] would block.
    pub fn waits(&self) -> bool {
        self.filters.iter().any(|compiled| compiled.enabled && compiled.filter.waits())
    }

    /// The same as [`Filters::apply_async`] for those who may block the thread while a filter waits. Not on a shard, and
    /// not in a task of tokio.
    pub fn apply(&self, batch: RecordBatch, state: &mut FilterState, seed: u64) -> FilterOutcome {
        block_on(self.apply_async(batch, state, seed))
    }

    /// Takes a batch through the filters. `state` must come from [`Filters::new_state`] of the same filters. `seed` is
    /// what chance draws: give each batch its own, and the same to one that is filtered again.
    ///
    /// Where no filter waits, the future is ready when it is first looked at. It may be driven by any executor. When it is
    /// dropped before its end, nothing has become of the batch, and `state` may have counted it.
    ///
    /// No event is lost for a filter that fails: those that it failed on go on, and `_errors` of each says so.
    pub async fn apply_async(&self, batch: RecordBatch, state: &mut FilterState, seed: u64) -> FilterOutcome {
        let mut walk = self.walk(batch, state, seed);
        while walk.advance().await.is_some() {}
        walk.finish()
    }

    /// The same a filter at a time, for those who want to see what each of them does.
    pub fn walk<'a>(&'a self, batch: RecordBatch, state: &'a mut FilterState, seed: u64) -> FilterWalk<'a> {
        FilterWalk::new(self, batch, state, seed)
    }

    /// Takes `rows` of `events` through the filters, for a filter that has filters in it.
    pub(super) async fn apply_to_rows(&self, events: &mut Events, mut rows: Mask, state: &mut FilterState) {
        for (index, compiled) in self.filters.iter().enumerate() {
            events.enter(rows.clone());
            let _ = compiled.apply(events, &rows, state.states.get_mut(index).map(AsMut::as_mut)).await;
            rows = events.leave();
        }
    }
}

impl CompiledFilter {
    /// Carries the filter out on those of `rows` that are live and for which its condition holds: these are handed back,
    /// by the numbers that they had before.
    pub(super) async fn apply(
        &self,
        events: &mut Events,
        rows: &Mask,
        state: Option<&mut (dyn Any + Send)>,
    ) -> Mask {
        if !self.enabled {
            return Mask::none(rows.row_count());
        }
        let mut rows = events.live().and(rows);
        if let Some(condition) = &self.condition {
            rows = condition.evaluate_among(events.batch(), &rows);
        }
        if rows.is_none() {
            return rows;
        }
        events.begin_filter(&self.place);
        let result = match state {
            Some(state) => self.filter.apply_waiting(events, &rows, state).await,
            None => Err(FilterFailure::ForeignState),
        };
        if let Err(failure) = result {
            events.failure(&rows, &failure.to_string());
        }
        rows
    }
}

fn check_count(definitions: &[FilterDefinition]) -> Result<(), FilterError> {
    let count: usize = definitions.iter().map(|definition| 1 + nested_filters(&definition.config)).sum();
    if count <= MAX_FILTERS {
        return Ok(());
    }
    let reason = format!("{count} filters, nested ones counted too; at most {MAX_FILTERS} are taken");
    Err(FilterError::TooMany { place: "the filter list".to_owned(), reason })
}

fn compile_one(
    definition: &FilterDefinition,
    surroundings: &FilterSurroundings,
    place: &str,
    depth: usize,
) -> Result<CompiledFilter, FilterError> {
    let kind = find_kind(&definition.kind, place)?;
    let config = FilterConfig::new(place, depth, kind, &definition.config, surroundings)?;
    let condition = match &definition.condition {
        Some(text) => Some(read_condition(place, "condition", text)?),
        None => None,
    };
    let filter = (kind.compile)(&config)?;
    Ok(CompiledFilter { place: place.into(), enabled: definition.enabled, condition, filter })
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
