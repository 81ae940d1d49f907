//! What a lease's object holds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::{LEASE_LENGTH_MAX, MAX_LEASE_HOLDER_CHARACTERS};
use crate::store::{StoreError, StoreErrorKind};

/// A lease as it is written. Every renewal changes it, so that its etag shows that the holder lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeaseRecord {
    /// Who has or had it, for people.
    pub(super) holder: String,
    /// Grows with each holder.
    pub(super) fence: u64,
    /// Whether somebody has it.
    pub(super) state: LeaseState,
    /// Milliseconds without a change after which it has ended.
    pub(super) length_ms: u64,
    /// Tells this holding from every other, of the same holder too.
    pub(super) token: String,
    /// Grows with each renewal.
    pub(super) renewals: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LeaseState {
    /// Somebody has it, as long as it is renewed.
    Held,
    /// It was given back: it can be taken at once.
    Released,
    /// Its object is about to be deleted. Nobody takes it meanwhile, so that no other holder's object is deleted.
    Ending,
}

impl LeaseRecord {
    pub(super) fn new(holder: &str, fence: u64, length: Duration) -> Self {
        Self {
            holder: holder.chars().take(MAX_LEASE_HOLDER_CHARACTERS).collect(),
            fence,
            state: LeaseState::Held,
            length_ms: u64::try_from(length.as_millis()).unwrap_or(u64::MAX),
            token: uuid::Uuid::new_v4().simple().to_string(),
            renewals: 0,
        }
    }

    /// How long it lasts without a renewal. A damaged or hostile one does not last for ever.
    pub(super) fn length(&self) -> Duration {
        Duration::from_millis(self.length_ms).min(LEASE_LENGTH_MAX)
    }

    pub(super) fn parse(key: &str, bytes: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(bytes).map_err(|cause| {
            let detail = "this is not a lease: delete the object while none of its users runs";
            StoreError::new(StoreErrorKind::Invalid, "take lease", key, detail).caused_by(cause)
        })
    }

    pub(super) fn to_bytes(&self, key: &str) -> Result<bytes::Bytes, StoreError> {
        let text = serde_json::to_vec(self).map_err(|cause| {
            StoreError::new(StoreErrorKind::Invalid, "put", key, "the lease cannot be written")
                .caused_by(cause)
        })?;
        Ok(text.into())
    }
}
