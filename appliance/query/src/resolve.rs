//! From the names in a statement to the datasets they mean, for one caller.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::TableReference;

use crate::caller::Scope;
use crate::catalog::{DatasetName, DatasetSnapshot, LakeCatalog, snapshots_of};
use crate::error::{QueryError, QueryErrorKind};
use crate::functions::TABLE_FUNCTIONS;
use crate::suggest::closest;

/// The datasets that the names of a statement stand for.
pub(crate) type ResolvedTables = Vec<(TableReference, Arc<DatasetSnapshot>)>;

/// Looks up every name. Names of table functions that are no datasets are passed over.
pub(crate) async fn resolve_tables(
    catalog: &dyn LakeCatalog,
    scope: &Scope,
    references: Vec<TableReference>,
) -> Result<ResolvedTables, QueryError> {
    let mut wanted: Vec<(TableReference, DatasetName)> = Vec::new();
    for reference in references {
        match find_dataset(catalog, scope, &reference).await {
            Ok(name) => wanted.push((reference, name)),
            Err(error) => {
                let is_function =
                    TABLE_FUNCTIONS.contains(&reference.table()) && reference.schema().is_none();
                if !is_function {
                    return Err(error);
                }
            }
        }
    }

    // A dataset that is named in several ways is read from one snapshot.
    let names: BTreeMap<&DatasetName, ()> = wanted.iter().map(|(_, name)| (name, ())).collect();
    let names: Vec<DatasetName> = names.into_keys().cloned().collect();
    let snapshots = snapshots_of(catalog, &names).await?;
    let found: BTreeMap<DatasetName, Option<Arc<DatasetSnapshot>>> =
        names.into_iter().zip(snapshots).collect();

    let mut resolved = Vec::with_capacity(wanted.len());
    for (reference, name) in wanted {
        match found.get(&name).cloned().flatten() {
            Some(snapshot) => resolved.push((reference, snapshot)),
            None => return Err(unknown_table(catalog, scope, &reference).await),
        }
    }
    Ok(resolved)
}

/// The one dataset within the scope that a reference means.
async fn find_dataset(
    catalog: &dyn LakeCatalog,
    scope: &Scope,
    reference: &TableReference,
) -> Result<DatasetName, QueryError> {
    match reference {
        TableReference::Partial { schema, table } => {
            let name = DatasetName::new(schema.as_ref(), table.as_ref());
            if !scope.includes(&name) {
                return Err(unknown_table(catalog, scope, reference).await);
            }
            Ok(name)
        }
        TableReference::Bare { table } => {
            for fresh in [false, true] {
                let all = catalog.datasets(fresh).await?;
                let fitting: Vec<&DatasetName> = all
                    .iter()
                    .filter(|name| name.dataset == table.as_ref() && scope.includes(name))
                    .collect();
                match fitting.as_slice() {
                    [] => {}
                    [one] => return Ok((*one).clone()),
                    several => return Err(ambiguous(table, several)),
                }
            }
            Err(unknown_table(catalog, scope, reference).await)
        }
        TableReference::Full { .. } => Err(unknown_table(catalog, scope, reference).await),
    }
}

fn ambiguous(table: &str, fitting: &[&DatasetName]) -> QueryError {
    const NAMED: usize = 5;
    let mut names: Vec<String> = fitting.iter().take(NAMED).map(|name| sql_name(name)).collect();
    if fitting.len() > NAMED {
        names.push(format!("{} more", fitting.len() - NAMED));
    }
    QueryError::new(QueryErrorKind::UnknownName, format!("several tenants have a table '{table}'"))
        .with_suggestion(format!("write one of {}", names.join(", ")))
}

/// The error for a name that no dataset of the scope has. It says nothing of datasets outside the scope.
pub(crate) async fn unknown_table(
    catalog: &dyn LakeCatalog,
    scope: &Scope,
    reference: &TableReference,
) -> QueryError {
    let error = QueryError::new(QueryErrorKind::UnknownName, format!("there is no table '{reference}'"));
    let all = match catalog.datasets(false).await {
        Ok(all) => all,
        Err(catalog_error) => return catalog_error.into(),
    };
    let visible: Vec<&DatasetName> = all.iter().filter(|name| scope.includes(name)).collect();
    let same_tenant = |name: &&&DatasetName| reference.schema().is_none_or(|schema| name.tenant == schema);
    let nearest =
        closest(reference.table(), visible.iter().filter(same_tenant).map(|name| name.dataset.as_str()))
            .or_else(|| closest(reference.table(), visible.iter().map(|name| name.dataset.as_str())));
    let meant = nearest.and_then(|dataset| {
        let candidates = visible.iter().filter(|name| name.dataset == dataset);
        let mut candidates: Vec<_> = candidates.collect();
        candidates.sort_by_key(|name| reference.schema().is_some_and(|schema| name.tenant != schema));
        candidates.first().copied()
    });
    match meant {
        Some(name) => error.with_suggestion(format!("did you mean {}?", sql_name(name))),
        None => error.with_suggestion("SHOW TABLES lists the tables"),
    }
}

/// A dataset's name as it has to be written in SQL.
pub(crate) fn sql_name(name: &DatasetName) -> String {
    format!("{}.{}", quoted_if_needed(&name.tenant), quoted_if_needed(&name.dataset))
}

fn quoted_if_needed(part: &str) -> String {
    let plain_start = part.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let plain = part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain_start && plain { part.to_owned() } else { format!("\"{}\"", part.replace('"', "\"\"")) }
}
