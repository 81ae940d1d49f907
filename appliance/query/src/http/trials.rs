//! Tests of transformations, away from the thread that serves: how many at once, and for how long.

use std::sync::Arc;
use std::time::Instant;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytefreezer_core::transformations::{Samples, Trial, TrialError, TrialLimits};
use chrono::Utc;
use hotpath::filter::{ResourceSource, Resources};
use hotpath::names::DatasetKey;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::error;

use super::problem::Problem;
use crate::limits::{MAX_TRIALS_AT_ONCE, TRIAL_TIME};

/// What tests share.
#[derive(Debug)]
pub(super) struct Trials {
    resources: Arc<dyn ResourceSource>,
    slots: Arc<Semaphore>,
}

/// Leave to run one test, until it is given back.
#[derive(Debug)]
pub(super) struct TrialSlot {
    _permit: OwnedSemaphorePermit,
}

/// One test.
#[derive(Debug)]
pub(super) struct TrialRequest {
    pub(super) filters: Value,
    pub(super) samples: Samples,
    pub(super) dataset: Option<DatasetKey>,
    pub(super) limits: TrialLimits,
}

impl Trials {
    /// Tests whose filters name these resources.
    pub(super) fn new(resources: Arc<dyn ResourceSource>) -> Self {
        Self { resources, slots: Arc::new(Semaphore::new(MAX_TRIALS_AT_ONCE)) }
    }

    /// Leave to run a test, or the answer 429.
    pub(super) fn slot(&self) -> Result<TrialSlot, Problem> {
        match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(permit) => Ok(TrialSlot { _permit: permit }),
            Err(_) => {
                let detail = format!("{MAX_TRIALS_AT_ONCE} tests are running, no more are allowed");
                Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", detail))
            }
        }
    }

    /// Runs a test. One that takes too long is answered with 408, and holds its slot until it has noticed.
    pub(super) async fn run(&self, request: TrialRequest, slot: TrialSlot) -> Result<Response, Problem> {
        let TrialRequest { filters, samples, dataset, limits } = request;
        let trial = Trial {
            filters,
            samples,
            dataset,
            // Read anew for each test: a file may have been replaced, and nothing of it stays in memory. Without name
            // servers: a request must not make this machine send queries to addresses that it names.
            resources: Arc::new(Resources::new(Arc::clone(&self.resources))),
            received_us: Utc::now().timestamp_micros(),
            limits,
            deadline: Some(Instant::now() + TRIAL_TIME),
        };
        let work = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            trial.run().map(|report| serde_json::to_vec(&report))
        });
        let done = match tokio::time::timeout(TRIAL_TIME, work).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => return Err(broken_down(&error)),
            Err(_) => return Err(time_over()),
        };
        let body = done.map_err(|error| problem_of(&error))?.map_err(|error| broken_down(&error))?;
        Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
    }
}

fn problem_of(error: &TrialError) -> Problem {
    match error {
        TrialError::TimeOver { .. } => time_over(),
        TrialError::NoLines { .. } => Problem::bad_request(error.to_string()),
        TrialError::Columns(_) => broken_down(error),
        TrialError::TooManyFilters { .. }
        | TrialError::TooManySamples { .. }
        | TrialError::SampleTooLong { .. }
        | TrialError::SamplesTooLarge { .. }
        | TrialError::TooManyRows { .. }
        | TrialError::ReportTooLarge { .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", error.to_string())
        }
    }
}

fn time_over() -> Problem {
    let detail = format!("the test took longer than {} s: give fewer samples", TRIAL_TIME.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, "time-limit", detail)
}

fn broken_down(error: &dyn std::error::Error) -> Problem {
    error!(%error, "a test of filters broke down");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the test broke down; the log says why")
}
