//! SHOW TABLES, DESCRIBE, and the rows about pruned files that follow an EXPLAIN: answered from the catalog.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::sql::sqlparser::ast::ObjectName;

use crate::caller::Scope;
use crate::catalog::{DatasetName, DatasetSnapshot, LakeCatalog, lake_type_name, snapshots_of};
use crate::error::{QueryError, QueryErrorKind};
use crate::pruning::{PruningLog, ScanPruning};
use crate::resolve::{resolve_tables, unknown_table};
use crate::table::LakeTable;

/// The figures of one dataset.
#[derive(Debug, Clone)]
pub struct DatasetSummary {
    /// Which dataset.
    pub name: DatasetName,
    /// Its files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Their rows, where the catalog says for all of them.
    pub rows: Option<u64>,
    /// The least `event_time`, in µs since 1970 UTC, where the catalog says for all files.
    pub min_event_time_us: Option<i64>,
    /// The greatest `event_time`, in µs since 1970 UTC, where the catalog says for all files.
    pub max_event_time_us: Option<i64>,
}

impl DatasetSummary {
    /// The figures of a snapshot.
    pub fn of(snapshot: &DatasetSnapshot) -> Self {
        let files = &snapshot.files;
        let min: Option<Vec<i64>> = files.iter().map(|file| file.min_event_time_us).collect();
        let max: Option<Vec<i64>> = files.iter().map(|file| file.max_event_time_us).collect();
        Self {
            name: snapshot.name.clone(),
            files: files.len() as u64,
            bytes: files.iter().map(|file| file.bytes).sum(),
            rows: files.iter().map(|file| file.rows).sum(),
            min_event_time_us: min.and_then(|all| all.into_iter().min()),
            max_event_time_us: max.and_then(|all| all.into_iter().max()),
        }
    }
}

/// The figures of every dataset within a scope.
pub async fn summaries(catalog: &dyn LakeCatalog, scope: &Scope) -> Result<Vec<DatasetSummary>, QueryError> {
    let all = catalog.datasets(true).await?;
    let visible: Vec<DatasetName> = all.iter().filter(|name| scope.includes(name)).cloned().collect();
    let snapshots = snapshots_of(catalog, &visible).await?;
    Ok(snapshots.iter().flatten().map(|snapshot| DatasetSummary::of(snapshot)).collect())
}

pub(crate) async fn show_tables(catalog: &dyn LakeCatalog, scope: &Scope) -> Result<RecordBatch, QueryError> {
    let summaries = summaries(catalog, scope).await?;
    let text = |of: fn(&DatasetSummary) -> &str| -> ArrayRef {
        Arc::new(summaries.iter().map(|summary| Some(of(summary))).collect::<StringArray>())
    };
    let number = |of: fn(&DatasetSummary) -> Option<u64>| -> ArrayRef {
        let values = summaries.iter().map(|summary| of(summary).and_then(|value| i64::try_from(value).ok()));
        Arc::new(values.collect::<Int64Array>())
    };
    let time = |of: fn(&DatasetSummary) -> Option<i64>| -> ArrayRef {
        let values: TimestampMicrosecondArray = summaries.iter().map(of).collect();
        Arc::new(values.with_timezone("UTC"))
    };
    let time_type = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let schema = Schema::new(vec![
        Field::new("tenant", DataType::Utf8, false),
        Field::new("dataset", DataType::Utf8, false),
        Field::new("files", DataType::Int64, true),
        Field::new("rows", DataType::Int64, true),
        Field::new("bytes", DataType::Int64, true),
        Field::new("min_event_time", time_type.clone(), true),
        Field::new("max_event_time", time_type, true),
    ]);
    let columns = vec![
        text(|summary| &summary.name.tenant),
        text(|summary| &summary.name.dataset),
        number(|summary| Some(summary.files)),
        number(|summary| summary.rows),
        number(|summary| Some(summary.bytes)),
        time(|summary| summary.min_event_time_us),
        time(|summary| summary.max_event_time_us),
    ];
    batch(schema, columns)
}

/// The columns of a snapshot as SQL shows them, the partition's columns included.
pub fn table_columns(snapshot: &Arc<DatasetSnapshot>) -> SchemaRef {
    LakeTable::new(Arc::clone(snapshot), ObjectStoreUrl::local_filesystem(), Arc::new(PruningLog::default()))
        .schema()
}

pub(crate) async fn describe(
    catalog: &dyn LakeCatalog,
    scope: &Scope,
    table: &ObjectName,
) -> Result<RecordBatch, QueryError> {
    let reference = table_reference(table)?;
    let resolved = resolve_tables(catalog, scope, vec![reference.clone()]).await?;
    let Some((_, snapshot)) = resolved.into_iter().next() else {
        return Err(unknown_table(catalog, scope, &reference).await);
    };
    let columns = table_columns(&snapshot);
    let names: StringArray = columns.fields().iter().map(|field| Some(field.name().as_str())).collect();
    let types: StringArray =
        columns.fields().iter().map(|field| Some(lake_type_name(field.data_type()))).collect();
    let schema = Schema::new(vec![
        Field::new("column_name", DataType::Utf8, false),
        Field::new("data_type", DataType::Utf8, false),
    ]);
    batch(schema, vec![Arc::new(names), Arc::new(types)])
}

/// A name of the syntax tree as DataFusion understands it: what is not quoted is lower case.
fn table_reference(name: &ObjectName) -> Result<TableReference, QueryError> {
    let parts: Option<Vec<String>> = name.0.iter().map(|part| Some(normalized(part.as_ident()?))).collect();
    match parts.as_deref() {
        Some([table]) => Ok(TableReference::bare(table.as_str())),
        Some([tenant, table]) => Ok(TableReference::partial(tenant.as_str(), table.as_str())),
        _ => Err(QueryError::new(QueryErrorKind::UnknownName, format!("there is no table '{name}'"))),
    }
}

fn normalized(ident: &datafusion::sql::sqlparser::ast::Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_ascii_lowercase(),
    }
}

/// One row a scan, in the form of EXPLAIN's own rows (kind of plan, text).
pub(crate) fn pruning_rows(
    schema: &SchemaRef,
    scans: &[ScanPruning],
) -> Result<Option<RecordBatch>, QueryError> {
    let is_text =
        schema.fields().len() == 2 && schema.fields().iter().all(|f| f.data_type() == &DataType::Utf8);
    if scans.is_empty() || !is_text {
        return Ok(None);
    }
    let kinds: StringArray = scans.iter().map(|_| Some("file_pruning")).collect();
    let texts: StringArray = scans.iter().map(|scan| Some(scan.to_string())).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(kinds), Arc::new(texts)];
    RecordBatch::try_new(Arc::clone(schema), columns).map(Some).map_err(|error| not_a_batch(&error))
}

fn batch(schema: Schema, columns: Vec<ArrayRef>) -> Result<RecordBatch, QueryError> {
    RecordBatch::try_new(Arc::new(schema), columns).map_err(|error| not_a_batch(&error))
}

fn not_a_batch(error: &ArrowError) -> QueryError {
    QueryError::new(QueryErrorKind::Internal, "the catalog's answer could not be laid out")
        .with_operator_detail(error.to_string())
}
