//! What `top` asks a running appliance for: the account of events and some metrics.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::metrics::sum;
use crate::limits::TOP_ANSWER_BYTES_MAX;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The metrics of a proxy that the table shows, by the name they have in `/metrics`.
const LOG_BYTES: &str = "bytefreezer_shard_log_bytes";
const CONNECTIONS: &str = "bytefreezer_shard_connections";

/// The account of a dataset, as `GET /api/v1/ledger` gives it. Unit: events.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Account {
    pub tenant: String,
    pub dataset: String,
    pub received: u64,
    pub stored: u64,
    pub filtered: u64,
    pub rejected: u64,
    pub dropped: u64,
    pub in_flight: i64,
    pub imbalance: i64,
    #[serde(default)]
    pub dropped_by_reason: BTreeMap<String, u64>,
}

impl Account {
    /// `tenant/dataset`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.tenant, self.dataset)
    }
}

#[derive(Debug, Deserialize)]
struct LedgerAnswer {
    datasets: Vec<Account>,
}

/// Everything that was answered at one time.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When.
    pub at: Instant,
    /// The accounts, by dataset.
    pub accounts: Vec<Account>,
    /// Bytes of the logs of all shards; `None` where the process does not tell.
    pub log_bytes: Option<f64>,
    /// Open connections of senders; `None` where the process does not tell.
    pub connections: Option<f64>,
}

/// Asks one appliance.
#[derive(Debug)]
pub struct Source {
    client: reqwest::Client,
    url: Url,
}

impl Source {
    /// A source for the address of the health page.
    pub fn new(url: Url) -> Result<Self> {
        let client =
            reqwest::Client::builder().timeout(TIMEOUT).build().context("cannot set the HTTP client up")?;
        Ok(Self { client, url })
    }

    /// The address, for messages.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Asks for the account and the metrics.
    pub async fn ask(&self) -> Result<Snapshot> {
        let ledger: LedgerAnswer = read_json(&self.get("/api/v1/ledger").await?)
            .with_context(|| format!("{} does not answer like a ByteFreezer appliance", self.url))?;
        let at = Instant::now();
        let page = self.get("/metrics").await?;
        let page = String::from_utf8_lossy(&page);
        Ok(Snapshot {
            at,
            accounts: ledger.datasets,
            log_bytes: sum(&page, LOG_BYTES),
            connections: sum(&page, CONNECTIONS),
        })
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>> {
        let mut url = self.url.clone();
        url.set_path(path);
        let failed =
            || format!("cannot read {url}; is the appliance running, and is this its `health.listen`?");
        let mut response = self.client.get(url.clone()).send().await.with_context(failed)?;
        ensure!(response.status().is_success(), "{url} answered {}", response.status());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.with_context(failed)? {
            ensure!(
                body.len() + chunk.len() <= TOP_ANSWER_BYTES_MAX,
                "{url} answered more than {TOP_ANSWER_BYTES_MAX} bytes"
            );
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).context("the answer is not the JSON that was expected")
}
