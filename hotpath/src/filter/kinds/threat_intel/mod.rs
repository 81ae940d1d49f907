//! `threat_intel`: whether an address, domain or hash stands in a list of bad (or of well-known) ones.

mod bloomed_set;
mod list;
mod list_text;

use std::any::Any;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray, TimestampMicrosecondArray};
use list::{ListOptions, ThreatList};
use serde_json::Value;

use crate::batch::column_name;
use crate::filter::columns::{Columns, FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::distinct::Distinct;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::MAX_THREAT_LISTS;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use crate::filter::resources::{Held, Version};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "threat_intel",
    description: "Says whether an address, domain or hash stands in one of some lists.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"dest_ip\"",
            description: "The field that is looked up.",
        },
        FilterKey {
            name: "fields",
            value_type: "string[]",
            default: "",
            example: "[\"source_ip\", \"dest_ip\", \"query\"]",
            description: "Several fields that are looked up.",
        },
        FilterKey {
            name: "lists",
            value_type: "string[]",
            default: "",
            example: "[\"feodo.txt\", \"misp-sinkholes.json\"]",
            description: "One list or several; the first that has a value is named.",
        },
        FilterKey {
            name: "column",
            value_type: "any",
            default: "",
            example: "\"dst_ip\"",
            description: "The lists are CSV and this is the column: its name in the first row, or its number from 1.",
        },
        FilterKey {
            name: "subdomains",
            value_type: "boolean",
            default: "false",
            example: "true",
            description: "A domain in a list stands for its subdomains too.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct ThreatIntel {
    fields: Vec<LookedUpField>,
    lists: Vec<(String, Arc<Held<ThreatList>>)>,
    with_subdomains: bool,
}

#[derive(Debug)]
struct LookedUpField {
    source: FieldName,
    list_column: String,
    time_column: String,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let mut fields = Vec::new();
    for field in config.one_or_more_fields()? {
        let name = column_name(&format!("{field}_threat"))
            .ok_or_else(|| config.keys_error(format!("`{field}` gives no name of a column")))?;
        fields.push(LookedUpField {
            source: FieldName::new(field),
            list_column: format!("{name}_list"),
            time_column: format!("{name}_time"),
        });
    }
    let options = match config.value("column") {
        None => ListOptions::Plain,
        Some(Value::String(name)) => ListOptions::Named(name.clone()),
        Some(_) => ListOptions::Numbered(config.whole_number("column", 1)?.unwrap_or(1)),
    };
    let Some(names) = config.texts("lists", MAX_THREAT_LISTS)? else {
        return Err(config.key_error("lists", "is needed: the names of lists"));
    };
    let mut lists = Vec::with_capacity(names.len());
    for name in names {
        lists.push((name.to_owned(), config.resource("lists", name, &options)?));
    }
    Ok(Box::new(ThreatIntel { fields, lists, with_subdomains: config.switch("subdomains")? }))
}

impl Filter for ThreatIntel {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let mut lists = Vec::with_capacity(self.lists.len());
        for (name, held) in &self.lists {
            match held.now() {
                Some(version) => lists.push((name.as_str(), version)),
                None => self.say_missing(events, rows, held),
            }
        }
        for field in &self.fields {
            self.look_up(field, &lists, events, rows)?;
        }
        Ok(())
    }
}

impl ThreatIntel {
    /// The events with a field that would be looked up say so.
    fn say_missing(&self, events: &mut Events, rows: &Mask, held: &Held<ThreatList>) {
        let columns = self.fields.iter().filter_map(|field| field.source.column_in(events.batch()));
        let none = Mask::none(rows.row_count());
        let affected = columns.fold(none, |affected, column| affected.or(&rows.with_value(column)));
        events.failure(&affected, &held.missing().unwrap_or_default());
    }

    fn look_up(
        &self,
        field: &LookedUpField,
        lists: &[(&str, Arc<Version<ThreatList>>)],
        events: &mut Events,
        rows: &Mask,
    ) -> Result<(), FilterFailure> {
        let batch = events.batch().clone();
        let Some(column) = field.source.column_in(&batch) else {
            return Ok(());
        };
        let rows = rows.with_value(column);
        let Some(texts) = as_texts(column) else {
            events.fault(&rows, "a list of values cannot be looked up");
            return Ok(());
        };
        let distinct = Distinct::of(&texts, &rows);
        let has = |text: &str| lists.iter().find(|(_, list)| list.value.contains(text, self.with_subdomains));
        let found: Vec<_> = distinct.texts(&texts).map(has).collect();
        let names = found.iter().map(|found| found.map(|(name, _)| *name));
        let names: ArrayRef = Arc::new(StringViewArray::from_iter(names));
        let times = found.iter().map(|found| found.map(|(_, list)| list.written_us));
        let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter(times).with_timezone("UTC"));
        let mut columns = Columns::of(&batch);
        for (name, values) in [(&field.list_column, names), (&field.time_column, times)] {
            columns.set_where_present(name, &distinct.spread(&values, batch.num_rows())?)?;
        }
        events.replace(columns.into_batch()?);
        Ok(())
    }
}
