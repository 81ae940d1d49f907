//! The query role's HTTP interface.
//!
//! `POST /api/v1/query/sql`, `GET /api/v1/datasets`, `GET /api/v1/schema`. Errors are problem documents (RFC 9457).

mod access;
mod answer;
mod datasets;
mod problem;
mod sql;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};

use crate::engine::QueryEngine;
use crate::limits;

pub use access::{Access, TokenGrant};
use problem::Problem;

/// What every request handler sees.
#[derive(Debug)]
struct AppState {
    engine: QueryEngine,
    access: Access,
}

type SharedState = Arc<AppState>;

/// The routes of the query role. The caller adds its health and metrics routes and serves it.
pub fn router(engine: QueryEngine, access: Access) -> Router {
    Router::new()
        .route("/api/v1/query/sql", post(sql::run_sql))
        .route("/api/v1/datasets", get(datasets::list))
        .route("/api/v1/schema", get(datasets::schema))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such resource") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "this resource has no such method",
            )
        })
        .layer(DefaultBodyLimit::max(limits::MAX_REQUEST_BODY_BYTES))
        .with_state(Arc::new(AppState { engine, access }))
}
