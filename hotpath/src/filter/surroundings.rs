//! What the filters of a dataset are given beside their configuration.

use std::sync::Arc;

use super::resources::Resources;
use crate::batch::{ColumnRegistry, RowOptions};
use crate::names::DatasetKey;

/// What filters are compiled with.
#[derive(Debug, Clone, Default)]
pub struct FilterSurroundings {
    /// The dataset whose events are filtered, where there is one.
    pub dataset: Option<DatasetKey>,
    /// The columns that the dataset has, with their types: fields that a filter finds agree with them.
    pub columns: Arc<ColumnRegistry>,
    /// What the dataset says about the rows of its decoder: it holds for the rows that a filter decodes too.
    pub rows: RowOptions,
    /// Where the databases, tables and lists that filters name come from.
    pub resources: Arc<Resources>,
}
