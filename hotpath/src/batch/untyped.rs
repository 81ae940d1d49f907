//! Fields of an event whose type is not said by how they are written.

use super::fields::Origin;
use super::{BatchBuilder, Value};
use crate::block::Event;
use crate::cut::ColumnType;

impl BatchBuilder {
    /// Starts a row of an event whose rows begin at this number: what was received is kept in the first alone.
    pub(crate) fn begin_row_of(&mut self, event: &Event<'_>, first_row: usize) {
        if self.rows == first_row { self.begin_row(event) } else { self.begin_further_row(event) }
    }

    /// Puts a field of the event (see [`BatchBuilder::event_field`]) whose type was guessed from its text: where its
    /// column has text, it stays the text that it is.
    pub(crate) fn guessed_field(&mut self, spelling: &str, guess: &Value<'_>, text: &str) {
        let column = self.event_column(spelling, guess);
        let known = column.and_then(|index| self.columns.get(index.number()));
        let is_text = known.is_some_and(|column| column.column_type == ColumnType::String);
        let value = if is_text { Value::Text(text) } else { *guess };
        self.put_event_value(column, spelling, &value);
    }

    /// Puts a list without an item, which says nothing of its type, as one of this type of column.
    pub(crate) fn empty_list_field(&mut self, spelling: &str, list: &ColumnType) {
        let column = self.locate(spelling, Origin::Event, list);
        self.put_event_value(column, spelling, &Value::List(&[]));
    }
}
