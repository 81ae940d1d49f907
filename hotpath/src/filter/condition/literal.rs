//! The values that a condition compares with, and numbers compared exactly.

use std::cmp::Ordering;
use std::fmt;

/// A value as a condition or a config writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A text in quotes.
    Text(String),
    /// A number, with or without a fraction.
    Number(Number),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`: no value.
    Null,
}

/// A number that keeps what it was written as: a 64-bit integer stays one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// Any other number; never infinite, never NaN when it comes from text.
    Double(f64),
}

impl Number {
    /// The number that `text` is, whole and without blanks: `-?digits[.digits][e[+-]digits]`, a leading `+` allowed.
    /// A whole number beyond 64 bits is taken as the nearest double.
    pub fn from_text(text: &str) -> Option<Self> {
        let first = *text.as_bytes().first()?;
        if !first.is_ascii_digit() && !matches!(first, b'-' | b'+' | b'.') {
            return None;
        }
        if let Ok(integer) = text.parse::<i64>() {
            return Some(Self::Integer(integer));
        }
        let has_only_number_characters = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'));
        if !has_only_number_characters {
            return None;
        }
        let double = text.parse::<f64>().ok()?;
        double.is_finite().then_some(Self::Double(double))
    }

    /// The order of two numbers, exact between integers and doubles; none beside a NaN.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => Some(left.cmp(&right)),
            (Self::Double(left), Self::Double(right)) => left.partial_cmp(&right),
            (Self::Integer(left), Self::Double(right)) => compare_integer_with_double(left, right),
            (Self::Double(left), Self::Integer(right)) => {
                compare_integer_with_double(right, left).map(Ordering::reverse)
            }
        }
    }
}

/// 2^63, the first double above every 64-bit integer.
const ABOVE_EVERY_INTEGER: f64 = 9_223_372_036_854_775_808.0;

fn compare_integer_with_double(integer: i64, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    if double >= ABOVE_EVERY_INTEGER {
        return Some(Ordering::Less);
    }
    if double < -ABOVE_EVERY_INTEGER {
        return Some(Ordering::Greater);
    }
    // The whole part lies within 64 bits now, so the conversion is exact.
    let whole = double.trunc();
    let by_whole_part = integer.cmp(&(whole as i64));
    Some(by_whole_part.then_with(|| 0.0.partial_cmp(&(double - whole)).unwrap_or(Ordering::Equal)))
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => write!(formatter, "{integer}"),
            Self::Double(double) => write!(formatter, "{double:?}"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write_quoted(formatter, text),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Boolean(boolean) => write!(formatter, "{boolean}"),
            Self::Null => formatter.write_str("null"),
        }
    }
}

/// Writes `text` in single quotes, such that the parser reads it back.
pub(super) fn write_quoted(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    formatter.write_str("'")?;
    for character in text.chars() {
        match character {
            '\\' => formatter.write_str("\\\\")?,
            '\'' => formatter.write_str("\\'")?,
            '\n' => formatter.write_str("\\n")?,
            '\r' => formatter.write_str("\\r")?,
            '\t' => formatter.write_str("\\t")?,
            _ => write!(formatter, "{character}")?,
        }
    }
    formatter.write_str("'")
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};

    use super::Number::{self, Double, Integer};

    #[test]
    fn integers_and_doubles_compare_exactly_where_a_double_would_round() {
        let beyond_double = 9_007_199_254_740_993; // 2^53 + 1
        assert_eq!(Integer(beyond_double).compare(Double(9_007_199_254_740_992.0)), Some(Greater));
        assert_eq!(Integer(i64::MAX).compare(Double(9_223_372_036_854_775_808.0)), Some(Less));
        assert_eq!(Integer(i64::MIN).compare(Double(-9_223_372_036_854_775_808.0)), Some(Equal));
        assert_eq!(Integer(2).compare(Double(2.5)), Some(Less));
        assert_eq!(Integer(-2).compare(Double(-2.5)), Some(Greater));
        assert_eq!(Double(2.5).compare(Integer(2)), Some(Greater));
        assert_eq!(Integer(0).compare(Double(-0.0)), Some(Equal));
        assert_eq!(Integer(0).compare(Double(f64::NAN)), None);
    }

    #[test]
    fn only_whole_texts_are_numbers() {
        for text in ["", " 1", "1 ", "0x10", "inf", "nan", "1e999", "-", ".", "1.2.3.4", "e5", "1_000"] {
            assert_eq!(Number::from_text(text), None, "{text:?}");
        }
        assert_eq!(Number::from_text("007"), Some(Integer(7)));
        assert_eq!(Number::from_text("-1.5e3"), Some(Double(-1500.0)));
        assert_eq!(Number::from_text("18446744073709551616"), Some(Double(18_446_744_073_709_551_616.0)));
    }
}
