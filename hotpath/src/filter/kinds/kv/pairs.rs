//! The pairs of a text.

use std::borrow::Cow;

use crate::decode::text::{closing_quote, quoted_escape, unescape};

/// How pairs are told apart.
#[derive(Debug)]
pub(super) struct Splitting {
    /// Between two pairs. Not empty.
    pub(super) field_split: String,
    /// Between a key and its value. Not empty, and without the text between pairs in it.
    pub(super) value_split: String,
    pub(super) trim_key: Vec<char>,
    pub(super) trim_value: Vec<char>,
}

/// Goes through the keys and values of a text, those that have both.
#[derive(Debug)]
pub(super) struct Pairs<'a> {
    splitting: &'a Splitting,
    rest: &'a str,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(splitting: &'a Splitting, text: &'a str) -> Self {
        Self { splitting, rest: text }
    }

    /// Takes away the next piece between two separators, and all of it where it has a value in quotes.
    fn next_piece(&mut self) -> Option<Piece<'a>> {
        let Splitting { field_split, value_split, .. } = self.splitting;
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find(field_split.as_str()).unwrap_or(self.rest.len());
        let (piece, behind) = self.rest.split_at(end);
        let behind = behind.strip_prefix(field_split.as_str()).unwrap_or(behind);
        let Some((key, value)) = piece.split_once(value_split.as_str()) else {
            self.rest = behind;
            return Some(Piece { key: piece, value: None });
        };
        // A value in quotes may go on behind the separator that ended the piece.
        let value_start = key.len() + value_split.len();
        let after_equals = self.rest.get(value_start..).unwrap_or_default();
        if let Some((quoted, after)) = self.quoted(after_equals) {
            self.rest = after;
            return Some(Piece { key, value: Some(Written::Quoted(quoted)) });
        }
        self.rest = behind;
        Some(Piece { key, value: Some(Written::Bare(value)) })
    }

    /// A value in quotes that are closed, and stand right before a separator or the end; and what follows.
    fn quoted(&self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let quote = *text.as_bytes().first().filter(|byte| matches!(byte, b'"' | b'\''))?;
        let inner = text.get(1..)?;
        let end = closing_quote(inner, quote)?;
        let after = inner.get(end + 1..)?;
        if after.is_empty() {
            return Some((&inner[..end], after));
        }
        let after = after.strip_prefix(self.splitting.field_split.as_str())?;
        Some((&inner[..end], after))
    }
}

struct Piece<'a> {
    key: &'a str,
    value: Option<Written<'a>>,
}

enum Written<'a> {
    Bare(&'a str),
    /// Without its quotes, with its escapes.
    Quoted(&'a str),
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let piece = self.next_piece()?;
            let Some(value) = piece.value else { continue };
            let key = piece.key.trim().trim_matches(self.splitting.trim_key.as_slice());
            if key.is_empty() {
                continue;
            }
            let value = match value {
                Written::Quoted(text) => unescaped(text),
                Written::Bare(text) => match text.trim_matches(self.splitting.trim_value.as_slice()) {
                    "" => continue,
                    text => Cow::Borrowed(text),
                },
            };
            return Some((key, value));
        }
    }
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut memory = String::new();
    unescape(text, quoted_escape, &mut memory);
    Cow::Owned(memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(field_split: &str, value_split: &str, text: &str) -> String {
        let splitting = Splitting {
            field_split: field_split.to_owned(),
            value_split: value_split.to_owned(),
            trim_key: vec!['<'],
            trim_value: vec![',', '>'],
        };
        let pairs = Pairs::new(&splitting, text);
        pairs.map(|(key, value)| format!("{key}→{value}")).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn pairs_are_told_apart_by_their_separators() {
        assert_eq!(pairs(" ", "=", "a=1  b=2 c"), "a→1|b→2");
        assert_eq!(pairs("&", "=", "a=1=2&b=&=3&c= x "), "a→1=2|c→ x ");
        assert_eq!(pairs("; ", ": ", "a: 1; b: 2;c: 3"), "a→1|b→2;c: 3");
        assert_eq!(pairs(" ", "=", "<é=ü, b=<2>"), "é→ü|b→<2");
        assert_eq!(pairs(" ", "=", ""), "");
    }

    #[test]
    fn values_in_quotes_may_have_everything_in_them() {
        assert_eq!(pairs(" ", "=", r#"a="x y=z" b='it is' c="""#), "a→x y=z|b→it is|c→");
        assert_eq!(pairs(",", "=", r#"a="say \"hi\", \\",b=1"#), r#"a→say "hi", \|b→1"#);
        // What is not closed, or not followed by a separator, is no quote.
        assert_eq!(pairs(" ", "=", r#"a="x b=1"#), "a→\"x|b→1");
        assert_eq!(pairs(" ", "=", r#"a="x"y b='"#), "a→\"x\"y|b→'");
    }
}
