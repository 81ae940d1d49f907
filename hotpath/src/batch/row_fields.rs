//! Values of rows that were decoded before: each has the name of its column already.

use arrow::buffer::Buffer;

use super::fields::Origin;
use super::{BatchBuilder, Value};
use crate::cut::ColumnType;

impl BatchBuilder {
    /// Starts a batch whose rows are taken from lines, see [`BatchBuilder::begin_detached_row`]; text that stands there as
    /// it is, is not copied.
    pub(crate) fn begin_lines(&mut self, lines: &Buffer) {
        // Views have offsets of 32 bits; texts of a longer buffer are copied.
        match u32::try_from(lines.len()) {
            Ok(_) => self.begin_batch(lines.as_slice(), lines.clone()),
            Err(_) => self.begin_detached(),
        }
    }

    /// Puts a value into the column of exactly this name, made with the type `wanted` where there is none.
    ///
    /// A value that does not fit its column's type goes to `<name>__<type>`; `_extra` takes what has no column: a name
    /// that no column has, the second value of a name, a column too many.
    pub(crate) fn row_field(&mut self, name: &str, value: &Value<'_>, wanted: &ColumnType) {
        let index = match self.following_column(name, Origin::Row) {
            Some(index) => {
                self.last_field = index;
                self.following = self.column(index).next;
                index
            }
            None => {
                let Some(index) = self.locate(name, Origin::Row, wanted) else {
                    return self.put_extra(name, value);
                };
                self.follow(index);
                index
            }
        };
        if self.has_value(index) {
            return self.put_extra(name, value);
        }
        if index == self.envelope.extra
            && let Value::Text(object) = value
            && let Some(members) = object.strip_suffix('}').filter(|members| members.starts_with('{'))
        {
            self.put_members_of_extra(members);
            return;
        }
        self.put_or_beside(index, name, value, wanted);
    }

    /// Adds to `_extra` what it was before; `members` is an object without its end.
    fn put_members_of_extra(&mut self, members: &str) {
        let extra = &mut self.current.extra;
        let Some(more) = members.strip_prefix('{').filter(|more| !more.is_empty()) else { return };
        extra.push(if extra.is_empty() { '{' } else { ',' });
        extra.push_str(more);
    }
}
