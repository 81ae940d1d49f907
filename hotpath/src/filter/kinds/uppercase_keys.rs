//! `uppercase_keys`: names of fields in upper case, for a reader that wants them so.

use std::any::Any;

use super::rename_field::RenameField;
use crate::batch::push_json_text;
use crate::decode::json::{Document, JsonReader, Kind, Scratch};
use crate::filter::change_texts::{Change, Unchanged, change_texts};
use crate::filter::columns::FieldName;
use crate::filter::config::{FilterConfig, is_kept_column};
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::MAX_JSON_KEYS_DEPTH;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

/// All fields.
const ALL: &str = "*";

/// Columns that `*` leaves as they are: the product writes them by these names, and `raw` is what was received.
const LEFT_BY_ALL: [&str; 3] = ["_errors", "_extra", "raw"];

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "uppercase_keys",
    description: "Writes the names of fields in upper case; SQL needs quotes for them then.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string | string[]",
            default: "",
            example: "\"*\"",
            description: "The field, a list of fields, or `*` for all.",
        },
        FilterKey {
            name: "recursive",
            value_type: "boolean",
            default: "true",
            example: "false",
            description: "The names in a field that is JSON text are written so too.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct UppercaseKeys {
    /// None: all.
    fields: Option<Vec<FieldName>>,
    recursive: bool,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let recursive = config.switch_or("recursive", true)?;
    let names = match config.value("source_field") {
        Some(serde_json::Value::Array(_)) => config.fields("source_field")?.unwrap_or_default(),
        _ => vec![config.field("source_field")?],
    };
    if names.contains(&ALL) {
        if names.len() > 1 {
            return Err(config.key_error("source_field", "`*` is all fields: leave the others out"));
        }
        return Ok(Box::new(UppercaseKeys { fields: None, recursive }));
    }
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        config.check_changeable("source_field", name)?;
        fields.push(FieldName::new(name));
    }
    Ok(Box::new(UppercaseKeys { fields: Some(fields), recursive }))
}

impl Filter for UppercaseKeys {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let json = state.downcast_mut::<JsonKeys>().ok_or(FilterFailure::ForeignState)?;
        let before = events.batch().clone();
        for name in self.names(events) {
            let changed = self.uppercase(&name, events, rows, json);
            if changed.is_err() {
                events.replace(before);
                return changed;
            }
        }
        Ok(())
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(JsonKeys::default())
    }
}

impl UppercaseKeys {
    /// The columns of the batch that are meant.
    fn names(&self, events: &Events) -> Vec<String> {
        let schema = events.batch().schema_ref();
        let name_of = |index: usize| schema.fields().get(index).map(|field| field.name().clone());
        match &self.fields {
            Some(fields) => {
                fields.iter().filter_map(|field| name_of(field.index_in(events.batch())?)).collect()
            }
            None => {
                let names = schema.fields().iter().map(|field| field.name());
                let changed =
                    names.filter(|name| !is_kept_column(name) && !LEFT_BY_ALL.contains(&name.as_str()));
                changed.cloned().collect()
            }
        }
    }

    fn uppercase(
        &self,
        name: &str,
        events: &mut Events,
        rows: &Mask,
        json: &mut JsonKeys,
    ) -> Result<(), FilterFailure> {
        if self.recursive {
            let field = FieldName::new(name);
            let is_text =
                field.column_in(events.batch()).is_some_and(|column| !column.data_type().is_nested());
            if is_text {
                change_texts(events, rows, (&field, None), Unchanged::Stays, |text, made| {
                    json.uppercase(text, made)
                })?;
            }
        }
        let to = name.to_uppercase();
        if to == name {
            return Ok(());
        }
        RenameField { from: FieldName::new(name), to }.apply(events, rows, &mut ())
    }
}

/// Rewrites JSON texts; its memory is used again.
#[derive(Debug, Default)]
struct JsonKeys {
    reader: JsonReader,
}

impl JsonKeys {
    /// Writes a JSON object or list with its names in upper case. Any other text stays.
    fn uppercase(&mut self, text: &str, made: &mut String) -> Change {
        if !text.trim_start().starts_with(['{', '[']) {
            return Change::Same;
        }
        let read = self.reader.read(text, |document, scratch| write_uppercase(&document, scratch, made, 0));
        if read.is_ok() { Change::Made } else { Change::Same }
    }
}

/// Not deeper than [`MAX_JSON_KEYS_DEPTH`]: what lies there stays as it is.
fn write_uppercase(document: &Document<'_>, scratch: &mut Scratch, out: &mut String, depth: usize) {
    match document.kind() {
        Kind::Object if depth < MAX_JSON_KEYS_DEPTH => {
            out.push('{');
            for (number, (name, member)) in document.members().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                push_json_text(&name.to_uppercase(), out);
                out.push(':');
                write_uppercase(&member, scratch, out, depth + 1);
            }
            out.push('}');
        }
        Kind::Array(items) if depth < MAX_JSON_KEYS_DEPTH => {
            out.push('[');
            for (number, item) in items.enumerate() {
                if number > 0 {
                    out.push(',');
                }
                write_uppercase(&item, scratch, out, depth + 1);
            }
            out.push(']');
        }
        _ => out.push_str(document.write_json(scratch)),
    }
}
