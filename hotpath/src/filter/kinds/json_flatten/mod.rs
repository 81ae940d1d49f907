//! `json_flatten`: a field for every value in a JSON text, however deep, and for every member of a list.

mod lists;
mod walk;

use std::any::Any;
use std::sync::Arc;

use arrow::array::AsArray;

use super::json_rows::{JsonRows, json_texts};
use crate::batch::ColumnRegistry;
use crate::decode::json::Kind;
use crate::filter::columns::FieldName;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use walk::{Arrays, Walk};

const SCALAR: &str = "JSON that is neither an object nor a list";

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "json_flatten",
    description: "Makes a field of every value in a JSON text, and of every member of a list.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "",
            example: "\"structured_data\"",
            description: "The field that is a JSON text or a list.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "the source_field",
            example: "\"sd\"",
            description: "The name before the names of the fields.",
        },
        FilterKey {
            name: "separator",
            value_type: "string",
            default: ".",
            example: "\"_\"",
            description: "Between two names, `.` or `_`: in the name of a column both are `_`.",
        },
        FilterKey {
            name: "arrays",
            value_type: "string",
            default: "index",
            example: "\"json\"",
            description: "index: a field for each member of a list in the text, named by its number from 0. json: a list is one JSON text.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct JsonFlatten {
    source: FieldName,
    /// None: the field's own name.
    target: Option<String>,
    arrays: Arrays,
    columns: Arc<ColumnRegistry>,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    if matches!(config.text("source_field")?, None | Some("")) {
        let reason = "is needed: the columns of an event are flat already, so name the one that is a JSON text or a list";
        return Err(config.key_error("source_field", reason));
    }
    let source = FieldName::new(config.field("source_field")?);
    let target = config.optional_column("target_field")?;
    config.word("separator", &[".", "_"])?;
    let arrays = match config.word("arrays", &["index", "json"])? {
        Some("json") => Arrays::Json,
        _ => Arrays::Index,
    };
    let columns = Arc::clone(&config.surroundings().columns);
    Ok(Box::new(JsonFlatten { source, target, arrays, columns }))
}

impl Filter for JsonFlatten {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let json = state.downcast_mut::<JsonRows>().ok_or(FilterFailure::ForeignState)?;
        let Some(index) = self.source.index_in(events.batch()) else {
            return Ok(());
        };
        let name = events.batch().schema_ref().field(index).name().clone();
        let target = self.target.as_deref().unwrap_or(&name);
        let column = Arc::clone(events.batch().column(index));
        if let Some(lists) = column.as_list_opt::<i32>() {
            return lists::flatten(lists, target, rows, events, &mut json.found);
        }
        let Some((_, texts)) = json_texts(&self.source, events, rows) else {
            return Ok(());
        };
        json.read_rows(events, ("", None), &texts, rows, |document, scratch, sink| {
            if matches!(document.kind(), Kind::Other | Kind::Text(_)) {
                return Err(SCALAR);
            }
            let mut walk = Walk { arrays: self.arrays, path: target.to_owned(), scratch, sink };
            walk.value(document, 0);
            Ok(())
        })
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(JsonRows::new(&self.columns))
    }
}
