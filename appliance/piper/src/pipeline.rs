//! What a dataset does to its rows.

use std::sync::Arc;

use anyhow::Context;
use bytefreezer_core::config::{Config, FailedEvents, Route};
use hotpath::batch::ColumnRegistry;
use hotpath::filter::{FilterSurroundings, Filters, Resources};
use hotpath::names::DatasetKey;

/// A dataset on the staged route, its filters compiled.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) dataset: DatasetKey,
    pub(crate) filters: Filters,
    /// Whether rows that a filter fails on become dead letters.
    pub(crate) sets_failed_aside: bool,
    pub(crate) registry: Arc<ColumnRegistry>,
}

/// The pipelines of a configuration.
///
/// # Errors
/// When filters do not compile.
pub(crate) fn pipelines(
    config: &Config,
    resources: &Arc<Resources>,
    registry_of: impl Fn(&DatasetKey) -> Arc<ColumnRegistry>,
) -> anyhow::Result<Vec<Arc<Pipeline>>> {
    let staged = config.datasets.iter().filter(|dataset| dataset.route == Route::Staged);
    let mut pipelines = Vec::new();
    for dataset in staged {
        let key = dataset.key()?;
        let registry = registry_of(&key);
        let surroundings = FilterSurroundings {
            dataset: Some(key.clone()),
            columns: Arc::clone(&registry),
            rows: dataset.row_options(),
            resources: Arc::clone(resources),
        };
        let filters = Filters::compile(&dataset.filters, &surroundings)
            .with_context(|| format!("the filters of dataset {key} do not compile"))?;
        let sets_failed_aside = dataset.failed_events == FailedEvents::DeadLetters;
        pipelines.push(Arc::new(Pipeline { dataset: key, filters, sets_failed_aside, registry }));
    }
    Ok(pipelines)
}
