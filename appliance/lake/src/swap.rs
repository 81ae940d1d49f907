//! Changing a JSON object that others change too: read, change, write if nobody was faster, else again.

use crate::limits::{MAX_METADATA_BYTES, MAX_SWAP_ATTEMPTS, MAX_SWAP_PAUSE};
use crate::pace::{Pace, RetryPolicy};
use crate::store::{PutCondition, Store, StoreError, StoreErrorKind};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// Applies `change` to the object under a key, or to `empty` when there is none. `change` says whether it
/// changed anything; when not, nothing is written. Errors: those of the store; `Invalid` when what lies there
/// is not our JSON, which is left as it is; `Unavailable` when others were faster [`MAX_SWAP_ATTEMPTS`] times.
pub(crate) async fn swap_json<T: Serialize + DeserializeOwned + Send>(
    store: &dyn Store,
    pace: &dyn Pace,
    key: &str,
    empty: impl Fn() -> T + Send + Sync,
    change: impl Fn(&mut T) -> bool + Send + Sync,
) -> Result<T, StoreError> {
    let policy = RetryPolicy {
        max_attempts: MAX_SWAP_ATTEMPTS,
        first_pause: Duration::from_millis(10),
        longest_pause: MAX_SWAP_PAUSE,
    };
    for attempt in 1..=policy.max_attempts {
        let (mut value, condition) = match store.get(key, MAX_METADATA_BYTES).await {
            Ok(object) => (parse::<T>(key, &object.bytes)?, PutCondition::IfMatch(object.etag)),
            Err(error) if error.kind() == StoreErrorKind::NotFound => (empty(), PutCondition::IfAbsent),
            Err(error) => return Err(error),
        };
        if !change(&mut value) {
            return Ok(value);
        }
        let text = serde_json::to_vec_pretty(&value).map_err(|cause| {
            StoreError::new(StoreErrorKind::Invalid, "put", key, "the metadata cannot be written")
                .caused_by(cause)
        })?;
        match store.put_bytes(key, text.into(), condition).await {
            Ok(_) => return Ok(value),
            Err(error) if error.kind() == StoreErrorKind::PreconditionFailed => {}
            Err(error) => return Err(error),
        }
        pace.sleep(pace.jitter(policy.pause_bound(attempt))).await;
    }
    let detail = format!("other writers changed it {MAX_SWAP_ATTEMPTS} times in between; try again later");
    Err(StoreError::new(StoreErrorKind::Unavailable, "put", key, detail))
}

fn parse<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|cause| {
        let detail = "the object is damaged: move it away, and it is made anew with the next file";
        StoreError::new(StoreErrorKind::Invalid, "get", key, detail).caused_by(cause)
    })
}
