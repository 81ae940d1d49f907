//! Types of Zeek, and values of them from the text form of its logs.

use std::borrow::Cow;

use crate::batch::Value;
use crate::cut::ColumnType;
use crate::decode::text;

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    scalar: Scalar,
    /// A set, vector or (in older versions) table of such values.
    pub(super) is_list: bool,
}

/// The type of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    /// `string`, `addr`, `subnet`, `enum`, `pattern` and the like.
    Text,
    /// `count`, `counter`, `int`, `port`.
    Integer,
    /// `double`, and `interval` in seconds.
    Double,
    /// `T` or `F`.
    Boolean,
    /// Seconds since 1970.
    Time,
}

impl Kind {
    /// Where no type is said.
    pub(super) const TEXT: Self = Self { scalar: Scalar::Text, is_list: false };

    /// The type of a name in `#types`: `count`, `set[addr]`.
    pub(super) fn of_name(name: &str) -> Self {
        let item = ["set[", "vector[", "table["].iter().find_map(|list| name.strip_prefix(list));
        let scalar = match item.and_then(|item| item.strip_suffix(']')).unwrap_or(name) {
            "count" | "counter" | "int" | "port" => Scalar::Integer,
            "double" | "interval" => Scalar::Double,
            "bool" => Scalar::Boolean,
            "time" => Scalar::Time,
            _ => Scalar::Text,
        };
        Self { scalar, is_list: item.is_some() }
    }

    /// The type of its column.
    pub(super) fn column_type(self) -> ColumnType {
        let scalar = match self.scalar {
            Scalar::Text => ColumnType::String,
            Scalar::Integer => ColumnType::Int64,
            Scalar::Double => ColumnType::Double,
            Scalar::Boolean => ColumnType::Boolean,
            Scalar::Time => ColumnType::Timestamp,
        };
        if self.is_list { ColumnType::List(Box::new(scalar)) } else { scalar }
    }

    /// The value that a text without escapes is, `None` where it is not of this type.
    pub(super) fn value(self, text: &str) -> Option<Value<'_>> {
        match self.scalar {
            Scalar::Text => Some(Value::Text(text)),
            Scalar::Integer => text.parse().ok().map(Value::Int64),
            Scalar::Double => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Double),
            Scalar::Boolean => match text {
                "T" => Some(Value::Boolean(true)),
                "F" => Some(Value::Boolean(false)),
                _ => None,
            },
            Scalar::Time => time_us(text).map(Value::Timestamp),
        }
    }
}

/// Seconds since 1970 with a fraction, in microseconds; further digits are cut off.
fn time_us(text: &str) -> Option<i64> {
    const MICROS_DIGITS: usize = 6;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (seconds, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if seconds.is_empty()
        || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        || fraction.contains('.')
    {
        return None;
    }
    let seconds: i64 = seconds.parse().ok()?;
    let fraction = fraction.bytes().chain(std::iter::repeat(b'0')).take(MICROS_DIGITS);
    let micros = fraction.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0'));
    seconds.checked_mul(1_000_000)?.checked_add(micros).map(|time_us| sign * time_us)
}

/// The text of a field without its escapes: `\\`, and `\xHH` for a byte.
///
/// What is no character, or controls a terminal, keeps its escape, as in the JSON that Zeek writes.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    let mut memory = String::new();
    // An escape is longer than what it writes.
    if text::unescape(text, escape, &mut memory).len() == text.len() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(memory)
}

/// The character that is written by the escapes of which the first begins with a backslash before this text, and how
/// many bytes of it.
fn escape(behind: &str) -> Option<(char, usize)> {
    const ESCAPE_BYTES: usize = 4;
    if behind.starts_with('\\') {
        return Some(('\\', 1));
    }
    let first = escaped_byte(behind)?;
    let length = match first {
        b' '..=b'~' | b'\t' | b'\n' | b'\r' => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [first, 0, 0, 0];
    for (place, byte) in bytes.iter_mut().enumerate().take(length).skip(1) {
        *byte = escaped_byte(behind.get(place * ESCAPE_BYTES - 1..)?.strip_prefix('\\')?)?;
    }
    let character = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
    Some((character, length * ESCAPE_BYTES - 1))
}

/// The byte of `\xHH`, without the backslash.
fn escaped_byte(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('x')?.get(..2)?;
    let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hexadecimal.then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_their_types() {
        let value = |name: &str, text| Kind::of_name(name).value(text);
        assert_eq!(value("count", "17"), Some(Value::Int64(17)));
        assert_eq!(value("port", "x"), None);
        assert_eq!(value("interval", "0.025470"), Some(Value::Double(0.02547)));
        assert_eq!(value("interval", "inf"), None);
        assert_eq!((value("bool", "T"), value("bool", "true")), (Some(Value::Boolean(true)), None));
        assert_eq!(value("addr", "::1"), Some(Value::Text("::1")));
        assert_eq!(value("time", "1521911720.615923"), Some(Value::Timestamp(1_521_911_720_615_923)));
        assert_eq!(value("time", "-1.5"), Some(Value::Timestamp(-1_500_000)));
        assert_eq!(value("time", "1521911720.6159239"), Some(Value::Timestamp(1_521_911_720_615_923)));
        for text in ["XXXXXXXXXX.XXXXXX", "", "-", ".5", "1.2.3", "99999999999999999999", "9999999999999999"]
        {
            assert_eq!(value("time", text), None, "{text}");
        }
        let ports = Kind::of_name("vector[port]");
        assert!(ports.is_list);
        assert_eq!(ports.column_type(), ColumnType::List(Box::new(ColumnType::Int64)));
    }

    #[test]
    fn escapes_become_characters_where_these_are_to_be_seen() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a\\x09b\\x2cc", "a\tb,c"),
            ("mstshash\\\\=", "mstshash\\="),
            ("\\xc3\\xa9\\xe2\\x82\\xac", "\u{e9}\u{20ac}"),
            ("\\x01\\xff\\xc3(", "\\x01\\xff\\xc3("),
            ("\\x4", "\\x4"),
            ("\\x+f\\", "\\x+f\\"),
            ("\\x\u{e9}", "\\x\u{e9}"),
        ] {
            assert_eq!(unescape(text), expected, "{text}");
        }
    }
}
