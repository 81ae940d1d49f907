//! Whether a store holds the conditions of puts, found out before anything relies on it.

use crate::store::{PutCondition, Store, StoreError, StoreErrorKind, chain};

/// Puts and deletes an object of its own, to see that the store refuses a put whose condition does not hold.
///
/// # Errors
/// `Invalid`, naming the store and what to do, when it takes such a put; those of the store.
pub async fn check_conditions(store: &dyn Store) -> Result<(), StoreError> {
    let key = format!("bytefreezer/probe-{}", uuid::Uuid::new_v4().simple());
    let found = try_conditions(store, &key).await;
    if let Err(error) = store.delete(&key).await {
        tracing::warn!(key, error = chain(&error), "the object of a test at the start is left in the store");
    }
    found
}

async fn try_conditions(store: &dyn Store, key: &str) -> Result<(), StoreError> {
    let first = put(store, key, "1", PutCondition::IfAbsent).await?;
    refuses(store, key, "If-None-Match", PutCondition::IfAbsent).await?;
    put(store, key, "2", PutCondition::IfMatch(first.clone())).await?;
    // The etag of the content before.
    refuses(store, key, "If-Match", PutCondition::IfMatch(first)).await
}

async fn put(
    store: &dyn Store,
    key: &str,
    content: &'static str,
    condition: PutCondition,
) -> Result<String, StoreError> {
    store.put_bytes(key, content.into(), condition).await.map_err(|cause| {
        let detail = format!("{} takes no put under a condition: {}", store.location(), advice());
        StoreError::new(cause.kind(), "put", key, detail).caused_by(cause)
    })
}

async fn refuses(
    store: &dyn Store,
    key: &str,
    header: &str,
    condition: PutCondition,
) -> Result<(), StoreError> {
    match store.put_bytes(key, "3".into(), condition).await {
        Err(error) if error.kind() == StoreErrorKind::PreconditionFailed => Ok(()),
        Err(error) => Err(error),
        Ok(_) => {
            let location = store.location();
            let detail = format!("{location} does not hold to `{header}` of a put: {}", advice());
            Err(StoreError::new(StoreErrorKind::Invalid, "put", key, detail))
        }
    }
}

fn advice() -> &'static str {
    "leases need it; use AWS S3, SeaweedFS, MinIO, Ceph or a local folder, each in a version that knows conditional puts"
}
