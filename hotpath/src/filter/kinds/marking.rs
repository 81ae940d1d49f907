//! What is done with events that a filter finds to be too many: they are dropped, or marked.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::buffer::BooleanBuffer;

use crate::filter::columns::Columns;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::FilterFailure;

/// Dropped without a field, marked with one.
#[derive(Debug)]
pub(super) struct Marking {
    field: Option<String>,
}

impl Marking {
    /// As the key `mark` says.
    pub(super) fn of(config: &FilterConfig<'_>) -> Result<Self, FilterError> {
        let field = match config.value("mark") {
            Some(_) => Some(config.new_column("mark")?.to_owned()),
            None => None,
        };
        Ok(Self { field })
    }

    /// Drops `rows`, or makes the field true in them and leaves it in others as it is.
    pub(super) fn carry_out(&self, events: &mut Events, rows: &Mask) -> Result<(), FilterFailure> {
        let Some(field) = &self.field else {
            events.drop_rows(rows);
            return Ok(());
        };
        if rows.is_none() {
            return Ok(());
        }
        let batch = events.batch();
        let marks: ArrayRef = Arc::new(BooleanArray::new(BooleanBuffer::new_set(batch.num_rows()), None));
        let mut columns = Columns::of(batch);
        columns.set_in_rows(field, &marks, rows)?;
        events.replace(columns.into_batch()?);
        Ok(())
    }
}
