//! From tokens to the tree of a condition: `or` binds loosest, then `and`, then `not`.

use super::error::ConditionError;
use super::expression::{Comparison, Expression};
use super::lexer::{Token, TokenKind, tokens_of};
use super::literal::Literal;
use super::membership::ItemSet;
use super::text::{Pattern, Substring};
use crate::filter::columns::FieldName;
use crate::filter::limits::{MAX_CONDITION_BYTES, MAX_CONDITION_DEPTH, MAX_LIST_ITEMS};

const KEYWORDS: [&str; 10] =
    ["and", "or", "not", "in", "contains", "matches", "exists", "true", "false", "null"];

const OPERATORS: &str = "==, !=, <, <=, >, >=, in, contains, matches or exists";

/// Whether `word` has a meaning of its own; as a field name it needs back quotes. Keywords may be written in capitals.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// Reads a condition.
pub(super) fn parse(text: &str) -> Result<Expression, ConditionError> {
    if text.len() > MAX_CONDITION_BYTES {
        let message =
            format!("the condition has {} bytes, at most {MAX_CONDITION_BYTES} are taken", text.len());
        return Err(ConditionError::at(text, 0, message));
    }
    let mut parser = Parser { text, tokens: tokens_of(text)?, next: 0, depth: 0 };
    let expression = parser.or_expression()?;
    if parser.peek() == &TokenKind::End {
        return Ok(expression);
    }
    parser.error_here("expected `and`, `or` or the end of the condition")
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &TokenKind {
        self.tokens.get(self.next).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.next).map_or(self.text.len(), |token| token.offset)
    }

    fn take(&mut self) -> TokenKind {
        let kind = self.peek().clone();
        self.next += 1;
        kind
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let is_next = matches!(self.peek(), TokenKind::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.next += usize::from(is_next);
        is_next
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.peek(), TokenKind::Symbol(next) if *next == symbol);
        self.next += usize::from(is_next);
        is_next
    }

    fn error<T>(&self, offset: usize, message: impl Into<String>) -> Result<T, ConditionError> {
        Err(ConditionError::at(self.text, offset, message))
    }

    /// An error at the next token that says what stands there.
    fn error_here<T>(&self, expected: &str) -> Result<T, ConditionError> {
        let found = match self.peek() {
            TokenKind::Word(word) => format!("`{word}`"),
            TokenKind::QuotedName(name) => format!("the field `{name}`"),
            TokenKind::Text(_) => "a text".to_owned(),
            TokenKind::Number(number) => format!("the number {number}"),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
            TokenKind::End => "the end of the condition".to_owned(),
        };
        self.error(self.offset(), format!("{expected}, found {found}"))
    }

    fn enter(&mut self, offset: usize) -> Result<(), ConditionError> {
        self.depth += 1;
        if self.depth > MAX_CONDITION_DEPTH {
            let message =
                format!("parentheses and `not` stand deeper in one another than {MAX_CONDITION_DEPTH}");
            return self.error(offset, message);
        }
        Ok(())
    }

    fn or_expression(&mut self) -> Result<Expression, ConditionError> {
        let first = self.and_expression()?;
        let mut parts = vec![first];
        while self.take_keyword("or") {
            parts.push(self.and_expression()?);
        }
        Ok(Expression::any_of(parts))
    }

    fn and_expression(&mut self) -> Result<Expression, ConditionError> {
        let first = self.not_expression()?;
        if !self.take_keyword("and") {
            return Ok(first);
        }
        let mut parts = vec![first, self.not_expression()?];
        while self.take_keyword("and") {
            parts.push(self.not_expression()?);
        }
        Ok(Expression::And(parts))
    }

    fn not_expression(&mut self) -> Result<Expression, ConditionError> {
        let offset = self.offset();
        if !self.take_keyword("not") {
            return self.primary();
        }
        self.enter(offset)?;
        let inner = self.not_expression()?;
        self.depth -= 1;
        Ok(Expression::Not(Box::new(inner)))
    }

    fn primary(&mut self) -> Result<Expression, ConditionError> {
        let offset = self.offset();
        if self.take_symbol("(") {
            self.enter(offset)?;
            let inner = self.or_expression()?;
            self.depth -= 1;
            if !self.take_symbol(")") {
                return self.error_here("expected `)`");
            }
            return Ok(inner);
        }
        if self.take_keyword("exists") {
            return self.exists_before_field();
        }
        let field = self.field()?;
        self.test_of(field)
    }

    fn exists_before_field(&mut self) -> Result<Expression, ConditionError> {
        let has_parenthesis = self.take_symbol("(");
        let field = self.field()?;
        if has_parenthesis && !self.take_symbol(")") {
            return self.error_here("expected `)`");
        }
        Ok(Expression::Exists { field })
    }

    fn field(&mut self) -> Result<FieldName, ConditionError> {
        match self.peek() {
            TokenKind::Word(word) if is_keyword(word) => {
                let expected =
                    format!("expected a field name; a field that is called `{word}` needs back quotes");
                self.error_here(&expected)
            }
            TokenKind::Word(name) | TokenKind::QuotedName(name) => {
                let field = FieldName::new(name);
                self.next += 1;
                Ok(field)
            }
            TokenKind::Text(_) | TokenKind::Number(_) => {
                self.error_here("expected a field name: the field stands on the left, the value on the right")
            }
            _ => self.error_here("expected a field name, `not` or `(`"),
        }
    }

    /// What is asked of `field`.
    fn test_of(&mut self, field: FieldName) -> Result<Expression, ConditionError> {
        if let TokenKind::Symbol(symbol) = self.peek()
            && let Some(comparison) = Comparison::from_symbol(symbol)
        {
            self.next += 1;
            return self.comparison(field, comparison);
        }
        let is_negated = self.take_keyword("not");
        let Some(test) = self.word_test(field)? else {
            let expected = if is_negated { "in, contains, matches or exists" } else { OPERATORS };
            return self.error_here(&format!("expected {expected} after the field name"));
        };
        Ok(if is_negated { Expression::Not(Box::new(test)) } else { test })
    }

    fn word_test(&mut self, field: FieldName) -> Result<Option<Expression>, ConditionError> {
        if self.take_keyword("exists") {
            return Ok(Some(Expression::Exists { field }));
        }
        if self.take_keyword("contains") {
            let offset = self.offset();
            let value = self.literal()?;
            return match Substring::new(value) {
                Ok(part) => Ok(Some(Expression::Contains { field, part })),
                Err(reason) => self.error(offset, reason),
            };
        }
        if self.take_keyword("matches") {
            return self.pattern(field).map(Some);
        }
        if self.take_keyword("in") {
            return self.items(field).map(Some);
        }
        Ok(None)
    }

    fn pattern(&mut self, field: FieldName) -> Result<Expression, ConditionError> {
        let offset = self.offset();
        let Literal::Text(text) = self.literal()? else {
            return self.error(offset, "after `matches` stands a regular expression in quotes");
        };
        match Pattern::new(&text) {
            Ok(pattern) => Ok(Expression::Matches { field, pattern }),
            Err(reason) => self.error(offset, reason),
        }
    }

    fn comparison(&mut self, field: FieldName, comparison: Comparison) -> Result<Expression, ConditionError> {
        let offset = self.offset();
        let value = self.literal()?;
        if comparison.is_ordering() && matches!(value, Literal::Null | Literal::Boolean(_)) {
            return self.error(offset, format!("{value} has no order: compare it with == or !="));
        }
        Ok(Expression::Compare { field, comparison, value })
    }

    fn items(&mut self, field: FieldName) -> Result<Expression, ConditionError> {
        let offset = self.offset();
        let closing = match self.peek() {
            TokenKind::Symbol("(") => ")",
            TokenKind::Symbol("[") => "]",
            _ => {
                let only = self.literal()?;
                return self.item_set(field, vec![only], &[offset]);
            }
        };
        self.next += 1;
        let mut literals = Vec::new();
        let mut offsets = Vec::new();
        while !self.take_symbol(closing) {
            if literals.len() == MAX_LIST_ITEMS {
                return self.error(self.offset(), format!("a list has at most {MAX_LIST_ITEMS} items"));
            }
            offsets.push(self.offset());
            literals.push(self.literal()?);
            if !self.take_symbol(",") && !matches!(self.peek(), TokenKind::Symbol(next) if *next == closing) {
                return self.error_here(&format!("expected `,` or `{closing}`"));
            }
        }
        if literals.is_empty() {
            return self.error(offset, "the list is empty");
        }
        self.item_set(field, literals, &offsets)
    }

    fn item_set(
        &self,
        field: FieldName,
        literals: Vec<Literal>,
        offsets: &[usize],
    ) -> Result<Expression, ConditionError> {
        match ItemSet::new(literals) {
            Ok(items) => Ok(Expression::In { field, items }),
            Err(error) => self.error(offsets.get(error.index).copied().unwrap_or(0), error.reason),
        }
    }

    fn literal(&mut self) -> Result<Literal, ConditionError> {
        let literal = match self.peek() {
            TokenKind::Text(text) => Literal::Text(text.clone()),
            TokenKind::Number(number) => Literal::Number(*number),
            TokenKind::Word(word) if word.eq_ignore_ascii_case("true") => Literal::Boolean(true),
            TokenKind::Word(word) if word.eq_ignore_ascii_case("false") => Literal::Boolean(false),
            TokenKind::Word(word) if word.eq_ignore_ascii_case("null") => Literal::Null,
            TokenKind::Word(word) if !is_keyword(word) => {
                let message = format!(
                    "expected a value, found `{word}`: a text stands in quotes, '{word}'; two fields are not compared"
                );
                return self.error(self.offset(), message);
            }
            _ => return self.error_here("expected a text in quotes, a number, true, false or null"),
        };
        self.take();
        Ok(literal)
    }
}
