//! Events of any HTTP client: found in the body, decoded to rows, and gathered with those of other requests.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use bytefreezer_core::http_body::{
    BodyKind, BodyLimits, ReceivedBody, RequestMemory, Room, discard, read_body, split,
};
use hotpath::clock::Clock;
use hotpath::decode::Unit;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::account::Accounts;
use crate::decode::{DecodeSettings, PackedRows, decode};
use crate::gather::{Addition, Gatherer};
use crate::limits::ACKNOWLEDGE_SECONDS_MAX;
use crate::refusal::Refusal;
use crate::rows::Taken;
use crate::spool::{ArrivingBatch, Spool, SpoolError};
use crate::table::Dataset;

/// What takes events.
pub struct EventTaker {
    /// The spool.
    pub spool: Arc<Spool>,
    /// The accounts.
    pub accounts: Arc<Accounts>,
    /// How long bodies may be.
    pub limits: BodyLimits,
    /// The memory for them.
    pub memory: RequestMemory,
    /// How many are decoded at a time.
    pub decoding: Arc<Semaphore>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
}

impl EventTaker {
    /// Takes the events of a request. Those of a batch that arrives are one, and its time is that of their receipt, so
    /// that the same rows come of them each time; others join those of other requests.
    ///
    /// # Errors
    /// Why they are not taken; nothing of them is kept then.
    pub async fn take(
        &self,
        parts: &Parts,
        body: Body,
        sender: SocketAddr,
        dataset: &Dataset,
        arriving: Option<ArrivingBatch>,
    ) -> Result<Taken, Refusal> {
        let received_us = match &arriving {
            Some(arriving) => i64::try_from(arriving.key().received_ns / 1_000).unwrap_or(i64::MAX),
            None => self.clock.wall_us(),
        };
        let (rows, room) = self.decode(parts, body, sender, &dataset.decode, received_us).await?;
        let events = rows.events;
        match arriving {
            _ if rows.rows == 0 => {}
            Some(arriving) => self.keep(arriving, rows, room).await?,
            None => self.gather(&dataset.gatherer, rows, received_us, room).await?,
        }
        Ok(Taken::Now(events))
    }

    /// Keeps a batch of its own. Goes on to its end when the sender has gone meanwhile.
    async fn keep(&self, arriving: ArrivingBatch, rows: PackedRows, room: Room) -> Result<(), Refusal> {
        let (accounts, spool) = (Arc::clone(&self.accounts), Arc::clone(&self.spool));
        let kept = spawn_blocking(move || {
            let dataset = arriving.key().dataset.clone();
            // Before it can be stored.
            accounts.receive_events(&dataset, &rows);
            let kept = write(arriving, &rows);
            if kept.is_err() {
                accounts.withdraw_rows(&dataset, rows.rows);
            }
            spool.note(&kept);
            drop(room);
            kept
        });
        Ok(kept.await.map_err(|_| Refusal::NotKnown)??)
    }

    /// Reads a body and makes rows of its events; the memory that they have.
    async fn decode(
        &self,
        parts: &Parts,
        body: Body,
        sender: SocketAddr,
        settings: &DecodeSettings,
        received_us: i64,
    ) -> Result<(PackedRows, Room), Refusal> {
        let kind = match BodyKind::of(&parts.headers) {
            Ok(_) if settings.format.unit() == Unit::Datagram => {
                Err(Refusal::Datagrams(settings.format.name()))
            }
            kind => kind.map_err(Refusal::from),
        };
        let kind = match kind {
            Ok(kind) => kind,
            Err(refusal) => {
                discard(body).await;
                return Err(refusal);
            }
        };
        let ReceivedBody { bytes, mut room } =
            read_body(parts, body, self.limits, None, &self.memory).await?;
        let settings = settings.clone();
        // Never closed.
        let _turn = Arc::clone(&self.decoding).acquire_owned().await.map_err(|_| Refusal::Busy)?;
        let decoded = spawn_blocking(move || {
            let events = split(kind, bytes)?;
            let rows = decode(&events, &settings, sender, received_us, &mut room)?;
            Ok((rows, room))
        });
        decoded.await.map_err(|_| Refusal::NotKnown)?
    }

    async fn gather(
        &self,
        gatherer: &Gatherer,
        rows: PackedRows,
        received_us: i64,
        room: Room,
    ) -> Result<(), Refusal> {
        let (reply, outcome) = oneshot::channel();
        let addition = Addition { rows, received_us, room, reply };
        if gatherer.add(addition).is_err() {
            return Err(Refusal::Busy);
        }
        match timeout(Duration::from_secs(ACKNOWLEDGE_SECONDS_MAX), outcome).await {
            Ok(Ok(outcome)) => Ok(outcome?),
            Ok(Err(_)) | Err(_) => Err(Refusal::NotKnown),
        }
    }
}

/// Writes a batch of its own. Blocks.
fn write(mut arriving: ArrivingBatch, rows: &PackedRows) -> Result<(), SpoolError> {
    arriving.grow(rows.packed.len())?;
    let mut file = std::fs::File::create(arriving.path())?;
    file.write_all(&rows.packed)?;
    arriving.keep(&file, rows.rows)
}
