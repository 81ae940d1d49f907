//! Fields that were found in an event: the column of each by its name, and the type lattice.

use std::sync::Arc;

use hashbrown::HashMap;

use super::names::is_column_name;
use super::text::INLINE_BYTES_MAX;
use super::{BatchBuilder, ColumnIndex, Value, column_name};
use crate::cut::ColumnType;
use crate::limits::FIELD_SPELLINGS_MAX;

/// Whole numbers up to here are doubles exactly.
pub(crate) const DOUBLE_EXACT_MAX: u64 = 1 << 53;
/// Columns that are tried for a field before its name is looked up: fields that some rows do not have are skipped.
const FOLLOWING_COLUMNS_MAX: usize = 3;

/// Says in a spelling's key that it led to the column as [`Origin::Event`]: a bit of the length that no text has.
const EVENT_BIT: u128 = 1 << 31;
/// The same for [`Origin::Row`].
const ROW_BIT: u128 = 1 << 30;

/// Where a field is from: the same name may lead to two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A text in the event; the decoder's own columns are closed to it.
    Body,
    /// The event is its fields.
    Event,
    /// A row that was decoded before: the name is that of the column.
    Row,
}

/// The columns that spellings led to.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    body: HashMap<Box<str>, ColumnIndex, foldhash::fast::RandomState>,
    event: HashMap<Box<str>, ColumnIndex, foldhash::fast::RandomState>,
    row: HashMap<Box<str>, ColumnIndex, foldhash::fast::RandomState>,
}

impl Spellings {
    fn of(&mut self, origin: Origin) -> &mut HashMap<Box<str>, ColumnIndex, foldhash::fast::RandomState> {
        match origin {
            Origin::Body => &mut self.body,
            Origin::Event => &mut self.event,
            Origin::Row => &mut self.row,
        }
    }
}

/// The spelling of a name, which is compared with that of a field for nearly every field.
#[derive(Debug)]
pub(super) struct Spelling {
    /// What [`super::text::TextBuffers::key`] says of the text.
    key: u128,
    text: Box<str>,
}

impl Default for Spelling {
    /// None yet: a key that no text has.
    fn default() -> Self {
        Self { key: u128::MAX, text: Box::default() }
    }
}

impl Spelling {
    #[inline]
    fn is(&self, key: u128, text: &str) -> bool {
        // The key of a short text is all of it.
        self.key == key && (text.len() <= INLINE_BYTES_MAX || *self.text == *text)
    }
}

impl BatchBuilder {
    /// Puts a field that was found in the event's text into the column of its name (see [`column_name`]).
    ///
    /// A name that the product defines gets the prefix `body_`; a value that does not fit its column's type goes
    /// to `<name>__<type>`; where no column is left, and for the second value of a name, `_extra` takes it.
    #[inline]
    pub fn field(&mut self, spelling: &str, value: &Value<'_>) {
        let put = match value {
            Value::Text(text) => self.put_following_text(spelling, text),
            Value::Int64(number) => self.put_following_integer(spelling, *number),
            _ => false,
        };
        if !put {
            self.put_by_name(spelling, value);
        }
    }

    /// The way that most fields take: into the column that followed the last field in the row before, or one soon
    /// after it. `false`, and nothing is put, where that is none of them or it is not a column of strings.
    fn put_following_text(&mut self, spelling: &str, text: &str) -> bool {
        let Some(index) = self.following_column(spelling, Origin::Body) else { return false };
        let rows = self.rows;
        let Some(column) = self.columns.get_mut(index.0 as usize) else { return false };
        let Some(views) = column.data.views_at(rows) else { return false };
        views.push(self.text.view(text));
        (self.last_field, self.following) = (index, column.next);
        true
    }

    /// The same for whole numbers and columns of them.
    fn put_following_integer(&mut self, spelling: &str, number: i64) -> bool {
        let Some(index) = self.following_column(spelling, Origin::Body) else { return false };
        let rows = self.rows;
        let Some(column) = self.columns.get_mut(index.0 as usize) else { return false };
        if column.column_type != ColumnType::Int64 || number.unsigned_abs() > DOUBLE_EXACT_MAX {
            return false;
        }
        let Some(numbers) = column.data.numbers_at(rows) else { return false };
        numbers.push(number);
        (self.last_field, self.following) = (index, column.next);
        true
    }

    /// The column of the spelling, if it is one of those that followed the last field in the rows before.
    #[inline]
    pub(super) fn following_column(&self, spelling: &str, origin: Origin) -> Option<ColumnIndex> {
        let key = self.spelling_key(spelling, origin);
        let mut candidate = self.following;
        for _ in 0..FOLLOWING_COLUMNS_MAX {
            let column = self.columns.get(candidate.0 as usize)?;
            if column.spelling.is(key, spelling) {
                return Some(candidate);
            }
            candidate = column.next;
        }
        None
    }

    /// Puts a field into the column of its name.
    #[cold]
    fn put_by_name(&mut self, spelling: &str, value: &Value<'_>) {
        let Some(wanted) = value.column_type() else { return self.put_mixed_list(spelling, value) };
        let Some(index) = self.locate(spelling, Origin::Body, &wanted) else {
            return self.put_extra(spelling, value);
        };
        if self.has_value(index) {
            return self.put_extra(spelling, value);
        }
        self.follow(index);
        self.put_or_beside(index, spelling, value, &wanted);
    }

    /// Remembers that this column came after the one of the field before.
    pub(super) fn follow(&mut self, index: ColumnIndex) {
        match self.columns.get_mut(self.last_field.0 as usize) {
            Some(before) => before.next = index,
            None => self.first_field = index,
        }
        self.last_field = index;
        self.following = self.column(index).next;
    }

    /// Puts a value into a column that has none in this row, or into the one beside it for values of its type.
    pub(super) fn put_or_beside(
        &mut self,
        index: ColumnIndex,
        spelling: &str,
        value: &Value<'_>,
        wanted: &ColumnType,
    ) {
        if self.put_lattice(index, value) {
            return;
        }
        let side_name = format!("{}__{}", self.column(index).name, side_type_name(wanted));
        match self.side_column(&side_name, wanted) {
            Some(side) if self.put(side, value) => {}
            _ => self.put_extra(spelling, value),
        }
    }

    /// Settles the type that the column of a field has, if there is none yet: for a value that is not of it, and
    /// comes before one that is.
    pub fn expect_field(&mut self, spelling: &str, column_type: &ColumnType) {
        // Without a column left, `_extra` takes the field.
        let _ = self.locate(spelling, Origin::Body, column_type);
    }

    /// The column for a spelling, which is made where there is none.
    pub(super) fn locate(
        &mut self,
        spelling: &str,
        origin: Origin,
        wanted: &ColumnType,
    ) -> Option<ColumnIndex> {
        if let Some(known) = self.spellings.of(origin).get(spelling) {
            let known = *known;
            self.note_spelling(known, spelling, origin);
            return Some(known);
        }
        let name = self.name_of_field(spelling, origin)?;
        let index = self.side_column(&name, wanted)?;
        if self.spellings.of(origin).len() < FIELD_SPELLINGS_MAX {
            self.spellings.of(origin).insert(spelling.into(), index);
            self.note_spelling(index, spelling, origin);
        }
        Some(index)
    }

    /// The name of a field's column, `None` where it can have none.
    pub(super) fn name_of_field(&self, spelling: &str, origin: Origin) -> Option<String> {
        if origin == Origin::Row {
            return is_column_name(spelling).then(|| spelling.to_owned());
        }
        let mut name = column_name(spelling)?;
        let is_closed = self.by_name.get(name.as_str()).is_some_and(|index| match origin {
            Origin::Body => self.columns[index.0 as usize].defined,
            Origin::Event => self.envelope.has(*index),
            Origin::Row => false,
        });
        if is_closed {
            name.insert_str(0, "body_");
        }
        Some(name)
    }

    #[inline]
    fn spelling_key(&self, spelling: &str, origin: Origin) -> u128 {
        let key = self.text.key(spelling);
        match origin {
            Origin::Body => key,
            Origin::Event => key | EVENT_BIT,
            Origin::Row => key | ROW_BIT,
        }
    }

    /// Remembers by which spelling the column was found last.
    fn note_spelling(&mut self, index: ColumnIndex, spelling: &str, origin: Origin) {
        let key = self.spelling_key(spelling, origin);
        let known = &mut self.column(index).spelling;
        if known.is(key, spelling) {
            return;
        }
        known.key = key;
        if *known.text != *spelling {
            known.text = spelling.into();
        }
    }

    /// The column of a name, made with the type that the dataset agrees on where there is none.
    pub(super) fn side_column(&mut self, name: &str, wanted: &ColumnType) -> Option<ColumnIndex> {
        if let Some(index) = self.by_name.get(name) {
            return Some(*index);
        }
        let agreed = self.registry.resolve(name, wanted)?;
        Some(self.add_column(name, agreed, false))
    }

    /// Puts a value by the type lattice: as it is, or int to double where that is exact.
    pub(super) fn put_lattice(&mut self, index: ColumnIndex, value: &Value<'_>) -> bool {
        match value {
            Value::Int64(number) if number.unsigned_abs() > DOUBLE_EXACT_MAX => {
                if self.column(index).column_type != ColumnType::Int64 {
                    return false;
                }
                if !self.column(index).beyond_double {
                    self.column(index).beyond_double = true;
                    let name = Arc::clone(&self.column(index).name);
                    self.registry.note_beyond_double(&name);
                }
                self.put(index, value)
            }
            Value::Int64(number) if self.column(index).column_type == ColumnType::Double => {
                self.put(index, &Value::Double(*number as f64))
            }
            Value::Double(_) if self.column(index).column_type == ColumnType::Int64 => {
                let name = Arc::clone(&self.column(index).name);
                if self.column(index).defined || !self.registry.widen_to_double(&name) {
                    return false;
                }
                let column = self.column(index);
                column.data.widen_to_double();
                column.column_type = ColumnType::Double;
                self.schema = None;
                self.put(index, value)
            }
            _ => self.put(index, value),
        }
    }

    /// A list that has no type of its own is kept as JSON text.
    fn put_mixed_list(&mut self, spelling: &str, value: &Value<'_>) {
        let mut json = String::new();
        write_json(value, &mut json);
        self.field(spelling, &Value::Text(&json));
    }

    pub(super) fn put_extra(&mut self, spelling: &str, value: &Value<'_>) {
        let extra = &mut self.current.extra;
        extra.push(if extra.is_empty() { '{' } else { ',' });
        write_json(&Value::Text(spelling), extra);
        extra.push(':');
        write_json(value, extra);
    }
}

/// The part of a side column's name that says its type.
pub(crate) fn side_type_name(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::List(item) => format!("list_{}", side_type_name(item)),
        scalar => scalar.to_string(),
    }
}

/// Writes a value as JSON. A number that JSON does not have (NaN, infinity) is written as null.
pub(super) fn write_json(value: &Value<'_>, out: &mut String) {
    let json = match value {
        Value::Text(text) => serde_json::to_string(text),
        Value::Int64(number) | Value::Timestamp(number) => serde_json::to_string(number),
        Value::Double(number) => serde_json::to_string(number),
        Value::Boolean(truth) => serde_json::to_string(truth),
        Value::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                match item {
                    Some(item) => write_json(item, out),
                    None => out.push_str("null"),
                }
            }
            out.push(']');
            return;
        }
    };
    // Text and numbers always have a JSON form.
    out.push_str(json.as_deref().unwrap_or("null"));
}
