//! A real S3 server as the stage, there and away.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and one that is skipped says so"
)]

#[path = "../../lake/tests/common/mod.rs"]
mod common;
mod support;

use std::sync::Arc;
use std::time::Duration;

use bytefreezer_lake::pace::RetryPolicy;
use common::Weed;
use support::{Request, rows, spool_files, start, until};

/// Gives up soon, so that the spool has to wait and not the store.
fn hasty() -> RetryPolicy {
    let pause = Duration::from_millis(10);
    RetryPolicy { max_attempts: 2, first_pause: pause, longest_pause: pause }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_and_comes_back_gets_every_batch_once() {
    let Some(mut weed) = Weed::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", Arc::new(weed.store(hasty()).await)).await;
    let batch = |number: usize| {
        Request::rows(&format!("edge-0-{number}-{number}"), &rows(number * 100, 100)).packed("gzip")
    };
    assert_eq!(running.send(batch(0)).await.status, 200);
    assert_eq!(running.send(Request::new("/acme/syslog", "<13>one line")).await.status, 200);
    running.until_stored("logs", 100).await;
    running.until_stored("syslog", 1).await;

    weed.kill();
    for number in 1..5 {
        assert_eq!(running.send(batch(number)).await.status, 200);
    }
    until("trouble with the storage", || running.component("receiver storage") == "degraded").await;
    assert_eq!(spool_files(&folder).len(), 4);
    assert!(running.progress.is_ready());

    weed.restart();
    running.until_stored("logs", 500).await;
    until("the end of the trouble", || running.component("receiver storage") == "ready").await;
    assert!(spool_files(&folder).is_empty());
    let objects = running.objects().await;
    let logs: Vec<&str> = objects
        .iter()
        .filter(|(key, _)| key.starts_with("acme/logs/"))
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(logs.len(), 5);
    let mut found: Vec<&str> = logs.iter().flat_map(|text| text.lines()).collect();
    found.sort_unstable();
    let all = rows(0, 500);
    let mut expected: Vec<&str> = all.lines().collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_starts_and_takes_batches_without_its_server() {
    let Some(mut weed) = Weed::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    weed.kill();
    let running = start(&folder, "", Arc::new(weed.store(hasty()).await)).await;
    assert_eq!(running.send(Request::rows("edge-0-1-10", &rows(1, 10))).await.status, 200);
    weed.restart();
    running.until_stored("logs", 10).await;
}
