//! What is wrong with a filter configuration, told to the person who wrote it.

use thiserror::Error;

use super::condition::ConditionError;

/// Why a list of filters cannot be compiled. `place` is like `filter 2 (drop)`, filters counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilterError {
    /// The text is not JSON, or not of the form of a filter list.
    #[error(
        "not a filter list: {reason}; it has the form {{\"filters\": [{{\"type\": ..., \"config\": {{...}}}}]}}"
    )]
    Malformed {
        /// What the reader stumbled over.
        reason: String,
    },
    /// There is no filter of this type.
    #[error("{place}: unknown type `{name}`{hint}; known: {known}")]
    UnknownType {
        /// Which filter.
        place: String,
        /// The type as written.
        name: String,
        /// A suggestion, or nothing.
        hint: String,
        /// The types there are.
        known: String,
    },
    /// The filter has no such key.
    #[error("{place}: unknown key `{key}`{hint}; known: {known}")]
    UnknownKey {
        /// Which filter.
        place: String,
        /// The key as written.
        key: String,
        /// A suggestion, or nothing.
        hint: String,
        /// The keys there are.
        known: String,
    },
    /// The value of a key cannot be taken.
    #[error("{place}, key `{key}`: {reason}")]
    Key {
        /// Which filter.
        place: String,
        /// Which key.
        key: String,
        /// What is wrong and what to write.
        reason: String,
    },
    /// The keys do not make one filter together.
    #[error("{place}: {reason}")]
    Keys {
        /// Which filter.
        place: String,
        /// What is wrong and what to write.
        reason: String,
    },
    /// A condition cannot be read.
    #[error("{place}, key `{key}`, {error}")]
    Condition {
        /// Which filter.
        place: String,
        /// Which key.
        key: String,
        /// Where in the condition's text.
        error: ConditionError,
    },
    /// There are more filters, or they stand deeper in one another, than the limit.
    #[error("{place}: {reason}")]
    TooMany {
        /// Where the limit was met.
        place: String,
        /// Which limit.
        reason: String,
    },
}

impl FilterError {
    /// The key that is wrong, where it is one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::UnknownKey { key, .. } | Self::Key { key, .. } | Self::Condition { key, .. } => Some(key),
            Self::UnknownType { .. } => Some("type"),
            Self::Malformed { .. } | Self::Keys { .. } | Self::TooMany { .. } => None,
        }
    }

    /// The character of a condition's text where it is wrong, counted from 1.
    pub fn column(&self) -> Option<usize> {
        match self {
            Self::Condition { error, .. } => Some(error.column),
            _ => None,
        }
    }
}

/// One thing that is wrong with a list of filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterProblem {
    /// The filter of the list, counted from 1; none when it is the list itself.
    pub filter: Option<usize>,
    /// What is wrong.
    pub error: FilterError,
}

/// The least likeness (Jaro-Winkler, 0 to 1) for a suggestion.
const LEAST_LIKENESS: f64 = 0.8;

/// `, did you mean ...?` with the known name nearest to `written`, or nothing.
pub(super) fn suggestion(written: &str, known: &[&str]) -> String {
    let mut best = (LEAST_LIKENESS, "");
    for name in known {
        let likeness = strsim::jaro_winkler(&written.to_lowercase(), name);
        if likeness > best.0 {
            best = (likeness, name);
        }
    }
    if best.1.is_empty() { String::new() } else { format!(", did you mean `{}`?", best.1) }
}
