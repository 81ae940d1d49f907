//! The datasets that are taken in, and who may send to them: all that a new configuration changes.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use bytefreezer_core::config::{Config, DatasetConfig, ReceiverConfig, Route};
use hotpath::names::DatasetKey;

use crate::access::Access;
use crate::decode::DecodeSettings;
use crate::gather::{GatherLimits, GatherParts, Gatherer};

/// What writes the batches of a dataset.
pub type Gathering = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What requests are held against.
pub struct Table {
    /// Who may send.
    pub access: Access,
    /// Where to.
    pub datasets: HashMap<DatasetKey, Dataset>,
}

/// A dataset that is taken in.
pub struct Dataset {
    /// How its events are decoded.
    pub decode: DecodeSettings,
    /// Where their rows go.
    pub gatherer: Gatherer,
}

impl Table {
    /// A table without anything.
    pub fn empty() -> Self {
        Self { access: Access::new(&ReceiverConfig::default()), datasets: HashMap::new() }
    }

    /// The table of a configuration. Datasets that `before` has go on where they were; `spawn` runs what the others need.
    ///
    /// # Errors
    /// When a dataset's batches would have no name; nothing was spawned then.
    pub fn new(
        config: &Config,
        before: &Self,
        parts: &GatherParts,
        mut spawn: impl FnMut(Gathering),
    ) -> anyhow::Result<Self> {
        let staged = |dataset: &&DatasetConfig| dataset.route == Route::Staged;
        let mut wanted = Vec::new();
        for dataset in config.datasets.iter().filter(staged) {
            let key = dataset.key()?;
            ensure!(
                parts.names.fit(&key),
                "the names of the dataset {key} and of the instance {} are too long together: shorten one",
                config.instance
            );
            wanted.push((key, dataset));
        }
        let limits = GatherLimits {
            bytes_max: config.receiver.batch_bytes_max.bytes(),
            age_max: Duration::from_secs(config.receiver.batch_age_max_seconds),
        };
        let mut datasets = HashMap::new();
        for (key, dataset) in wanted {
            let known = before.datasets.get(&key);
            let decode = DecodeSettings {
                format: dataset.event_format(),
                decoder: dataset.decoder_options(),
                rows: dataset.row_options(),
                registry: known.map(|known| Arc::clone(&known.decode.registry)).unwrap_or_default(),
            };
            let gatherer = match known {
                Some(known) => known.gatherer.clone(),
                None => {
                    let (gatherer, gathering) = Gatherer::new(key.clone(), parts, limits);
                    spawn(Box::pin(gathering));
                    gatherer
                }
            };
            datasets.insert(key, Dataset { decode, gatherer });
        }
        Ok(Self { access: Access::new(&config.receiver), datasets })
    }
}
