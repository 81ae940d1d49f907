//! A condition's text, cut into tokens.

use super::error::ConditionError;
use super::literal::Number;
use crate::filter::limits::MAX_FIELD_NAME_BYTES;

/// One token and the byte where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) offset: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A bare word: a keyword or a field name.
    Word(String),
    /// A field name in back quotes.
    QuotedName(String),
    /// A text in single or double quotes, its escapes resolved.
    Text(String),
    /// A number.
    Number(Number),
    /// An operator, a parenthesis, a bracket or a comma.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

const SYMBOLS: [&str; 11] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ","];

/// What people write who come from another language, and what it is called here.
const FOREIGN_SYMBOLS: [(&str, &str); 6] =
    [("=~", "matches"), ("=", "=="), ("<>", "!="), ("&&", "and"), ("||", "or"), ("!", "not")];

/// Whether `character` may start a bare field name.
pub(super) fn starts_word(character: char) -> bool {
    character.is_ascii_alphabetic() || matches!(character, '_' | '@')
}

/// Whether `character` may stand in a bare field name after its start.
pub(super) fn continues_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '@' | '-')
}

/// Cuts `text` into tokens; the last one is [`TokenKind::End`].
pub(super) fn tokens_of(text: &str) -> Result<Vec<Token>, ConditionError> {
    let mut lexer = Lexer { text, offset: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let offset = lexer.offset;
        let kind = lexer.next_kind()?;
        let is_end = kind == TokenKind::End;
        tokens.push(Token { kind, offset });
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or("")
    }

    fn error<T>(&self, offset: usize, message: impl Into<String>) -> Result<T, ConditionError> {
        Err(ConditionError::at(self.text, offset, message))
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.offset += rest.len() - rest.trim_start().len();
    }

    fn next_kind(&mut self) -> Result<TokenKind, ConditionError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(TokenKind::End);
        };
        if matches!(first, '\'' | '"') {
            return self.text_in_quotes(first);
        }
        if first == '`' {
            return self.name_in_back_quotes();
        }
        if starts_word(first) {
            return self.word();
        }
        if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') {
            return self.number();
        }
        self.symbol(first)
    }

    fn symbol(&mut self, first: char) -> Result<TokenKind, ConditionError> {
        let rest = self.rest();
        let known = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
        let foreign = FOREIGN_SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol));
        // `<>` starts with the known `<`, `!` and `=` start the known `!=` and `==`: the longer one is meant.
        let foreign_length = foreign.map_or(0, |(symbol, _)| symbol.len());
        match (known, foreign) {
            (Some(symbol), _) if symbol.len() >= foreign_length => {
                self.offset += symbol.len();
                Ok(TokenKind::Symbol(symbol))
            }
            (_, Some((symbol, ours))) => {
                self.error(self.offset, format!("`{symbol}` is not known here: write `{ours}`"))
            }
            _ => self.error(self.offset, format!("unexpected character {first:?}")),
        }
    }

    fn word(&mut self) -> Result<TokenKind, ConditionError> {
        let rest = self.rest();
        let length = rest.find(|character| !continues_word(character)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or(rest);
        self.check_name(word)?;
        self.offset += length;
        Ok(TokenKind::Word(word.to_owned()))
    }

    fn check_name(&self, name: &str) -> Result<(), ConditionError> {
        if name.is_empty() {
            return self.error(self.offset, "the field name is empty");
        }
        if name.len() > MAX_FIELD_NAME_BYTES {
            let message =
                format!("the field name has {} bytes, at most {MAX_FIELD_NAME_BYTES} are taken", name.len());
            return self.error(self.offset, message);
        }
        Ok(())
    }

    fn number(&mut self) -> Result<TokenKind, ConditionError> {
        let rest = self.rest();
        let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_');
        let mut length = 0;
        for (position, character) in rest.char_indices() {
            let is_sign = matches!(character, '-' | '+');
            let follows_exponent =
                rest.as_bytes().get(position.wrapping_sub(1)).is_some_and(|byte| matches!(byte, b'e' | b'E'));
            if !is_part(character) && !(is_sign && (position == 0 || follows_exponent)) {
                break;
            }
            length = position + character.len_utf8();
        }
        let written = rest.get(..length).unwrap_or(rest);
        let Some(number) = Number::from_text(written) else {
            let message =
                format!("`{written}` is no number: write an address or another text in quotes, '{written}'");
            return self.error(self.offset, message);
        };
        self.offset += length;
        Ok(TokenKind::Number(number))
    }

    fn name_in_back_quotes(&mut self) -> Result<TokenKind, ConditionError> {
        let start = self.offset;
        let inner = self.rest().get(1..).unwrap_or("");
        let mut name = String::new();
        let mut characters = inner.char_indices().peekable();
        while let Some((position, character)) = characters.next() {
            if character != '`' {
                name.push(character);
                continue;
            }
            if characters.next_if(|(_, next)| *next == '`').is_some() {
                name.push('`');
                continue;
            }
            self.check_name(&name)?;
            self.offset += position + 2;
            return Ok(TokenKind::QuotedName(name));
        }
        self.error(start, "the back quote is not closed")
    }

    fn text_in_quotes(&mut self, quote: char) -> Result<TokenKind, ConditionError> {
        let start = self.offset;
        self.offset += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some(character) = rest.chars().next() else {
                return self.error(start, format!("the text is not closed: {quote} is missing"));
            };
            if character == '\\' {
                self.escape(&mut text)?;
                continue;
            }
            self.offset += character.len_utf8();
            if character == quote {
                return Ok(TokenKind::Text(text));
            }
            text.push(character);
        }
    }

    /// Resolves the escape that starts here. A backslash before any other character stands for itself,
    /// so that regular expressions (`'\d+'`) and Windows paths can be written as they are.
    fn escape(&mut self, text: &mut String) -> Result<(), ConditionError> {
        let start = self.offset;
        let escaped = self.rest().chars().nth(1);
        let resolved = match escaped {
            Some(character @ ('\\' | '\'' | '"')) => character,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode_escape(text, start),
            _ => {
                text.push('\\');
                self.offset += 1;
                return Ok(());
            }
        };
        text.push(resolved);
        self.offset += 2;
        Ok(())
    }

    fn unicode_escape(&mut self, text: &mut String, start: usize) -> Result<(), ConditionError> {
        let digits = self.rest().get(2..6).unwrap_or("");
        let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal);
        let Some(character) = code.and_then(char::from_u32) else {
            return self.error(start, "after `\\u` stand four hexadecimal digits of one character");
        };
        text.push(character);
        self.offset += 6;
        Ok(())
    }
}
