//! The receivers, and what their answers mean.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use bytefreezer_core::config::{ForwardConfig, Secret};
use chrono::{DateTime, SecondsFormat};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode};
use tracing::{debug, info};
use url::Url;

use super::batch::Batch;
use crate::limits::{FORWARD_ANSWER_BYTES_MAX, FORWARD_CONNECT_SECONDS_MAX};

/// The receivers that a proxy knows.
pub(super) struct Receivers {
    client: Client,
    addresses: Vec<Url>,
    token: Option<Secret>,
    /// The one that took the last batch.
    current: AtomicUsize,
}

/// Why a batch was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It will be taken, here or elsewhere, at another time.
    Later(String),
    /// Its parts may be taken.
    TooLarge(String),
    /// It is not what a receiver takes.
    Never(String),
}

impl Refusal {
    pub(super) fn reason(self) -> String {
        match self {
            Self::Later(reason) | Self::TooLarge(reason) | Self::Never(reason) => reason,
        }
    }
}

impl Receivers {
    pub(super) fn new(config: &ForwardConfig) -> anyhow::Result<Self> {
        let mut addresses = Vec::new();
        for receiver in &config.receivers {
            addresses.push(Url::parse(receiver).with_context(|| format!("{receiver} is not a URL"))?);
        }
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(FORWARD_CONNECT_SECONDS_MAX))
            .timeout(Duration::from_secs(config.timeout_seconds))
            .user_agent(concat!("bytefreezer/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &config.ca_file {
            let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let authorities = reqwest::Certificate::from_pem_bundle(&pem)
                .with_context(|| format!("{} is not PEM", path.display()))?;
            ensure!(!authorities.is_empty(), "{} holds no certificate", path.display());
            // Only these: private authorities are given to pin the receivers, not to widen the circle.
            builder = builder.tls_built_in_root_certs(false);
            for authority in authorities {
                builder = builder.add_root_certificate(authority);
            }
        }
        Ok(Self {
            client: builder.build().context("the HTTP client cannot be built")?,
            addresses,
            token: config.token.clone(),
            current: AtomicUsize::new(0),
        })
    }

    /// Sends a batch to the receiver that took the last one, and where that does not take it now, to the others.
    ///
    /// # Errors
    /// [`Refusal`], of the last one where all said [`Refusal::Later`].
    pub(super) async fn post(&self, batch: &Batch) -> Result<(), Refusal> {
        let first = self.current.load(Ordering::Relaxed);
        let mut last = Refusal::Later("no receivers are configured: set `forward.receivers`".to_owned());
        for number in 0..self.addresses.len() {
            let index = (first + number) % self.addresses.len();
            let Some(address) = self.addresses.get(index) else { break };
            match self.post_to(address, batch).await {
                Err(Refusal::Later(reason)) => {
                    debug!(receiver = %address, reason, "a receiver does not take a batch now");
                    last = Refusal::Later(reason);
                }
                answer => {
                    if number > 0 {
                        info!(receiver = %address, "batches go to another receiver");
                    }
                    self.current.store(index, Ordering::Relaxed);
                    return answer;
                }
            }
        }
        Err(last)
    }

    async fn post_to(&self, address: &Url, batch: &Batch) -> Result<(), Refusal> {
        let mut url = address.clone();
        let dataset = &batch.key.dataset;
        // Names have no characters that a path cannot hold.
        url.set_path(&format!(
            "{}/{}/{}",
            address.path().trim_end_matches('/'),
            dataset.tenant(),
            dataset.dataset()
        ));
        let file_name = hotpath::layout::intake_key(&batch.key);
        let file_name = file_name.rsplit('/').next().unwrap_or_default();
        let mut request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/x-ndjson")
            .header(CONTENT_ENCODING, "gzip")
            .header("x-proxy-batch-id", &batch.key.batch)
            .header("x-proxy-line-count", batch.rows)
            .header("x-proxy-original-bytes", batch.packed.len())
            .header("x-proxy-created-at", rfc3339_ns(batch.key.received_ns))
            .header("x-proxy-data-hint", "rows")
            .header("x-proxy-filename", file_name)
            .body(batch.packed.clone());
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        let host = address.host_str().unwrap_or_default();
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(refusal(host, response).await),
            Err(error) => Err(Refusal::Later(format!("{host}: {}", not_reached(&error)))),
        }
    }
}

fn not_reached(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "cannot connect; check the address, the network and, for https, `forward.ca_file`"
    } else {
        "the connection broke"
    }
}

/// What an answer other than success means. One about who may send is believed to be mended some day: what a wrong
/// token costs is time, not data.
async fn refusal(host: &str, response: Response) -> Refusal {
    let status = response.status();
    let text = beginning(response).await;
    let reason = format!("{host} answers {status}: {text}");
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge(reason),
        StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY => {
            Refusal::Never(reason)
        }
        _ => Refusal::Later(reason),
    }
}

/// The beginning of an answer's text, on one line.
async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= FORWARD_ANSWER_BYTES_MAX {
            bytes.truncate(FORWARD_ANSWER_BYTES_MAX);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).replace(char::is_control, " ")
}

fn rfc3339_ns(time_ns: u64) -> String {
    let time = DateTime::from_timestamp_nanos(i64::try_from(time_ns).unwrap_or(i64::MAX));
    time.to_rfc3339_opts(SecondsFormat::Nanos, true)
}
