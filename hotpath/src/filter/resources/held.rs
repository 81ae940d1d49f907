//! One resource: the version that is there, and how another takes its place.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;

use super::ResourceSource;

/// What the bytes of a resource are parsed into.
pub(in crate::filter) trait Parsed: Sized + Send + Sync + 'static {
    /// What parsing needs to know beside the bytes.
    type Options: Clone + PartialEq + fmt::Debug + Send + Sync + 'static;
    /// The most bytes that such a resource may have.
    const BYTES_MAX: usize;

    /// Parses the bytes. The error says what is wrong and where.
    fn parse(bytes: Vec<u8>, options: &Self::Options) -> Result<Self, String>;
}

/// One content of a resource.
pub(in crate::filter) struct Version<T> {
    /// What was read.
    pub(in crate::filter) value: T,
    /// When it was written, in microseconds since 1970.
    pub(in crate::filter) written_us: i64,
}

/// A resource that filters hold. It is swapped as a whole: who has taken a version goes on with it.
pub(in crate::filter) struct Held<T: Parsed> {
    name: String,
    options: T::Options,
    version: ArcSwapOption<Version<T>>,
    /// What was found when the resource was looked at last.
    last_look: Mutex<Look>,
}

/// What became of the last content that was looked at.
#[derive(Debug, Default)]
struct Look {
    /// When the content was written; none when it could not be asked.
    written_us: Option<i64>,
    /// Why it was not taken.
    refused: Option<String>,
}

/// What a refresh found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Unchanged,
    Taken,
    Refused(String),
}

/// A [`Held`] of any type.
pub(super) trait Refresh: fmt::Debug + Send + Sync {
    fn name(&self) -> &str;
    fn refresh(&self, source: Option<&dyn ResourceSource>) -> Outcome;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<T: Parsed> Held<T> {
    pub(super) fn new(name: &str, options: T::Options) -> Self {
        Self {
            name: name.to_owned(),
            options,
            version: ArcSwapOption::empty(),
            last_look: Mutex::new(Look::default()),
        }
    }

    pub(super) fn options(&self) -> &T::Options {
        &self.options
    }

    /// The version that is there now.
    pub(in crate::filter) fn now(&self) -> Option<Arc<Version<T>>> {
        self.version.load_full()
    }

    /// Why there is no version; none when there is one.
    pub(in crate::filter) fn missing(&self) -> Option<String> {
        if self.version.load().is_some() {
            return None;
        }
        let look = self.last_look.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = look.refused.as_deref().unwrap_or("it has not been read");
        Some(format!("`{}` cannot be used: {reason}", self.name))
    }

    fn read(&self, source: &dyn ResourceSource) -> Result<T, String> {
        let bytes = source.read(&self.name, T::BYTES_MAX)?;
        if bytes.len() > T::BYTES_MAX {
            return Err(format!("it has {} bytes; at most {} are taken", bytes.len(), T::BYTES_MAX));
        }
        T::parse(bytes, &self.options)
    }
}

impl<T: Parsed> Refresh for Held<T> {
    fn name(&self) -> &str {
        &self.name
    }

    fn refresh(&self, source: Option<&dyn ResourceSource>) -> Outcome {
        // Held while it is read, so that of two refreshes at once the older content cannot come last.
        let mut look = self.last_look.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match source {
            // Asked before reading: what is written in between is found the next time.
            Some(source) => source.written_us(&self.name).map(|written_us| (source, written_us)),
            None => Err("these filters are compiled without resources".to_owned()),
        };
        let read = match found {
            Ok((_, written_us)) if look.written_us == Some(written_us) => return Outcome::Unchanged,
            Ok((source, written_us)) => {
                look.written_us = Some(written_us);
                self.read(source).map(|value| Version { value, written_us })
            }
            Err(reason) => {
                look.written_us = None;
                Err(reason)
            }
        };
        match read {
            Ok(version) => {
                look.refused = None;
                self.version.store(Some(Arc::new(version)));
                Outcome::Taken
            }
            Err(reason) if look.refused.as_ref() == Some(&reason) => Outcome::Unchanged,
            Err(reason) => {
                look.refused = Some(reason.clone());
                Outcome::Refused(reason)
            }
        }
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<T: Parsed> fmt::Debug for Held<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Held")
            .field("name", &self.name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
