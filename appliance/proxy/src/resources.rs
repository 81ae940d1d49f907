//! Looks after the databases, tables and lists that filters name.

use std::sync::Arc;
use std::time::Duration;

use hotpath::filter::Resources;
use tracing::{info, warn};

use crate::limits::RESOURCES_LOOK_SECONDS;

/// Has resources that were written anew read, for ever. What is refused is told once; what was there before stays.
pub async fn refresh(resources: Arc<Resources>) {
    loop {
        tokio::time::sleep(Duration::from_secs(RESOURCES_LOOK_SECONDS)).await;
        let looked_at = Arc::clone(&resources);
        // Reading and parsing a large database takes its time.
        let Ok(changes) = tokio::task::spawn_blocking(move || looked_at.refresh()).await else { continue };
        for change in changes {
            let name = change.name;
            match change.refused {
                None => info!(resource = name, "a resource of filters was read anew"),
                Some(reason) => warn!(
                    resource = name,
                    reason, "a resource of filters cannot be used; an older content stays"
                ),
            }
        }
    }
}
