//! How many rows came of the events, and why some could not be parsed.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use serde::Serialize;

use crate::limits::REASONS_MAX;

/// What is counted under this when there are too many reasons.
const OTHER: &str = "other reasons";

/// Counts of one run, as they are printed.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Rows made, those of events that could not be parsed included.
    pub rows: u64,
    /// Events that could not be parsed, by reason; and files that could not be followed to their end.
    pub errors: BTreeMap<String, u64>,
    /// Packets of captures that hold no UDP datagram.
    #[serde(skip_serializing_if = "is_zero")]
    pub skipped_packets: u64,
    /// Rows dropped by filters.
    #[serde(skip_serializing_if = "is_zero")]
    pub filtered: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Summary {
    /// Adds the rows of a batch.
    pub fn count(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows() as u64;
        let reasons = batch.column_by_name("parse_error").and_then(|column| column.as_string_view_opt());
        for reason in reasons.into_iter().flatten().flatten() {
            self.error(reason);
        }
    }

    /// Adds something that went wrong.
    pub fn error(&mut self, reason: &str) {
        if let Some(count) = self.errors.get_mut(reason) {
            *count += 1;
            return;
        }
        let reason = if self.errors.len() < REASONS_MAX { reason } else { OTHER };
        *self.errors.entry(reason.to_owned()).or_default() += 1;
    }

    /// The counts as one line of JSON.
    pub fn to_json(&self) -> String {
        // Numbers and text by text keys always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_up_to_a_maximum() {
        let mut summary = Summary::default();
        for number in 0..REASONS_MAX + 5 {
            summary.error(&format!("reason {number}"));
        }
        summary.error("reason 1");
        assert_eq!(summary.errors["reason 1"], 2);
        assert_eq!(summary.errors[OTHER], 5);
        assert_eq!(summary.errors.len(), REASONS_MAX + 1);
    }
}
