//! `POST /api/v1/query/sql`.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::SharedState;
use super::answer::answer_body;
use super::problem::Problem;
use crate::caller::Scope;
use crate::engine::QueryRequest;
use crate::limits;

/// The request's body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SqlRequest {
    /// The statement.
    sql: String,
    /// Only this tenant's datasets exist for the statement.
    #[serde(default)]
    tenant_id: Option<String>,
    /// Only datasets of this name exist for the statement.
    #[serde(default)]
    dataset_id: Option<String>,
    /// Most rows wanted.
    #[serde(default)]
    limit: Option<usize>,
}

pub(super) async fn run_sql(
    State(state): State<SharedState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let caller = state.access.caller(&headers)?;
    let body =
        body.map_err(|rejection| Problem::unreadable_body(&rejection, limits::MAX_REQUEST_BODY_BYTES))?;
    let request: SqlRequest = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("the body is not a query request: {error}")))?;
    let scope = Scope { caller, tenant: request.tenant_id, dataset: request.dataset_id };
    let result = state
        .engine
        .execute_request(QueryRequest { sql: request.sql.clone(), scope, max_rows: request.limit })
        .await?;
    let body = answer_body(&request.sql, result).await?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}
