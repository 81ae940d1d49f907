//! `GET /api/v1/datasets` and `GET /api/v1/schema`: what there is to ask about.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

use super::SharedState;
use super::problem::Problem;
use crate::caller::Scope;
use crate::catalog::{DatasetName, lake_type_name};
use crate::error::QueryError;
use crate::metadata_statements::{DatasetSummary, summaries, table_columns};

/// Figures of one dataset.
#[derive(Debug, Serialize)]
pub(super) struct DatasetEntry {
    tenant_id: String,
    dataset_id: String,
    files: u64,
    bytes: u64,
    rows: Option<u64>,
    min_event_time: Option<String>,
    max_event_time: Option<String>,
}

impl From<DatasetSummary> for DatasetEntry {
    fn from(summary: DatasetSummary) -> Self {
        Self {
            tenant_id: summary.name.tenant,
            dataset_id: summary.name.dataset,
            files: summary.files,
            bytes: summary.bytes,
            rows: summary.rows,
            min_event_time: summary.min_event_time_us.and_then(rfc3339),
            max_event_time: summary.max_event_time_us.and_then(rfc3339),
        }
    }
}

fn rfc3339(microseconds: i64) -> Option<String> {
    let time = DateTime::from_timestamp_micros(microseconds)?;
    Some(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// The caller's datasets.
#[derive(Debug, Serialize)]
pub(super) struct DatasetList {
    items: Vec<DatasetEntry>,
    total: usize,
}

pub(super) async fn list(
    State(state): State<SharedState>,
    headers: HeaderMap,
) -> Result<Json<DatasetList>, Problem> {
    let caller = state.access.caller(&headers)?;
    let summaries = summaries(state.engine.catalog().as_ref(), &Scope::of(caller)).await?;
    let items: Vec<DatasetEntry> = summaries.into_iter().map(DatasetEntry::from).collect();
    Ok(Json(DatasetList { total: items.len(), items }))
}

#[derive(Debug, Deserialize)]
pub(super) struct SchemaParameters {
    tenant_id: String,
    dataset_id: String,
}

#[derive(Debug, Serialize)]
struct ColumnEntry {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
}

/// Columns and figures of one dataset.
#[derive(Debug, Serialize)]
pub(super) struct SchemaAnswer {
    #[serde(flatten)]
    dataset: DatasetEntry,
    columns: Vec<ColumnEntry>,
}

pub(super) async fn schema(
    State(state): State<SharedState>,
    headers: HeaderMap,
    parameters: Result<Query<SchemaParameters>, QueryRejection>,
) -> Result<Json<SchemaAnswer>, Problem> {
    let caller = state.access.caller(&headers)?;
    let Query(parameters) =
        parameters.map_err(|_| Problem::bad_request("give both parameters: tenant_id and dataset_id"))?;
    let name = DatasetName::new(parameters.tenant_id, parameters.dataset_id);
    let not_found =
        || Problem::new(StatusCode::NOT_FOUND, "unknown-dataset", format!("there is no dataset {name}"));
    if !caller.sees_tenant(&name.tenant) {
        return Err(not_found());
    }
    let snapshot = state.engine.catalog().snapshot(&name).await.map_err(QueryError::from)?;
    let Some(snapshot) = snapshot else { return Err(not_found()) };
    let columns = table_columns(&snapshot);
    let columns = columns.fields().iter().map(|field| ColumnEntry {
        name: field.name().clone(),
        type_name: lake_type_name(field.data_type()),
    });
    let summary = DatasetSummary::of(&Arc::clone(&snapshot));
    Ok(Json(SchemaAnswer { columns: columns.collect(), dataset: summary.into() }))
}
