//! The parts of values: of a text between terminators, of a list its members.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, StringViewArray, StringViewBuilder, UInt32Array};
use arrow::compute::take;
use arrow::error::ArrowError;

use crate::filter::limits::MAX_SPLIT_PARTS;

/// How many parts a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) count: usize,
    /// The last of them are together in one.
    pub(super) is_cut: bool,
}

/// The values of rows taken apart into a column.
pub(super) trait Parts {
    /// Takes the value of a row apart; `None` where it has too many parts.
    fn read(&mut self, row: usize) -> Option<Found>;

    /// A row without a value.
    fn push_none(&mut self);

    /// A row for each of the parts that were read last.
    fn push(&mut self);

    /// The column.
    fn finish(self) -> Result<ArrayRef, ArrowError>;
}

/// The parts of texts. Those that are empty are none.
pub(super) struct TextParts<'a> {
    texts: &'a StringViewArray,
    terminator: &'a str,
    parts: Vec<&'a str>,
    column: StringViewBuilder,
}

impl<'a> TextParts<'a> {
    pub(super) fn new(texts: &'a StringViewArray, terminator: &'a str) -> Self {
        let column = StringViewBuilder::with_capacity(texts.len());
        Self { texts, terminator, parts: Vec::new(), column }
    }
}

impl Parts for TextParts<'_> {
    fn read(&mut self, row: usize) -> Option<Found> {
        self.parts.clear();
        let text = self.texts.value(row);
        let mut rest = text;
        while !rest.is_empty() {
            if self.parts.len() == MAX_SPLIT_PARTS - 1 {
                let rest = rest.trim_start_matches(self.terminator);
                let last = rest.strip_suffix(self.terminator).unwrap_or(rest);
                if !last.is_empty() {
                    self.parts.push(last);
                }
                return Some(Found { count: self.parts.len(), is_cut: last.contains(self.terminator) });
            }
            let (part, behind) = rest.split_once(self.terminator).unwrap_or((rest, ""));
            if !part.is_empty() {
                self.parts.push(part);
            }
            rest = behind;
        }
        if self.parts.is_empty() {
            // Nothing but terminators: there is nothing to make events of.
            self.parts.push(text);
        }
        Some(Found { count: self.parts.len(), is_cut: false })
    }

    fn push_none(&mut self) {
        self.column.append_null();
    }

    fn push(&mut self) {
        for part in &self.parts {
            self.column.append_value(part);
        }
    }

    fn finish(mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.column.finish()))
    }
}

/// The members of lists. Those without a value are none.
pub(super) struct ListMembers<'a> {
    lists: &'a ListArray,
    parts: Vec<u32>,
    places: Vec<Option<u32>>,
}

impl<'a> ListMembers<'a> {
    pub(super) fn new(lists: &'a ListArray) -> Self {
        Self { lists, parts: Vec::new(), places: Vec::with_capacity(lists.len()) }
    }
}

impl Parts for ListMembers<'_> {
    fn read(&mut self, row: usize) -> Option<Found> {
        self.parts.clear();
        let offsets = self.lists.value_offsets();
        let members = self.lists.values();
        for at in offsets[row] as usize..offsets[row + 1] as usize {
            if members.is_null(at) {
                continue;
            }
            if self.parts.len() == MAX_SPLIT_PARTS {
                return None;
            }
            self.parts.push(at as u32);
        }
        Some(Found { count: self.parts.len(), is_cut: false })
    }

    fn push_none(&mut self) {
        self.places.push(None);
    }

    fn push(&mut self) {
        self.places.extend(self.parts.iter().map(|at| Some(*at)));
    }

    fn finish(self) -> Result<ArrayRef, ArrowError> {
        take(self.lists.values(), &UInt32Array::from(self.places), None)
    }
}
