//! Batches from the role to receivers. These are servers of the test, which answer what no real receiver would answer on
//! demand; the real one is in `tests/e2e/staged.py`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, Uri};
use bytefreezer_proxy::forward::dead_letters_in;
use flate2::read::MultiGzDecoder;
use support::{Running, folder_store, start_in};

const LOG: &str = "log_segment_bytes: 8 MiB, log_disk_bytes_max: 64 MiB";

/// What a batch says of itself, and its rows.
#[derive(Debug, Clone)]
struct Received {
    path: String,
    headers: BTreeMap<String, String>,
    rows: Vec<serde_json::Value>,
}

/// Answers a batch by the number of requests before it and by its rows.
type Answer = fn(usize, usize) -> StatusCode;

/// A server in place of a receiver.
#[derive(Clone)]
struct TestReceiver {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<(StatusCode, Received)>>>,
}

impl TestReceiver {
    async fn start(answer: Answer) -> Self {
        let requests: Arc<Mutex<Vec<(StatusCode, Received)>>> = Arc::default();
        let seen = Arc::clone(&requests);
        let handler = move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let mut text = String::new();
            MultiGzDecoder::new(body.as_ref()).read_to_string(&mut text).unwrap();
            let received = Received {
                path: uri.path().to_owned(),
                headers: headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                    .collect(),
                rows: text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            };
            let mut seen = seen.lock().unwrap();
            let status = answer(seen.len(), received.rows.len());
            seen.push((status, received));
            (status, "the words of the test")
        };
        let router = Router::new().fallback(handler).layer(DefaultBodyLimit::disable());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<(StatusCode, Received)> {
        self.requests.lock().unwrap().clone()
    }

    /// The numbers in the messages of the batches that were taken.
    fn taken(&self) -> Vec<u64> {
        let taken = self.requests().into_iter().filter(|(status, _)| status.is_success());
        let mut numbers: Vec<u64> =
            taken.flat_map(|(_, received)| received.rows).map(|row| number(&row)).collect();
        numbers.sort_unstable();
        numbers
    }
}

fn number(row: &serde_json::Value) -> u64 {
    row["message"].as_str().unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

async fn start(receivers: &[&TestReceiver]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(&folder).await;
    let addresses: Vec<String> =
        receivers.iter().map(|receiver| format!("'http://{}/base'", receiver.address)).collect();
    let datasets = format!(
        "forward: {{receivers: [{}], token: secret, batch_age_max_seconds: 1}}
datasets:
  - dataset: logs
    route: staged
    testing: true
    filters: [{{type: drop, config: {{condition: 'exists message'}}}}]
    inputs: [{{type: syslog, transport: tcp, listen: '127.0.0.1:0'}}]
",
        addresses.join(", ")
    );
    start_in(folder, &datasets, LOG, store).await
}

fn send(running: &Running, numbers: std::ops::Range<u64>) {
    let mut tcp = TcpStream::connect(running.address("syslog tcp")).unwrap();
    for number in numbers {
        writeln!(tcp, "<34>1 2026-11-21T10:00:00Z host app 1 ID1 - number {number}").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_go_to_the_receiver_unfiltered_with_what_names_their_batch() {
    let receiver = TestReceiver::start(|_, _| StatusCode::OK).await;
    let running = start(&[&receiver]).await;
    send(&running, 0..20);
    running.until("every row", |account| account.stored == 20).await;
    assert_eq!(receiver.taken(), (0..20).collect::<Vec<_>>());
    let (_, batch) = receiver.requests().remove(0);
    assert_eq!(batch.path, "/base/default/logs");
    let header = |name: &str| batch.headers[name].as_str();
    assert_eq!(header("authorization"), "Bearer secret");
    assert_eq!((header("content-encoding"), header("x-proxy-data-hint")), ("gzip", "rows"));
    assert_eq!(header("x-proxy-line-count"), batch.rows.len().to_string());
    let name = header("x-proxy-batch-id");
    assert!(name.starts_with("test-0-0-"), "{name}");
    assert!(header("x-proxy-filename").ends_with(&format!("--{name}.ndjson.gz")));
    assert!(header("x-proxy-created-at").ends_with("000Z"), "{}", header("x-proxy-created-at"));
    assert_eq!(batch.rows[0]["event_time"], "2026-11-21T10:00:00.000000Z");
    assert_eq!(running.rows(), 0, "nothing of it is laid down here");
    assert_eq!(running.account().imbalance, 0);
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_to_whoever_takes_it_and_is_tried_until_then() {
    let broken = TestReceiver::start(|_, _| StatusCode::SERVICE_UNAVAILABLE).await;
    let forbidding = TestReceiver::start(|before, _| match before {
        0 => StatusCode::UNAUTHORIZED,
        1 => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::OK,
    })
    .await;
    let running = start(&[&broken, &forbidding]).await;
    send(&running, 0..5);
    running.until("every row", |account| account.stored == 5).await;
    assert_eq!(forbidding.taken(), [0, 1, 2, 3, 4]);
    assert_eq!(broken.requests().len(), 3, "once for each turn");
    // The next batch goes to the one that took the last.
    send(&running, 5..6);
    running.until("every row", |account| account.stored == 6).await;
    assert_eq!(broken.requests().len(), 3);
    assert!(dead_letters_in(running.folder.path()).await.unwrap().is_empty());
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_too_large_is_sent_in_halves_and_a_row_that_is_becomes_a_dead_letter() {
    let receiver = TestReceiver::start(|_, rows| match rows {
        0..=3 => StatusCode::OK,
        _ => StatusCode::PAYLOAD_TOO_LARGE,
    })
    .await;
    let running = start(&[&receiver]).await;
    send(&running, 0..20);
    running.until("every row", |account| account.stored == 20).await;
    assert_eq!(receiver.taken(), (0..20).collect::<Vec<_>>());
    let taken = receiver.requests().into_iter().filter(|(status, _)| status.is_success());
    let names: std::collections::BTreeSet<String> =
        taken.map(|(_, batch)| batch.headers["x-proxy-batch-id"].clone()).collect();
    assert!(names.len() >= 7 && names.iter().all(|name| name.contains("-p")), "{names:?}");
    running.proxy.drain().await;

    let receiver = TestReceiver::start(|_, _| StatusCode::PAYLOAD_TOO_LARGE).await;
    let running = start(&[&receiver]).await;
    send(&running, 0..2);
    running.until("every row", |account| account.stored == 2).await;
    let letters = dead_letters_in(running.folder.path()).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.rows).sum::<u64>(), 2);
    assert_eq!(running.account().aside["dead_letters"], 2);
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_receiver_takes_is_kept_with_its_reason_and_taken_later() {
    let receiver = TestReceiver::start(|before, _| match before {
        0 => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    })
    .await;
    let running = start(&[&receiver]).await;
    send(&running, 0..3);
    running.until("every row", |account| account.stored == 3).await;
    let [letter] = dead_letters_in(running.folder.path()).await.unwrap().try_into().unwrap();
    assert_eq!(letter.rows, 3);
    assert!(
        letter.reason.contains("400") && letter.reason.contains("the words of the test"),
        "{}",
        letter.reason
    );
    assert!(letter.key.starts_with("default/logs/default--logs--"), "{}", letter.key);

    let yaml = std::fs::read_to_string(running.folder.path().join("test.yaml")).unwrap();
    assert!(yaml.contains("forward"));
    let config =
        bytefreezer_core::config::Config::load(Some(&running.folder.path().join("test.yaml")), None).unwrap();
    let forwarder = bytefreezer_proxy::forward::Forwarder::new(&config).unwrap();
    let (taken, refused) = forwarder.retry_dead_letters().await.unwrap();
    assert_eq!((taken, refused), (vec![letter], vec![]));
    assert_eq!(receiver.taken(), [0, 1, 2]);
    assert!(dead_letters_in(running.folder.path()).await.unwrap().is_empty());
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_staged_route_cannot_be_taken_up_by_a_reload() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(&folder).await;
    let direct = "datasets: [{dataset: logs}]\n";
    let mut running = start_in(folder, direct, LOG, store).await;
    let staged =
        support::config_of(running.folder.path(), "datasets: [{dataset: logs, route: staged}]\n", LOG);
    let error = running.proxy.reload(&staged).await.unwrap_err().to_string();
    assert!(error.contains("default/logs") && error.contains("restart"), "{error}");
    running.proxy.drain().await;
}
