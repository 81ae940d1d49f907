//! Numbers of a column against one bound, without rounding: the bound is brought to the column's own type first.

use super::expression::Comparison;
use super::literal::Number;
use crate::filter::mask::Mask;

/// A comparison with a bound of the column's own type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum BoundTest<T> {
    /// No value satisfies it.
    Never,
    /// Every value satisfies it.
    Always,
    /// The values that compare so with the bound.
    Compare(Comparison, T),
}

impl<T> BoundTest<T> {
    fn when(holds: bool) -> Self {
        if holds { Self::Always } else { Self::Never }
    }
}

/// 2^63, the first double above every 64-bit integer.
const ABOVE_EVERY_INTEGER: f64 = 9_223_372_036_854_775_808.0;

/// The test of an integer column against `number`.
pub(super) fn integer_test(comparison: Comparison, number: Number) -> BoundTest<i64> {
    let double = match number {
        Number::Integer(integer) => return BoundTest::Compare(comparison, integer),
        Number::Double(double) => double,
    };
    let floor = double.floor();
    if double >= ABOVE_EVERY_INTEGER {
        return below_bound(comparison);
    }
    if double < -ABOVE_EVERY_INTEGER {
        return above_bound(comparison);
    }
    let is_whole = floor == double;
    integer_test_beside(comparison, floor as i64, is_whole)
}

/// The test of an integer column against `floor`, or (when `is_whole` is false) against a bound between `floor` and `floor + 1`.
pub(super) fn integer_test_beside(comparison: Comparison, floor: i64, is_whole: bool) -> BoundTest<i64> {
    if is_whole {
        return BoundTest::Compare(comparison, floor);
    }
    match comparison {
        Comparison::Equal => BoundTest::Never,
        Comparison::NotEqual => BoundTest::Always,
        Comparison::Less | Comparison::LessOrEqual => BoundTest::Compare(Comparison::LessOrEqual, floor),
        Comparison::Greater | Comparison::GreaterOrEqual => BoundTest::Compare(Comparison::Greater, floor),
    }
}

/// The test of values that are all below the bound.
pub(super) fn below_bound<T>(comparison: Comparison) -> BoundTest<T> {
    BoundTest::when(matches!(comparison, Comparison::Less | Comparison::LessOrEqual | Comparison::NotEqual))
}

/// The test of values that are all above the bound.
pub(super) fn above_bound<T>(comparison: Comparison) -> BoundTest<T> {
    BoundTest::when(matches!(
        comparison,
        Comparison::Greater | Comparison::GreaterOrEqual | Comparison::NotEqual
    ))
}

/// The test of a double column against `number`.
pub(super) fn double_test(comparison: Comparison, number: Number) -> BoundTest<f64> {
    let integer = match number {
        Number::Double(double) => return BoundTest::Compare(comparison, double),
        Number::Integer(integer) => integer,
    };
    let nearest = integer as f64;
    let rounding = Number::Double(nearest).compare(number);
    let is_above = rounding.is_some_and(std::cmp::Ordering::is_gt);
    let is_below = rounding.is_some_and(std::cmp::Ordering::is_lt);
    if !is_above && !is_below {
        return BoundTest::Compare(comparison, nearest);
    }
    // No double is the integer itself, and none lies between the integer and the nearest double.
    match comparison {
        Comparison::Equal => BoundTest::Never,
        Comparison::NotEqual => BoundTest::Always,
        Comparison::Less | Comparison::LessOrEqual if is_above => {
            BoundTest::Compare(Comparison::Less, nearest)
        }
        Comparison::Less | Comparison::LessOrEqual => BoundTest::Compare(Comparison::LessOrEqual, nearest),
        Comparison::Greater | Comparison::GreaterOrEqual if is_above => {
            BoundTest::Compare(Comparison::GreaterOrEqual, nearest)
        }
        Comparison::Greater | Comparison::GreaterOrEqual => BoundTest::Compare(Comparison::Greater, nearest),
    }
}

/// The candidates whose value satisfies `test`.
pub(super) fn rows_satisfying<T: Copy + PartialOrd>(
    values: &[T],
    test: BoundTest<T>,
    candidates: &Mask,
) -> Mask {
    let (comparison, bound) = match test {
        BoundTest::Never => return Mask::none(candidates.row_count()),
        BoundTest::Always => return candidates.clone(),
        BoundTest::Compare(comparison, bound) => (comparison, bound),
    };
    // One loop for each operator, so that none is chosen inside a loop.
    match comparison {
        Comparison::Equal => candidates.keep_where(|row| values[row] == bound),
        Comparison::NotEqual => candidates.keep_where(|row| values[row] != bound),
        Comparison::Less => candidates.keep_where(|row| values[row] < bound),
        Comparison::LessOrEqual => candidates.keep_where(|row| values[row] <= bound),
        Comparison::Greater => candidates.keep_where(|row| values[row] > bound),
        Comparison::GreaterOrEqual => candidates.keep_where(|row| values[row] >= bound),
    }
}
