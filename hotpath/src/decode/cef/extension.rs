//! The CEF extension: `key=value key=value`, values with spaces.
//!
//! A key is the word that touches an `=`, at the beginning or behind a space; so an `=` within a word of a value
//! (`/?a=1&b=2`) begins no pair, whether it has its backslash or not. The value goes on to the next key.

use crate::decode::byte_set::ByteSet;
use crate::limits::KEY_BYTES_MAX;

/// A key and its value, without outer spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) struct Pair<'a> {
    pub(in crate::decode) key: &'a str,
    pub(in crate::decode) value: &'a str,
}

/// The pairs of an extension, in their order.
#[derive(Debug)]
pub(in crate::decode) struct Pairs<'a> {
    text: &'a str,
    next: Option<Key>,
}

/// Where a key begins, and its `=`.
#[derive(Debug, Clone, Copy)]
struct Key {
    start: usize,
    equals: usize,
}

impl<'a> Pairs<'a> {
    pub(in crate::decode) fn new(text: &'a str) -> Self {
        Self { text, next: next_key(text.as_bytes(), 0) }
    }

    /// What stands before the first key; nothing should.
    pub(in crate::decode) fn text_before(&self) -> &'a str {
        let end = self.next.map_or(self.text.len(), |key| key.start);
        self.text[..end].trim_ascii()
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        let Key { start, equals } = self.next?;
        self.next = next_key(self.text.as_bytes(), equals + 1);
        let value_end = self.next.map_or(self.text.len(), |key| key.start);
        // A key is ASCII and stands behind ASCII, so that each end is a boundary of characters.
        Some(Pair { key: &self.text[start..equals], value: self.text[equals + 1..value_end].trim_ascii() })
    }
}

/// Whether a text has a pair.
pub(in crate::decode) fn has_pair(text: &str) -> bool {
    next_key(text.as_bytes(), 0).is_some()
}

/// The next key from a position on, which is 0 or behind an `=`.
fn next_key(text: &[u8], from: usize) -> Option<Key> {
    let mut from = from;
    loop {
        let equals = from + memchr::memchr(b'=', text.get(from..)?)?;
        // `==` ends base64 more often than it begins a value.
        if text.get(equals + 1) != Some(&b'=')
            && let Some(start) = key_start(text, from, equals)
        {
            return Some(Key { start, equals });
        }
        from = equals + 1;
    }
}

/// Where the key that ends at an `=` begins.
fn key_start(text: &[u8], from: usize, equals: usize) -> Option<usize> {
    let mut start = equals;
    let mut has_comma = false;
    while start > from && KEY.has(text[start - 1]) {
        start -= 1;
        has_comma |= text[start] == b',';
    }
    let begins_word = start == 0 || text[start - 1].is_ascii_whitespace();
    let is_name = text[start].is_ascii_alphanumeric() || text[start] == b'_';
    if !begins_word || !is_name || equals - start > KEY_BYTES_MAX {
        return None;
    }
    // A comma belongs to keys like `ad.Error_,Code`, and not to a list before an `=`.
    let is_list =
        has_comma && text[start..equals].iter().find(|byte| matches!(byte, b'.' | b',')) == Some(&b',');
    (!is_list).then_some(start)
}

/// Letters and digits, and what devices put into the keys that they invent: `ad.field[0]`, `ad.Error_,Code`.
static KEY: ByteSet = ByteSet::of(b"_.-[],").with_alphanumeric();

/// What stands behind a backslash in a value.
pub(super) fn value_escape(behind: &str) -> Option<(char, usize)> {
    let character = match behind.bytes().next()? {
        byte @ (b'=' | b'\\') => char::from(byte),
        b'n' => '\n',
        b'r' => '\r',
        _ => return None,
    };
    Some((character, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::text::unescape;

    fn assert_pairs(text: &str, expected: &[(&str, &str)]) {
        let pairs: Vec<_> = Pairs::new(text).map(|pair| (pair.key, pair.value)).collect();
        assert_eq!(pairs, expected, "{text}");
    }

    #[test]
    fn a_value_goes_on_to_the_next_key() {
        assert_pairs(" src=10.0.0.1  spt=12 ", &[("src", "10.0.0.1"), ("spt", "12")]);
        assert_pairs(
            "act=blocked a file fname= cat=x",
            &[("act", "blocked a file"), ("fname", ""), ("cat", "x")],
        );
        assert_pairs("msg=a|b\ndst=1", &[("msg", "a|b"), ("dst", "1")]);
        assert_pairs("cs1Label=two words cs1=é", &[("cs1Label", "two words"), ("cs1", "é")]);
        assert_pairs("a=", &[("a", "")]);
    }

    #[test]
    fn an_equals_sign_in_a_value_begins_no_pair() {
        assert_pairs("request=http://h/?a=1&b=2 act=x", &[("request", "http://h/?a=1&b=2"), ("act", "x")]);
        assert_pairs("cs4= https://h/?x=1 cn1=2", &[("cs4", "https://h/?x=1"), ("cn1", "2")]);
        assert_pairs(r"cs4=/CN\=u/OU\=User /CN\=T b=1", &[("cs4", r"/CN\=u/OU\=User /CN\=T"), ("b", "1")]);
        assert_pairs("aid=3o0OiZ== b=1", &[("aid", "3o0OiZ=="), ("b", "1")]);
        assert_pairs("msg=if x = 1 and a,b=2 b=1", &[("msg", "if x = 1 and a,b=2"), ("b", "1")]);
        assert_pairs("msg=ä=1 b=1", &[("msg", "ä=1"), ("b", "1")]);
    }

    #[test]
    fn keys_that_devices_invent() {
        assert_pairs(
            "ad.Error_,Code=32 ad.field[0]=f _cefVer=0.1 x-y=1",
            &[("ad.Error_,Code", "32"), ("ad.field[0]", "f"), ("_cefVer", "0.1"), ("x-y", "1")],
        );
        let longest = "k".repeat(KEY_BYTES_MAX);
        assert_pairs(&format!("{longest}=1"), &[(&longest, "1")]);
        assert_pairs(&format!("a=1 {longest}k=1"), &[("a", &format!("1 {longest}k=1"))]);
    }

    #[test]
    fn text_before_the_first_key_is_told() {
        assert_eq!(Pairs::new(" src=1").text_before(), "");
        assert_eq!(Pairs::new("oh no src=1").text_before(), "oh no");
        assert_eq!(Pairs::new(" only text ").text_before(), "only text");
        assert_eq!(Pairs::new("=1 a=2").text_before(), "=1");
        assert!(has_pair("a=1") && !has_pair("a") && !has_pair("=") && !has_pair(r"\=1"));
    }

    #[test]
    fn escapes() {
        let mut out = String::new();
        let text = unescape(r"a\|b\\nc\=d\ne\rD:\Shared\", value_escape, &mut out);
        assert_eq!(text, "a\\|b\\nc=d\ne\rD:\\Shared\\");
    }
}
