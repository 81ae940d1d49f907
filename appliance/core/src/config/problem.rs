//! What is wrong with a configuration: where, what, and what to do.

use std::fmt;

use crate::limits::CONFIG_PROBLEMS_MAX;

/// A place in a text; both numbers count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The file, as it was named to us.
    pub file: String,
    /// Where in the file; `None` where the file as a whole is meant.
    pub location: Option<Location>,
    /// The setting, as in `datasets[0].inputs[1].transport`; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub suggestion: Option<String>,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file)?;
        if let Some(location) = self.location {
            write!(formatter, ":{}:{}", location.line, location.column)?;
        }
        if !self.path.is_empty() {
            write!(formatter, ": {}", self.path)?;
        }
        write!(formatter, ": {}", self.reason)?;
        match &self.suggestion {
            Some(suggestion) => write!(formatter, "; {suggestion}"),
            None => Ok(()),
        }
    }
}

/// All that is wrong with a configuration, in the order of the file. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors {
    /// The problems; at most [`CONFIG_PROBLEMS_MAX`] of them.
    pub problems: Vec<ConfigProblem>,
    /// Problems beyond that maximum.
    pub further: usize,
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{problem}")?;
        }
        if self.further > 0 {
            write!(formatter, "\nand {} more", self.further)?;
        }
        Ok(())
    }
}

/// What is wrong with one value, before it is known where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub suggestion: Option<String>,
}

impl Complaint {
    /// A complaint without advice.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), suggestion: None }
    }

    /// A complaint with advice.
    pub fn advise(reason: impl Into<String>, suggestion: impl Into<String>) -> Self {
        Self { reason: reason.into(), suggestion: Some(suggestion.into()) }
    }
}

/// Collects problems while a configuration is read.
#[derive(Debug)]
pub(super) struct Problems {
    file: String,
    problems: Vec<ConfigProblem>,
    further: usize,
}

impl Problems {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), problems: Vec::new(), further: 0 }
    }

    pub(super) fn add(&mut self, location: Option<Location>, path: &str, complaint: Complaint) {
        if self.problems.len() >= CONFIG_PROBLEMS_MAX {
            self.further += 1;
            return;
        }
        self.problems.push(ConfigProblem {
            file: self.file.clone(),
            location,
            path: path.to_owned(),
            reason: complaint.reason,
            suggestion: complaint.suggestion,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }
}

impl From<Problems> for ConfigErrors {
    fn from(collected: Problems) -> Self {
        let mut problems = collected.problems;
        problems.sort_by_key(|problem| problem.location);
        Self { problems, further: collected.further }
    }
}
