//! The HTTP inputs: a request is answered with 200 once all of its events are on disk, or nothing of it was taken.
//!
//! The way of a request: [`access`] (may it send), [`read_body`](bytefreezer_core::http_body::read_body) (read, checked,
//! unpacked, within limits), then by the mode of its input [`events`], [`splunk`] or [`elasticsearch`] find the events in
//! the body, [`delivery`] hands them to a shard and waits until they are durable, and the sender is told in its own words.

mod access;
mod bulk;
mod delivery;
mod elasticsearch;
mod events;
mod hec_event;
mod members;
mod splunk;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::Router;
use bytefreezer_core::config::{HttpInput, HttpMode};
use bytefreezer_core::http_body::BodyLimits;
pub use bytefreezer_core::http_body::RequestMemory;
use hotpath::clock::Clock;
use hotpath::names::DatasetKey;
use hotpath::shard::{ShardCommand, ShardStatus};

use access::Access;
use delivery::Destination;
use members::HeaderMembers;

/// What all HTTP inputs of the role share.
#[derive(Clone)]
pub struct Shared {
    /// The shards, which take turns.
    pub shards: Arc<Vec<async_channel::Sender<ShardCommand>>>,
    /// What the shards show of themselves.
    pub statuses: Arc<Vec<Arc<ShardStatus>>>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Whose turn it is.
    pub turn: Arc<AtomicUsize>,
    /// Memory for the bodies of requests.
    pub memory: RequestMemory,
    /// Bytes of events that a shard can take at once, however empty it is.
    pub batch_bytes_max: usize,
}

/// One HTTP input of one dataset.
struct Input {
    access: Access,
    limits: BodyLimits,
    members: HeaderMembers,
    destination: Destination,
    memory: RequestMemory,
}

/// The router of all inputs that listen on one address.
///
/// # Errors
/// When a header has no valid name, which no loaded configuration has.
pub fn router(inputs: &[(DatasetKey, HttpInput)], shared: &Shared) -> anyhow::Result<Router> {
    let mut router = Router::new();
    for (dataset, settings) in inputs {
        let base = settings.base_path();
        let input = Arc::new(Input {
            access: Access::new(settings)?,
            limits: BodyLimits {
                received_bytes_max: settings.max_body_bytes.bytes() as usize,
                unpacked_bytes_max: shared.batch_bytes_max.min(settings.max_unpacked_bytes.bytes() as usize),
            },
            members: HeaderMembers::new(&settings.headers)?,
            destination: Destination::new(dataset.clone(), shared),
            memory: shared.memory.clone(),
        });
        router = router.merge(match settings.mode {
            HttpMode::Events => events::routes(base, input),
            HttpMode::SplunkHec => splunk::routes(base, input),
            HttpMode::Elasticsearch => elasticsearch::routes(base, input),
        });
    }
    Ok(router)
}

/// The path that most requests to an input go to.
pub fn main_path(input: &HttpInput) -> String {
    let below = match input.mode {
        HttpMode::Events => "",
        HttpMode::SplunkHec => "/services/collector",
        HttpMode::Elasticsearch => "/_bulk",
    };
    format!("{}{below}", input.base_path())
}
