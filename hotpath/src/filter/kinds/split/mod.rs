//! `split`: one event becomes many, one for each part of a text or member of a list.

mod parts;

use std::any::Any;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;

use crate::filter::columns::{FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::{MAX_SPLIT_LIST_ITEMS, MAX_SPLIT_ROWS};
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use parts::{ListMembers, Parts, TextParts};

const NO_TEXT: &str = "the field has a value that is neither a text nor a list";
const TOO_MANY_PARTS: &str = "more parts than one event is split into; the rest stays together";
const TOO_MANY_ROWS: &str = "the batch has as many rows as splitting may make; the event stays whole";

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "split",
    description: "Makes many events of one: one for each part of a text, or for each member of a list.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "message",
            example: "\"answers\"",
            description: "The field that is a text or a list.",
        },
        FilterKey {
            name: "terminator",
            value_type: "string",
            default: "a new line",
            example: "\";\"",
            description: "The text between two parts of a text.",
        },
        FilterKey {
            name: "target",
            value_type: "string",
            default: "the field",
            example: "\"answer\"",
            description: "The field that each event has its part in.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct Split {
    field: FieldName,
    target: Option<String>,
    terminator: String,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let field = config.usual_source("field")?;
    let target = config.optional_column("target")?;
    if target.is_none() {
        config.check_changeable("field", field.as_str())?;
    }
    let terminator = config.nonempty_text("terminator", "\n")?.to_owned();
    Ok(Box::new(Split { field, target, terminator }))
}

impl Filter for Split {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let Some(index) = self.field.index_in(events.batch()) else {
            return Ok(());
        };
        let name = events.batch().schema_ref().field(index).name().clone();
        let target = self.target.as_deref().unwrap_or(&name);
        let column = Arc::clone(events.batch().column(index));
        let present = rows.with_value(&column);
        if let Some(lists) = column.as_list_opt::<i32>() {
            let replaced = (target == name).then_some(name.as_str());
            return split(events, &present, ListMembers::new(lists), target, replaced);
        }
        if self.target.is_none() && *column.data_type() != DataType::Utf8View {
            // A number is one part, and stays a number.
            return Ok(());
        }
        match as_texts(&column) {
            Some(texts) => split(events, &present, TextParts::new(&texts, &self.terminator), target, None),
            None => {
                events.fault(&present, NO_TEXT);
                Ok(())
            }
        }
    }
}

/// Splits the events of `rows`. `replaced` is a column of lists that the parts take the place of.
fn split(
    events: &mut Events,
    rows: &Mask,
    mut parts: impl Parts,
    target: &str,
    replaced: Option<&str>,
) -> Result<(), FilterFailure> {
    let row_count = events.batch().num_rows();
    let mut rows_left = MAX_SPLIT_ROWS.saturating_sub(row_count);
    let mut items_left = MAX_SPLIT_LIST_ITEMS;
    let copied_lists = list_columns(events.batch(), replaced);
    let mut of: Vec<u32> = Vec::with_capacity(row_count);
    let mut made = MadeRows::default();
    let mut split_rows = Vec::new();
    for row in 0..row_count {
        if !rows.contains(row) {
            parts.push_none();
            of.push(row as u32);
            continue;
        }
        let Some(found) = parts.read(row) else {
            made.whole.push(of.len());
            made.cut.push(of.len());
            parts.push_none();
            of.push(row as u32);
            continue;
        };
        let further = found.count.saturating_sub(1);
        let items = further.saturating_mul(list_items(&copied_lists, row));
        if further > rows_left || items > items_left {
            made.whole.push(of.len());
            made.beyond.push(of.len());
            parts.push_none();
            of.push(row as u32);
            continue;
        }
        (rows_left, items_left) = (rows_left - further, items_left - items);
        split_rows.push(row);
        // Without a part the row stays, and has no value.
        if found.count == 0 {
            parts.push_none();
        } else {
            parts.push();
        }
        let row_parts = found.count.max(1);
        made.split.extend(of.len()..of.len() + row_parts);
        of.extend(std::iter::repeat_n(row as u32, row_parts));
        if found.is_cut {
            made.cut.push(of.len() - 1);
        }
    }
    let new_count = of.len();
    let values = parts.finish()?;
    let before = events.batch().clone();
    if let Some(replaced) = replaced {
        // Each new row would have a copy of the list that it is a member of.
        events.clear_column(replaced, &Mask::of_rows(row_count, split_rows))?;
    }
    if let Err(error) = events.expand(of) {
        events.replace(before);
        return Err(error.into());
    }
    events.fault(&Mask::of_rows(new_count, made.cut), TOO_MANY_PARTS);
    events.fault(&Mask::of_rows(new_count, made.beyond), TOO_MANY_ROWS);
    let split = Mask::of_rows(new_count, made.split);
    events.put_retyped(target, &values, &split, &Mask::of_rows(new_count, made.whole))?;
    Ok(())
}

/// Rows after the split, by what became of them.
#[derive(Debug, Default)]
struct MadeRows {
    split: Vec<usize>,
    /// Events that were not split.
    whole: Vec<usize>,
    /// Rows with parts that stay together.
    cut: Vec<usize>,
    /// Events for which there was no room.
    beyond: Vec<usize>,
}

/// The columns of lists, which are copied into each new row.
fn list_columns(batch: &RecordBatch, replaced: Option<&str>) -> Vec<ArrayRef> {
    let fields = batch.schema_ref().fields().iter().zip(batch.columns());
    let copied = fields.filter(|(field, _)| Some(field.name().as_str()) != replaced);
    copied.filter(|(field, _)| field.data_type().is_nested()).map(|(_, column)| Arc::clone(column)).collect()
}

fn list_items(lists: &[ArrayRef], row: usize) -> usize {
    let lists = lists.iter().filter_map(|column| column.as_list_opt::<i32>());
    lists.map(|list| list.value_length(row) as usize).sum()
}
