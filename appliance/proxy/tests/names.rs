//! A dataset whose filter `dns` waits: others go on, its own events stay in order, and none is lost.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../core/tests/name_servers_support/mod.rs"]
mod name_servers_support;
mod support;

use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use bytefreezer_core::ledger::DatasetAccount;
use name_servers_support::{NameServer, Reply};
use support::{Running, folder_store, rows_in, send, start_in};

const LOG: &str = "log_segment_bytes: 8 MiB, log_disk_bytes_max: 64 MiB";

async fn start(server: &NameServer, timeout_seconds: f64) -> Running {
    let filter = format!(
        "{{type: dns, config: {{field: address, target_field: name, nameserver: '{}', timeout: {timeout_seconds}}}}}",
        server.address
    );
    let input = "inputs: [{type: http, listen: '127.0.0.1:0'}]";
    let datasets = format!(
        "datasets:
  - {{dataset: asking, format: json, testing: true, filters: [{filter}], {input}}}
  - {{dataset: other, format: json, testing: true, {input}}}
"
    );
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(&folder).await;
    start_in(folder, &datasets, LOG, store).await
}

/// Posts an event, which is durable then.
async fn post(running: &Running, dataset: &str, event: &str) {
    let addresses = running.proxy.addresses();
    let input = addresses.iter().find(|address| address.dataset.dataset() == dataset).unwrap();
    let path = format!("/ingest/default/{dataset}");
    let answer = send(input.address, "POST", &path, &[], event.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn account(running: &Running, dataset: &str) -> DatasetAccount {
    running.ledger.account().into_iter().find(|account| account.dataset == dataset).unwrap()
}

async fn until_stored(running: &Running, dataset: &str, count: u64) {
    let start = Instant::now();
    while account(running, dataset).stored != count {
        let account = account(running, dataset);
        assert!(start.elapsed() < Duration::from_secs(30), "{count} rows do not come: {account:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_goes_on_while_a_dataset_waits_for_names() {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let server = NameServer::start(move |name, _| {
        let _ = released.lock().unwrap().recv();
        match name.split('.').next() {
            Some("1") => Reply::Names(300, vec!["one.example"]),
            _ => Reply::NoName(300),
        }
    });
    let running = start(&server, 30.0).await;
    post(&running, "asking", r#"{"address": "192.0.2.1"}"#).await;
    // Taken in and logged while the one before waits.
    post(&running, "asking", r#"{"address": "192.0.2.2"}"#).await;
    post(&running, "other", r#"{"address": "192.0.2.1"}"#).await;
    until_stored(&running, "other", 1).await;
    assert_eq!(account(&running, "asking").in_flight, 2);

    drop(release);
    until_stored(&running, "asking", 2).await;
    assert_eq!(running.column("name"), ["one.example"]);
    let accounts = running.ledger.account();
    assert!(accounts.iter().all(|account| (account.imbalance, account.aside["filter_errors"]) == (0, 0)));
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_when_the_role_drains_is_stored() {
    let server = NameServer::start(|_, _| Reply::Silence);
    let running = start(&server, 0.5).await;
    for number in 1..=3 {
        post(&running, "asking", &format!(r#"{{"address": "192.0.2.{number}"}}"#)).await;
    }
    let Running { proxy, ledger, folder, .. } = running;
    proxy.drain().await;
    let asking = ledger.account().into_iter().find(|account| account.dataset == "asking").unwrap();
    assert_eq!((asking.stored, asking.in_flight, asking.imbalance), (3, 0, 0));
    assert_eq!(asking.aside["filter_errors"], 3);
    assert_eq!(rows_in(&folder), 3);
}
