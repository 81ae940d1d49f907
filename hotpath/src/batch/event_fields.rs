//! Fields of an event that is its fields (a JSON object, a row of a table): a column that the decoder defined takes
//! them too.

use super::fields::{DOUBLE_EXACT_MAX, Origin, write_json};
use super::{BatchBuilder, ColumnIndex, Value};
use crate::cut::ColumnType;

impl BatchBuilder {
    /// Puts a field of an event that is its fields into the column of its name (see [`super::column_name`]).
    ///
    /// As [`BatchBuilder::field`], but a column that a decoder defined takes the value too, where it is empty in this
    /// row and the value fits; else, and where the name is one of those that every row has, the name gets the prefix
    /// `body_`. A list without a value makes no column, since its type is not known: `_extra` takes it.
    #[inline]
    pub fn event_field(&mut self, spelling: &str, value: &Value<'_>) {
        let column = self.event_column(spelling, value);
        self.put_event_value(column, spelling, value);
    }

    /// Settles the type that the column of a field of the event has, see [`BatchBuilder::expect_field`].
    pub fn expect_event_field(&mut self, spelling: &str, column_type: &ColumnType) {
        // Without a column left, `_extra` takes the field.
        let _ = self.locate(spelling, Origin::Event, column_type);
    }

    /// The name of the column for a field of the event, `None` where it can have none.
    pub(crate) fn event_column_name(&self, spelling: &str) -> Option<String> {
        self.name_of_field(spelling, Origin::Event)
    }

    /// The column for a field of the event, made where there is none; `None` where there can be none.
    #[inline]
    pub(crate) fn event_column(&mut self, spelling: &str, value: &Value<'_>) -> Option<ColumnIndex> {
        let Some(index) = self.following_column(spelling, Origin::Event) else {
            return self.look_up_event_column(spelling, value);
        };
        self.last_field = index;
        self.following = self.columns.get(index.number())?.next;
        Some(index)
    }

    #[cold]
    fn look_up_event_column(&mut self, spelling: &str, value: &Value<'_>) -> Option<ColumnIndex> {
        if has_no_value(value) {
            let name = self.name_of_field(spelling, Origin::Event)?;
            return self.by_name.get(name.as_str()).copied();
        }
        // A list of several types is kept as JSON text.
        let wanted = value.column_type().unwrap_or(ColumnType::String);
        let index = self.locate(spelling, Origin::Event, &wanted)?;
        self.follow(index);
        Some(index)
    }

    /// Puts a field of the event into the column that [`BatchBuilder::event_column`] found.
    #[inline]
    pub(crate) fn put_event_value(&mut self, index: Option<ColumnIndex>, spelling: &str, value: &Value<'_>) {
        let Some(index) = index else { return self.put_extra(spelling, value) };
        if !self.put_usual(index, value) {
            self.put_unusual(index, spelling, value);
        }
    }

    /// A scalar into an empty column of its type; `false`, and nothing is put, for anything else.
    #[inline]
    fn put_usual(&mut self, index: ColumnIndex, value: &Value<'_>) -> bool {
        let rows = self.rows;
        let Some(column) = self.columns.get_mut(index.number()) else { return false };
        match value {
            Value::Text(text) => {
                let Some(views) = column.data.views_at(rows) else { return false };
                views.push(self.text.view(text));
            }
            Value::Int64(number) => {
                if column.column_type != ColumnType::Int64 || number.unsigned_abs() > DOUBLE_EXACT_MAX {
                    return false;
                }
                let Some(numbers) = column.data.numbers_at(rows) else { return false };
                numbers.push(*number);
            }
            Value::Double(_) | Value::Boolean(_) => {
                if column.data.length() > rows || !column.data.takes(value) {
                    return false;
                }
                column.data.pad_to(rows);
                column.data.push(value, &mut self.text);
            }
            Value::Timestamp(_) | Value::List(_) => return false,
        }
        column.event_field_row = rows as u32;
        true
    }

    #[cold]
    fn put_unusual(&mut self, index: ColumnIndex, spelling: &str, value: &Value<'_>) {
        let Some(wanted) = value.column_type() else {
            return self.put_list_without_type(index, spelling, value);
        };
        let rows = self.rows as u32;
        let column = self.column(index);
        let (is_defined, is_second) = (column.defined, column.event_field_row == rows);
        let has_value = self.has_value(index);
        if has_value && (is_second || !is_defined) {
            return self.put_extra(spelling, value);
        }
        if !is_defined {
            return self.put_or_beside(index, spelling, value, &wanted);
        }
        if !has_value && self.put_lattice(index, value) {
            self.column(index).event_field_row = rows;
            return;
        }
        let name = format!("body_{}", self.name_of_number(index.number()));
        match self.side_column(&name, &wanted) {
            Some(body) if !self.has_value(body) => self.put_or_beside(body, spelling, value, &wanted),
            _ => self.put_extra(spelling, value),
        }
    }

    /// A list that has no value goes where lists go; one of several types is kept as JSON text.
    fn put_list_without_type(&mut self, index: ColumnIndex, spelling: &str, value: &Value<'_>) {
        if has_no_value(value) && self.put(index, value) {
            return;
        }
        let mut json = String::new();
        write_json(value, &mut json);
        self.put_event_value(Some(index), spelling, &Value::Text(&json));
    }
}

/// Whether it is a list of nothing, or of nulls.
fn has_no_value(value: &Value<'_>) -> bool {
    matches!(value, Value::List(items) if items.iter().all(Option::is_none))
}
