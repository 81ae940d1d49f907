//! Leases: who may do a piece of work, settled by objects in the store that all contenders see.
//!
//! A lease is an object. It is taken by a put if absent, and renewed, given back or taken over by a put if its etag is
//! still the one that was seen; so of several that try, one succeeds. Clocks of machines are not compared: a lease has
//! ended when its object has not changed for its length on the clock of the one who looks. Its holder stops a little
//! before, counted on its own clock from when it *sent* the last renewal. So two never hold a lease at one time,
//! provided that no clock runs an eighth faster than another, that none stands still while its process works, and that a
//! request which is sent while the lease is held does not do its work in the store long after.

mod fenced;
mod keeper;
mod probe;
mod record;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use fenced::FencedStore;
pub use keeper::KeptLease;
pub use probe::check_conditions;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::limits::{
    LEASE_LENGTH_MAX, LEASE_LENGTH_MIN, LEASE_MARGIN_DIVISOR, LEASES_SEEN_MAX, MAX_LEASE_BYTES,
};
use crate::pace::Pace;
use crate::store::{PutCondition, Store, StoreError, StoreErrorKind};
use record::{LeaseRecord, LeaseState};

/// Why a lease could not be renewed.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Somebody else has it, or its object was deleted.
    #[error("the lease `{key}` was lost: another process has taken it over")]
    Lost {
        /// The lease.
        key: String,
    },
    /// The store failed; the lease is held until its time is up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes leases in one store, and remembers what it saw of those that others hold.
#[derive(Debug)]
pub struct LeaseBoard {
    store: Arc<dyn Store>,
    pace: Arc<dyn Pace>,
    seen: Mutex<HashMap<String, Sighting>>,
}

/// Since when a lease's object has not changed, on our clock.
#[derive(Debug)]
struct Sighting {
    etag: String,
    since: Duration,
}

impl LeaseBoard {
    /// Leases in `store`, by the monotonic clock of `pace`.
    pub fn new(store: Arc<dyn Store>, pace: Arc<dyn Pace>) -> Self {
        Self { store, pace, seen: Mutex::default() }
    }

    /// Takes the lease `key` for `holder` (a name for people), if nobody has it; `None` when somebody has. One that is
    /// not renewed any more is taken over once it has been looked at for its length: ask again and again. `length` is
    /// brought within [`LEASE_LENGTH_MIN`] and [`LEASE_LENGTH_MAX`].
    ///
    /// Errors: those of the store; `Invalid` when what lies there is no lease.
    pub async fn take(&self, key: &str, holder: &str, length: Duration) -> Result<Option<Lease>, StoreError> {
        let length = length.clamp(LEASE_LENGTH_MIN, LEASE_LENGTH_MAX);
        let (fence, condition) = match self.store.get(key, MAX_LEASE_BYTES).await {
            Ok(object) => {
                let record = LeaseRecord::parse(key, &object.bytes)?;
                if !self.has_ended(key, &record, &object.etag) {
                    return Ok(None);
                }
                (record.fence.saturating_add(1), PutCondition::IfMatch(object.etag))
            }
            Err(error) if error.kind() == StoreErrorKind::NotFound => (1, PutCondition::IfAbsent),
            Err(error) => return Err(error),
        };
        let record = LeaseRecord::new(holder, fence, length);
        let sent = self.pace.monotonic();
        match self.store.put_bytes(key, record.to_bytes(key)?, condition).await {
            Ok(etag) => {
                self.seen().remove(key);
                Ok(Some(self.lease(key, record, etag, sent)))
            }
            Err(error) if error.kind() == StoreErrorKind::PreconditionFailed => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn lease(&self, key: &str, record: LeaseRecord, etag: String, sent: Duration) -> Lease {
        let guard = LeaseGuard { pace: Arc::clone(&self.pace), held_until_us: Arc::default() };
        let lease = Lease { store: Arc::clone(&self.store), key: key.to_owned(), record, etag, guard };
        lease.extend(sent);
        lease
    }

    /// Whether a lease can be taken over. Notes when it was first seen as it is now.
    fn has_ended(&self, key: &str, record: &LeaseRecord, etag: &str) -> bool {
        if record.state == LeaseState::Released {
            return true;
        }
        let now = self.pace.monotonic();
        let mut seen = self.seen();
        if let Some(sighting) = seen.get(key)
            && sighting.etag == etag
        {
            return now.saturating_sub(sighting.since) >= record.length();
        }
        if seen.len() >= LEASES_SEEN_MAX {
            seen.clear();
        }
        seen.insert(key.to_owned(), Sighting { etag: etag.to_owned(), since: now });
        false
    }

    /// The map is whole after a panic elsewhere: each change is one insertion or removal.
    fn seen(&self) -> MutexGuard<'_, HashMap<String, Sighting>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease that was taken. Dropped without [`Lease::release`] it ends by itself after its length.
#[derive(Debug)]
pub struct Lease {
    store: Arc<dyn Store>,
    key: String,
    record: LeaseRecord,
    etag: String,
    guard: LeaseGuard,
}

/// Says whether a lease is held; for those who work under it.
#[derive(Debug, Clone)]
pub struct LeaseGuard {
    pace: Arc<dyn Pace>,
    /// On the monotonic clock; 0 when it is over.
    held_until_us: Arc<AtomicU64>,
}

impl LeaseGuard {
    /// Whether the lease is held now. It may not be a moment later: ask before every step.
    pub fn is_held(&self) -> bool {
        micros(self.pace.monotonic()) < self.held_until_us.load(Ordering::Acquire)
    }

    fn hold_until(&self, time: Duration) {
        self.held_until_us.store(micros(time), Ordering::Release);
    }

    fn end(&self) {
        self.hold_until(Duration::ZERO);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Lease {
    /// The key of its object.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Greater than that of every holder before, as long as the object was not deleted.
    pub fn fence(&self) -> u64 {
        self.record.fence
    }

    /// How long it lasts without a renewal.
    pub fn length(&self) -> Duration {
        self.record.length()
    }

    /// Whether it is held now.
    pub fn is_held(&self) -> bool {
        self.guard.is_held()
    }

    /// What those ask who work under the lease.
    pub fn guard(&self) -> LeaseGuard {
        self.guard.clone()
    }

    /// Counts the lease's time from a renewal that was sent then and has taken effect.
    fn extend(&self, sent: Duration) {
        let length = self.length();
        self.guard.hold_until(sent + length - length / LEASE_MARGIN_DIVISOR);
    }

    /// Makes the lease last its length from now on. Call it three times in a length or oftener; see [`Lease::keep`].
    ///
    /// # Errors
    /// [`LeaseError::Lost`] for good; [`LeaseError::Store`] can be tried again.
    pub async fn renew(&mut self) -> Result<(), LeaseError> {
        // Once more after a renewal that took effect and whose answer was lost.
        for _ in 0..2 {
            let sent = self.guard.pace.monotonic();
            match self.replace(LeaseState::Held).await {
                Ok(()) => {
                    self.extend(sent);
                    return Ok(());
                }
                Err(error) if error.kind() == StoreErrorKind::PreconditionFailed => {}
                Err(error) => return Err(error.into()),
            }
            if !self.find_own().await? {
                break;
            }
        }
        self.guard.end();
        Err(LeaseError::Lost { key: self.key.clone() })
    }

    /// Puts the object anew, if it is still as we know it.
    async fn replace(&mut self, state: LeaseState) -> Result<(), StoreError> {
        self.record.renewals += 1;
        self.record.state = state;
        let bytes = self.record.to_bytes(&self.key)?;
        let condition = PutCondition::IfMatch(self.etag.clone());
        self.etag = self.store.put_bytes(&self.key, bytes, condition).await?;
        Ok(())
    }

    /// Looks whether the object is ours, and takes its etag over.
    async fn find_own(&mut self) -> Result<bool, StoreError> {
        let object = match self.store.get(&self.key, MAX_LEASE_BYTES).await {
            Ok(object) => object,
            Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let record = LeaseRecord::parse(&self.key, &object.bytes)?;
        let is_own = record.token == self.record.token;
        if is_own {
            self.etag = object.etag;
        }
        Ok(is_own)
    }

    /// Gives the lease back, so that the next one need not wait. When that fails, it ends after its length.
    ///
    /// # Errors
    /// Those of the store, for a log line: there is nothing to be done.
    pub async fn release(mut self) -> Result<(), StoreError> {
        self.guard.end();
        self.replace(LeaseState::Released).await
    }

    /// Gives the lease back and deletes its object: for a lease of something that will not come again. Whoever takes
    /// it all the same begins with fence number 1.
    ///
    /// # Errors
    /// Those of the store, for a log line: the object may be left.
    pub async fn end(mut self) -> Result<(), StoreError> {
        let sent = self.guard.pace.monotonic();
        self.replace(LeaseState::Ending).await?;
        self.extend(sent);
        if !self.is_held() {
            // Others may take it by now, and theirs must not be deleted.
            return Ok(());
        }
        self.guard.end();
        self.store.delete(&self.key).await
    }
}
