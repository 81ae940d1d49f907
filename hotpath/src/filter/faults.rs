//! What filters could not do with single events: a list of texts in `_errors` of each.

use std::sync::Arc;

use arrow::array::{Array, AsArray, ListBuilder, RecordBatch, StringViewBuilder};
use arrow::error::ArrowError;

use super::columns::Columns;
use super::mask::Mask;

/// The column that says what went wrong, a text for each filter and reason: `filter 2 (grok): no pattern matches`.
pub(super) const ERRORS_COLUMN: &str = "_errors";

/// What went wrong with the rows of a batch.
#[derive(Debug, Default)]
pub(super) struct Faults {
    place: Option<Arc<str>>,
    /// Each text once.
    noted: Vec<(String, Mask)>,
}

impl Faults {
    pub(super) fn begin_filter(&mut self, place: &Arc<str>) {
        self.place = Some(Arc::clone(place));
    }

    pub(super) fn note(&mut self, rows: &Mask, reason: &str) {
        if rows.is_none() {
            return;
        }
        let text = format!("{}: {reason}", self.place.as_deref().unwrap_or("filter"));
        match self.noted.iter_mut().find(|(noted, _)| *noted == text) {
            Some((_, noted_rows)) => *noted_rows = noted_rows.or(rows),
            None => self.noted.push((text, rows.clone())),
        }
    }

    /// The texts noted so far, in the order in which they came up; each filter has its own.
    pub(super) fn noted(&self) -> &[(String, Mask)] {
        &self.noted
    }

    /// The same for the rows that `of` names.
    pub(super) fn take(&self, of: &[u32]) -> Self {
        let noted = self.noted.iter().map(|(text, rows)| (text.clone(), rows.take(of))).collect();
        Self { place: self.place.clone(), noted }
    }

    /// All rows of a batch of `row_count` rows that something went wrong with.
    pub(super) fn rows(&self, row_count: usize) -> Mask {
        self.noted.iter().fold(Mask::none(row_count), |all, (_, rows)| all.or(rows))
    }

    /// The batch with the texts behind those that its column has; `None` when nothing went wrong.
    pub(super) fn write(&self, batch: &RecordBatch) -> Result<Option<RecordBatch>, ArrowError> {
        if self.noted.is_empty() {
            return Ok(None);
        }
        let before = batch.column_by_name(ERRORS_COLUMN).and_then(|column| column.as_list_opt::<i32>());
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        for row in 0..batch.num_rows() {
            let mut is_any = false;
            if let Some(before) = before.filter(|before| before.is_valid(row)) {
                let texts = before.value(row);
                for text in texts.as_string_view_opt().into_iter().flatten().flatten() {
                    lists.values().append_value(text);
                    is_any = true;
                }
            }
            for (text, _) in self.noted.iter().filter(|(_, rows)| rows.contains(row)) {
                lists.values().append_value(text);
                is_any = true;
            }
            lists.append(is_any);
        }
        let mut columns = Columns::of(batch);
        columns.set(ERRORS_COLUMN, Arc::new(lists.finish()));
        columns.into_batch().map(Some)
    }
}
