//! `copy`: the value of a field in another one too.

use std::any::Any;
use std::sync::Arc;

use crate::filter::columns::FieldName;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure};

#[derive(Debug)]
pub(super) struct Copy {
    pub(super) from: FieldName,
    pub(super) to: String,
}

impl Filter for Copy {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let Some(values) = self.from.column_in(events.batch()).map(Arc::clone) else {
            return Ok(());
        };
        let present = rows.with_value(&values);
        if !present.is_none() {
            events.put_column(&self.to, &values, &present)?;
        }
        Ok(())
    }
}
