//! What the fields of a record are called.

use std::collections::HashSet;
use std::rc::Rc;

use super::record::{Dialect, Records, field_text};
use crate::batch::Value;
use crate::decode::scalar::scalar;
use crate::limits::COLUMN_NAME_BYTES_MAX;

/// The names of the fields in their order; those without one are numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    names: Rc<[String]>,
}

impl Header {
    /// A header of given names; an empty one is numbered.
    pub(super) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().enumerate();
        Self {
            names: names.map(|(place, name)| if name.is_empty() { numbered(place) } else { name }).collect(),
        }
    }

    /// The header of a sender whose fields have no names.
    pub(super) fn nameless() -> Self {
        Self::new([])
    }

    /// The header that a record is; that of no names, where there is no record.
    pub(super) fn of_text(text: &str, dialect: Dialect) -> Self {
        let mut fields = Vec::new();
        let mut undoubled = String::new();
        if Records::new(text, dialect).next(&mut fields).is_none() {
            return Self::nameless();
        }
        Self::new(fields.iter().map(|field| field_text(*field, &mut undoubled).trim_ascii().to_owned()))
    }

    /// The name of the field at a place, `None` where it has to be numbered.
    pub(super) fn name(&self, place: usize) -> Option<&str> {
        self.names.get(place).map(String::as_str)
    }

    /// Whether these are the fields of a line that repeats the header.
    pub(super) fn is_repeated_by<'f>(&self, fields: impl ExactSizeIterator<Item = &'f str>) -> bool {
        !self.names.is_empty()
            && fields.len() == self.names.len()
            && self.names.iter().zip(fields).all(|(name, field)| name == field.trim_ascii())
    }
}

/// The name of a field that has none, by its place from 0.
pub(super) fn numbered(place: usize) -> String {
    format!("column_{}", place + 1)
}

/// Whether fields look like names: words that are no numbers, all of them different. Some may be missing.
pub(super) fn are_names<'f>(fields: impl Iterator<Item = &'f str>) -> bool {
    let mut seen = HashSet::new();
    for field in fields.map(str::trim_ascii).filter(|field| !field.is_empty()) {
        let begins_as_name =
            field.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '@' | '#' | '$'));
        let is_text = matches!(scalar(field), Value::Text(_));
        if !begins_as_name || !is_text || field.len() > COLUMN_NAME_BYTES_MAX || !seen.insert(field) {
            return false;
        }
    }
    !seen.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_values() {
        for (fields, expected) in [
            (&["first", "last", "zip"][..], true),
            (&["@timestamp", "_id", "#", "größe"], true),
            (&["a", "a"], false),
            (&["", "a", ""], true),
            (&["", ""], false),
            (&["a", "1"], false),
            (&["true"], false),
            (&["10.0.0.1", "x"], false),
            (&["2024-03-05T06:07:08Z", "x"], false),
        ] {
            assert_eq!(are_names(fields.iter().copied()), expected, "{fields:?}");
        }
    }

    #[test]
    fn a_header_is_repeated_by_the_same_names_alone() {
        let header = Header::new(["a".to_owned(), String::new()]);
        assert_eq!(header.name(1), Some("column_2"));
        assert_eq!(header.name(2), None);
        assert!(header.is_repeated_by(["a", "column_2 "].into_iter()));
        assert!(!header.is_repeated_by(["a"].into_iter()));
        assert!(!Header::nameless().is_repeated_by([].into_iter()));
    }
}
