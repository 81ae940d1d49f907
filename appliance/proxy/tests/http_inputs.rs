//! The HTTP inputs at a role that runs: what senders of every kind are answered, and what becomes of their events.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Write;
use std::net::SocketAddr;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};
use support::{Answer, Running, folder_store, send, start_in};

const LOG: &str = "log_segment_bytes: 8 MiB, log_disk_bytes_max: 64 MiB";

/// One dataset with these HTTP inputs.
async fn start(inputs: &[&str]) -> Running {
    let mut datasets =
        "datasets:\n  - dataset: logs\n    format: syslog\n    testing: true\n    inputs:\n".to_owned();
    for input in inputs {
        datasets.push_str(&format!("      - {{type: http, listen: '127.0.0.1:0', {input}}}\n"));
    }
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(&folder).await;
    start_in(folder, &datasets, LOG, store).await
}

const PATH: &str = "/ingest/default/logs";

async fn post(address: SocketAddr, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    send(address, "POST", PATH, headers, body).await
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn packed_bodies_are_unpacked_and_nothing_that_is_too_much_is_taken() {
    let running = start(&["max_body_bytes: 100 KiB, max_unpacked_bytes: 1 MiB"]).await;
    let http = running.address("http");
    let text = b"<34>Oct 11 22:14:15 host su: one\n<34>Oct 11 22:14:15 host su: two\n";
    let packed = [
        ("gzip", gzip(text)),
        ("deflate", zlib(text)),
        ("zstd", zstd::encode_all(&text[..], 1).unwrap()),
        ("identity", text.to_vec()),
    ];
    for (coding, body) in &packed {
        let answer = post(http, &[("content-encoding", coding)], body).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "accepted": 2 })), "{coding}");
    }
    running.until("every row", |account| account.stored == 8).await;
    assert_eq!(running.account().aside["parse_errors"], 0);

    let zeros = vec![b'0'; 64 << 20];
    let refused = [
        ("a gzip bomb", "gzip", gzip(&zeros), 413),
        ("a zstd bomb", "zstd", zstd::encode_all(&zeros[..], 1).unwrap(), 413),
        ("a long body", "identity", vec![b'x'; 200 << 10], 413),
        ("half a body", "gzip", gzip(text)[..20].to_vec(), 400),
        ("text that is called gzip", "gzip", text.to_vec(), 400),
        ("a coding that is not known", "br", text.to_vec(), 415),
        ("two codings", "gzip, gzip", gzip(&gzip(text)), 415),
    ];
    for (what, coding, body, status) in refused {
        let answer = post(http, &[("content-encoding", coding)], &body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert!(answer.text().contains("nothing of"), "{what}: {}", answer.text());
    }
    assert_eq!(running.account().received, 8);
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_found_by_content_type() {
    let running = start(&["headers: [X-GitHub-Event]"]).await;
    let http = running.address("http");
    let cases = [
        ("application/json", "[{\"a\":1},\n {\"a\":2}]", 2),
        ("application/json", "{\n \"a\": 1\n}", 1),
        ("application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n", 2),
        ("application/x-www-form-urlencoded", "a=1&b=2", 1),
        ("text/plain", "one\ntwo\n\n", 2),
    ];
    for (content_type, body, events) in cases {
        let headers = [("content-type", content_type), ("x-github-event", "push")];
        let answer = post(http, &headers, body.as_bytes()).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "accepted": events })), "{content_type}");
    }
    for (content_type, body, status) in
        [("application/json", "{\"a\"", 400), ("multipart/form-data", "x", 415)]
    {
        assert_eq!(post(http, &[("content-type", content_type)], body.as_bytes()).await.status, status);
    }
    running.until("every row", |account| account.stored == 8).await;
    let raw = running.column("raw");
    assert!(raw.contains(&"{\"http_header_x_github_event\":\"push\",\"a\":1}".to_owned()), "{raw:?}");
    assert!(raw.contains(&"one".to_owned()), "{raw:?}");
    assert_eq!(running.column("source_type"), ["http"; 8]);
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_send_is_told_so() {
    let secret = "secret: \"It's a Secret to Everybody\"";
    let running = start(&["token: abc", &format!("path: /hook, signature: {{{secret}}}")]).await;
    let (http, hook) = (running.address("http /ingest"), running.address("http /hook"));
    assert_eq!(post(http, &[("authorization", "Bearer abc")], b"x").await.status, 200);
    for headers in [&[][..], &[("authorization", "Bearer abd")], &[("authorization", "abc")]] {
        assert_eq!(post(http, headers, b"x").await.status, 401);
    }
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let signed = [("x-hub-signature-256", signature)];
    assert_eq!(send(hook, "POST", "/hook", &signed, b"Hello, World!").await.status, 200);
    assert_eq!(send(hook, "POST", "/hook", &signed, b"Hello, world!").await.status, 401);
    assert_eq!(send(hook, "POST", "/hook", &[], b"Hello, World!").await.status, 401);
    assert_eq!(send(hook, "GET", "/hook", &[], b"").await.status, 405);
    assert_eq!(running.account().received, 2);
    running.proxy.drain().await;
}

const COLLECTOR: &str = "/services/collector";

async fn hec(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let method = if path.contains("health") { "GET" } else { "POST" };
    let answer = send(address, method, &format!("{COLLECTOR}{path}"), headers, body.as_bytes()).await;
    (answer.status, answer.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn senders_made_for_splunk_are_answered_in_its_words() {
    let running = start(&["mode: splunk_hec, token: abc, max_body_bytes: 10 KiB"]).await;
    let http = running.address("http");
    let token = ("authorization", "Splunk abc");
    let success = (200, json!({ "text": "Success", "code": 0 }));
    let batch = "{\"event\":\"a\",\"host\":\"h\"}{\"event\":{\"b\":1}}\n{\"event\":[2]}";
    assert_eq!(hec(http, "", &[token], batch).await, success);
    assert_eq!(hec(http, "/event/1.0", &[token], "{\"event\":\"a\"}").await, success);
    assert_eq!(hec(http, "/raw", &[token], "one\ntwo\n").await, success);
    assert_eq!(hec(http, "/raw?host=web-1&sourcetype=x", &[token], "three").await, success);
    running.until("every row", |account| account.stored == 7).await;
    let raw = running.column("raw");
    for event in ["{\"event\":\"a\",\"host\":\"h\"}", "{\"event\":{\"b\":1}}", "one"] {
        assert!(raw.contains(&event.to_owned()), "{event}: {raw:?}");
    }
    assert!(
        raw.contains(&"{\"host\":\"web-1\",\"sourcetype\":\"x\",\"event\":\"three\"}".to_owned()),
        "{raw:?}"
    );
    let kinds = running.column("source_type");
    assert_eq!(kinds.iter().filter(|kind| *kind == "splunk_hec").count(), 5, "{kinds:?}");

    let (status, answer) = hec(http, "/event?channel=0a", &[token], "{\"event\":1}").await;
    assert_eq!((status, &answer["code"]), (200, &json!(0)));
    let asked = format!("{{\"acks\":[{}]}}", answer["ackId"]);
    let (_, acks) = hec(http, "/ack?channel=0a", &[token], &asked).await;
    assert_eq!(acks, json!({ "acks": { answer["ackId"].to_string(): true } }));
    assert_eq!(hec(http, "/health", &[], "").await.1["code"], 17);

    let refused = [
        ("", &[][..], "{\"event\":1}", 401, 2),
        ("", &[("authorization", "Splunk abd")], "{\"event\":1}", 403, 4),
        ("", &[("authorization", "abc")], "{\"event\":1}", 401, 3),
        ("", &[token], " ", 400, 5),
        ("", &[token], "{\"event\":1}{\"event\"}", 400, 6),
        ("", &[token], "{\"event\":1}{\"host\":1}", 400, 12),
        ("", &[token], "{\"event\":\"\"}", 400, 13),
        ("/ack", &[token], "{\"acks\":[1]}", 400, 10),
        ("/raw", &[token], &"x".repeat(20_000), 413, 27),
    ];
    for (path, headers, body, status, code) in refused {
        let (found, answer) = hec(http, path, headers, body).await;
        assert_eq!((found, &answer["code"]), (status, &json!(code)), "{path} {answer}");
    }
    let (_, answer) = hec(http, "", &[token], "{\"event\":1}{\"host\":1}").await;
    assert_eq!(answer["invalid-event-number"], 1);
    assert_eq!(running.account().received, 8);
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn senders_made_for_elasticsearch_are_answered_in_its_words() {
    let running = start(&["mode: elasticsearch, token: abc, path: /es"]).await;
    let http = running.address("http");
    let key = ("authorization", "ApiKey aWQ6YWJj");
    let bulk = async |path: &str, body: &str| {
        let headers = [key, ("content-type", "application/vnd.elasticsearch+x-ndjson; compatible-with=8")];
        send(http, "POST", path, &headers, body.as_bytes()).await
    };
    let body =
        "{\"create\":{\"_index\":\"web\"}}\n{\"a\":1}\n{\"delete\":{\"_index\":\"web\",\"_id\":\"7\"}}\n";
    let answer = bulk("/es/_bulk", body).await;
    assert_eq!((answer.status, answer.header("x-elastic-product")), (200, Some("Elasticsearch")));
    let answered = answer.json();
    assert_eq!((&answered["errors"], &answered["items"][0]["create"]["status"]), (&json!(true), &json!(201)));
    assert_eq!(answered["items"][1]["delete"]["status"], 400);
    let answer = bulk("/es/logs/_bulk?refresh=true", "{\"index\":{}}\n{\"b\":2}\n").await;
    assert_eq!(answer.json()["items"][0]["index"]["_index"], "logs");
    running.until("every row", |account| account.stored == 2).await;
    let mut raw = running.column("raw");
    raw.sort();
    let expected =
        ["{\"create\":{\"_index\":\"web\"}}\n{\"a\":1}", "{\"index\":{\"_index\":\"logs\"}}\n{\"b\":2}"];
    assert_eq!(raw, expected);
    assert_eq!(running.column("source_type"), ["elasticsearch_bulk"; 2]);

    for (path, body, status) in [
        ("/es/_bulk", "{\"index\":{}}\n{}\n{\"a\":1}\n", 400),
        ("/es/_bulk", "", 400),
        ("/es/_search", "{}", 404),
    ] {
        assert_eq!(bulk(path, body).await.status, status, "{path} {body}");
    }
    let ask = async |method: &str, path: &str| send(http, method, path, &[key], b"").await;
    assert_eq!(ask("GET", "/es/").await.json()["version"]["number"], "8.15.0");
    assert_eq!(ask("GET", "/es/_license").await.json()["license"]["type"], "basic");
    assert_eq!(ask("HEAD", "/es/_index_template/filebeat-8").await.status, 200);
    assert_eq!(ask("PUT", "/es/_ilm/policy/filebeat").await.json(), json!({ "acknowledged": true }));
    let strange = send(http, "GET", "/es/", &[("authorization", "Basic eDp5")], b"").await;
    assert_eq!((strange.status, &strange.json()["error"]["type"]), (401, &json!("security_exception")));
    assert_eq!(running.account().received, 2);
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_bring_many_requests_and_several_inputs_one_address() {
    let port = support::free_port();
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(&folder).await;
    let listen = format!("listen: '127.0.0.1:{port}'");
    let datasets = format!(
        "datasets:\n  - dataset: logs\n    format: syslog\n    testing: true\n    inputs:\n      - {{type: http, {listen}}}\n      - {{type: http, {listen}, mode: splunk_hec}}\n      - {{type: http, {listen}, mode: elasticsearch}}\n"
    );
    let running = start_in(folder, &datasets, LOG, store).await;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let requests = [
        (PATH, "a line"),
        ("/services/collector", "{\"event\":1}"),
        ("/_bulk", "{\"index\":{}}\n{}\n"),
        (PATH, "a line"),
    ];
    let answers = support::send_on_one_connection(address, &requests).await;
    assert_eq!(answers, [200; 4]);
    running.until("every row", |account| account.stored == 4).await;
    running.proxy.drain().await;
}
