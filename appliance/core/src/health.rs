//! What the process tells about itself over HTTP: `/healthz`, `/readyz`, `/metrics`, `/api/v1/ledger`.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use crate::ledger::{DatasetAccount, Ledger};
use crate::metrics::{METRICS_CONTENT_TYPE, Metrics};
use crate::progress::{ComponentReport, Progress};

/// What the answers are made from.
#[derive(Clone, Debug)]
pub struct HealthState {
    /// How the components are.
    pub progress: Progress,
    /// The account of events.
    pub ledger: Arc<Ledger>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
}

/// The answer of `/readyz`: 200 when durable data can be taken, 503 when not.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    /// Who keeps the process from being ready, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting_for: Vec<ComponentReport>,
    components: Vec<ComponentReport>,
}

/// The answer of `/api/v1/ledger`.
#[derive(Debug, Serialize)]
struct LedgerAnswer {
    datasets: Vec<DatasetAccount>,
}

/// A router with the four addresses. A role merges its own into it where they share a port.
pub fn health_router(state: HealthState) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/api/v1/ledger", get(ledger))
        .with_state(state)
}

/// The process answers; that is all this says.
async fn healthz() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "alive": true, "version": env!("CARGO_PKG_VERSION") }))
}

async fn readyz(State(state): State<HealthState>) -> Response {
    let components = state.progress.report();
    let waiting_for: Vec<ComponentReport> =
        components.iter().filter(|report| report.keeps_from_ready()).cloned().collect();
    let ready = waiting_for.is_empty() && !components.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, waiting_for, components })).into_response()
}

async fn metrics(State(state): State<HealthState>) -> Response {
    match state.metrics.encode() {
        Ok(page) => ([(header::CONTENT_TYPE, METRICS_CONTENT_TYPE)], page).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "a metric cannot be written").into_response(),
    }
}

async fn ledger(State(state): State<HealthState>) -> Json<LedgerAnswer> {
    Json(LedgerAnswer { datasets: state.ledger.account() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_server::ServeLimits;
    use crate::http_server::tests::{get_text, start};
    use crate::progress::ComponentState;
    use hotpath::account::Movement;
    use hotpath::names::DatasetKey;

    fn state() -> HealthState {
        let ledger = Arc::new(Ledger::default());
        let progress = Progress::default();
        let metrics = Arc::new(Metrics::new(Arc::clone(&ledger), progress.clone()));
        HealthState { progress, ledger, metrics }
    }

    fn body(answer: &str) -> serde_json::Value {
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    #[tokio::test]
    async fn readiness_names_who_keeps_it_waiting_and_why() {
        let state = state();
        let server = start(health_router(state.clone()), ServeLimits::default()).await;
        assert!(get_text(server.address, "/healthz").await.starts_with("HTTP/1.1 200"));
        assert!(get_text(server.address, "/readyz").await.starts_with("HTTP/1.1 503"), "nobody is there yet");

        let shard = state.progress.register("shard 0", None).unwrap();
        let log = state.progress.register("log", None).unwrap();
        shard.set(ComponentState::Ready);
        log.set(ComponentState::Blocked("no space left on /data".into()));
        let answer = get_text(server.address, "/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        let blocked = serde_json::json!(
            {"name": "log", "state": "blocked", "reason": "no space left on /data"});
        let expected = serde_json::json!({
            "ready": false,
            "waiting_for": [blocked],
            "components": [{"name": "shard 0", "state": "ready"}, blocked],
        });
        assert_eq!(body(&answer), expected);

        log.set(ComponentState::Degraded("slow disk".into()));
        let answer = get_text(server.address, "/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(body(&answer)["ready"], true);
    }

    #[tokio::test]
    async fn the_account_and_the_metrics_are_answered() {
        let state = state();
        let mut writers = state.ledger.open(&DatasetKey::new("acme", "fw").unwrap(), 0).unwrap();
        writers.executor.record(&Movement::receive(7, 700));
        let server = start(health_router(state), ServeLimits::default()).await;

        let account = &body(&get_text(server.address, "/api/v1/ledger").await)["datasets"][0];
        assert_eq!(
            (&account["received"], &account["in_flight"], &account["imbalance"]),
            (&7.into(), &7.into(), &0.into())
        );

        let answer = get_text(server.address, "/metrics").await;
        assert!(answer.contains(METRICS_CONTENT_TYPE), "{answer}");
        assert!(answer.contains("bytefreezer_ledger_received_events_total"), "{answer}");
        assert!(get_text(server.address, "/nothing").await.starts_with("HTTP/1.1 404"));
    }
}
