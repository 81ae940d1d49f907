//! A batch's way through the filters, one filter at a time.

use arrow::array::RecordBatch;
use futures::executor::block_on;

use super::engine::{FilterOutcome, FilterState, Filters};
use super::events::Events;
use super::mask::Mask;

/// A batch on its way through the filters. [`Filters::apply`] goes it to the end at once; who wants to see what each
/// filter did goes it step by step.
#[derive(Debug)]
pub struct FilterWalk<'a> {
    filters: &'a Filters,
    state: &'a mut FilterState,
    events: Events,
    rows: usize,
    /// As many as filters have been carried out.
    dropped_by_filter: Vec<usize>,
}

/// What one filter did.
#[derive(Debug)]
pub struct FilterStep {
    /// The rows that it was carried out on, by their numbers before: those that were live and for which its condition
    /// held. None when it is not enabled.
    pub rows: Mask,
    /// For each row of the batch now, the row before that it comes of; `None` when the rows are the same.
    pub came_from: Option<Vec<u32>>,
    /// What it could not do: each reason with the rows, by their numbers now.
    pub faults: Vec<(String, Mask)>,
}

impl<'a> FilterWalk<'a> {
    pub(super) fn new(
        filters: &'a Filters,
        batch: RecordBatch,
        state: &'a mut FilterState,
        seed: u64,
    ) -> Self {
        let rows = batch.num_rows();
        let dropped_by_filter = Vec::with_capacity(filters.len());
        Self { filters, state, events: Events::new(batch, seed), rows, dropped_by_filter }
    }

    /// All rows, those already dropped too.
    pub fn batch(&self) -> &RecordBatch {
        self.events.batch()
    }

    /// The rows not dropped so far.
    pub fn live(&self) -> &Mask {
        self.events.live()
    }

    /// Carries out the next filter; `None` after the last. As [`Filters::apply`] it may block.
    pub fn step(&mut self) -> Option<FilterStep> {
        let compiled = self.filters.filters.get(self.dropped_by_filter.len())?;
        let noted_before = self.events.faults().noted().len();
        let rows = block_on(self.advance())?;
        // Its reasons are new ones: each begins with its place, or with that of a filter in it.
        let noted = self.events.faults().noted().iter().skip(noted_before);
        let faults = noted.map(|(text, rows)| (without_place(text, &compiled.place), rows.clone())).collect();
        Some(FilterStep { rows, came_from: self.events.take_came_from(), faults })
    }

    /// Carries out the next filter, and tells the rows that it was carried out on.
    pub(super) async fn advance(&mut self) -> Option<Mask> {
        let index = self.dropped_by_filter.len();
        let compiled = self.filters.filters.get(index)?;
        let (live_before, added_before) = (self.events.live().selected(), self.events.added_rows());
        self.events.begin_step();
        let all = Mask::all(self.events.batch().num_rows());
        let state = self.state.states.get_mut(index).map(AsMut::as_mut);
        let rows = compiled.apply(&mut self.events, &all, state).await;
        let added = self.events.added_rows() - added_before;
        self.dropped_by_filter.push(live_before + added - self.events.live().selected());
        Some(rows)
    }

    /// What became of the batch, by the filters carried out.
    pub fn finish(self) -> FilterOutcome {
        let mut dropped_by_filter = self.dropped_by_filter;
        let added_rows = self.events.added_rows();
        let (batch, faulty) = match self.events.finish() {
            Ok(finished) => finished,
            Err(unfinished) => {
                // Nothing is dropped then, so that nothing is lost.
                dropped_by_filter.fill(0);
                unfinished
            }
        };
        let dropped_rows = (self.rows + added_rows).saturating_sub(batch.num_rows());
        FilterOutcome { batch, dropped_rows, dropped_by_filter, added_rows, faulty }
    }
}

/// The reason in `filter 2 (grok): no pattern matches`; of a filter in another, `then filter 1 (grok): no pattern matches`.
fn without_place(text: &str, place: &str) -> String {
    text.strip_prefix(place).unwrap_or(text).trim_start_matches([':', ',', ' ']).to_owned()
}
