//! What type each column of a dataset has: one table for all shards, so that the first to meet a field decides.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cut::ColumnType;
use crate::limits::DATASET_COLUMNS_MAX;

/// The column types of one dataset. Shards ask it once for each column they meet, never for each event.
#[derive(Debug, Default)]
pub struct ColumnRegistry {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    types: HashMap<String, ColumnType>,
    /// Integer columns that hold a value which no double holds exactly.
    beyond_double: HashSet<String>,
}

impl ColumnRegistry {
    /// A registry that knows the columns of earlier files already.
    pub fn new(known: impl IntoIterator<Item = (String, ColumnType)>) -> Self {
        let types = known.into_iter().collect();
        Self { state: Mutex::new(State { types, beyond_double: HashSet::new() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic of another shard leaves the table whole: each change is one insertion.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The type that the column has, which is `wanted` when nobody met it before; `None` when the dataset has
    /// its [`DATASET_COLUMNS_MAX`] columns.
    pub fn resolve(&self, name: &str, wanted: &ColumnType) -> Option<ColumnType> {
        let mut state = self.state();
        if let Some(known) = state.types.get(name) {
            return Some(known.clone());
        }
        if state.types.len() >= DATASET_COLUMNS_MAX {
            return None;
        }
        state.types.insert(name.to_owned(), wanted.clone());
        Some(wanted.clone())
    }

    /// Sets the type of a column that the product itself defines.
    pub fn define(&self, name: &str, column_type: ColumnType) {
        self.state().types.insert(name.to_owned(), column_type);
    }

    /// Notes that an integer column holds a value which no double holds exactly.
    pub fn note_beyond_double(&self, name: &str) {
        self.state().beyond_double.insert(name.to_owned());
    }

    /// Makes an integer column a double column, unless one of its values forbids it. Returns whether it is one now.
    pub fn widen_to_double(&self, name: &str) -> bool {
        let mut state = self.state();
        if state.beyond_double.contains(name) {
            return false;
        }
        state.types.insert(name.to_owned(), ColumnType::Double);
        true
    }

    /// All columns with their types, by name.
    pub fn columns(&self) -> Vec<(String, ColumnType)> {
        let mut columns: Vec<_> =
            self.state().types.iter().map(|(name, of)| (name.clone(), of.clone())).collect();
        columns.sort_by(|a, b| a.0.cmp(&b.0));
        columns
    }
}
