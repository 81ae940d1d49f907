//! Hands the events of a request to a shard, and waits until they are durable.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytefreezer_core::http_body::Events;
use hotpath::block::{Peer, SourceType};
use hotpath::names::DatasetKey;
use hotpath::shard::{IngestBatch, IngestOutcome, LOG_TAKES, ShardCommand};

use super::Shared;
use crate::limits::ACKNOWLEDGE_SECONDS_MAX;

/// What became of the events of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// All of them are on disk.
    Durable,
    /// None of them is kept: the log or the memory is full.
    Busy,
    /// Whether they are kept is not known.
    Unknown,
}

/// Where the events of one dataset go.
pub(super) struct Destination {
    dataset: DatasetKey,
    shared: Shared,
}

impl Destination {
    pub(super) fn new(dataset: DatasetKey, shared: &Shared) -> Self {
        Self { dataset, shared: shared.clone() }
    }

    /// Gives the events to the shard whose turn it is. Nothing to give is durable at once.
    pub(super) async fn deliver(
        &self,
        sender: SocketAddr,
        source_type: SourceType,
        events: Events,
    ) -> Delivery {
        if events.messages.is_empty() {
            return Delivery::Durable;
        }
        let (reply, outcome) = async_channel::bounded(1);
        let batch = IngestBatch {
            dataset: self.dataset.clone(),
            peer: Peer::new(sender, source_type),
            received_us: self.shared.clock.wall_us(),
            bytes: events.bytes,
            messages: events.messages,
            reply,
        };
        let shards = &self.shared.shards;
        let turn = self.shared.turn.fetch_add(1, Ordering::Relaxed);
        let Some(shard) = shards.get(turn % shards.len().max(1)) else { return Delivery::Busy };
        if shard.try_send(ShardCommand::Ingest(Box::new(batch))).is_err() {
            return Delivery::Busy;
        }
        match tokio::time::timeout(Duration::from_secs(ACKNOWLEDGE_SECONDS_MAX), outcome.recv()).await {
            Ok(Ok(IngestOutcome::Durable)) => Delivery::Durable,
            Ok(Ok(IngestOutcome::Busy)) => Delivery::Busy,
            Ok(Ok(IngestOutcome::Failed) | Err(_)) | Err(_) => Delivery::Unknown,
        }
    }

    /// The time since some moment, for how long something took.
    pub(super) fn now(&self) -> Duration {
        self.shared.clock.monotonic()
    }

    /// Whether every shard takes events, as far as they know.
    pub(super) fn is_well(&self) -> bool {
        self.shared.statuses.iter().all(|status| {
            status.log_trouble.load(Ordering::Relaxed) == LOG_TAKES
                && !status.spool_is_full.load(Ordering::Relaxed)
        })
    }
}
