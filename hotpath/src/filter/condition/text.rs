//! Tests on texts: equality by the views' prefix, byte order, substrings and regular expressions.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, GenericListArray, OffsetSizeTrait, StringViewArray, make_view};
use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};

use super::compare::{Column, rows_comparing};
use super::expression::Comparison;
use super::literal::Literal;
use crate::filter::limits::MAX_REGEX_BYTES;
use crate::filter::mask::Mask;

/// The longest text that stands whole in its view.
const MAX_INLINE_BYTES: usize = 12;

/// The low half of a view: length and first four bytes.
const LENGTH_AND_PREFIX: u128 = u64::MAX as u128;

/// The candidates whose text is `text`. Most rows are told apart by length and first bytes, which stand in the view itself.
pub(super) fn rows_equal(column: &StringViewArray, text: &str, candidates: &Mask) -> Mask {
    let views = column.views();
    let wanted = make_view(text.as_bytes(), 0, 0);
    if text.len() <= MAX_INLINE_BYTES {
        return candidates.keep_where(|row| views[row] == wanted);
    }
    let wanted_head = wanted & LENGTH_AND_PREFIX;
    candidates.keep_where(|row| views[row] & LENGTH_AND_PREFIX == wanted_head && column.value(row) == text)
}

/// The candidates whose text compares so with `text`, byte by byte.
pub(super) fn rows_ordered(
    column: &StringViewArray,
    comparison: Comparison,
    text: &str,
    candidates: &Mask,
) -> Mask {
    match comparison {
        Comparison::Equal => rows_equal(column, text, candidates),
        Comparison::NotEqual => candidates.minus(&rows_equal(column, text, candidates)),
        _ => candidates.keep_where(|row| order_satisfies(comparison, column.value(row).cmp(text))),
    }
}

/// Whether `order` is what `comparison` asks for.
pub(super) fn order_satisfies(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// What `contains` looks for: a part of a text, or a member of a list.
#[derive(Debug, Clone)]
pub(crate) struct Substring {
    literal: Literal,
    finder: Finder<'static>,
}

impl PartialEq for Substring {
    fn eq(&self, other: &Self) -> bool {
        self.literal == other.literal
    }
}

impl Substring {
    /// Looks for `literal`. In a text, a number or boolean is looked for as it is written.
    pub(crate) fn new(literal: Literal) -> Result<Self, String> {
        let text = match &literal {
            Literal::Text(text) => text.clone(),
            Literal::Number(number) => number.to_string(),
            Literal::Boolean(boolean) => boolean.to_string(),
            Literal::Null => return Err("nothing contains null: write `not <field> exists`".to_owned()),
        };
        let finder = Finder::new(text.as_bytes()).into_owned();
        Ok(Self { literal, finder })
    }

    pub(super) fn literal(&self) -> &Literal {
        &self.literal
    }

    pub(super) fn rows_containing(&self, column: &ArrayRef, candidates: &Mask) -> Mask {
        let present = candidates.with_value(column);
        match Column::of(column) {
            Column::Text(texts) => {
                present.keep_where(|row| self.finder.find(texts.value(row).as_bytes()).is_some())
            }
            Column::List(list) => self.rows_with_member(list, &present),
            Column::LargeList(list) => self.rows_with_member(list, &present),
            _ => Mask::none(candidates.row_count()),
        }
    }

    fn rows_with_member<O: OffsetSizeTrait>(&self, list: &GenericListArray<O>, present: &Mask) -> Mask {
        let offsets = list.value_offsets();
        let members = list.values();
        let is_member =
            rows_comparing(Some(members), Comparison::Equal, &self.literal, &Mask::all(members.len()));
        if is_member.is_none() {
            return Mask::none(present.row_count());
        }
        present.keep_where(|row| {
            (offsets[row].as_usize()..offsets[row + 1].as_usize()).any(|member| is_member.contains(member))
        })
    }
}

/// A regular expression, searched for anywhere in the text.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Pattern {
    /// Compiles `text`; the reason is one line for the person who wrote it.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let compiled =
            RegexBuilder::new(text).size_limit(MAX_REGEX_BYTES).dfa_size_limit(MAX_REGEX_BYTES).build();
        match compiled {
            Ok(regex) => Ok(Self { regex }),
            Err(regex::Error::CompiledTooBig(limit)) => Err(format!(
                "the regular expression takes more than {limit} bytes: make its repetitions smaller"
            )),
            Err(error) => {
                let shown = error.to_string();
                let last_line = shown.lines().last().unwrap_or("").trim_start_matches("error: ");
                Err(format!("not a regular expression: {last_line}"))
            }
        }
    }

    pub(super) fn as_str(&self) -> &str {
        self.regex.as_str()
    }

    /// The regular expression itself.
    pub(crate) fn into_regex(self) -> Regex {
        self.regex
    }

    pub(super) fn rows_matching(&self, column: &ArrayRef, candidates: &Mask) -> Mask {
        let Column::Text(texts) = Column::of(column) else {
            return Mask::none(candidates.row_count());
        };
        candidates.with_value(column).keep_where(|row| self.regex.is_match(texts.value(row)))
    }
}
