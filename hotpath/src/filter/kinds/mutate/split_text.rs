//! `split`: a list of the parts of a text.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListBuilder, StringViewBuilder};

use crate::filter::columns::{FieldName, as_texts};
use crate::filter::distinct::Distinct;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure};
use crate::limits::JSON_LIST_ITEMS_MAX;

const TOO_MANY: &str = "the text has more parts than a list takes";

#[derive(Debug)]
pub(super) struct SplitText {
    pub(super) field: FieldName,
    /// None: the field itself.
    pub(super) target: Option<String>,
    pub(super) separator: String,
}

impl Filter for SplitText {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let Some(index) = self.field.index_in(events.batch()) else {
            return Ok(());
        };
        let name = events.batch().schema_ref().field(index).name().clone();
        let column = Arc::clone(events.batch().column(index));
        // A list is split already.
        let Some(texts) = as_texts(&column) else {
            return Ok(());
        };
        let distinct = Distinct::of(&texts, rows);
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        let mut is_list = Vec::with_capacity(distinct.first_rows.len());
        for text in distinct.texts(&texts) {
            let fits = text.split(self.separator.as_str()).nth(JSON_LIST_ITEMS_MAX).is_none();
            if fits {
                text.split(self.separator.as_str()).for_each(|part| lists.values().append_value(part));
            }
            lists.append(fits);
            is_list.push(fits);
        }
        let row_count = texts.len();
        let whole = distinct.rows_where(row_count, |number| !is_list[number]);
        let split = distinct.rows_where(row_count, |number| is_list[number]);
        events.fault(&whole, TOO_MANY);
        if split.is_none() {
            return Ok(());
        }
        let values: ArrayRef = distinct.spread(&lists.finish(), row_count)?;
        let target = self.target.as_deref().unwrap_or(&name);
        events.put_retyped(target, &values, &split, &whole)?;
        Ok(())
    }
}
