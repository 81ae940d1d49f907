//! Which rows come of which sample, and what each filter did with them.

use arrow::array::RecordBatch;
use hotpath::filter::{FilterDefinition, FilterStep, Mask};
use serde_json::{Map, Value};

use super::changes::{Change, RowPair, tell_changes};
use super::error::TrialError;
use super::report::{AppliedFilter, Outcome, RowReport};
use super::rows::{Room, rows_as_json};
use super::samples::Decoded;

const NOT_ENABLED: &str = "it is not enabled";
const CONDITION_DOES_NOT_HOLD: &str = "its condition does not hold";

/// What was seen of each row that came in.
#[derive(Debug)]
pub(super) struct Tracks {
    reports: Vec<RowReport>,
    /// The row that came in, for each row of the batch as it is now.
    origins: Vec<usize>,
}

/// One filter, with the batch before and after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenStep<'a> {
    pub(super) number: usize,
    pub(super) definition: &'a FilterDefinition,
    pub(super) step: &'a FilterStep,
    pub(super) before: &'a RecordBatch,
    pub(super) live_before: &'a Mask,
    pub(super) after: &'a RecordBatch,
    pub(super) live_after: &'a Mask,
    pub(super) duration_us: f64,
}

/// What one filter did with what became of one row that came in.
#[derive(Debug, Default)]
struct RowStep {
    rows_in: usize,
    /// Those of them that it was carried out on.
    rows_met: usize,
    rows_out: usize,
    reasons: Vec<String>,
    added: Vec<String>,
    changed: Vec<String>,
    removed: Vec<String>,
}

impl Tracks {
    /// Begins with the rows as they came in.
    pub(super) fn new(decoded: &Decoded, room: &mut Room) -> Result<Self, TrialError> {
        let inputs = rows_as_json(&decoded.batch, room)?;
        let reports = inputs.into_iter().zip(&decoded.samples).map(|(input, sample)| RowReport {
            sample: *sample,
            error: input.get("parse_error").and_then(Value::as_str).map(str::to_owned),
            input,
            output: Vec::new(),
            applied: Vec::new(),
            duration_us: 0.0,
        });
        Ok(Self { reports: reports.collect(), origins: (0..decoded.batch.num_rows()).collect() })
    }

    /// Notes what a filter did.
    pub(super) fn note(&mut self, seen: SeenStep<'_>) {
        let mut steps: Vec<RowStep> = self.reports.iter().map(|_| RowStep::default()).collect();
        for row in seen.live_before.rows() {
            self.update(&mut steps, row, |step| step.rows_in += 1);
        }
        for row in seen.step.rows.rows() {
            self.update(&mut steps, row, |step| step.rows_met += 1);
        }
        if let Some(rows) = &seen.step.came_from {
            self.origins = rows.iter().filter_map(|row| self.origins.get(*row as usize).copied()).collect();
        }
        let pairs = pairs(&seen);
        for pair in &pairs {
            self.update(&mut steps, pair.after, |step| step.rows_out += 1);
        }
        for (reason, rows) in &seen.step.faults {
            for row in rows.and(seen.live_after).rows() {
                self.update(&mut steps, row, |step| push_once(&mut step.reasons, reason));
            }
        }
        tell_changes(seen.before, seen.after, &pairs, |pair, column, change| {
            let Some(pair) = pairs.get(pair) else { return };
            self.update(&mut steps, pair.after, |step| {
                let columns = match change {
                    Change::Added => &mut step.added,
                    Change::Changed => &mut step.changed,
                    Change::Removed => &mut step.removed,
                };
                push_once(columns, column);
            });
        });
        let row_us = seen.duration_us / seen.step.rows.selected().max(1) as f64;
        for (report, step) in self.reports.iter_mut().zip(steps) {
            if step.rows_in > 0 {
                report.duration_us += row_us * step.rows_met as f64;
                put_step(report, step, &seen);
            }
        }
    }

    /// Changes what is noted of the row that came in of which `row` is.
    fn update(&self, steps: &mut [RowStep], row: usize, change: impl FnOnce(&mut RowStep)) {
        if let Some(step) = self.origins.get(row).and_then(|origin| steps.get_mut(*origin)) {
            change(step);
        }
    }

    /// The reports, with the rows of the last batch as what came out. `live` are their numbers before those that were
    /// dropped were taken away.
    pub(super) fn finish(mut self, live: &[usize], outputs: Vec<Map<String, Value>>) -> Vec<RowReport> {
        // Where they could not be taken away, all rows are there still.
        let are_all = outputs.len() != live.len();
        for (place, output) in outputs.into_iter().enumerate() {
            let row = if are_all { Some(place) } else { live.get(place).copied() };
            let origin = row.and_then(|row| self.origins.get(row));
            if let Some(report) = origin.and_then(|origin| self.reports.get_mut(*origin)) {
                report.output.push(output);
            }
        }
        self.reports
    }
}

/// The rows that are still there, each with the row that it was.
fn pairs(seen: &SeenStep<'_>) -> Vec<RowPair> {
    let before = |row: usize| match &seen.step.came_from {
        None => Some(row),
        Some(rows) => rows.get(row).map(|row| *row as usize),
    };
    let live = seen.live_after.rows().into_iter();
    live.filter_map(|after| Some(RowPair { before: before(after)?, after })).collect()
}

/// Columns and reasons come one after the other, so that the last is the only one that can come again.
fn push_once(texts: &mut Vec<String>, text: &str) {
    if texts.last().is_none_or(|last| last != text) {
        texts.push(text.to_owned());
    }
}

fn outcome_of(step: &RowStep) -> Outcome {
    if step.rows_met == 0 {
        return Outcome::Skipped;
    }
    if step.rows_out == 0 {
        return Outcome::Dropped;
    }
    if !step.reasons.is_empty() {
        return Outcome::Failed;
    }
    let columns = [&step.added, &step.changed, &step.removed];
    let is_same = step.rows_in == step.rows_out && columns.iter().all(|columns| columns.is_empty());
    if is_same { Outcome::Unchanged } else { Outcome::Changed }
}

fn put_step(report: &mut RowReport, step: RowStep, seen: &SeenStep<'_>) {
    let kind = &seen.definition.kind;
    let outcome = outcome_of(&step);
    let reason = match outcome {
        Outcome::Skipped if !seen.definition.enabled => Some(NOT_ENABLED.to_owned()),
        Outcome::Skipped => Some(CONDITION_DOES_NOT_HOLD.to_owned()),
        Outcome::Failed => Some(step.reasons.join("; ")),
        Outcome::Changed | Outcome::Dropped | Outcome::Unchanged => None,
    };
    if outcome == Outcome::Failed
        && report.error.is_none()
        && let Some(reason) = step.reasons.first()
    {
        report.error = Some(format!("filter {} ({kind}): {reason}", seen.number));
    }
    report.applied.push(AppliedFilter {
        index: seen.number,
        kind: kind.clone(),
        outcome,
        reason,
        rows_in: step.rows_in,
        rows_out: step.rows_out,
        added: step.added,
        changed: step.changed,
        removed: step.removed,
    });
}
