//! What filters look things up in and what changes while they live: databases, tables, lists, and name servers.
//!
//! A configuration names a resource; [`Resources`] has it read by a [`ResourceSource`], which the appliance implements
//! (a folder, a bucket), parses it once for all filters and shards that name it, and swaps it when it has changed.
//! Nothing here is read while events flow: a filter takes the version that is there when a batch comes. Name servers
//! are asked while events flow, by a [`NameResolver`], and filters wait for that.

mod held;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(in crate::filter) use held::{Held, Parsed, Version};
use held::{Outcome, Refresh};

use super::limits::{MAX_RESOURCE_NAME_BYTES, MAX_RESOURCES};
use super::resolver::NameResolver;

/// Where resources come from. It decides which names it serves: they are written by whoever writes filters.
pub trait ResourceSource: fmt::Debug + Send + Sync {
    /// When the resource was written, in microseconds since 1970. Another time means another content.
    ///
    /// # Errors
    /// Why it is not to be had, in a few words.
    fn written_us(&self, name: &str) -> Result<i64, String>;

    /// The bytes of the resource; one of more than `bytes_max` is refused before memory is taken for it.
    ///
    /// # Errors
    /// Why it is not to be had, in a few words.
    fn read(&self, name: &str, bytes_max: usize) -> Result<Vec<u8>, String>;
}

/// The resources that filters are compiled with. Those of one source are shared by all who name them.
///
/// Without a source (`Default`) every resource is awaited: filters compile, and each event that needs one says so.
#[derive(Debug, Default)]
pub struct Resources {
    source: Option<Arc<dyn ResourceSource>>,
    refuses_missing: bool,
    names: Option<Arc<dyn NameResolver>>,
    held: Mutex<Vec<Arc<dyn Refresh>>>,
}

/// What became of a resource that had changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceChange {
    /// The resource.
    pub name: String,
    /// Why the new content was not taken; the old one stays, where there is one.
    pub refused: Option<String>,
}

impl Resources {
    /// Resources that must be there: a filter that names one that cannot be read does not compile.
    pub fn new(source: Arc<dyn ResourceSource>) -> Self {
        Self { source: Some(source), refuses_missing: true, ..Self::default() }
    }

    /// Resources that may come later: a filter that names one that cannot be read compiles, and its events say so in
    /// `_errors` until [`Resources::refresh`] finds it. For a start that no broken file may keep from taking events in.
    pub fn awaiting(source: Arc<dyn ResourceSource>) -> Self {
        Self { source: Some(source), ..Self::default() }
    }

    /// The same with name servers to ask. Without them, filters that ask compile, and each of their events says so.
    #[must_use]
    pub fn with_names(mut self, names: Arc<dyn NameResolver>) -> Self {
        self.names = Some(names);
        self
    }

    /// Who asks name servers.
    pub(in crate::filter) fn names(&self) -> Option<&Arc<dyn NameResolver>> {
        self.names.as_ref()
    }

    /// Reads anew what has been written since it was last read, and lets go of what no filter holds any more. What has
    /// not changed is not told. It reads and parses: call it where that may take its time, not on a shard.
    pub fn refresh(&self) -> Vec<ResourceChange> {
        let held = {
            let mut held = self.lock();
            held.retain(|resource| Arc::strong_count(resource) > 1);
            held.clone()
        };
        let mut changes = Vec::new();
        for resource in held {
            let refused = match resource.refresh(self.source.as_deref()) {
                Outcome::Unchanged => continue,
                Outcome::Taken => None,
                Outcome::Refused(reason) => Some(reason),
            };
            changes.push(ResourceChange { name: resource.name().to_owned(), refused });
        }
        changes
    }

    /// The resource called `name`, read with `options`.
    pub(in crate::filter) fn open<T: Parsed>(
        &self,
        name: &str,
        options: &T::Options,
    ) -> Result<Arc<Held<T>>, String> {
        let held = self.open_awaited(name, options)?;
        match held.missing() {
            Some(reason) if self.refuses_missing => Err(reason),
            _ => Ok(held),
        }
    }

    /// The same for a resource that filters can do without.
    pub(in crate::filter) fn open_awaited<T: Parsed>(
        &self,
        name: &str,
        options: &T::Options,
    ) -> Result<Arc<Held<T>>, String> {
        if name.is_empty() || name.len() > MAX_RESOURCE_NAME_BYTES || name.contains(char::is_control) {
            return Err(format!("the name of a resource has 1 to {MAX_RESOURCE_NAME_BYTES} printable bytes"));
        }
        if let Some(known) = known(&self.lock(), name, options) {
            return Ok(known);
        }
        // Without the lock: a large database takes its time, and a refresh or another filter need not wait.
        let new = Arc::new(Held::<T>::new(name, options.clone()));
        new.refresh(self.source.as_deref());
        let mut held = self.lock();
        if let Some(known) = known(&held, name, options) {
            return Ok(known);
        }
        if held.len() >= MAX_RESOURCES {
            // Not before: between checking a configuration and compiling it on the shards nobody holds what it names.
            held.retain(|resource| Arc::strong_count(resource) > 1);
        }
        if held.len() >= MAX_RESOURCES {
            return Err(format!("the filters name more than {MAX_RESOURCES} resources"));
        }
        held.push(Arc::<Held<T>>::clone(&new));
        Ok(new)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<dyn Refresh>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The resource of this name, type and options among those that are held.
fn known<T: Parsed>(held: &[Arc<dyn Refresh>], name: &str, options: &T::Options) -> Option<Arc<Held<T>>> {
    for resource in held.iter().filter(|resource| resource.name() == name) {
        let resource: Arc<dyn Any + Send + Sync> = Arc::clone(resource).into_any();
        if let Ok(same_type) = resource.downcast::<Held<T>>()
            && same_type.options() == options
        {
            return Some(same_type);
        }
    }
    None
}

#[cfg(test)]
mod tests;
