//! `GET /api/v1/filters` and `GET /api/v1/filters/{type}`: the filters there are, with their keys.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use hotpath::filter::{FilterKind, catalogue};
use serde::Serialize;

use super::SharedState;
use super::problem::Problem;

/// The catalogue.
#[derive(Debug, Serialize)]
pub(super) struct FilterList {
    items: &'static [&'static FilterKind],
    total: usize,
}

pub(super) async fn list(
    State(state): State<SharedState>,
    headers: HeaderMap,
) -> Result<Json<FilterList>, Problem> {
    state.access.caller(&headers)?;
    let items = catalogue();
    Ok(Json(FilterList { items, total: items.len() }))
}

pub(super) async fn one(
    State(state): State<SharedState>,
    headers: HeaderMap,
    kind: Result<Path<String>, PathRejection>,
) -> Result<Json<&'static FilterKind>, Problem> {
    state.access.caller(&headers)?;
    let name = kind.map(|Path(name)| name).unwrap_or_default();
    match catalogue().iter().copied().find(|kind| kind.name == name) {
        Some(kind) => Ok(Json(kind)),
        None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "unknown-filter",
            "there is no such filter: GET /api/v1/filters lists them",
        )),
    }
}
