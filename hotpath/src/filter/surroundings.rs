//! What the filters of a dataset are given beside their configuration.

use std::sync::Arc;

use super::resources::Resources;
use crate::batch::ColumnRegistry;
use crate::names::DatasetKey;

/// What filters are compiled with.
#[derive(Debug, Clone, Default)]
pub struct FilterSurroundings {
    /// The dataset whose events are filtered, where there is one.
    pub dataset: Option<DatasetKey>,
    /// The columns that the dataset has, with their types: fields that a filter finds agree with them.
    pub columns: Arc<ColumnRegistry>,
    /// Where the databases, tables and lists that filters name come from.
    pub resources: Arc<Resources>,
}
