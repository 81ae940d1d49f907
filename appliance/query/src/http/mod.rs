//! The query role's HTTP interface.
//!
//! `POST /api/v1/query/sql`, `GET /api/v1/datasets`, `GET /api/v1/schema`; `POST /api/v1/transformations/test` and
//! `/validate`, `GET /api/v1/filters`. Errors are problem documents (RFC 9457).

mod access;
mod answer;
mod datasets;
mod filters;
mod problem;
mod sql;
mod transformations;
mod trials;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use hotpath::filter::ResourceSource;

use crate::engine::QueryEngine;
use crate::limits;

pub use access::{Access, TokenGrant};
use problem::Problem;
use trials::Trials;

/// What every request handler sees.
#[derive(Debug)]
struct AppState {
    engine: QueryEngine,
    access: Access,
    trials: Trials,
}

type SharedState = Arc<AppState>;

/// The routes of the query role. Filters that are tested name `resources`. The caller adds its health and metrics routes
/// and serves it.
pub fn router(engine: QueryEngine, access: Access, resources: Arc<dyn ResourceSource>) -> Router {
    let trial_body = DefaultBodyLimit::max(limits::MAX_TRIAL_BODY_BYTES);
    Router::new()
        .route("/api/v1/query/sql", post(sql::run_sql))
        .route("/api/v1/datasets", get(datasets::list))
        .route("/api/v1/schema", get(datasets::schema))
        .route("/api/v1/transformations/test", post(transformations::test).layer(trial_body))
        .route("/api/v1/transformations/validate", post(transformations::validate).layer(trial_body))
        .route("/api/v1/filters", get(filters::list))
        .route("/api/v1/filters/{type}", get(filters::one))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such resource") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "this resource has no such method",
            )
        })
        .layer(DefaultBodyLimit::max(limits::MAX_REQUEST_BODY_BYTES))
        .with_state(Arc::new(AppState { engine, access, trials: Trials::new(resources) }))
}
