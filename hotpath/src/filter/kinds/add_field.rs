//! `add_field`: the same value in every row.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringViewArray, make_view};
use arrow::buffer::{BooleanBuffer, Buffer, ScalarBuffer};
use arrow::error::ArrowError;

use crate::filter::columns::Columns;
use crate::filter::condition::{Literal, Number};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::MAX_FIELD_VALUE_BYTES;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "add_field",
    description: "Puts one value into a field; what the field had before is replaced.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"environment\"",
            description: "The field, in lower snake case.",
        },
        FilterKey {
            name: "value",
            value_type: "any",
            default: "",
            example: "\"production\"",
            description: "The value: a text, a number or a boolean, each kept as such.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct AddField {
    field: String,
    value: Literal,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let field = config.new_column("field")?.to_owned();
    let Some(value) = config.value("value") else {
        return Err(config.key_error("value", "is needed: a text, a number or a boolean"));
    };
    let value = config.literal("value", value)?;
    match &value {
        Literal::Null => return Err(config.key_error("value", "null is no value: use remove_field")),
        Literal::Text(text) if text.len() > MAX_FIELD_VALUE_BYTES => {
            return Err(
                config.key_error("value", format!("a text has at most {MAX_FIELD_VALUE_BYTES} bytes"))
            );
        }
        Literal::Text(text) if text.contains("${") => {
            return Err(config.key_error(
                "value",
                "variables (${...}) are not known: the text would be stored as it is written",
            ));
        }
        _ => {}
    }
    Ok(Box::new(AddField { field, value }))
}

impl Filter for AddField {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let batch = events.batch();
        let values = repeated(&self.value, batch.num_rows())?;
        let mut columns = Columns::of(batch);
        if events.are_all(rows) {
            columns.set(&self.field, values);
        } else {
            columns.set_in_rows(&self.field, &values, rows)?;
        }
        events.replace(columns.into_batch()?);
        Ok(())
    }
}

/// A column that has `value` in each of its rows. A text is stored once, whatever the number of rows.
fn repeated(value: &Literal, row_count: usize) -> Result<ArrayRef, ArrowError> {
    Ok(match value {
        Literal::Text(text) => {
            let view = make_view(text.as_bytes(), 0, 0);
            let buffers = vec![Buffer::from(text.as_bytes())];
            Arc::new(StringViewArray::try_new(ScalarBuffer::from(vec![view; row_count]), buffers, None)?)
        }
        Literal::Number(Number::Integer(integer)) => Arc::new(Int64Array::from(vec![*integer; row_count])),
        Literal::Number(Number::Double(double)) => Arc::new(Float64Array::from(vec![*double; row_count])),
        Literal::Boolean(true) => Arc::new(BooleanArray::new(BooleanBuffer::new_set(row_count), None)),
        Literal::Boolean(false) | Literal::Null => {
            Arc::new(BooleanArray::new(BooleanBuffer::new_unset(row_count), None))
        }
    })
}
