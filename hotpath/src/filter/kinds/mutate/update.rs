//! `update`: another value for a field that has one.

use std::any::Any;

use crate::filter::columns::FieldName;
use crate::filter::events::Events;
use crate::filter::kinds::field_value::FieldValue;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure};

#[derive(Debug)]
pub(super) struct Update {
    pub(super) field: FieldName,
    pub(super) value: FieldValue,
}

impl Filter for Update {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let Some(index) = self.field.index_in(events.batch()) else {
            return Ok(());
        };
        let name = events.batch().schema_ref().field(index).name().clone();
        let present = rows.with_value(events.batch().column(index));
        if present.is_none() {
            return Ok(());
        }
        self.value.put(events, &name, &present)
    }
}
