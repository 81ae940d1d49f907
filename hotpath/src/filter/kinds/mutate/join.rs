//! `join`: the members of a list in one text.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};

use crate::filter::columns::{FieldName, as_texts};
use crate::filter::events::Events;
use crate::filter::limits::{MAX_MADE_BYTES, MAX_MADE_TEXT_BYTES};
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure};

const TOO_LONG: &str = "the members of the list make a longer text than the limit";
const NO_TEXTS: &str = "the field is a list of what is no text";

#[derive(Debug)]
pub(super) struct Join {
    pub(super) field: FieldName,
    /// None: the field itself.
    pub(super) target: Option<String>,
    pub(super) separator: String,
}

impl Filter for Join {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let Some(index) = self.field.index_in(events.batch()) else {
            return Ok(());
        };
        let name = events.batch().schema_ref().field(index).name().clone();
        let column = Arc::clone(events.batch().column(index));
        // A value that is no list is joined already.
        let Some(lists) = column.as_list_opt::<i32>() else {
            return Ok(());
        };
        let present = rows.with_value(lists);
        let Some(members) = as_texts(lists.values()) else {
            events.fault(&present, NO_TEXTS);
            return Ok(());
        };
        let offsets = lists.value_offsets();
        let mut texts = StringViewBuilder::with_capacity(lists.len());
        let mut text = String::new();
        let mut bytes_left = MAX_MADE_BYTES;
        let mut too_long = Vec::new();
        for row in 0..lists.len() {
            if !present.contains(row) {
                texts.append_null();
                continue;
            }
            text.clear();
            let places = offsets[row] as usize..offsets[row + 1] as usize;
            for (number, at) in places.filter(|at| members.is_valid(*at)).enumerate() {
                if number > 0 {
                    text.push_str(&self.separator);
                }
                text.push_str(members.value(at));
                if text.len() > MAX_MADE_TEXT_BYTES {
                    break;
                }
            }
            if text.len() > MAX_MADE_TEXT_BYTES.min(bytes_left) {
                too_long.push(row);
                texts.append_null();
                continue;
            }
            bytes_left -= text.len();
            texts.append_value(&text);
        }
        let whole = Mask::of_rows(lists.len(), too_long);
        let joined = present.minus(&whole);
        events.fault(&whole, TOO_LONG);
        if joined.is_none() {
            return Ok(());
        }
        let target = self.target.as_deref().unwrap_or(&name);
        let texts: ArrayRef = Arc::new(texts.finish());
        events.put_retyped(target, &texts, &joined, &whole)?;
        Ok(())
    }
}
