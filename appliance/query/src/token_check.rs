//! What is refused before the parser sees it: texts on which the parser or the planner would take too long or too deep.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::error::{QueryError, QueryErrorKind};
use crate::limits;

/// Operators chain into left-deep trees without nesting, so the parser's own depth limit does not see them.
pub(crate) fn refuse_deep_chains(tokens: &[TokenWithSpan]) -> Result<(), QueryError> {
    let operators = tokens.iter().filter(|token| is_operator(&token.token)).count();
    if operators <= limits::MAX_SQL_OPERATORS {
        return Ok(());
    }
    let message = format!(
        "the statement has {operators} operators, more than the {} allowed",
        limits::MAX_SQL_OPERATORS
    );
    Err(QueryError::new(QueryErrorKind::TooLarge, message)
        .with_suggestion("write many alternatives as `column IN (value, value, ...)`"))
}

fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::XOR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::NOTNULL
                | Keyword::IN
                | Keyword::EXISTS
                | Keyword::LATERAL
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::RLIKE
                | Keyword::REGEXP
                | Keyword::SIMILAR
                | Keyword::BETWEEN
                | Keyword::COLLATE
                | Keyword::AT
                | Keyword::DIV
                | Keyword::OVERLAPS
                | Keyword::MEMBER
                | Keyword::OPERATOR
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::MINUS
                | Keyword::JOIN
                | Keyword::APPLY
                | Keyword::PIVOT
                | Keyword::UNPIVOT
                | Keyword::MATCH_RECOGNIZE
                | Keyword::SELECT
        ),
        Token::Whitespace(_)
        | Token::Comma
        | Token::Period
        | Token::SemiColon
        | Token::LParen
        | Token::RParen
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::EOF => false,
        _ => true,
    }
}

/// The parser takes `CAST(`, `NOT`, `CASE` and their like first as what they look like and, on an error inside, as names:
/// each doubles or triples the time for what it holds, so a text of a hundred bytes could keep it busy for good.
pub(crate) fn refuse_slow_nesting(tokens: &[TokenWithSpan]) -> Result<(), QueryError> {
    let mut nesting = SlowNesting::default();
    let tokens =
        tokens.iter().map(|token| &token.token).filter(|token| !matches!(token, Token::Whitespace(_)));
    for token in tokens {
        nesting.step(token);
        if nesting.depth() > limits::MAX_SLOW_NESTING {
            let message = format!(
                "subqueries and special forms (CAST, CASE, NOT, ...) inside one another go deeper than {}",
                limits::MAX_SLOW_NESTING
            );
            return Err(QueryError::new(QueryErrorKind::TooLarge, message));
        }
    }
    Ok(())
}

/// The special forms that are open at a place in the text.
#[derive(Default)]
struct SlowNesting {
    /// Open forms in each enclosing pair of brackets, outermost first.
    enclosing: Vec<usize>,
    enclosing_sum: usize,
    /// Open forms in the innermost brackets.
    here: usize,
    open_cases: usize,
    /// Whether the token before was a word that makes a bracket after it special.
    after_special_word: bool,
    /// Whether the token before opened a bracket.
    after_bracket: bool,
}

impl SlowNesting {
    fn depth(&self) -> usize {
        self.enclosing_sum + self.here + self.open_cases
    }

    /// The planner's time doubles with each subquery inside another.
    fn open_subquery(&mut self) {
        if let Some(innermost) = self.enclosing.last_mut() {
            *innermost += 1;
            self.enclosing_sum += 1;
        }
    }

    fn step(&mut self, token: &Token) {
        let after_special_word = std::mem::take(&mut self.after_special_word);
        let after_bracket = std::mem::take(&mut self.after_bracket);
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                self.here += usize::from(after_special_word);
                self.enclosing_sum += self.here;
                self.enclosing.push(self.here);
                self.here = 0;
                self.after_bracket = true;
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                // What was open in these brackets is closed with them, and so is the form they belong to.
                self.enclosing_sum -= self.enclosing.pop().unwrap_or(0);
                self.here = 0;
            }
            Token::Comma => self.here = 0,
            Token::Word(word) if word.quote_style.is_none() => match word.keyword {
                Keyword::CASE => self.open_cases += 1,
                Keyword::SELECT | Keyword::WITH if after_bracket => self.open_subquery(),
                Keyword::END => self.open_cases = self.open_cases.saturating_sub(1),
                Keyword::AND | Keyword::OR => self.here = 0,
                Keyword::NOT | Keyword::INTERVAL | Keyword::PRIOR | Keyword::CONNECT_BY_ROOT => {
                    self.here += 1;
                }
                keyword => self.after_special_word = makes_bracket_special(keyword),
            },
            _ => {}
        }
    }
}

/// Any keyword but those that a plain bracket follows.
fn makes_bracket_special(keyword: Keyword) -> bool {
    !matches!(
        keyword,
        Keyword::NoKeyword
            | Keyword::SELECT
            | Keyword::FROM
            | Keyword::JOIN
            | Keyword::WHERE
            | Keyword::ON
            | Keyword::IN
            | Keyword::EXISTS
            | Keyword::LATERAL
            | Keyword::AS
            | Keyword::BY
            | Keyword::OVER
            | Keyword::VALUES
            | Keyword::UNION
            | Keyword::EXCEPT
            | Keyword::INTERSECT
            | Keyword::ALL
            | Keyword::HAVING
            | Keyword::WHEN
            | Keyword::THEN
            | Keyword::ELSE
    )
}
