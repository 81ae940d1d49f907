//! One pass over the values in a document.

use crate::batch::Value;
use crate::decode::json::{Document, FieldSink, Kind, Scratch};
use crate::filter::limits::MAX_FLATTENED_ITEMS;
use crate::limits::{JSON_FLATTEN_DEPTH_MAX, JSON_PATH_BYTES_MAX};

/// What becomes of lists in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrays {
    /// A field for each member.
    Index,
    /// One field of JSON text.
    Json,
}

pub(super) struct Walk<'w, S> {
    pub(super) arrays: Arrays,
    /// The names on the way to the present value, with points between.
    pub(super) path: String,
    pub(super) scratch: &'w mut Scratch,
    pub(super) sink: &'w mut S,
}

impl<S: FieldSink> Walk<'_, S> {
    /// Puts the fields of a value. What lies deeper than [`JSON_FLATTEN_DEPTH_MAX`] is JSON text.
    pub(super) fn value(&mut self, document: &Document<'_>, depth: usize) {
        let is_deep = depth > JSON_FLATTEN_DEPTH_MAX || self.path.len() >= JSON_PATH_BYTES_MAX;
        match document.kind() {
            Kind::Object if !is_deep && document.members().next().is_some() => {
                for (name, member) in document.members() {
                    self.member(name, &member, depth);
                }
            }
            Kind::Array(items)
                if !is_deep
                    && self.arrays == Arrays::Index
                    && (1..=MAX_FLATTENED_ITEMS).contains(&items.count_left()) =>
            {
                for (number, item) in items.enumerate() {
                    self.member(&number.to_string(), &item, depth);
                }
            }
            Kind::Object | Kind::Array(_) => {
                let json = document.write_json(self.scratch);
                self.sink.field(&self.path, &Value::Text(json));
            }
            Kind::Text(_) | Kind::Other => document.put_member(&self.path, self.scratch, self.sink),
        }
    }

    fn member(&mut self, name: &str, document: &Document<'_>, depth: usize) {
        let outer_bytes = self.path.len();
        self.path.push('.');
        self.path.push_str(name);
        self.value(document, depth + 1);
        self.path.truncate(outer_bytes);
    }
}
