//! `field in (...)`: equal to one of the items, or an address in one of the networks among them.

use arrow::array::{ArrayRef, StringViewArray, make_view};
use hashbrown::HashSet;

use super::compare::{Column, number_of, rows_comparing};
use super::expression::Comparison;
use super::literal::{Literal, Number};
use super::networks::{NetworkSet, NetworkText, read_network};
use super::numeric::{BoundTest, integer_test};
use crate::filter::mask::Mask;

/// The longest text that stands whole in its view.
const MAX_INLINE_BYTES: usize = 12;

/// The items of a list, sorted by what they can be equal to.
#[derive(Debug, Clone)]
pub(crate) struct ItemSet {
    literals: Vec<Literal>,
    /// Texts short enough to stand in their views, as views.
    short_texts: HashSet<u128, foldhash::fast::RandomState>,
    long_texts: HashSet<Box<str>, foldhash::fast::RandomState>,
    networks: NetworkSet,
    /// Numbers written as numbers: what a text column is compared with as numbers.
    numbers: Vec<Number>,
    /// The items that an integer can be equal to, sorted.
    integers: Vec<i64>,
}

/// An item that cannot stand in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ItemError {
    pub(crate) index: usize,
    pub(crate) reason: String,
}

impl PartialEq for ItemSet {
    fn eq(&self, other: &Self) -> bool {
        self.literals == other.literals
    }
}

impl ItemSet {
    pub(crate) fn new(literals: Vec<Literal>) -> Result<Self, ItemError> {
        let mut set = Self {
            literals: Vec::new(),
            short_texts: HashSet::default(),
            long_texts: HashSet::default(),
            networks: NetworkSet::default(),
            numbers: Vec::new(),
            integers: Vec::new(),
        };
        let mut networks = Vec::new();
        for (index, literal) in literals.iter().enumerate() {
            match literal {
                Literal::Null => {
                    let reason = "null is in no list: write `<field> == null or <field> in (...)`".to_owned();
                    return Err(ItemError { index, reason });
                }
                Literal::Text(text) => match read_network(text) {
                    NetworkText::Network(network) => networks.push(network),
                    NetworkText::Wrong(reason) => return Err(ItemError { index, reason }),
                    NetworkText::Other => set.add_text(text),
                },
                Literal::Boolean(boolean) => set.add_text(if *boolean { "true" } else { "false" }),
                Literal::Number(number) => set.numbers.push(*number),
            }
            set.add_integer(literal);
        }
        set.integers.sort_unstable();
        set.networks = NetworkSet::new(&networks);
        set.literals = literals;
        Ok(set)
    }

    fn add_text(&mut self, text: &str) {
        if text.len() <= MAX_INLINE_BYTES {
            self.short_texts.insert(make_view(text.as_bytes(), 0, 0));
        } else {
            self.long_texts.insert(text.into());
        }
    }

    fn add_integer(&mut self, literal: &Literal) {
        let test = number_of(literal).map(|number| integer_test(Comparison::Equal, number));
        if let Some(BoundTest::Compare(_, integer)) = test {
            self.integers.push(integer);
        }
    }

    pub(super) fn literals(&self) -> &[Literal] {
        &self.literals
    }

    pub(super) fn rows_in(&self, column: &ArrayRef, candidates: &Mask) -> Mask {
        match Column::of(column) {
            Column::Text(texts) => {
                candidates.with_value(column).keep_where(|row| self.holds_text(&texts, row))
            }
            Column::Integer(integers) => {
                let values = integers.values();
                let present = candidates.with_value(column);
                present.keep_where(|row| self.integers.binary_search(&values[row]).is_ok())
            }
            _ => self.rows_equal_to_any(column, candidates),
        }
    }

    fn holds_text(&self, texts: &StringViewArray, row: usize) -> bool {
        let view = texts.views()[row];
        let length = view as u32 as usize;
        if length <= MAX_INLINE_BYTES && self.short_texts.contains(&view) {
            return true;
        }
        let text = texts.value(row);
        if length > MAX_INLINE_BYTES && self.long_texts.contains(text) {
            return true;
        }
        if !self.networks.is_empty() && self.networks.contains_text(text) {
            return true;
        }
        !self.numbers.is_empty() && self.holds_number(text)
    }

    fn holds_number(&self, text: &str) -> bool {
        let Some(number) = Number::from_text(text) else {
            return false;
        };
        self.numbers.iter().any(|item| item.compare(number).is_some_and(std::cmp::Ordering::is_eq))
    }

    /// For the column types that are rarely asked for membership: item by item, over the rows not yet found.
    fn rows_equal_to_any(&self, column: &ArrayRef, candidates: &Mask) -> Mask {
        let mut undecided = candidates.clone();
        for literal in &self.literals {
            if undecided.is_none() {
                break;
            }
            let equal = rows_comparing(Some(column), Comparison::Equal, literal, &undecided);
            undecided = undecided.minus(&equal);
        }
        candidates.minus(&undecided)
    }
}
