//! A request from its head to its answer.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytefreezer_core::http_body::{BodyFrames, discard};
use hotpath::layout::BatchKey;
use hotpath::names::DatasetKey;
use serde_json::json;

use crate::access::Verdict;
use crate::account::Accounts;
use crate::events::EventTaker;
use crate::headers::{Brought, read_headers};
use crate::refusal::Refusal;
use crate::rows::{RowTaker, Taken};
use crate::spool::{Arrival, ArrivingBatch, Spool};
use crate::table::{Dataset, Table};
use crate::watch::Counts;

/// What requests are taken with.
pub struct Requests {
    /// What they are held against.
    pub table: ArcSwap<Table>,
    /// Takes rows.
    pub rows: RowTaker,
    /// Takes events.
    pub events: EventTaker,
    /// The accounts.
    pub accounts: Arc<Accounts>,
    /// The spool.
    pub spool: Arc<Spool>,
    /// Counts answers.
    pub counts: Counts,
}

/// Where requests go.
pub fn routes(requests: Arc<Requests>) -> Router {
    Router::new()
        .route("/{tenant}/{dataset}", post(take))
        .route("/webhook/{tenant}/{dataset}", post(take))
        .with_state(requests)
}

async fn take(
    State(requests): State<Arc<Requests>>,
    Path((tenant, dataset)): Path<(String, String)>,
    ConnectInfo(sender): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let table = requests.table.load_full();
    let key = DatasetKey::new(tenant.as_str(), dataset.as_str());
    let taken = match admit(&table, &parts, (&tenant, &dataset), key.clone()) {
        Ok((dataset, brought)) => requests.take(&parts, body, sender, dataset, brought).await,
        Err(refusal) => {
            discard(body).await;
            Err(refusal)
        }
    };
    if let (Err(refusal), Ok(key)) = (&taken, &key)
        && let Some(reason) = refusal.reject_reason()
        && table.datasets.contains_key(key)
    {
        requests.accounts.refuse(key, reason);
    }
    let response = match taken {
        Ok(Taken::Now(accepted)) => axum::Json(json!({ "accepted": accepted })).into_response(),
        Ok(Taken::Before) => {
            requests.counts.duplicates.inc();
            axum::Json(json!({ "accepted": 0, "duplicate": true })).into_response()
        }
        Err(refusal) => refusal.into_response(),
    };
    requests.counts.answered(response.status());
    response
}

/// Whether the sender may send there, and what it brings. Who is not known does not learn which datasets there are.
fn admit<'a>(
    table: &'a Table,
    parts: &Parts,
    (tenant, dataset): (&str, &str),
    key: Result<DatasetKey, hotpath::names::NameError>,
) -> Result<(&'a Dataset, Brought), Refusal> {
    match table.access.verdict(&parts.headers, tenant, dataset) {
        Verdict::Allowed => {}
        Verdict::Unknown => return Err(Refusal::Stranger),
        Verdict::Elsewhere => return Err(Refusal::Elsewhere),
    }
    let key = key?;
    let Some(found) = table.datasets.get(&key) else { return Err(Refusal::Dataset(key.to_string())) };
    Ok((found, read_headers(&parts.headers, &key)?))
}

impl Requests {
    async fn take(
        &self,
        parts: &Parts,
        body: Body,
        sender: SocketAddr,
        dataset: &Dataset,
        brought: Brought,
    ) -> Result<Taken, Refusal> {
        let (batch, rows) = match brought {
            Brought::Events { batch: None } => {
                return self.events.take(parts, body, sender, dataset, None).await;
            }
            Brought::Events { batch: Some(batch) } => (batch, None),
            Brought::Rows { batch, rows } => (batch, Some(rows)),
        };
        let arriving = match self.arrive(&batch) {
            Ok(Some(arriving)) => arriving,
            Ok(None) => {
                let frames = BodyFrames::new(&parts.headers, body);
                frames.pass_over(self.rows.limits.received_bytes_max).await;
                return Ok(Taken::Before);
            }
            Err(refusal) => {
                discard(body).await;
                return Err(refusal);
            }
        };
        match rows {
            Some(rows) => self.rows.take(parts, body, arriving, rows).await,
            None => self.events.take(parts, body, sender, dataset, Some(arriving)).await,
        }
    }

    /// A batch that is not here yet; `None` for one that is.
    fn arrive(&self, batch: &BatchKey) -> Result<Option<ArrivingBatch>, Refusal> {
        match self.spool.arrive(batch)? {
            Arrival::New(arriving) => Ok(Some(arriving)),
            Arrival::Waiting => Ok(None),
            Arrival::Arriving => Err(Refusal::Arriving),
        }
    }
}

impl Counts {
    fn answered(&self, status: StatusCode) {
        self.requests.get_or_create(&[("status", status.as_str().to_owned())]).inc();
    }
}
