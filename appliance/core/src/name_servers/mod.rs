//! Asks name servers for filters, as tasks of tokio: never on a shard, never more at once than stated, and never twice for
//! what is remembered.

mod client;
mod lookup;
mod silence;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use hotpath::filter::{NameAnswer, NameLookup, NameQuestion, NameResolver, ResolverSettings};
use lookup::Lookup;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;

use crate::limits::{NAME_LOOKUPS_KEPT_MAX, NAME_QUERIES_MAX};

/// The name servers that filters of one process ask.
#[derive(Debug)]
pub struct NameServers {
    tasks: Tasks,
    /// Queries under way, those of all filters together.
    queries: Arc<Semaphore>,
    /// Those with the same settings share one. What no filter holds is kept for a while with what it remembers: filters
    /// are compiled anew when a configuration has been checked, or changes.
    opened: Mutex<HashMap<ResolverSettings, Arc<Lookup>>>,
}

/// Where the asking is done.
#[derive(Debug)]
enum Tasks {
    Of(Handle),
    Own(Mutex<Option<Runtime>>),
}

impl NameServers {
    /// Asks in tasks of this runtime.
    pub fn on(runtime: Handle) -> Self {
        Self::of(Tasks::Of(runtime))
    }

    /// Asks on a thread of its own, which is started for the first filter that asks: for those who have no runtime. Drop it
    /// outside of tasks, after the filters.
    pub fn on_own_thread() -> Self {
        Self::of(Tasks::Own(Mutex::default()))
    }

    fn of(tasks: Tasks) -> Self {
        Self { tasks, queries: Arc::new(Semaphore::new(NAME_QUERIES_MAX)), opened: Mutex::default() }
    }

    fn runtime(&self) -> std::io::Result<Handle> {
        let own = match &self.tasks {
            Tasks::Of(runtime) => return Ok(runtime.clone()),
            Tasks::Own(own) => own,
        };
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = own.as_ref() {
            return Ok(runtime.handle().clone());
        }
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("name-servers").enable_all().build()?;
        let handle = runtime.handle().clone();
        *own = Some(runtime);
        Ok(handle)
    }
}

impl NameResolver for NameServers {
    fn open(&self, settings: &ResolverSettings) -> Result<Arc<dyn NameLookup>, String> {
        let runtime = self
            .runtime()
            .map_err(|error| format!("cannot start a thread that asks name servers: {error}"))?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= NAME_LOOKUPS_KEPT_MAX {
            opened.retain(|_, lookup| Arc::strong_count(lookup) > 1);
        }
        let lookup = opened.entry(settings.clone());
        let lookup =
            lookup.or_insert_with(|| Arc::new(Lookup::new(settings.clone(), Arc::clone(&self.queries))));
        let lookup = Arc::clone(lookup);
        Ok(Arc::new(Asking { lookup, runtime }))
    }
}

/// A lookup, and where it is done.
#[derive(Debug)]
struct Asking {
    lookup: Arc<Lookup>,
    runtime: Handle,
}

impl NameLookup for Asking {
    fn ask(&self, questions: Vec<NameQuestion>) -> BoxFuture<'static, Vec<NameAnswer>> {
        let count = questions.len();
        let asking = self.runtime.spawn(Arc::clone(&self.lookup).answer_all(questions));
        // A task ends without answers only when the runtime ends.
        let unanswered = move || vec![NameAnswer::Failed("the process is ending".into()); count];
        asking.map(move |answers| answers.unwrap_or_else(|_| unanswered())).boxed()
    }
}
