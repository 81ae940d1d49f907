//! The columns that the lake has already, for roles that make more of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytefreezer_core::config::Config;
use bytefreezer_lake::store::chain;
use bytefreezer_lake::{Store, schema};
use hotpath::batch::ColumnRegistry;
use hotpath::names::DatasetKey;
use tracing::warn;

/// Longest wait at the start for what the storage knows of the columns; without it their types are found anew.
const KNOWN_COLUMNS_WAIT: Duration = Duration::from_secs(10);

/// The columns that earlier files have, so that their types stay.
pub(super) async fn known_columns(
    store: &dyn Store,
    config: &Config,
) -> HashMap<DatasetKey, Arc<ColumnRegistry>> {
    let mut known = HashMap::new();
    for dataset in &config.datasets {
        let Ok(key) = dataset.key() else { continue };
        let columns = match tokio::time::timeout(KNOWN_COLUMNS_WAIT, schema::known_columns(store, &key)).await
        {
            Ok(Ok(columns)) => columns,
            Ok(Err(error)) => {
                warn!(dataset = %key, error = chain(&error), "cannot read the columns of earlier files, their types are found anew");
                continue;
            }
            Err(_) => {
                warn!(
                    location = store.location(),
                    "the storage does not answer; column types are found anew"
                );
                return known;
            }
        };
        known.insert(key, Arc::new(columns));
    }
    known
}
