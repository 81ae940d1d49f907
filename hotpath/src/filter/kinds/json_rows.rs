//! Fields that are found in the JSON texts of a column, row by row.

use std::sync::Arc;

use arrow::array::{Array, StringViewArray};

use crate::batch::{ColumnRegistry, Value};
use crate::cut::ColumnType;
use crate::decode::json::{Document, FieldSink, JsonReader, Scratch};
use crate::filter::columns::{FieldName, as_texts};
use crate::filter::events::Events;
use crate::filter::field_rows::{FieldRows, Present};
use crate::filter::mask::Mask;
use crate::filter::registry::FilterFailure;

const NO_TEXT: &str = "the field has a value that is no text";

/// The name of the column that a field means, and its texts. `None` where there is nothing to read; a column that has no
/// texts is a fault.
pub(super) fn json_texts(
    source: &FieldName,
    events: &mut Events,
    rows: &Mask,
) -> Option<(String, StringViewArray)> {
    let index = source.index_in(events.batch())?;
    let name = events.batch().schema_ref().field(index).name().clone();
    let column = Arc::clone(events.batch().column(index));
    let texts = as_texts(&column);
    if texts.is_none() {
        events.fault(&rows.with_value(&column), NO_TEXT);
    }
    Some((name, texts?))
}

/// Reads texts into fields. Its memory is used again.
#[derive(Debug)]
pub(super) struct JsonRows {
    reader: JsonReader,
    pub(super) found: FieldRows,
}

impl JsonRows {
    /// Fields whose types agree with `columns`.
    pub(super) fn new(columns: &Arc<ColumnRegistry>) -> Self {
        Self { reader: JsonReader::default(), found: FieldRows::new(columns) }
    }

    /// Reads the texts of `rows`, and has `put` put the fields of each. A text that is no JSON, or that `put` says why it does
    /// not take, is a fault. Then the column `removed` goes in the rows that were read, and the fields are put in, with `prefix`
    /// before their names.
    pub(super) fn read_rows(
        &mut self,
        events: &mut Events,
        (prefix, removed): (&str, Option<&str>),
        texts: &StringViewArray,
        rows: &Mask,
        mut put: impl FnMut(&Document<'_>, &mut Scratch, &mut RowSink<'_>) -> Result<(), &'static str>,
    ) -> Result<(), FilterFailure> {
        let present = rows.with_value(texts);
        let mut faults: Vec<(&'static str, Vec<usize>)> = Vec::new();
        for row in present.rows() {
            self.found.begin_row(row);
            let mut sink = RowSink { found: &mut self.found, prefix, name: String::new() };
            let read =
                self.reader.read(texts.value(row), |document, scratch| put(&document, scratch, &mut sink));
            self.found.end_row();
            let Err(reason) = read.and_then(|taken| taken) else { continue };
            match faults.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, faulty)) => faulty.push(row),
                None => faults.push((reason, vec![row])),
            }
        }
        let mut read = present;
        for (reason, faulty) in faults {
            let faulty = Mask::of_rows(texts.len(), faulty);
            events.fault(&faulty, reason);
            read = read.minus(&faulty);
        }
        if let Some(removed) = removed {
            events.clear_column(removed, &read)?;
        }
        self.found.merge(events, Present::Replaced)
    }
}

/// Puts fields into a row, with a prefix before their names.
#[derive(Debug)]
pub(super) struct RowSink<'r> {
    found: &'r mut FieldRows,
    /// What stands before each name.
    prefix: &'r str,
    name: String,
}

impl FieldSink for RowSink<'_> {
    fn field(&mut self, name: &str, value: &Value<'_>) {
        if self.prefix.is_empty() {
            return self.found.put(name, value);
        }
        self.name.clear();
        self.name.push_str(self.prefix);
        self.name.push_str(name);
        self.found.put(&self.name, value);
    }

    fn long_number(&mut self, name: &str, digits: &str, column_type: &ColumnType) {
        let name = format!("{}{name}", self.prefix);
        self.found.expect(&name, column_type);
        self.found.put(&name, &Value::Text(digits));
    }
}
