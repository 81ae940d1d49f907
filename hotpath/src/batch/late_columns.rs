//! Columns that a decoder comes to need while it decodes: events may have made one of the name before.

use super::fields::side_type_name;
use super::{BatchBuilder, ColumnIndex};
use crate::cut::ColumnType;

impl BatchBuilder {
    /// As [`BatchBuilder::define`], for a decoder that has met events already. Where the dataset has a column of the
    /// name with another type, it is the column `<name>__<type>`.
    pub fn define_late(&mut self, name: &str, column_type: &ColumnType) -> ColumnIndex {
        let known = match self.by_name.get(name) {
            Some(index) => self.columns.get(index.number()).map(|column| column.column_type.clone()),
            None => self.registry.resolve(name, column_type),
        };
        if known.is_some_and(|known| known != *column_type) {
            return self.define(&format!("{name}__{}", side_type_name(column_type)), column_type.clone());
        }
        let index = self.define(name, column_type.clone());
        // From here on its type stays.
        self.column(index).defined = true;
        index
    }
}
