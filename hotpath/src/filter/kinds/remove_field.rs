//! `remove_field`: takes columns away.

use std::any::Any;

use crate::filter::columns::{Columns, FieldName, null_in_rows};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "remove_field",
    description: "Takes fields away.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"raw\"",
            description: "The field to take away.",
        },
        FilterKey {
            name: "fields",
            value_type: "string[]",
            default: "",
            example: "[\"raw\", \"peer_port\"]",
            description: "Several fields to take away.",
        },
    ],
    compile,
};

#[derive(Debug)]
pub(super) struct RemoveField {
    pub(super) fields: Vec<FieldName>,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let key = config.one_of(&["field", "fields"])?;
    let names = match config.fields("fields") {
        Ok(Some(names)) => names,
        Ok(None) => vec![config.field("field")?],
        Err(error) => return Err(error),
    };
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        config.check_changeable(key, name)?;
        fields.push(FieldName::new(name));
    }
    Ok(Box::new(RemoveField { fields }))
}

impl Filter for RemoveField {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let is_whole = events.are_all(rows);
        let batch = events.batch();
        let mut columns = Columns::of(batch);
        for field in &self.fields {
            let Some(index) = field.index_in(batch) else {
                continue;
            };
            let name = batch.schema_ref().field(index).name();
            if is_whole {
                columns.remove(name);
            } else {
                columns.set(name, null_in_rows(batch.column(index), rows)?);
            }
        }
        events.replace(columns.into_batch()?);
        Ok(())
    }
}
