//! key=value pairs in a message's text.
//!
//! A key is a word of ASCII letters, digits and `_ . - @ /` that begins with a letter, `_` or `@`, stands at the
//! beginning or behind a space, a separator or an opening bracket, and touches its `=`. A value is in quotes, or
//! goes on to the next space. There must be two pairs with a value, or one that is the whole text; otherwise
//! nothing is taken, so that a stray `=` in prose makes no column.

use crate::batch::{BatchBuilder, Value};
use crate::limits::{KEY_BYTES_MAX, KEY_VALUE_PAIRS_MAX};

/// Where a pair lies in the text.
#[derive(Debug, Clone, Copy)]
struct Pair {
    key_start: u32,
    key_end: u32,
    value_start: u32,
    value_end: u32,
    /// The value stands in quotes and has a backslash.
    escaped: bool,
}

/// Finds pairs; its memory is used again for the next text.
#[derive(Debug, Default)]
pub struct KeyValueFields {
    pairs: Vec<Pair>,
    unescaped: String,
}

const OTHER: u8 = 0;
const KEY: u8 = 1;
const KEY_START: u8 = 2;
const BOUNDARY: u8 = 4;
/// A value without quotes may end here.
const STOP: u8 = 8;

/// What a byte may be in a pair.
const CLASS: [u8; 256] = {
    let mut class = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        let this = byte as u8;
        if this.is_ascii_alphabetic() || this == b'_' || this == b'@' {
            class[byte] = KEY | KEY_START;
        } else if this.is_ascii_digit() || matches!(this, b'.' | b'-' | b'/') {
            class[byte] = KEY;
        } else if matches!(this, b' ' | b'\t' | b'\n' | b'\r' | b',' | b';' | b'|' | b'(' | b'[' | b'{') {
            class[byte] = BOUNDARY;
        }
        if matches!(this, b' ' | b'\t' | b'\n' | b'\r' | b',' | b';' | b'|') {
            class[byte] |= STOP;
        }
        byte += 1;
    }
    class
};

#[inline]
fn is(byte: u8, class: u8) -> bool {
    CLASS[usize::from(byte)] & class != 0
}

impl KeyValueFields {
    /// Puts the pairs of a text into the current row; every value is text, as it was written. Returns whether
    /// there were any.
    pub fn extract(&mut self, text: &str, rows: &mut BatchBuilder) -> bool {
        if !self.find(text) {
            return false;
        }
        for pair in &self.pairs {
            // Both ends of keys and values are next to ASCII bytes, and so boundaries of characters.
            let key = &text[pair.key_start as usize..pair.key_end as usize];
            let value = &text[pair.value_start as usize..pair.value_end as usize];
            if !pair.escaped {
                rows.field(key, &Value::Text(value));
                continue;
            }
            unescape(value, &mut self.unescaped);
            rows.field(key, &Value::Text(&self.unescaped));
        }
        true
    }

    /// Finds the pairs; `false` where there are not enough to believe in them.
    fn find(&mut self, text: &str) -> bool {
        self.pairs.clear();
        let bytes = text.as_bytes();
        // Positions are kept in 32 bits; no message is near that.
        if u32::try_from(bytes.len()).is_err() {
            return false;
        }
        let mut separator = None;
        let mut with_value = 0;
        let mut whole = false;
        let mut from = 0;
        while self.pairs.len() < KEY_VALUE_PAIRS_MAX {
            let Some(found) = memchr::memchr(b'=', &bytes[from..]) else { break };
            let equals = from + found;
            let Some((key_start, key_end, outer_start)) = key_before(bytes, equals, from, separator) else {
                from = equals + 1;
                continue;
            };
            let Some(value) = value_after(bytes, equals + 1, outer_start, &mut separator) else {
                from = equals + 1;
                continue;
            };
            self.pairs.push(Pair {
                key_start: key_start as u32,
                key_end: key_end as u32,
                value_start: value.start as u32,
                value_end: value.end as u32,
                escaped: value.escaped,
            });
            with_value += usize::from(value.end > value.start);
            whole = outer_start == 0 && bytes[value.after..].trim_ascii().is_empty();
            from = value.after;
        }
        with_value >= 2 || (with_value == 1 && whole)
    }
}

/// The key that ends at an equals sign: its start and end, and where the pair begins with the key's quotes.
fn key_before(
    bytes: &[u8],
    equals: usize,
    from: usize,
    separator: Option<u8>,
) -> Option<(usize, usize, usize)> {
    // `==`, `=>` and `=~` compare; they do not assign.
    if matches!(bytes.get(equals + 1), Some(b'=' | b'>' | b'~')) {
        return None;
    }
    let quoted = equals > from && bytes[equals - 1] == b'"';
    let end = equals - usize::from(quoted);
    let mut start = end;
    while start > from && is(bytes[start - 1], KEY) && end - start <= KEY_BYTES_MAX {
        start -= 1;
    }
    if start == end || end - start > KEY_BYTES_MAX || !is(bytes[start], KEY_START) {
        return None;
    }
    let mut outer_start = start;
    if quoted {
        if start == from || bytes[start - 1] != b'"' {
            return None;
        }
        outer_start -= 1;
    }
    let stands_alone = match (outer_start, separator) {
        (0, _) => true,
        // Inside a text that is told apart by `|` or the like, spaces belong to values.
        (_, Some(separator)) => bytes[..outer_start].trim_ascii_end().last() == Some(&separator),
        (_, None) => is(bytes[outer_start - 1], BOUNDARY),
    };
    stands_alone.then_some((start, end, outer_start))
}

/// A value in the text, and where the search goes on.
struct Found {
    start: usize,
    end: usize,
    after: usize,
    escaped: bool,
}

/// The value behind an equals sign, `None` where it is none after all.
fn value_after(bytes: &[u8], start: usize, pair_start: usize, separator: &mut Option<u8>) -> Option<Found> {
    if let Some(quote @ (b'"' | b'\'')) = bytes.get(start)
        && let Some(found) = quoted_value(bytes, start, *quote)
    {
        if pair_start == 0 {
            *separator = separator_after(bytes, found.after);
        }
        return Some(found);
    }
    if pair_start == 0 {
        *separator = separator_after(bytes, start);
    }
    let Some(separator) = *separator else {
        return Some(trimmed(bytes, start, bare_end(bytes, start), pair_start));
    };
    let end = separated_end(bytes, start, separator);
    let kept = bytes[start..end].trim_ascii_end().len();
    Some(Found { start, end: start + kept, after: end, escaped: false })
}

/// A value in quotes that are closed, and behind which something else begins.
fn quoted_value(bytes: &[u8], start: usize, quote: u8) -> Option<Found> {
    let mut at = start + 1;
    let mut escaped = false;
    loop {
        at += memchr::memchr2(quote, b'\\', bytes.get(at..)?)?;
        if bytes[at] == quote {
            break;
        }
        escaped = true;
        at += 2;
    }
    let next = bytes.get(at + 1);
    let ends = next.is_none_or(|next| !next.is_ascii_alphanumeric() && *next != quote);
    ends.then_some(Found { start: start + 1, end: at, after: at + 1, escaped })
}

/// Where a value without quotes ends: at a space, or at a separator with a key behind it.
fn bare_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let Some(found) = bytes[at..].iter().position(|byte| is(*byte, STOP)) else { return bytes.len() };
        at += found;
        let is_separator = matches!(bytes[at], b',' | b';' | b'|');
        if !is_separator || key_follows(bytes, at + 1) {
            return at;
        }
        at += 1;
    }
}

/// The separator that holds for the whole text: `,`, `;` or `|` with a key right behind it, before any space that
/// has one behind it.
fn separator_after(bytes: &[u8], start: usize) -> Option<u8> {
    let mut at = start;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| is(*byte, STOP))?;
        if key_at(bytes, at + 1) {
            return Some(bytes[at]).filter(|byte| matches!(byte, b',' | b';' | b'|'));
        }
        at += 1;
    }
}

/// Where a value ends in a text with separators: at the next one that has a key behind it, or at the end.
fn separated_end(bytes: &[u8], start: usize, separator: u8) -> usize {
    let separators = memchr::memchr_iter(separator, &bytes[start..]);
    // A comma may belong to the value; the other two are taken at their word.
    let mut ends = separators.map(|found| start + found);
    ends.find(|at| separator != b',' || key_at(bytes, at + 1)).unwrap_or(bytes.len())
}

/// Whether `key=` stands at the position, behind one space at most.
fn key_follows(bytes: &[u8], at: usize) -> bool {
    key_at(bytes, at + usize::from(bytes.get(at) == Some(&b' ')))
}

/// Whether `key=` or `"key"=` stands at the position.
fn key_at(bytes: &[u8], at: usize) -> bool {
    let at = at + usize::from(bytes.get(at) == Some(&b'"'));
    if !bytes.get(at).is_some_and(|byte| is(*byte, KEY_START)) {
        return false;
    }
    let key_bytes = bytes[at..].iter().take(KEY_BYTES_MAX + 1).take_while(|byte| is(**byte, KEY)).count();
    let at = at + key_bytes;
    bytes.get(at) == Some(&b'=') || (bytes.get(at) == Some(&b'"') && bytes.get(at + 1) == Some(&b'='))
}

/// A bare value without the punctuation that belongs to the sentence: a comma or semicolon at its end, and the
/// bracket that was opened before its key.
fn trimmed(bytes: &[u8], start: usize, end: usize, pair_start: usize) -> Found {
    let mut kept = end;
    while kept > start && matches!(bytes[kept - 1], b',' | b';') {
        kept -= 1;
    }
    let opened = pair_start.checked_sub(1).map(|before| bytes[before]);
    let closing = match opened {
        Some(b'(') => Some(b')'),
        Some(b'[') => Some(b']'),
        Some(b'{') => Some(b'}'),
        _ => None,
    };
    if kept > start && closing == Some(bytes[kept - 1]) {
        kept -= 1;
    }
    Found { start, end: kept, after: end, escaped: false }
}

/// Takes the backslash from before a quote or a backslash; any other stays.
fn unescape(value: &str, out: &mut String) {
    out.clear();
    let mut rest = value;
    while let Some(found) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..found]);
        rest = &rest[found + 1..];
        match rest.as_bytes().first() {
            Some(b'"' | b'\'' | b'\\') => {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
            _ => out.push('\\'),
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let mut fields = KeyValueFields::default();
        if !fields.find(text) {
            return Vec::new();
        }
        let cut = |start: u32, end: u32| text[start as usize..end as usize].to_owned();
        fields
            .pairs
            .iter()
            .map(|pair| (cut(pair.key_start, pair.key_end), cut(pair.value_start, pair.value_end)))
            .collect()
    }

    fn assert_pairs(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> =
            expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        assert_eq!(pairs(text), expected, "{text}");
    }

    #[test]
    fn pairs_among_words() {
        assert_pairs(
            "src=10.0.0.1 dst=192.0.2.7 bytes=07",
            &[("src", "10.0.0.1"), ("dst", "192.0.2.7"), ("bytes", "07")],
        );
        assert_pairs("denied; uid=0 euid= (tty=ssh) at host", &[("uid", "0"), ("euid", ""), ("tty", "ssh")]);
        assert_pairs(
            "to=<a@b.c>, delay=00:00:01, stat=Sent (ok)",
            &[("to", "<a@b.c>"), ("delay", "00:00:01"), ("stat", "Sent")],
        );
        assert_pairs("ips=1,2,3 n=4", &[("ips", "1,2,3"), ("n", "4")]);
        assert_pairs("url=http://h/?a=1&b=2 status=200", &[("url", "http://h/?a=1&b=2"), ("status", "200")]);
    }

    #[test]
    fn values_in_quotes() {
        assert_pairs(r#"msg="two words" user='o brien'"#, &[("msg", "two words"), ("user", "o brien")]);
        assert_pairs(r#"a="say \"hi\"" b="\\""#, &[("a", r#"say \"hi\""#), ("b", r"\\")]);
        assert_pairs(r#"x,"apMac"="54:EC","model"="R 610""#, &[("apMac", "54:EC"), ("model", "R 610")]);
        assert_pairs(r#"a="not closed b=1"#, &[("a", "\"not"), ("b", "1")]);
        let mut text = String::new();
        unescape(r#"say \"hi\" C:\\x \n"#, &mut text);
        assert_eq!(text, r#"say "hi" C:\x \n"#);
    }

    #[test]
    fn a_separator_behind_the_first_pair_holds_for_all() {
        assert_pairs(
            "product=Check Point GO|action=Accept|n=1",
            &[("product", "Check Point GO"), ("action", "Accept"), ("n", "1")],
        );
        assert_pairs(
            "event=logout;who=unknown (a) using password;ip=::1",
            &[("event", "logout"), ("who", "unknown (a) using password"), ("ip", "::1")],
        );
        assert_pairs("a=1,b=x, y,c=3", &[("a", "1"), ("b", "x, y"), ("c", "3")]);
    }

    #[test]
    fn one_pair_counts_only_when_it_is_all() {
        assert_pairs("state=up", &[("state", "up")]);
        assert_pairs(" state=up ", &[]);
        for text in [
            "",
            "x = y and z = w",
            "the ratio a=1 is odd",
            "a==b c!=d e=>f",
            "1=2 3=4",
            "dGVzdA== QUJDRA=",
            "=a =b",
            "/?a=1&b=2",
        ] {
            assert_pairs(text, &[]);
        }
    }
}
