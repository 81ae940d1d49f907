//! A condition asked about a batch. Each step looks only at the rows that the steps before left undecided:
//! `and` narrows the candidates, `or` takes those out that already hold, and both end when none are left.

use arrow::array::RecordBatch;

use super::compare::rows_comparing;
use super::expression::Expression;
use crate::filter::mask::Mask;

/// The candidates for which `expression` holds.
pub(super) fn rows_where(expression: &Expression, batch: &RecordBatch, candidates: &Mask) -> Mask {
    if candidates.is_none() {
        return candidates.clone();
    }
    match expression {
        Expression::And(parts) => {
            let mut holding = candidates.clone();
            for part in parts {
                holding = rows_where(part, batch, &holding);
            }
            holding
        }
        Expression::Or(parts) => {
            let mut undecided = candidates.clone();
            for part in parts {
                undecided = undecided.minus(&rows_where(part, batch, &undecided));
            }
            candidates.minus(&undecided)
        }
        Expression::Not(inner) => candidates.minus(&rows_where(inner, batch, candidates)),
        Expression::Compare { field, comparison, value } => {
            rows_comparing(field.column_in(batch), *comparison, value, candidates)
        }
        Expression::In { field, items } => {
            let column = field.column_in(batch);
            column.map_or_else(|| nothing(candidates), |column| items.rows_in(column, candidates))
        }
        Expression::Contains { field, part } => {
            let column = field.column_in(batch);
            column.map_or_else(|| nothing(candidates), |column| part.rows_containing(column, candidates))
        }
        Expression::Matches { field, pattern } => {
            let column = field.column_in(batch);
            column.map_or_else(|| nothing(candidates), |column| pattern.rows_matching(column, candidates))
        }
        Expression::Exists { field } => {
            let column = field.column_in(batch);
            column.map_or_else(|| nothing(candidates), |column| candidates.with_value(column))
        }
    }
}

fn nothing(candidates: &Mask) -> Mask {
    Mask::none(candidates.row_count())
}
