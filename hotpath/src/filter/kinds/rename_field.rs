//! `rename_field`: gives a column another name.

use std::any::Any;
use std::sync::Arc;

use crate::filter::columns::{Columns, FieldName, null_in_rows};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "rename_field",
    description: "Gives a field another name; a field that has that name already is replaced.",
    keys: &[
        FilterKey {
            name: "from",
            value_type: "string",
            default: "",
            example: "\"src\"",
            description: "The field's name now.",
        },
        FilterKey {
            name: "to",
            value_type: "string",
            default: "",
            example: "\"source_ip\"",
            description: "The field's name afterwards, in lower snake case.",
        },
    ],
    compile,
};

#[derive(Debug)]
pub(super) struct RenameField {
    pub(super) from: FieldName,
    pub(super) to: String,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let from = config.field("from")?;
    config.check_changeable("from", from)?;
    let to = config.new_column("to")?;
    if from == to {
        return Err(config.key_error("to", "is the name that the field has already"));
    }
    Ok(Box::new(RenameField { from: FieldName::new(from), to: to.to_owned() }))
}

impl Filter for RenameField {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let Some(index) = self.from.index_in(events.batch()) else {
            return Ok(());
        };
        let batch = events.batch();
        let from = batch.schema_ref().field(index).name().as_str();
        if from == self.to {
            return Ok(());
        }
        let values = Arc::clone(batch.column(index));
        let mut columns = Columns::of(batch);
        if events.are_all(rows) {
            columns.remove(from);
            columns.set(&self.to, values);
        } else {
            columns.set(from, null_in_rows(&values, rows)?);
            columns.set_in_rows(&self.to, &values, rows)?;
        }
        events.replace(columns.into_batch()?);
        Ok(())
    }
}
