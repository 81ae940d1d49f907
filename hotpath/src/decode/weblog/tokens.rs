//! A line as words, texts in quotes, and texts in brackets.

/// What is left of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens<'a> {
    pub(super) rest: &'a str,
}

/// A word, or a text that stood in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Word(&'a str),
    Quoted(&'a str),
    /// A text whose quotes do not end.
    Open(&'a str),
}

impl<'a> Token<'a> {
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Word(text) | Self::Quoted(text) | Self::Open(text) => text,
        }
    }
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.trim_ascii_start() }
    }

    /// The next word, whatever quotes it has.
    pub(super) fn word(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find(' ').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_ascii_start();
        Some(word)
    }

    /// The next word, or text in quotes.
    pub(super) fn token(&mut self) -> Option<Token<'a>> {
        let Some(inner) = self.rest.strip_prefix('"') else { return self.word().map(Token::Word) };
        match closing_quote(inner) {
            Some(end) => {
                self.rest = inner.get(end + 1..).unwrap_or("").trim_ascii_start();
                Some(Token::Quoted(&inner[..end]))
            }
            None => {
                self.rest = "";
                Some(Token::Open(inner))
            }
        }
    }

    /// The text in brackets that comes next.
    pub(super) fn bracketed(&mut self) -> Option<&'a str> {
        let inner = self.rest.strip_prefix('[')?;
        let end = memchr::memchr(b']', inner.as_bytes())?;
        self.rest = inner.get(end + 1..).unwrap_or("").trim_ascii_start();
        inner.get(..end)
    }

    /// Whether a text in quotes comes next.
    pub(super) fn is_quoted(&self) -> bool {
        self.rest.starts_with('"')
    }
}

/// Where a text in quotes ends: at a quote without a backslash before a space or the end of the line. Some servers put
/// no backslash before the quotes of a client; one that is followed by something else does not end the text.
fn closing_quote(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut first = None;
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..)?) {
        at += found;
        if bytes[at] == b'\\' {
            at += 2;
            continue;
        }
        if matches!(bytes.get(at + 1), None | Some(b' ' | b'\t' | b',')) {
            return Some(at);
        }
        first = first.or(Some(at));
        at += 1;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_texts_in_quotes() {
        let mut tokens = Tokens::new(r#" a  "b c" "d \"e\" f" "" "g"h" [i j] "k"#);
        assert_eq!(tokens.token(), Some(Token::Word("a")));
        assert_eq!(tokens.token(), Some(Token::Quoted("b c")));
        assert_eq!(tokens.token(), Some(Token::Quoted(r#"d \"e\" f"#)));
        assert_eq!(tokens.token(), Some(Token::Quoted("")));
        assert_eq!(tokens.token(), Some(Token::Quoted(r#"g"h"#)));
        assert_eq!(tokens.bracketed(), Some("i j"));
        assert_eq!(tokens.token(), Some(Token::Open("k")));
        assert_eq!(tokens.token(), None);
        assert_eq!(Tokens::new(r#""a\"#).token(), Some(Token::Open(r"a\")));
        assert_eq!(Tokens::new("[a").bracketed(), None);
    }
}
