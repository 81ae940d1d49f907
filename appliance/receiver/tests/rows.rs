//! Batches of decoded rows, as proxies send them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytefreezer_lake::testing::{Fault, FaultyStore};
use support::{Request, folder_stage, gzip, read_answer, rows, spool_files, start, until};

/// A key of the batch that [`Request::rows`] sends: 2026-11-22T03:04:05.000000006Z.
fn key_of(batch: &str) -> String {
    format!("acme/logs/acme--logs--1795316645000000006--{batch}.ndjson.gz")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_stored_as_it_came_however_it_was_packed() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", folder_stage(&folder).await).await;
    let plain = Request::rows("edge-0-1-100", &rows(1, 100));
    let packed = [
        plain.clone(),
        Request::rows("edge-0-101-200", &rows(101, 100)).packed("gzip"),
        Request::rows("edge-0-201-300", &rows(201, 100)).packed("zstd"),
    ];
    for mut request in packed {
        request.path = format!("/webhook{}", request.path);
        let answer = running.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(answer.text.ends_with("{\"accepted\":100}"), "{}", answer.text);
    }
    running.until_stored("logs", 300).await;
    let expected = [("edge-0-1-100", 1), ("edge-0-101-200", 101), ("edge-0-201-300", 201)]
        .map(|(batch, first)| (key_of(batch), rows(first, 100)));
    assert_eq!(running.objects().await, expected);
    assert!(spool_files(&folder).is_empty());
    let account = running.account("logs");
    assert_eq!((account.received, account.rejected, account.aside["files_stored"]), (300, 0, 3));
    assert_eq!(account.aside["bytes_received"], rows(1, 300).len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_comes_again_is_stored_once() {
    static IS_AWAY: AtomicBool = AtomicBool::new(true);
    let folder = tempfile::tempdir().unwrap();
    let away = |_| IS_AWAY.load(Ordering::Relaxed).then_some(Fault::Refused);
    let intake = Arc::new(FaultyStore::new(folder_stage(&folder).await, away));
    let running = start(&folder, "", intake).await;
    let batch = Request::rows("edge-0-1-10", &rows(1, 10)).packed("gzip");
    assert!(running.send(batch.clone()).await.text.ends_with("{\"accepted\":10}"));
    let again = running.send(batch.clone()).await;
    assert_eq!(again.status, 200);
    assert!(again.text.ends_with("{\"accepted\":0,\"duplicate\":true}"), "{}", again.text);
    until("trouble with the storage", || running.component("receiver storage") == "degraded").await;
    assert!(running.progress.is_ready());
    let page = running.metrics.encode().unwrap();
    assert!(page.contains("bytefreezer_receiver_duplicate_batches_total 1\n"), "{page}");
    assert!(page.contains("bytefreezer_receiver_requests_total{status=\"200\"} 2\n"), "{page}");

    IS_AWAY.store(false, Ordering::Relaxed);
    running.until_stored("logs", 10).await;
    until("the end of the trouble", || running.component("receiver storage") == "ready").await;
    // It is not here any more, so it is taken once more, and is the same object.
    assert!(running.send(batch).await.text.ends_with("{\"accepted\":10}"));
    running.until_stored("logs", 20).await;
    assert_eq!(running.objects().await, [(key_of("edge-0-1-10"), rows(1, 10))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_batch_comes_in_another_request_with_it_is_told_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", folder_stage(&folder).await).await;
    let batch = Request::rows("edge-0-1-10", &rows(1, 10));
    let mut first = TcpStream::connect(running.address()).unwrap();
    first.write_all(batch.head(&format!("content-length: {}", batch.body.len())).as_bytes()).unwrap();
    first.write_all(&batch.body[..20]).unwrap();
    until("the first", || spool_files(&folder).len() == 1).await;
    let second = running.send(batch.clone()).await;
    assert_eq!(second.status, 503);
    assert!(second.text.contains("retry-after: 1"), "{}", second.text);
    first.write_all(&batch.body[20..]).unwrap();
    let first = tokio::task::spawn_blocking(move || read_answer(&mut first)).await.unwrap();
    assert_eq!(first.status, 200, "{}", first.text);
    running.until_stored("logs", 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_goes_in_the_middle_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", folder_stage(&folder).await).await;
    let batch = Request::rows("edge-0-1-10", &rows(1, 10));
    let mut gone = TcpStream::connect(running.address()).unwrap();
    gone.write_all(batch.head("content-length: 100000").as_bytes()).unwrap();
    gone.write_all(&batch.body).unwrap();
    until("the batch", || spool_files(&folder).len() == 1).await;
    drop(gone);
    until("its end", || spool_files(&folder).is_empty()).await;
    // And the batch can come.
    assert_eq!(running.send(batch).await.status, 200);
    running.until_stored("logs", 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let away = Arc::new(FaultyStore::new(folder_stage(&folder).await, |_| Some(Fault::Refused)));
    let killed = start(&folder, "", away).await;
    assert_eq!(killed.send(Request::rows("edge-0-1-10", &rows(1, 10))).await.status, 200);
    drop(killed);
    let running = start(&folder, "", folder_stage(&folder).await).await;
    running.until_stored("logs", 10).await;
    let account = running.account("logs");
    assert_eq!((account.received, account.aside["replayed"]), (10, 10));
    assert_eq!(running.objects().await, [(key_of("edge-0-1-10"), rows(1, 10))]);
    until("an empty spool", || spool_files(&folder).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_leaves_what_the_storage_does_not_take_to_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let away = Arc::new(FaultyStore::new(folder_stage(&folder).await, |_| Some(Fault::Refused)));
    let running = start(&folder, "", away).await;
    assert_eq!(running.send(Request::rows("edge-0-1-10", &rows(1, 10))).await.status, 200);
    until("trouble with the storage", || running.component("receiver storage") == "degraded").await;
    running.receiver.drain().await;
    assert_eq!(spool_files(&folder).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_refuses_until_the_storage_takes_batches_again() {
    static IS_AWAY: AtomicBool = AtomicBool::new(true);
    let folder = tempfile::tempdir().unwrap();
    let away = |_| IS_AWAY.load(Ordering::Relaxed).then_some(Fault::Refused);
    let intake = Arc::new(FaultyStore::new(folder_stage(&folder).await, away));
    let running = start(&folder, "  spool_bytes_max: 1 MiB\n", intake).await;
    // Noise does not pack, so that two such batches do not fit.
    let batch = |number: u8| {
        let row = |byte: &u64| format!("{{\"noise\":{byte}}}\n");
        let mut state = u64::from(number) + 1;
        let noise: Vec<u64> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state
        })
        .take(60_000)
        .collect();
        Request::rows(&format!("edge-0-{number}-9"), &noise.iter().map(row).collect::<String>())
            .packed("gzip")
    };
    assert!(batch(1).body.len() > 500_000 && batch(1).body.len() < 1_000_000, "{}", batch(1).body.len());
    assert_eq!(running.send(batch(1)).await.status, 200);
    let refused = running.send(batch(2)).await;
    assert_eq!(refused.status, 429);
    assert!(refused.text.contains("retry-after: 1"), "{}", refused.text);
    until("word of it", || running.component("receiver spool") == "blocked").await;
    let account = running.account("logs");
    assert_eq!((account.received, account.rejected, account.imbalance), (60_000, 0, 0));
    assert_eq!(spool_files(&folder).len(), 1);

    IS_AWAY.store(false, Ordering::Relaxed);
    running.until_stored("logs", 60_000).await;
    until("room", || running.component("receiver spool") == "ready").await;
    assert_eq!(running.send(batch(2)).await.status, 200);
    running.until_stored("logs", 120_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_send_there_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "", folder_stage(&folder).await).await;
    let to = |path: &str, token: &str| {
        let mut request = Request::rows("edge-0-1-10", &rows(1, 10)).with("authorization", token);
        request.path = path.to_owned();
        request
    };
    let cases = [
        (to("/acme/logs", "").without("authorization"), 401),
        (to("/acme/logs", "Bearer wrong"), 401),
        (to("/acme/logs", "Bearer only-other"), 403),
        // Who may not send there does not learn what there is.
        (to("/acme/missing", "Bearer only-other"), 403),
        (to("/acme/missing", "Bearer wrong"), 401),
        (to("/acme/missing", "Bearer all"), 404),
        (to("/acme/direct", "Bearer all"), 404),
        (to("/..%2f..%2fetc/passwd", "Bearer all"), 404),
        (to("/acme/logs", "Bearer only-acme"), 200),
    ];
    for (request, status) in cases {
        let shown = format!("{} {:?}", request.path, request.headers.first());
        let answer = running.send(request).await;
        assert_eq!(answer.status, status, "{shown}: {}", answer.text);
        assert!(!answer.text.contains("wrong") && !answer.text.contains("only-"), "{}", answer.text);
    }
    running.until_stored("logs", 10).await;
    let account = running.account("logs");
    assert_eq!((account.received, account.rejected_by_reason["unauthorized"]), (13, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_batch_is_refused_and_nothing_of_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let running =
        start(&folder, "  max_body_bytes: 1 MiB\n  max_unpacked_bytes: 4 MiB\n", folder_stage(&folder).await)
            .await;
    let good = || Request::rows("edge-0-1-10", &rows(1, 10));
    let with_body = |body: &[u8], coding: Option<&str>| {
        let mut request = good();
        request.body = body.to_vec();
        match coding {
            Some(coding) => request.with("content-encoding", coding),
            None => request,
        }
    };
    let whole = gzip(rows(1, 10).as_bytes());
    let bomb = gzip(&vec![b'{'; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    let zstd_bomb = zstd::encode_all(&vec![b'{'; 64 << 20][..], 1).unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let cases = [
        ("half a gzip", with_body(&whole[..whole.len() / 2], Some("gzip")), 400),
        ("a flipped bit", with_body(&flipped, Some("gzip")), 400),
        ("something behind the gzip", with_body(&[&whole[..], b"x"].concat(), Some("gzip")), 400),
        ("gzip that is called zstd", with_body(&whole, Some("zstd")), 400),
        ("gzip that is called nothing", with_body(&whole, None), 400),
        ("an unknown packing", with_body(&whole, Some("br")), 415),
        ("a line too few", good().with("x-proxy-line-count", "11"), 400),
        ("a line too many", good().with("x-proxy-line-count", "9"), 400),
        ("no count", good().without("x-proxy-line-count"), 400),
        ("no name", good().without("x-proxy-batch-id"), 400),
        ("a name that leaves its folder", good().with("x-proxy-batch-id", "../../x"), 400),
        ("no time", good().without("x-proxy-created-at"), 400),
        ("lines that are no rows", with_body(b"a\nb\n", None), 400),
        ("a last line without end", with_body(rows(1, 10).trim_end().as_bytes(), None), 400),
        ("a gzip bomb", with_body(&bomb, Some("gzip")), 413),
        ("a zstd bomb", with_body(&zstd_bomb, Some("zstd")), 413),
        ("a long body", with_body(rows(1, 30_000).as_bytes(), None), 413),
    ];
    let count = cases.len() as u64;
    for (what, request, status) in cases {
        let answer = running.send(request).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
    }
    let account = running.account("logs");
    assert_eq!((account.received, account.rejected, account.imbalance), (count, count, 0));
    assert_eq!(account.rejected_by_reason["too_large"], 3);
    assert!(spool_files(&folder).is_empty());
    assert!(running.objects().await.is_empty());
    assert_eq!(running.send(good()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end_is_left_at_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder, "  max_body_bytes: 1 MiB\n", folder_stage(&folder).await).await;
    for line in [rows(1, 1000), "{".to_owned() + &"x".repeat(50_000)] {
        let address = running.address();
        let head = Request::rows("edge-0-1-10", "").head("transfer-encoding: chunked");
        let sent = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            let chunk = format!("{:x}\r\n{line}\r\n", line.len());
            // Until the other side has had enough.
            let mut bytes = 0;
            while bytes < 1 << 30 && stream.write_all(chunk.as_bytes()).is_ok() {
                bytes += chunk.len();
            }
            bytes
        });
        // What is refused is read on a little, so that the sender gets to read why.
        assert!(sent.await.unwrap() < 200 << 20);
    }
    until("the refusals", || running.account("logs").rejected_by_reason["too_large"] == 2).await;
    assert!(spool_files(&folder).is_empty());
}
