//! What is wrong with a condition's text, and where.

use std::fmt;

/// Characters of the text shown before and after the place of an error.
const SHOWN_BEFORE: usize = 60;
const SHOWN_AFTER: usize = 40;

/// Why a condition cannot be taken, with the place in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionError {
    /// What is wrong, and what to write instead where that can be said.
    pub message: String,
    /// The character of the text where it is wrong, counted from 1.
    pub column: usize,
    excerpt: String,
    caret_offset: usize,
}

impl ConditionError {
    /// An error at byte `offset` of `text`.
    pub(super) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let after = text.get(offset..).unwrap_or("");
        let characters_before = before.chars().count();
        let is_cut = characters_before > SHOWN_BEFORE;
        let shown_before = if is_cut { SHOWN_BEFORE } else { characters_before };

        let mut excerpt = String::new();
        if is_cut {
            excerpt.push_str("...");
        }
        let caret_offset = excerpt.len() + shown_before;
        excerpt.extend(before.chars().skip(characters_before - shown_before).map(printable));
        excerpt.extend(after.chars().take(SHOWN_AFTER).map(printable));
        if after.chars().nth(SHOWN_AFTER).is_some() {
            excerpt.push_str("...");
        }
        Self { message: message.into(), column: characters_before + 1, excerpt, caret_offset }
    }
}

/// A line break or another control character would tear the caret from its place.
fn printable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "column {}: {}", self.column, self.message)?;
        writeln!(formatter, "    {}", self.excerpt)?;
        write!(formatter, "    {:>width$}", '^', width = self.caret_offset + 1)
    }
}

impl std::error::Error for ConditionError {}
