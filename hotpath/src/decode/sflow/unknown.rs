//! Structures that no catalog has: their bytes, in a column that has their enterprise and format in its name.

use std::fmt::Write;

use super::structure::{Scratch, enterprise_and_format};
use crate::batch::{BatchBuilder, ColumnIndex, Value};
use crate::cut::ColumnType;
use crate::decode::address_text::{hex_text, push_hex};
use crate::limits::SFLOW_UNKNOWN_STRUCTURES_MAX;

/// Where structures without a definition go.
#[derive(Debug)]
pub(super) struct UnknownStructures {
    other_structures: ColumnIndex,
    /// Names that have a column: senders choose them, and must not use up the columns of a dataset.
    with_column: Vec<String>,
    /// The name of the structure at hand: `flow_data_4300_1002`.
    name: String,
    /// JSON members of this row for structures that have no column.
    others: String,
}

impl UnknownStructures {
    pub(super) fn define(rows: &mut BatchBuilder) -> Self {
        Self {
            other_structures: rows.define("other_structures", ColumnType::String),
            with_column: Vec::new(),
            name: String::new(),
            others: String::new(),
        }
    }

    /// What a structure is called by the place where it stands and its tag.
    pub(super) fn name(&mut self, place: &str, tag: u32) -> &str {
        let (enterprise, format) = enterprise_and_format(tag);
        self.name.clear();
        // Writing to a String cannot fail.
        let _ = write!(self.name, "{place}_{enterprise}_{format}");
        &self.name
    }

    /// Keeps the bytes of the structure that was named last.
    pub(super) fn put(&mut self, data: &[u8], scratch: &mut Scratch, rows: &mut BatchBuilder) {
        if self.has_column() {
            rows.field(&self.name, &Value::Text(hex_text(data, &mut scratch.text)));
            return;
        }
        self.others.push_str(if self.others.is_empty() { "{\"" } else { ",\"" });
        self.others.push_str(&self.name);
        self.others.push_str("\":\"");
        push_hex(data, &mut self.others);
        self.others.push('"');
    }

    fn has_column(&mut self) -> bool {
        if self.with_column.contains(&self.name) {
            return true;
        }
        let has_room = self.with_column.len() < SFLOW_UNKNOWN_STRUCTURES_MAX;
        if has_room {
            self.with_column.push(self.name.clone());
        }
        has_room
    }

    /// Puts what has gathered for the row.
    pub(super) fn end_row(&mut self, rows: &mut BatchBuilder) {
        if !self.others.is_empty() {
            self.others.push('}');
            rows.put_text(self.other_structures, &self.others);
            self.others.clear();
        }
    }
}
