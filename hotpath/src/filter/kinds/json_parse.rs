//! `json_parse`: fields from the members of a JSON object in a text.

use std::any::Any;
use std::sync::Arc;

use super::json_rows::{JsonRows, json_texts};
use crate::batch::ColumnRegistry;
use crate::decode::json::Kind;
use crate::filter::columns::FieldName;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

const NO_OBJECT: &str = "JSON that is no object, and has no names for fields";

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "json_parse",
    description: "Makes fields of the members of a JSON object, with their types.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "message",
            example: "\"message\"",
            description: "The field whose text is the object.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "",
            example: "\"event\"",
            description: "The name before the names of the fields: `event` makes `event_id` of the member `id`.",
        },
        FilterKey {
            name: "remove_field",
            value_type: "boolean",
            default: "false",
            example: "true",
            description: "Takes the source_field away where it was an object.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct JsonParse {
    source: FieldName,
    prefix: String,
    removes_source: bool,
    columns: Arc<ColumnRegistry>,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let source = config.usual_source("source_field")?;
    let removes_source = config.switch("remove_field")?;
    if removes_source {
        config.check_changeable("source_field", source.as_str())?;
    }
    Ok(Box::new(JsonParse {
        source,
        prefix: config.name_prefix("target_field")?,
        removes_source,
        columns: Arc::clone(&config.surroundings().columns),
    }))
}

impl Filter for JsonParse {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let json = state.downcast_mut::<JsonRows>().ok_or(FilterFailure::ForeignState)?;
        let Some((name, texts)) = json_texts(&self.source, events, rows) else {
            return Ok(());
        };
        let source = self.removes_source.then_some(name.as_str());
        json.read_rows(events, (&self.prefix, source), &texts, rows, |document, scratch, sink| {
            if !matches!(document.kind(), Kind::Object) {
                return Err(NO_OBJECT);
            }
            document.put_fields(scratch, sink);
            Ok(())
        })
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(JsonRows::new(&self.columns))
    }
}
