//! The grammar of the InfluxDB line protocol: `measurement,tag=value field=value,field=value timestamp`.

use crate::batch::Value;
use crate::decode::text::{itself, unescape};

/// What is wrong with a line.
pub(super) type Fault = &'static str;

/// The first bytes of what may still come of a text.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

/// Text that may have escapes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// What stands for itself behind a backslash.
    escaped: &'static [u8],
}

impl<'a> Word<'a> {
    pub(super) fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// What it says.
    pub(super) fn unescape(self, memory: &'a mut String) -> &'a str {
        unescape(self.text, itself(self.escaped), memory)
    }
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FieldValue<'a> {
    Scalar(Value<'a>),
    /// Text between quotes.
    Quoted(Word<'a>),
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Goes to the beginning of the next line that is not blank; what it begins with, `None` at the end.
    pub(super) fn begin_line(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start_matches(['\n', '\r', ' ', '\t', '\0']);
        (!self.rest.is_empty()).then_some(self.rest)
    }

    /// Goes behind the end of the line; what of it was left.
    pub(super) fn end_line(&mut self) -> &'a str {
        let end = memchr::memchr(b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest;
        line
    }

    /// Bytes of the text that are left.
    pub(super) fn left_bytes(&self) -> usize {
        self.rest.len()
    }

    /// Takes a byte, if it comes next.
    pub(super) fn take(&mut self, byte: char) -> bool {
        match self.rest.strip_prefix(byte) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes spaces.
    pub(super) fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    /// Takes what goes on to one of these bytes without a backslash before it, or to the end of the line.
    pub(super) fn word(&mut self, stops: &[u8]) -> Word<'a> {
        let bytes = self.rest.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' => {
                    at += 1;
                    // A line ends whatever stands before its end.
                    at += usize::from(!matches!(bytes.get(at), None | Some(b'\n')));
                }
                b'\n' => break,
                byte if stops.contains(byte) => break,
                _ => at += 1,
            }
        }
        let at = at.min(bytes.len());
        // A backslash may stand before a character of several bytes.
        let at = (at..=bytes.len()).find(|end| self.rest.is_char_boundary(*end)).unwrap_or(bytes.len());
        let (word, rest) = self.rest.split_at(at);
        self.rest = rest;
        let text =
            word.strip_suffix('\r').filter(|_| rest.is_empty() || rest.starts_with('\n')).unwrap_or(word);
        Word { text, escaped: b",= " }
    }

    /// Takes the value of a field.
    pub(super) fn field_value(&mut self) -> Result<FieldValue<'a>, Fault> {
        if self.take('"') {
            return self.text_in_quotes().map(FieldValue::Quoted);
        }
        scalar(self.word(b", ").text).map(FieldValue::Scalar).ok_or(NO_VALUE)
    }

    /// Takes a text that may go over line breaks, and its closing quote.
    fn text_in_quotes(&mut self) -> Result<Word<'a>, Fault> {
        let bytes = self.rest.as_bytes();
        let mut at = 0;
        loop {
            let found = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest));
            let Some(found) = found else { return Err("a quote that is not closed") };
            at += found;
            if bytes[at] == b'"' {
                break;
            }
            at += 2;
        }
        let text = &self.rest[..at];
        self.rest = &self.rest[at + 1..];
        Ok(Word { text, escaped: b"\"\\" })
    }
}

const NO_VALUE: Fault = "a field without a value of the line protocol";

/// A number, or `true` or `false` in one of their spellings.
fn scalar(word: &str) -> Option<Value<'_>> {
    if let Some(digits) = word.strip_suffix('i') {
        return digits.parse().ok().map(Value::Int64);
    }
    if let Some(digits) = word.strip_suffix('u') {
        let number: u64 = digits.parse().ok()?;
        // What 64 bits with a sign do not hold is text, as in JSON.
        return Some(i64::try_from(number).map_or(Value::Text(digits), Value::Int64));
    }
    match word {
        "t" | "T" | "true" | "True" | "TRUE" => return Some(Value::Boolean(true)),
        "f" | "F" | "false" | "False" | "FALSE" => return Some(Value::Boolean(false)),
        _ => {}
    }
    word.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Double)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_how_they_are_written() {
        let value = |text: &'static str| Cursor::new(text).field_value();
        let scalar = |value| Ok(FieldValue::Scalar(value));
        assert_eq!(value("17i"), scalar(Value::Int64(17)));
        assert_eq!(value("17u,"), scalar(Value::Int64(17)));
        assert_eq!(value("18446744073709551615u"), scalar(Value::Text("18446744073709551615")));
        assert_eq!(value("1"), scalar(Value::Double(1.0)));
        assert_eq!(value("-1.5e3 "), scalar(Value::Double(-1500.0)));
        assert_eq!(
            (value("t"), value("FALSE")),
            (scalar(Value::Boolean(true)), scalar(Value::Boolean(false)))
        );
        let Ok(FieldValue::Quoted(quoted)) = value("\"a \\\"b\\\" \\\\ \\n\n\"x") else {
            panic!("text in quotes")
        };
        assert_eq!(quoted.unescape(&mut String::new()), "a \"b\" \\ \\n\n");
        for text in ["", "nan", "inf", "-inf", "1x", "\"open", "-1u", "text", "1\\,5"] {
            assert!(value(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_word_ends_where_no_backslash_stands_before_its_end() {
        let word =
            |text: &'static str| Cursor::new(text).word(b"=, ").unescape(&mut String::new()).to_owned();
        assert_eq!(word("cpu,a=b"), "cpu");
        assert_eq!(word("a\\ b\\,c\\=d=e"), "a b,c=d");
        assert_eq!(word("c:\\dir \\"), "c:\\dir");
        assert_eq!(word("a\\\nb"), "a\\");
        assert_eq!(word("a\\\u{e9}b c"), "a\\\u{e9}b");
        assert_eq!(word("a\r\nb"), "a");
    }
}
