//! Events of any HTTP client, decoded here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::Arc;

use bytefreezer_lake::testing::{Fault, FaultyStore};
use serde_json::Value;
use support::{Request, Running, config_of, folder_stage, gzip, spool_files, start, until};

/// The rows of all objects.
async fn rows_of(running: &Running) -> Vec<Value> {
    let objects = running.objects().await;
    let lines = objects.iter().flat_map(|(_, text)| text.lines());
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn column<'a>(rows: &'a [Value], name: &str) -> Vec<&'a Value> {
    rows.iter().map(|row| &row[name]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn small_requests_become_one_batch() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", folder_stage(&folder).await).await;
    let bodies: [(&str, &[u8]); 4] = [
        ("application/json", b"[{\"n\": 1}, {\"n\": 2}]"),
        ("application/x-ndjson", b"{\"n\": 3}\n{\"n\": 4}\n"),
        ("application/x-www-form-urlencoded", b"word=five"),
        ("text/plain", b""),
    ];
    for (content_type, body) in bodies {
        let answer = running.send(Request::new("/acme/logs", body).with("content-type", content_type)).await;
        assert_eq!(answer.status, 200, "{content_type}: {}", answer.text);
    }
    let packed = Request::new("/webhook/acme/logs", gzip(b"{\"n\": 6}\n")).with("content-encoding", "gzip");
    assert!(running.send(packed).await.text.ends_with("{\"accepted\":1}"));
    running.until_stored("logs", 6).await;
    let objects = running.objects().await;
    let [(key, _)] = objects.as_slice() else { panic!("{objects:?}") };
    assert!(key.starts_with("acme/logs/acme--logs--") && key.contains("--test-r-"), "{key}");
    let rows = rows_of(&running).await;
    assert_eq!(column(&rows, "n").iter().map(ToString::to_string).collect::<String>(), "1234null6");
    assert_eq!(rows[4]["word"], "five");
    for row in &rows {
        assert_eq!((&row["source_type"], &row["peer_ip"]), (&"http".into(), &"127.0.0.1".into()));
        assert!(row["event_time"].as_str().unwrap().ends_with('Z'), "{row}");
    }
    let account = running.account("logs");
    assert_eq!((account.received, account.aside["parse_errors"], account.aside["files_stored"]), (6, 0, 1));
    assert!(spool_files(&folder).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_decoded_in_the_format_of_their_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", folder_stage(&folder).await).await;
    let body = "<34>Oct 11 22:14:15 mymachine su: 'su root' failed\nno syslog at all\n";
    assert_eq!(running.send(Request::new("/acme/syslog", body)).await.status, 200);
    assert_eq!(running.send(Request::new("/acme/logs", "{\"n\":\n")).await.status, 200);
    running.until_stored("syslog", 2).await;
    running.until_stored("logs", 1).await;
    let rows = rows_of(&running).await;
    assert!(column(&rows, "hostname").contains(&&"mymachine".into()));
    assert_eq!(running.account("logs").aside["parse_errors"], 1);
    let flows = running.send(Request::new("/acme/flows", vec![0, 5, 0, 1])).await;
    assert_eq!(flows.status, 415, "{}", flows.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_with_a_name_are_a_batch_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", folder_stage(&folder).await).await;
    let batch = Request::new("/acme/logs", "{\"n\":1}\n{\"n\":2}\n")
        .with("x-proxy-batch-id", "script-7")
        .with("x-proxy-created-at", "2026-11-22T03:04:05Z")
        .with("x-proxy-data-hint", "ndjson");
    for stored in [2, 4] {
        assert!(running.send(batch.clone()).await.text.ends_with("{\"accepted\":2}"));
        running.until_stored("logs", stored).await;
    }
    let objects = running.objects().await;
    let [(key, _)] = objects.as_slice() else { panic!("{objects:?}") };
    assert_eq!(key, "acme/logs/acme--logs--1795316645000000000--script-7.ndjson.gz");
    let rows = rows_of(&running).await;
    assert_eq!(column(&rows, "ingest_time"), ["2026-11-22T03:04:05.000000Z", "2026-11-22T03:04:05.000000Z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_the_process_while_its_batch_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let away = Arc::new(FaultyStore::new(folder_stage(&folder).await, |_| Some(Fault::Refused)));
    let killed = start(&folder, "", away).await;
    for number in 0..10 {
        assert_eq!(killed.send(Request::new("/acme/logs", format!("{{\"n\":{number}}}"))).await.status, 200);
    }
    drop(killed);
    let running = start(&folder, "", folder_stage(&folder).await).await;
    running.until_stored("logs", 10).await;
    assert_eq!(running.account("logs").aside["replayed"], 10);
    let rows = rows_of(&running).await;
    assert_eq!(column(&rows, "n"), (0..10).collect::<Vec<i32>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_closed_when_it_is_large_enough() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "  batch_bytes_max: 64 KiB\n";
    let running = start(&folder, settings, folder_stage(&folder).await).await;
    let body: String = (0..500).map(|number| format!("{{\"n\":{number}}}\n")).collect();
    for _ in 0..4 {
        assert_eq!(running.send(Request::new("/acme/logs", body.clone())).await.status, 200);
    }
    running.until_stored("logs", 2000).await;
    assert!(running.objects().await.len() >= 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_senders_at_a_time_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", folder_stage(&folder).await).await;
    let requests = (0..40).map(|sender| {
        running.send(Request::new("/acme/logs", format!("{{\"n\":{sender}}}\n{{\"n\":{sender}}}\n")))
    });
    for answer in futures::future::join_all(requests).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    running.receiver.drain().await;
    let account = &running.ledger.account()[0];
    assert_eq!((account.received, account.stored, account.in_flight), (80, 80, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_taken_are_refused_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "  max_body_bytes: 1 MiB\n  max_unpacked_bytes: 2 MiB\n";
    let running = start(&folder, settings, folder_stage(&folder).await).await;
    let request =
        |content_type: &str, body: &[u8]| Request::new("/acme/logs", body).with("content-type", content_type);
    let bomb = request("text/plain", &gzip(&vec![b'\n'; 64 << 20])).with("content-encoding", "gzip");
    let cases = [
        ("no json", request("application/json", b"{} x"), 400),
        ("another type", request("multipart/form-data; boundary=x", b"x"), 415),
        ("a long event", request("text/plain", &vec![b'x'; 300_000]), 413),
        ("a bomb", bomb, 413),
        ("rows without a name", request("", b"{}\n").with("x-proxy-data-hint", "rows"), 400),
    ];
    for (what, request, status) in cases {
        let answer = running.send(request).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
    }
    let account = running.account("logs");
    assert_eq!((account.received, account.rejected, account.stored), (5, 5, 0));
    assert!(spool_files(&folder).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_configuration_changes_datasets_and_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = start(&folder, "", folder_stage(&folder).await).await;
    assert_eq!(running.send(Request::new("/acme/logs", "{\"n\":1}")).await.status, 200);
    let mut config = config_of(folder.path(), "");
    let mut added = config.datasets[0].clone();
    added.dataset = "added".to_owned();
    config.datasets[0] = added;
    config.receiver.tokens.truncate(1);
    running.receiver.reload(&config).unwrap();
    // The open batch of a dataset that is gone is closed.
    running.until_stored("logs", 1).await;
    assert_eq!(running.send(Request::new("/acme/logs", "{\"n\":1}")).await.status, 404);
    assert_eq!(running.send(Request::new("/acme/added", "{\"n\":1}")).await.status, 200);
    let other_token = Request::new("/acme/added", "{}").with("authorization", "Bearer only-acme");
    assert_eq!(running.send(other_token).await.status, 401);
    running.until_stored("added", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_written_refuses_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", folder_stage(&folder).await).await;
    let spool = folder.path().join("receiver");
    for (part, request) in [
        ("gathering", Request::new("/acme/logs", "{\"n\":1}")),
        ("arriving", Request::rows("edge-0-1-1", "{}\n")),
    ] {
        std::fs::rename(spool.join(part), spool.join("away")).unwrap();
        let refused = running.send(request.clone()).await;
        assert_eq!(refused.status, 503, "{part}: {}", refused.text);
        assert!(refused.text.contains("retry-after: 1"), "{part}: {}", refused.text);
        std::fs::rename(spool.join("away"), spool.join(part)).unwrap();
        until("word that it can be written", || running.component("receiver spool") == "ready").await;
        let taken = running.send(request).await;
        assert_eq!(taken.status, 200, "{part}: {}", taken.text);
    }
    running.until_stored("logs", 2).await;
    let account = running.account("logs");
    assert_eq!((account.received, account.rejected), (2, 0));
}
