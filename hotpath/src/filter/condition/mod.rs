//! The condition language: `source_ip in '10.0.0.0/8' and (severity <= 3 or message contains 'denied')`.
//!
//! A condition is read once, when the configuration is compiled, and then asked about whole batches. `docs/filters.md`
//! says what it means. There are two answers only, holds and does not: a comparison with a field that has no value does not hold.

mod compare;
mod error;
mod evaluate;
mod expression;
mod lexer;
mod literal;
mod membership;
mod networks;
mod numeric;
mod parser;
mod text;

use std::fmt;
use std::str::FromStr;

use arrow::array::RecordBatch;

use super::mask::Mask;
pub use error::ConditionError;
pub(super) use expression::{Comparison, Expression};
pub use literal::{Literal, Number};
pub(super) use networks::{NetworkText, read_network, unmapped};
pub(super) use text::{Pattern, Substring};

/// A condition, ready to be asked about batches.
///
/// Its text form (`Display`) reads back as the same condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    root: Expression,
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// What is wrong and at which character, for the person who wrote it.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        parser::parse(text).map(Self::from_expression)
    }

    pub(super) fn from_expression(root: Expression) -> Self {
        Self { root }
    }

    pub(super) fn into_expression(self) -> Expression {
        self.root
    }

    /// The rows of `batch` for which the condition holds.
    pub fn evaluate(&self, batch: &RecordBatch) -> Mask {
        self.evaluate_among(batch, &Mask::all(batch.num_rows()))
    }

    /// The rows among `candidates` for which the condition holds; the other rows are not looked at.
    pub fn evaluate_among(&self, batch: &RecordBatch, candidates: &Mask) -> Mask {
        evaluate::rows_where(&self.root, batch, candidates)
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(formatter)
    }
}
