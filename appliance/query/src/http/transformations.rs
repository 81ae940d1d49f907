//! `POST /api/v1/transformations/test` and `/validate`: filters on sample rows, or on the newest rows of a dataset.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytefreezer_core::limits::{TRIAL_SAMPLES_MAX, TRIAL_STORED_ROWS_DEFAULT};
use bytefreezer_core::transformations::{Samples, TrialLimits};
use hotpath::decode::Format;
use hotpath::names::DatasetKey;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::SharedState;
use super::problem::Problem;
use super::trials::TrialRequest;
use crate::caller::Caller;
use crate::catalog::DatasetName;
use crate::limits::MAX_TRIAL_BODY_BYTES;
use crate::newest_rows::newest_rows;

/// The body of a test: `rows`, or `lines` with their `format`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TestRequest {
    /// `{"filters": [...]}`, or the list alone.
    filters: Value,
    /// Rows as objects.
    #[serde(default)]
    rows: Option<Vec<Map<String, Value>>>,
    /// Events as an input takes them.
    #[serde(default)]
    lines: Option<Vec<String>>,
    /// The format of `lines`.
    #[serde(default)]
    format: Option<String>,
    /// The tenant of the dataset that the filters are for.
    #[serde(default, alias = "tenant_id")]
    tenant: Option<String>,
    /// The dataset that the filters are for.
    #[serde(default, alias = "dataset_id")]
    dataset: Option<String>,
}

/// The body of a validation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidateRequest {
    /// The dataset's tenant.
    #[serde(alias = "tenant_id")]
    tenant: String,
    /// The dataset whose newest rows the filters are carried out on.
    #[serde(alias = "dataset_id")]
    dataset: String,
    /// `{"filters": [...]}`, or the list alone.
    filters: Value,
    /// How many rows; 0: the filters are only compiled.
    #[serde(default)]
    count: Option<usize>,
}

pub(super) async fn test(
    State(state): State<SharedState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let caller = state.access.caller(&headers)?;
    let request: TestRequest = read(body)?;
    let dataset = match (request.tenant, request.dataset) {
        (Some(tenant), Some(dataset)) => Some(visible_dataset(&caller, tenant, dataset)?),
        (None, None) => None,
        _ => return Err(Problem::bad_request("give both or neither of tenant and dataset")),
    };
    let samples = match (request.rows, request.lines, request.format) {
        (Some(rows), None, None) => Samples::Rows(rows),
        (None, Some(lines), Some(format)) => {
            let format = format.parse::<Format>();
            let format = format.map_err(|error| Problem::bad_request(error.to_string()))?;
            Samples::Lines { format, lines }
        }
        _ => return Err(Problem::bad_request("give rows, or lines with their format")),
    };
    let slot = state.trials.slot()?;
    let request = TrialRequest { filters: request.filters, samples, dataset, limits: TrialLimits::TEST };
    state.trials.run(request, slot).await
}

pub(super) async fn validate(
    State(state): State<SharedState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let caller = state.access.caller(&headers)?;
    let request: ValidateRequest = read(body)?;
    let count = request.count.unwrap_or(TRIAL_STORED_ROWS_DEFAULT);
    if count > TRIAL_SAMPLES_MAX {
        return Err(Problem::bad_request(format!("count is at most {TRIAL_SAMPLES_MAX}")));
    }
    let key = visible_dataset(&caller, request.tenant, request.dataset)?;
    let slot = state.trials.slot()?;
    let name = DatasetName::new(key.tenant(), key.dataset());
    let samples = match newest_rows(&state.engine, &caller, &name, count).await? {
        Some(rows) => Samples::Stored(rows),
        None => Samples::Rows(Vec::new()),
    };
    let request =
        TrialRequest { filters: request.filters, samples, dataset: Some(key), limits: TrialLimits::VALIDATE };
    state.trials.run(request, slot).await
}

fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let body = body.map_err(|rejection| Problem::unreadable_body(&rejection, MAX_TRIAL_BODY_BYTES))?;
    serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("the body is not such a request: {error}")))
}

/// The name of a dataset of the caller; it need not have stored anything yet.
fn visible_dataset(caller: &Caller, tenant: String, dataset: String) -> Result<DatasetKey, Problem> {
    if !caller.sees_tenant(&tenant) {
        let name = DatasetName::new(tenant, dataset);
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "unknown-dataset",
            format!("there is no dataset {name}"),
        ));
    }
    DatasetKey::new(tenant, dataset).map_err(|error| Problem::bad_request(error.to_string()))
}
