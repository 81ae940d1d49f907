//! HTTP senders and a log that takes nothing: they are told so at once, and nothing of what was refused is kept.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytefreezer_lake::testing::{Fault, FaultyStore};
use support::{Running, folder_store, post, send, start_in};

/// The least log that can be set: blocks may have three of its four segments.
const LOG: &str = "log_segment_bytes: 4 MiB, log_disk_bytes_max: 16 MiB";
const DATASETS: &str = "datasets:
  - dataset: logs
    format: syslog
    testing: true
    inputs:
      - {type: syslog, transport: udp, listen: '127.0.0.1:0'}
      - {type: http, listen: '127.0.0.1:0'}
      - {type: http, listen: '127.0.0.1:0', mode: splunk_hec}
      - {type: http, listen: '127.0.0.1:0', mode: elasticsearch}
";
const LINES: usize = 500;
const REQUESTS_MAX: usize = 200;

/// The answer to a request of 500 lines of 1,000 bytes.
async fn post_lines(address: SocketAddr) -> (u16, String) {
    post(address, format!("{}\n", "x".repeat(999)).repeat(LINES)).await
}

/// Senders made for something else meet the full log, each with 500 events of 1,000 bytes.
async fn others_are_told_in_their_words(running: &Running) {
    let text = "x".repeat(980);
    let events = format!("{{\"event\":\"{text}\"}}\n").repeat(LINES);
    let hec = running.address("http /services/collector");
    let answer = send(hec, "POST", "/services/collector", &[], events.as_bytes()).await;
    assert_eq!((answer.status, &answer.json()["code"]), (503, &9.into()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    let actions = format!("{{\"create\":{{}}}}\n{{\"a\":\"{text}\"}}\n").repeat(LINES);
    let bulk = running.address("http /_bulk");
    let answer = send(bulk, "POST", "/_bulk", &[], actions.as_bytes()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    let answer = answer.json();
    assert_eq!(answer["items"].as_array().unwrap().len(), LINES);
    assert_eq!(answer["items"][LINES - 1]["create"]["status"], 429);
}

/// Posts until a request is refused; returns how many lines were acknowledged before.
async fn fill(address: SocketAddr) -> u64 {
    let mut acknowledged = 0;
    for _ in 0..REQUESTS_MAX {
        let (status, answer) = post_lines(address).await;
        if status != 200 {
            assert_eq!(status, 429, "{answer}");
            assert!(answer.contains("retry-after: 1"), "{answer}");
            return acknowledged;
        }
        acknowledged += LINES as u64;
    }
    panic!("the log never gets full");
}

/// Posts until a request is taken.
async fn post_until_taken(address: SocketAddr) {
    for _ in 0..REQUESTS_MAX {
        let (status, answer) = post_lines(address).await;
        if status == 200 {
            return;
        }
        assert_eq!(status, 429, "{answer}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the log never takes anything again");
}

async fn until_blocked(running: &Running) {
    for _ in 0..REQUESTS_MAX {
        if running.progress.report().iter().any(|part| part.name == "shard 0" && part.state == "blocked") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:?}", running.progress.report());
}

/// Sends datagrams and waits until the account has them, whatever became of them.
async fn send_datagrams(running: &Running, count: u64) {
    let before = running.account().received;
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for _ in 0..count {
        let text = format!("<34>1 2026-11-21T10:00:00Z host app 1 ID1 - {}", "x".repeat(950));
        udp.send_to(text.as_bytes(), running.address("syslog udp")).unwrap();
    }
    running.until("the datagrams", |account| account.received == before + count).await;
}

static STORAGE_IS_THERE: AtomicBool = AtomicBool::new(false);

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_meets_a_full_log_is_refused_and_nothing_of_it_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let refuse = |_| (!STORAGE_IS_THERE.load(Ordering::Relaxed)).then_some(Fault::Refused);
    let store = Arc::new(FaultyStore::new(folder_store(&folder).await, refuse));
    let running = start_in(folder, DATASETS, LOG, store).await;
    let http = running.address("http");
    let acknowledged = fill(http).await;
    assert_eq!(fill(http).await, 0, "the next one is refused too");
    others_are_told_in_their_words(&running).await;
    let account = running.account();
    assert_eq!(account.received, acknowledged + account.rejected);
    assert_eq!((account.in_flight, account.imbalance), (acknowledged as i64, 0));

    // Senders that cannot be asked to wait: what they send takes the room that is left, and then waits in memory.
    for _ in 0..10 {
        send_datagrams(&running, 200).await;
    }
    until_blocked(&running).await;
    // The log task is busy with what does not fit; what comes now lies in a block that stays open, and shows too.
    send_datagrams(&running, 3).await;
    let sent = 2_003;
    assert_eq!(fill(http).await, 0);

    STORAGE_IS_THERE.store(true, Ordering::Relaxed);
    running.until("storing", |account| account.stored + account.dropped == acknowledged + sent).await;
    assert_eq!(running.rows() as u64, running.account().stored);
    post_until_taken(http).await;
    let all = acknowledged + sent + LINES as u64;
    running.until("storing the last request", |account| account.stored + account.dropped == all).await;
    assert_eq!(running.account().imbalance, 0);
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_is_tried_again_by_the_next_request() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(&folder).await;
    let datasets = DATASETS.replace("testing: true", "testing: false");
    let running = start_in(folder, &datasets, LOG, store).await;
    let http = running.address("http");
    let log = running.folder.path().join("log");
    post_until_taken(http).await;
    // The segment that is open can still be written, another one cannot be made.
    std::fs::rename(log.join("0"), log.join("away")).unwrap();
    let acknowledged = LINES as u64 + fill(http).await;
    assert_eq!(running.account().in_flight, acknowledged as i64);
    std::fs::rename(log.join("away"), log.join("0")).unwrap();
    post_until_taken(http).await;
    let all = acknowledged + LINES as u64;
    running.until("receipt", |account| account.in_flight == all as i64).await;
    let ledger = Arc::clone(&running.ledger);
    running.proxy.drain().await;
    assert_eq!((ledger.account()[0].stored, ledger.account()[0].imbalance), (all, 0));
}
