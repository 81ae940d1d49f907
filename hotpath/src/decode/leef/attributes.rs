//! The attributes: `key=value` between delimiters.
//!
//! A piece between two delimiters that does not begin with a key belongs to the value before it: values have
//! delimiters in them, with or without a backslash.

use super::delimiter::Delimiter;
use crate::decode::byte_set::ByteSet;
use crate::decode::cef::{Pairs, has_pair};
use crate::limits::KEY_BYTES_MAX;

/// A key and its value, without outer spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a str,
    /// The delimiter where a backslash may stand before it.
    pub(super) delimiter: Option<u8>,
}

/// The attributes of a message, in their order.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    before: &'a str,
    rest: Rest<'a>,
}

#[derive(Debug)]
enum Rest<'a> {
    /// What follows the attributes so far; it begins with a key.
    Delimited(&'a str, Delimiter),
    Spaced(Pairs<'a>),
}

impl<'a> Attributes<'a> {
    pub(super) fn new(text: &'a str, delimiter: Delimiter) -> Self {
        if delimiter == Delimiter::Spaces {
            let pairs = Pairs::new(text);
            return Self { before: pairs.text_before(), rest: Rest::Spaced(pairs) };
        }
        let mut start = 0;
        while let Some(rest) = text.get(start..)
            && key_bytes(rest).is_none()
        {
            start = delimiter.find(rest).map_or(text.len() + 1, |(at, bytes)| start + at + bytes);
        }
        let (before, rest) = text.split_at(start.min(text.len()));
        let before = delimiter.find(before).map_or(before, |_| before.trim_matches(is_outer(delimiter)));
        Self { before: before.trim_ascii(), rest: Rest::Delimited(rest, delimiter) }
    }

    /// What stands before the first key; nothing should.
    pub(super) fn text_before(&self) -> &'a str {
        self.before
    }
}

/// Delimiters at the ends of the attributes are let pass.
fn is_outer(delimiter: Delimiter) -> impl Fn(char) -> bool {
    move |character| delimiter == Delimiter::Character(character)
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        match &mut self.rest {
            Rest::Spaced(pairs) => {
                let pair = pairs.next()?;
                Some(Attribute { key: pair.key, value: pair.value, delimiter: None })
            }
            Rest::Delimited(text, delimiter) => {
                let whole = *text;
                let equals = key_bytes(whole)?;
                let (end, next) = value_end(whole, equals + 1, *delimiter);
                *text = whole.get(next..).unwrap_or("");
                let key = whole.get(..equals).unwrap_or("").trim_ascii();
                let value = whole.get(equals + 1..end).unwrap_or("");
                let value = value.trim_end_matches(is_outer(*delimiter)).trim_ascii();
                Some(Attribute { key, value, delimiter: delimiter.byte() })
            }
        }
    }
}

/// Where the value ends that begins at a position, and where the next key begins.
fn value_end(text: &str, start: usize, delimiter: Delimiter) -> (usize, usize) {
    let mut at = start;
    while let Some((found, bytes)) = text.get(at..).and_then(|rest| delimiter.find(rest)) {
        let next = at + found + bytes;
        if text.get(next..).is_some_and(|rest| key_bytes(rest).is_some()) {
            return (at + found, next);
        }
        at = next;
    }
    (text.len(), text.len())
}

/// Bytes before the `=` of the key that the text begins with. Some devices have spaces in their keys.
fn key_bytes(text: &str) -> Option<usize> {
    let start = text.bytes().take(KEY_BYTES_MAX).take_while(|byte| *byte == b' ').count();
    let key = text.as_bytes().get(start..)?;
    let length = key.iter().take(KEY_BYTES_MAX + 1).take_while(|byte| KEY.has(**byte)).count();
    let begins = key.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (begins && length <= KEY_BYTES_MAX && key.get(length) == Some(&b'=')).then_some(start + length)
}

/// Whether attributes seem to begin here.
pub(super) fn has_attribute(text: &str) -> bool {
    key_bytes(text).is_some() || has_pair(text)
}

static KEY: ByteSet = ByteSet::of(b"_.-[]/ ").with_alphanumeric();

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_attributes(text: &str, delimiter: Delimiter, expected: &[(&str, &str)]) {
        let found: Vec<_> = Attributes::new(text, delimiter).map(|found| (found.key, found.value)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_piece_without_a_key_belongs_to_the_value_before_it() {
        let tab = Delimiter::Character('\t');
        assert_attributes("src=1.1.1.1\tmsg=a b = c\tx", tab, &[("src", "1.1.1.1"), ("msg", "a b = c\tx")]);
        assert_attributes("a=\tb= 2 \tEvent Type=x\t", tab, &[("a", ""), ("b", "2"), ("Event Type", "x")]);
        assert_attributes("url=http://h/?a=1&b=2\tc=d", tab, &[("url", "http://h/?a=1&b=2"), ("c", "d")]);
        assert_attributes("a=1^^b=2^", Delimiter::Character('^'), &[("a", "1"), ("b", "2")]);
        assert_attributes("a=1#011b=2", Delimiter::EscapedTab, &[("a", "1"), ("b", "2")]);
        assert_attributes("a=1 2 b=3", Delimiter::Spaces, &[("a", "1 2"), ("b", "3")]);
        assert_attributes("é=1\té", tab, &[]);
    }

    #[test]
    fn text_before_the_first_key_is_told() {
        let tab = Delimiter::Character('\t');
        for (text, before) in [
            ("a=1", ""),
            ("\ta=1", ""),
            ("oh\tno\ta=1", "oh\tno"),
            ("no keys", "no keys"),
            ("é", "é"),
            ("", ""),
        ] {
            assert_eq!(Attributes::new(text, tab).text_before(), before, "{text:?}");
        }
        assert_eq!(Attributes::new("oh a=1", Delimiter::Spaces).text_before(), "oh");
    }
}
