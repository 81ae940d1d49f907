//! A JSON object as columns beside the text that it stands in.

use crate::batch::{BatchBuilder, Value};
use crate::cut::ColumnType;
use crate::decode::json::{FieldSink, JsonReader, Kind};

/// Parses objects; its memory is used again for the next one.
#[derive(Debug, Default)]
pub struct JsonFields {
    reader: JsonReader,
}

impl JsonFields {
    /// Puts the members of a JSON object into the current row. Returns `false`, and puts nothing, when the text is
    /// not one JSON object.
    pub fn extract(&mut self, text: &str, rows: &mut BatchBuilder) -> bool {
        let text = text.trim_ascii();
        if !text.starts_with('{') || !text.ends_with('}') {
            return false;
        }
        let read = self.reader.read(text, |document, scratch| {
            let is_object = matches!(document.kind(), Kind::Object);
            if is_object {
                document.put_fields(scratch, &mut BodySink(rows));
            }
            is_object
        });
        read.unwrap_or(false)
    }
}

struct BodySink<'r>(&'r mut BatchBuilder);

impl FieldSink for BodySink<'_> {
    #[inline]
    fn field(&mut self, name: &str, value: &Value<'_>) {
        self.0.field(name, value);
    }

    fn long_number(&mut self, name: &str, digits: &str, _: &ColumnType) {
        self.0.field(name, &Value::Text(digits));
    }
}
