//! Filters carried out on samples, one after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hotpath::filter::{
    FilterDefinition, FilterPipelineDefinition, FilterSurroundings, FilterWalk, Filters, Mask, Resources,
};
use hotpath::names::DatasetKey;
use serde_json::Value;

use super::error::TrialError;
use super::report::{FilterFault, FilterFigures, TrialReport};
use super::rows::{Room, rows_as_json};
use super::samples::{Decoded, ROWS_OF_SAMPLES, Samples};
use super::tracks::{SeenStep, Tracks};
use crate::limits::{TRIAL_FILTERS_MAX, TRIAL_ROWS_AFTER_MAX, TRIAL_SAMPLES_MAX};

/// Filters, and what they are tried on.
#[derive(Debug)]
pub struct Trial {
    /// The filters as a configuration writes them: `{"filters": [...]}`, or the list alone.
    pub filters: Value,
    /// What they are tried on.
    pub samples: Samples,
    /// The dataset that the filters are for, where there is one: `${tenant_id}` and `${dataset_id}` are its names.
    pub dataset: Option<DatasetKey>,
    /// The databases, tables and lists that filters name.
    pub resources: Arc<Resources>,
    /// The time of receipt of samples that say none, in microseconds since 1970.
    pub received_us: i64,
    /// How much is taken.
    pub limits: TrialLimits,
    /// When it is given up. It is looked at before each filter.
    pub deadline: Option<Instant>,
}

/// How much a trial takes.
#[derive(Debug, Clone, Copy)]
pub struct TrialLimits {
    /// Filters of the list; those nested in a `conditional` do not count. None: as many as a dataset may have.
    pub filters_max: Option<usize>,
    /// Rows that the samples give.
    pub rows_max: usize,
}

impl TrialLimits {
    /// For filters that somebody is writing.
    pub const TEST: Self = Self { filters_max: Some(TRIAL_FILTERS_MAX), rows_max: TRIAL_SAMPLES_MAX };
    /// For the filters of a dataset on rows that it has stored.
    pub const VALIDATE: Self = Self { filters_max: None, rows_max: TRIAL_SAMPLES_MAX };
}

impl Trial {
    /// Compiles the filters and carries them out. That they do not compile stands in the report.
    ///
    /// # Errors
    /// When a limit is reached. Nothing in the samples is an error: what cannot be decoded is a row that says so.
    pub fn run(self) -> Result<TrialReport, TrialError> {
        let definitions = match FilterPipelineDefinition::from_value(self.filters) {
            Ok(pipeline) => pipeline.filters,
            Err(problems) => {
                return Ok(not_valid(problems.iter().map(|problem| FilterFault::new(problem, &[]))));
            }
        };
        if let Some(max) = self.limits.filters_max.filter(|max| definitions.len() > *max) {
            return Err(TrialError::TooManyFilters { found: definitions.len(), max });
        }
        let columns = Arc::new(self.samples.known_columns());
        let surroundings = FilterSurroundings {
            dataset: self.dataset,
            columns: Arc::clone(&columns),
            rows: ROWS_OF_SAMPLES,
            resources: self.resources,
        };
        let Ok(filters) = Filters::compile(&definitions, &surroundings) else {
            let problems = Filters::problems(&definitions, &surroundings);
            return Ok(not_valid(problems.iter().map(|problem| FilterFault::new(problem, &definitions))));
        };
        let decoded = self.samples.decode(&columns, self.received_us, self.limits.rows_max)?;
        carry_out(&filters, &definitions, decoded, self.deadline)
    }
}

fn not_valid(errors: impl Iterator<Item = FilterFault>) -> TrialReport {
    TrialReport { errors: errors.collect(), ..TrialReport::default() }
}

fn carry_out(
    filters: &Filters,
    definitions: &[FilterDefinition],
    decoded: Decoded,
    deadline: Option<Instant>,
) -> Result<TrialReport, TrialError> {
    let mut report = TrialReport { valid: true, rows_in: decoded.batch.num_rows(), ..TrialReport::default() };
    let mut room = Room::default();
    let mut tracks = Tracks::new(&decoded, &mut room)?;
    let mut state = filters.new_state();
    let mut walk = filters.walk(decoded.batch, &mut state, 0);
    for (index, definition) in definitions.iter().enumerate() {
        let number = index + 1;
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(TrialError::TimeOver { filter: number });
        }
        let Some(figures) = one_filter(number, definition, &mut walk, &mut tracks)? else { break };
        report.duration_us += figures.duration_us;
        report.filters.push(figures);
    }
    let live = walk.live().rows();
    let outcome = walk.finish();
    report.rows_out = outcome.batch.num_rows();
    report.rows_dropped = outcome.dropped_rows;
    report.rows_added = outcome.added_rows;
    report.rows_failed = outcome.faulty.selected();
    for (figures, dropped) in report.filters.iter_mut().zip(outcome.dropped_by_filter) {
        figures.dropped = dropped;
    }
    report.results = tracks.finish(&live, rows_as_json(&outcome.batch, &mut room)?);
    Ok(report)
}

/// Carries out the next filter and notes what it did; nothing after the last.
fn one_filter(
    number: usize,
    definition: &FilterDefinition,
    walk: &mut FilterWalk<'_>,
    tracks: &mut Tracks,
) -> Result<Option<FilterFigures>, TrialError> {
    let (before, live_before) = (walk.batch().clone(), walk.live().clone());
    let begun = Instant::now();
    let step = walk.step();
    let duration_us = microseconds(begun.elapsed());
    let Some(step) = step else { return Ok(None) };
    let rows = walk.batch().num_rows();
    if rows > before.num_rows().max(TRIAL_ROWS_AFTER_MAX) {
        return Err(TrialError::TooManyRows { filter: number, rows, max: TRIAL_ROWS_AFTER_MAX });
    }
    let failed = step.faults.iter().fold(Mask::none(rows), |all, (_, rows)| all.or(rows));
    let figures = FilterFigures {
        index: number,
        kind: definition.kind.clone(),
        rows: step.rows.selected(),
        dropped: 0,
        failed: failed.and(walk.live()).selected(),
        duration_us,
    };
    tracks.note(SeenStep {
        number,
        definition,
        step: &step,
        before: &before,
        live_before: &live_before,
        after: walk.batch(),
        live_after: walk.live(),
        duration_us,
    });
    Ok(Some(figures))
}

/// Microseconds, to the nanosecond.
fn microseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1_000.0
}
