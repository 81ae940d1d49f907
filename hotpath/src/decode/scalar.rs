//! Values that are written without a type.

use crate::batch::Value;

/// Digits that 64 bits hold whatever they are.
const INTEGER_DIGITS_MAX: usize = 18;

/// The value that a text writes: a whole number, a number with a point, `true` or `false`; text otherwise.
///
/// What a number would lose stays text: leading zeros (postal codes), a plus, digits beyond 64 bits, an exponent
/// without a point, hexadecimal.
#[inline]
pub(super) fn scalar(text: &str) -> Value<'_> {
    number(text).unwrap_or(match text {
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        _ => Value::Text(text),
    })
}

/// The number that a text writes, if it writes one.
fn number(text: &str) -> Option<Value<'_>> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    // Most texts end here.
    let first = *digits.first()?;
    if !first.is_ascii_digit() {
        return None;
    }
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if first == b'0' && whole > 1 {
        return None;
    }
    if whole == digits.len() {
        // `-0` is no whole number that could be written back.
        let is_minus_zero = first == b'0' && digits.len() < text.len();
        return (whole <= INTEGER_DIGITS_MAX && !is_minus_zero)
            .then(|| text.parse().ok())
            .flatten()
            .map(Value::Int64);
    }
    if digits.get(whole) != Some(&b'.') || !digits.get(whole + 1).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    // Rust reads words like `1.5inf` as no number, and beyond the digits only an exponent as one.
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Double)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_truths_are_told_from_text() {
        assert_eq!(scalar("0"), Value::Int64(0));
        assert_eq!(scalar("-17"), Value::Int64(-17));
        assert_eq!(scalar("999999999999999999"), Value::Int64(999_999_999_999_999_999));
        assert_eq!(scalar("1.50"), Value::Double(1.5));
        assert_eq!(scalar("-0.0"), Value::Double(-0.0));
        assert_eq!(scalar("1.5e3"), Value::Double(1500.0));
        assert_eq!(scalar("true"), Value::Boolean(true));
        assert_eq!(scalar("false"), Value::Boolean(false));
    }

    #[test]
    fn what_a_number_would_lose_stays_text() {
        for text in [
            "",
            "-",
            "08123",
            "00",
            "+5",
            "-0",
            "1.",
            ".5",
            "1e5",
            "0x1f",
            "12a",
            "1.5.2",
            "10.0.0.1",
            "1 ",
            " 1",
            "9999999999999999999",
            "TRUE",
            "nan",
            "inf",
            "1.5e999",
            "1,5",
        ] {
            assert_eq!(scalar(text), Value::Text(text), "{text}");
        }
    }
}
