//! key=value pairs in a message's text.
//!
//! A key is a word of ASCII letters, digits and `_ . - @ /` that begins with a letter, `_` or `@`, stands at the
//! beginning or behind a space, a separator or an opening bracket, and touches its `=`. A value is in quotes, or
//! goes on to the next space. There must be two pairs with a value, or one that is the whole text; otherwise
//! nothing is taken, so that a stray `=` in prose makes no column.

use super::marks::Marks;
use crate::batch::{BatchBuilder, Value};
use crate::decode::byte_masks::is_key_byte;
use crate::decode::byte_set::ByteSet;
use crate::decode::text::{itself, unescape};
use crate::limits::{KEY_BYTES_MAX, KEY_VALUE_PAIRS_MAX};

/// What stands for itself behind a backslash in quotes.
const ESCAPED: &[u8] = b"\"'\\";

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
    marks: Marks,
    pairs: Vec<Pair>,
    unescaped: String,
}

/// What a key may begin with.
static KEY_START: ByteSet = ByteSet::of(b"_@").with_range(b'A', b'Z').with_range(b'a', b'z');
static SPACE: ByteSet = ByteSet::of(b" \t\n\r");
static SEPARATOR: ByteSet = ByteSet::of(b",;|");
/// What a key may stand right behind.
static BOUNDARY: ByteSet = ByteSet::of(b" \t\n\r,;|([{");

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
            let value =
                if pair.escaped { unescape(value, itself(ESCAPED), &mut self.unescaped) } else { value };
            rows.field(key, &Value::Text(value));
        }
        true
    }

    /// Finds the pairs; `false` where there are not enough to believe in them.
    fn find(&mut self, text: &str) -> bool {
        self.pairs.clear();
        let bytes = text.as_bytes();
        if memchr::memchr(b'=', bytes).is_none() {
            return false;
        }
        // Positions are kept in 32 bits; no message is near that.
        if u32::try_from(bytes.len()).is_err() {
            return false;
        }
        self.marks.read(bytes);
        let text = Text { bytes, marks: &self.marks };
        let mut separator = None;
        let mut with_value = 0;
        let mut whole = false;
        let mut from = 0;
        while self.pairs.len() < KEY_VALUE_PAIRS_MAX {
            let Some(equals) = text.marks.next_equals(from) else { break };
            if separator.is_none()
                && let Some(pair) = text.plain_pair(equals, from)
            {
                from = pair.value_end as usize;
                self.pairs.push(pair);
                with_value += 1;
                whole = false;
                continue;
            }
            let Some((key_start, key_end, outer_start)) = text.key_before(equals, from, separator) else {
                from = equals + 1;
                continue;
            };
            let Some(value) = text.value_after(equals + 1, outer_start, &mut separator) else {
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

/// A text that pairs are looked for in.
#[derive(Clone, Copy)]
struct Text<'a> {
    bytes: &'a [u8],
    marks: &'a Marks,
}

/// A value in the text, and where the search goes on.
struct Found {
    start: usize,
    end: usize,
    after: usize,
    escaped: bool,
}

impl Text<'_> {
    /// The pair that most are: a key behind a space or the like, not at the beginning of the text, and a value of
    /// nothing but the bytes of keys before a space or the end. What [`Text::key_before`] and
    /// [`Text::value_after`] find too, with fewer looks.
    #[inline]
    fn plain_pair(self, equals: usize, from: usize) -> Option<Pair> {
        let start = equals - self.marks.key_bytes_before(equals);
        if start <= from || equals - start >= KEY_BYTES_MAX {
            return None;
        }
        let end = self.marks.next_not_key(equals + 1);
        let stands_alone = BOUNDARY.has(self.bytes[start - 1]) && KEY_START.has(self.bytes[start]);
        let ends = end > equals + 1 && self.bytes.get(end).is_none_or(|byte| SPACE.has(*byte));
        (stands_alone && ends).then_some(Pair {
            key_start: start as u32,
            key_end: equals as u32,
            value_start: equals as u32 + 1,
            value_end: end as u32,
            escaped: false,
        })
    }

    /// The key that ends at an equals sign: its start and end, and where the pair begins with the key's quotes.
    #[inline]
    fn key_before(self, equals: usize, from: usize, separator: Option<u8>) -> Option<(usize, usize, usize)> {
        let bytes = self.bytes;
        // `==`, `=>` and `=~` compare; they do not assign.
        if matches!(bytes.get(equals + 1), Some(b'=' | b'>' | b'~')) {
            return None;
        }
        let quoted = equals > from && bytes[equals - 1] == b'"';
        let end = equals - usize::from(quoted);
        let start = end - self.marks.key_bytes_before(end).min(end - from);
        if start == end || !KEY_START.has(bytes[start]) {
            return None;
        }
        let is_too_long = end - start == KEY_BYTES_MAX && start > from && is_key_byte(bytes[start - 1]);
        if is_too_long {
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
            (_, None) => BOUNDARY.has(bytes[outer_start - 1]),
        };
        stands_alone.then_some((start, end, outer_start))
    }

    /// The value behind an equals sign, `None` where it is none after all.
    #[inline]
    fn value_after(self, start: usize, pair_start: usize, separator: &mut Option<u8>) -> Option<Found> {
        if let Some(quote @ (b'"' | b'\'')) = self.bytes.get(start)
            && let Some(found) = quoted_value(self.bytes, start, *quote)
        {
            if pair_start == 0 {
                *separator = self.separator_after(found.after);
            }
            return Some(found);
        }
        if pair_start == 0 {
            *separator = self.separator_after(start);
        }
        let Some(separator) = *separator else {
            return Some(trimmed(self.bytes, start, self.bare_end(start), pair_start));
        };
        let end = self.separated_end(start, separator);
        let kept = self.bytes[start..end].trim_ascii_end().len();
        Some(Found { start, end: start + kept, after: end, escaped: false })
    }

    /// Where a value without quotes ends: at a space, or at a separator with a key behind it.
    #[inline]
    fn bare_end(self, start: usize) -> usize {
        let mut at = start;
        loop {
            at = self.marks.next_not_key(at);
            let Some(byte) = self.bytes.get(at) else { return self.bytes.len() };
            if SPACE.has(*byte) || (SEPARATOR.has(*byte) && self.key_follows(at + 1)) {
                return at;
            }
            at += 1;
        }
    }

    /// The separator that holds for the whole text: `,`, `;` or `|` with a key right behind it, before any space
    /// that has one behind it.
    fn separator_after(self, start: usize) -> Option<u8> {
        let mut at = start;
        loop {
            at = self.marks.next_not_key(at);
            let byte = *self.bytes.get(at)?;
            if (SPACE.has(byte) || SEPARATOR.has(byte)) && self.key_at(at + 1) {
                return Some(byte).filter(|byte| SEPARATOR.has(*byte));
            }
            at += 1;
        }
    }

    /// Where a value ends in a text with separators: at the next one that has a key behind it, or at the end.
    fn separated_end(self, start: usize, separator: u8) -> usize {
        let separators = memchr::memchr_iter(separator, &self.bytes[start..]);
        // A comma may belong to the value; the other two are taken at their word.
        let mut ends = separators.map(|found| start + found);
        ends.find(|at| separator != b',' || self.key_at(at + 1)).unwrap_or(self.bytes.len())
    }

    /// Whether `key=` stands at the position, behind one space at most.
    fn key_follows(self, at: usize) -> bool {
        self.key_at(at + usize::from(self.bytes.get(at) == Some(&b' ')))
    }

    /// Whether `key=` or `"key"=` stands at the position.
    fn key_at(self, at: usize) -> bool {
        let at = at + usize::from(self.bytes.get(at) == Some(&b'"'));
        if !self.bytes.get(at).is_some_and(|byte| KEY_START.has(*byte)) {
            return false;
        }
        let end = self.marks.next_not_key(at);
        if end - at > KEY_BYTES_MAX + 1 {
            return false;
        }
        matches!(self.bytes.get(end..).unwrap_or_default(), [b'=', ..] | [b'"', b'=', ..])
    }
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
        assert_eq!(unescape(r#"say \"hi\" C:\\x \n"#, itself(ESCAPED), &mut text), r#"say "hi" C:\x \n"#);
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
