//! What can go wrong with a store, and what to do about it.

use std::error::Error;
use std::fmt;
use std::io;

/// What callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// There is no such object.
    NotFound,
    /// The condition of a put does not hold: somebody else was faster.
    PreconditionFailed,
    /// The store refuses us: credentials or permissions.
    Denied,
    /// The store cannot be reached or is busy or full. The call can be repeated later.
    Unavailable,
    /// The request, the configuration or what lies there is wrong. Repeating it does not help.
    Invalid,
}

impl StoreErrorKind {
    /// In a few words.
    fn words(self) -> &'static str {
        match self {
            Self::NotFound => "there is no such object",
            Self::PreconditionFailed => "another writer was faster",
            Self::Denied => "the store refuses access",
            Self::Unavailable => "the store is not available",
            Self::Invalid => "the request is not valid",
        }
    }
}

/// A failed call of a store: what was tried, on which key, why it failed, what to do.
#[derive(Debug, thiserror::Error)]
pub struct StoreError {
    kind: StoreErrorKind,
    operation: &'static str,
    key: String,
    detail: String,
    #[source]
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of `{}` failed: {}", self.operation, self.key, self.kind.words())?;
        if !self.detail.is_empty() {
            write!(out, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl StoreError {
    /// A failure without an underlying error. `detail` says what is wrong and what to do.
    pub fn new(
        kind: StoreErrorKind,
        operation: &'static str,
        key: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self { kind, operation, key: key.into(), detail: detail.into(), cause: None }
    }

    /// Adds the underlying error, which `Error::source` gives.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// What callers tell apart.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.kind == StoreErrorKind::Unavailable
    }

    /// The error of a call of the local file system; the kind follows from the cause.
    pub fn from_io(operation: &'static str, key: &str, cause: io::Error) -> Self {
        use io::ErrorKind as Io;
        let (kind, detail) = match cause.kind() {
            Io::NotFound => (StoreErrorKind::NotFound, String::new()),
            Io::PermissionDenied | Io::ReadOnlyFilesystem => {
                (StoreErrorKind::Denied, format!("{cause}: let the service's user write to the folder"))
            }
            Io::StorageFull | Io::QuotaExceeded => {
                (StoreErrorKind::Unavailable, format!("{cause}: make room on the disk"))
            }
            Io::NotADirectory | Io::IsADirectory | Io::InvalidFilename | Io::InvalidInput => {
                (StoreErrorKind::Invalid, format!("{cause}: the key collides with a file or folder"))
            }
            _ => (StoreErrorKind::Unavailable, cause.to_string()),
        };
        Self::new(kind, operation, key, detail).caused_by(cause)
    }
}

/// An error with all its causes on one line, for logs.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let line = inner.to_string();
        if !text.contains(&line) {
            text.push_str(": ");
            text.push_str(&line);
        }
        cause = inner.source();
    }
    text
}
