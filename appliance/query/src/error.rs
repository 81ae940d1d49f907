//! Why a statement got no answer, in words for the one who wrote it.

use std::fmt;

use crate::catalog::CatalogError;

/// What kind of trouble it is. Decides the HTTP status and what the caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// The text is not SQL.
    Syntax,
    /// The text is SQL, but not a read-only statement on the caller's tables.
    Forbidden,
    /// A table or column does not exist for this caller, or a name fits several.
    UnknownName,
    /// The statement does not make sense, or a value in it cannot be computed.
    Invalid,
    /// The statement itself is too large.
    TooLarge,
    /// The time limit is reached.
    TimeLimit,
    /// The memory limit, or the limit of space for spilling, is reached.
    MemoryLimit,
    /// As many queries as allowed are running.
    Busy,
    /// The lake's store or catalog cannot be read.
    Storage,
    /// A defect of this program.
    Internal,
}

/// A place in the SQL text; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The character in the line.
    pub column: u64,
}

/// Why a statement got no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub struct QueryError {
    /// What kind of trouble it is.
    pub kind: QueryErrorKind,
    /// What is wrong, in one lower-case sentence.
    pub message: String,
    /// Where in the SQL text, if known.
    pub position: Option<Position>,
    /// What was probably meant, or what to do instead.
    pub suggestion: Option<String>,
    /// More for the operator: may name paths and addresses, so it is not shown over HTTP.
    pub operator_detail: Option<String>,
}

impl QueryError {
    /// An error of a kind with a message and nothing else.
    pub fn new(kind: QueryErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), position: None, suggestion: None, operator_detail: None }
    }

    /// Adds what was probably meant, or what to do instead.
    pub fn with_suggestion(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Adds the place in the SQL text.
    pub fn with_position(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }

    /// Adds what only the operator may see.
    pub fn with_operator_detail(mut self, detail: impl Into<String>) -> Self {
        self.operator_detail = Some(detail.into());
        self
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(position) = self.position {
            write!(f, " (line {}, column {})", position.line, position.column)?;
        }
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; {suggestion}")?;
        }
        Ok(())
    }
}

impl From<CatalogError> for QueryError {
    fn from(error: CatalogError) -> Self {
        let detail = match &error {
            CatalogError::Store { source, .. } => Some(source.to_string()),
            CatalogError::Damaged { .. } | CatalogError::TooLarge(_) => None,
        };
        let converted = Self::new(QueryErrorKind::Storage, error.to_string());
        match detail {
            Some(detail) => converted.with_operator_detail(detail),
            None => converted,
        }
    }
}
