//! Asking name servers, as a filter sees it. Who does the asking has tasks, sockets and clocks, and lives elsewhere.

use std::borrow::Cow;
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

/// Makes lookups for filters.
pub trait NameResolver: Debug + Send + Sync {
    /// The lookup with these settings, and with one cache for all that have the same. It is called on a shard too: it asks
    /// nobody and reads no file.
    ///
    /// # Errors
    /// Why there is none, in a few words.
    fn open(&self, settings: &ResolverSettings) -> Result<Arc<dyn NameLookup>, String>;
}

/// Asks name servers, and remembers what they said.
pub trait NameLookup: Debug + Send + Sync {
    /// Answers each of `questions`, in their order and not later than the settings' timeout: what is not known by then has
    /// failed. The future may be driven by any executor, and is not what does the work.
    fn ask(&self, questions: Vec<NameQuestion>) -> BoxFuture<'static, Vec<NameAnswer>>;
}

/// How name servers are asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResolverSettings {
    /// The servers, of which those are asked that answer quickest; none: those of the system.
    pub servers: Vec<SocketAddr>,
    /// How long a batch waits.
    pub timeout: Duration,
    /// Answers that are remembered.
    pub cache_entries: u64,
    /// How long an answer is remembered at most; what the server says, where that is less.
    pub cache_ttl: Duration,
}

/// What a name server is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NameQuestion {
    /// The name of an address (PTR). An IPv4 address is never written as one mapped into IPv6.
    NameOf(IpAddr),
    /// The address of a name (A, and AAAA where it has none), in lower case and without the last dot.
    AddressOf(String),
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameAnswer {
    /// The name or the address. Of several, the first in their order, so that the same records give the same answer.
    Found(String),
    /// There is none. That is no fault.
    NotThere,
    /// Nobody knows: why, in a few words. A lookup has few such reasons.
    Failed(Cow<'static, str>),
}
