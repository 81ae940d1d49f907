//! Text out of bytes and escapes, as several formats do it.

use crate::batch::escape_invalid_utf8;
use crate::block::Event;

/// The text of an event; where it is not UTF-8, with escapes from which the bytes can be had back, in `escaped`.
#[inline]
pub(super) fn text_or_escaped<'a>(event: &Event<'a>, escaped: &'a mut String) -> &'a str {
    if let Some(text) = event.text() {
        return text;
    }
    escape_invalid_utf8(event.bytes, escaped);
    escaped
}

/// The same of a value.
#[inline]
pub(super) fn utf8_or_escaped<'a>(bytes: &'a [u8], escaped: &'a mut String) -> &'a str {
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return text;
    }
    escape_invalid_utf8(bytes, escaped);
    escaped
}

/// The text without its escapes. `escape` is given what stands behind a backslash, and gives the character that it
/// writes with how many bytes of it; a backslash of which it knows nothing stays.
#[inline]
pub(crate) fn unescape<'a>(
    text: &'a str,
    escape: impl Fn(&str) -> Option<(char, usize)>,
    unescaped: &'a mut String,
) -> &'a str {
    let Some(first) = memchr::memchr(b'\\', text.as_bytes()) else { return text };
    unescaped.clear();
    let (mut before, mut rest) = text.split_at(first);
    loop {
        unescaped.push_str(before);
        let behind = &rest[1..];
        let (character, taken) = escape(behind).unwrap_or(('\\', 0));
        unescaped.push(character);
        rest = behind.get(taken..).unwrap_or_default();
        let Some(next) = memchr::memchr(b'\\', rest.as_bytes()) else { break };
        (before, rest) = rest.split_at(next);
    }
    unescaped.push_str(rest);
    unescaped
}

/// What stands for itself behind a backslash, all of it ASCII.
pub(super) fn itself(known: &'static [u8]) -> impl Fn(&str) -> Option<(char, usize)> {
    move |behind| {
        let byte = behind.bytes().next()?;
        (byte.is_ascii() && known.contains(&byte)).then_some((char::from(byte), 1))
    }
}

/// The first quote without a backslash before it.
pub(crate) fn closing_quote(text: &str, quote: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += memchr::memchr2(quote, b'\\', bytes.get(at..)?)?;
        if bytes[at] == quote {
            return Some(at);
        }
        at += 2;
    }
}

/// The escapes of JSON and Go, for [`unescape`].
pub(crate) fn quoted_escape(behind: &str) -> Option<(char, usize)> {
    match behind.bytes().next()? {
        byte @ (b'"' | b'\\' | b'/' | b'\'') => Some((char::from(byte), 1)),
        b'n' => Some(('\n', 1)),
        b'r' => Some(('\r', 1)),
        b't' => Some(('\t', 1)),
        b'u' => hexadecimal(&behind[1..], 4).map(|character| (character, 5)),
        b'x' => hexadecimal(&behind[1..], 2).filter(char::is_ascii).map(|character| (character, 3)),
        _ => None,
    }
}

fn hexadecimal(text: &str, digits: usize) -> Option<char> {
    let digits = text.get(..digits)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_before_anything_else_stays() {
        let mut memory = String::new();
        let mut unescape = |text| unescape(text, itself(b"|\\"), &mut memory).to_owned();
        assert_eq!(unescape(r"a\|b\\c\=d\"), r"a|b\c\=d\");
        assert_eq!(unescape("é\\é\\|"), "é\\é|");
        assert_eq!(unescape("nothing"), "nothing");
    }
}
