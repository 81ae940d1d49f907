//! A condition as a tree, and back to text.

use std::fmt;

use super::lexer::{continues_word, starts_word};
use super::literal::{Literal, write_quoted};
use super::membership::ItemSet;
use super::parser::is_keyword;
use super::text::{Pattern, Substring};
use crate::filter::columns::FieldName;

/// A node of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Compare { field: FieldName, comparison: Comparison, value: Literal },
    In { field: FieldName, items: ItemSet },
    Contains { field: FieldName, part: Substring },
    Matches { field: FieldName, pattern: Pattern },
    Exists { field: FieldName },
}

/// The comparing operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The operator that is written so.
    pub(crate) fn from_symbol(symbol: &str) -> Option<Self> {
        match symbol {
            "==" => Some(Self::Equal),
            "!=" => Some(Self::NotEqual),
            "<" => Some(Self::Less),
            "<=" => Some(Self::LessOrEqual),
            ">" => Some(Self::Greater),
            ">=" => Some(Self::GreaterOrEqual),
            _ => None,
        }
    }

    /// How the operator is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it asks for the order, not just for equality.
    pub(crate) fn is_ordering(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

impl Expression {
    /// Whether any of `expressions` holds; one alone is itself.
    pub(crate) fn any_of(mut expressions: Vec<Expression>) -> Expression {
        match (expressions.pop(), expressions.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                expressions.push(last);
                Expression::Or(expressions)
            }
            (None, _) => Expression::Or(expressions),
        }
    }

    fn is_joined(&self) -> bool {
        matches!(self, Self::And(_) | Self::Or(_))
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => write_joined(formatter, parts, " and "),
            Self::Or(parts) => write_joined(formatter, parts, " or "),
            Self::Not(inner) => {
                formatter.write_str("not ")?;
                write_operand(formatter, inner)
            }
            Self::Compare { field, comparison, value } => {
                write_field(formatter, field)?;
                write!(formatter, " {} {value}", comparison.symbol())
            }
            Self::In { field, items } => {
                write_field(formatter, field)?;
                formatter.write_str(" in (")?;
                for (index, item) in items.literals().iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(formatter, "{separator}{item}")?;
                }
                formatter.write_str(")")
            }
            Self::Contains { field, part } => {
                write_field(formatter, field)?;
                write!(formatter, " contains {}", part.literal())
            }
            Self::Matches { field, pattern } => {
                write_field(formatter, field)?;
                formatter.write_str(" matches ")?;
                write_quoted(formatter, pattern.as_str())
            }
            Self::Exists { field } => {
                write_field(formatter, field)?;
                formatter.write_str(" exists")
            }
        }
    }
}

fn write_joined(formatter: &mut fmt::Formatter<'_>, parts: &[Expression], joint: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            formatter.write_str(joint)?;
        }
        write_operand(formatter, part)?;
    }
    Ok(())
}

fn write_operand(formatter: &mut fmt::Formatter<'_>, operand: &Expression) -> fmt::Result {
    if operand.is_joined() { write!(formatter, "({operand})") } else { write!(formatter, "{operand}") }
}

fn write_field(formatter: &mut fmt::Formatter<'_>, field: &FieldName) -> fmt::Result {
    let name = field.as_str();
    let is_bare = name.starts_with(starts_word) && name.chars().all(continues_word) && !is_keyword(name);
    if is_bare { formatter.write_str(name) } else { write!(formatter, "`{}`", name.replace('`', "``")) }
}
