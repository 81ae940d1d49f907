//! S3 servers that die, lie, refuse, or speak TLS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly, and its helpers with it"
)]

mod common;

use bytefreezer_lake::pace::{RetryPolicy, SystemPace};
use bytefreezer_lake::store::s3::{S3Credentials, S3Options, S3Store};
use bytefreezer_lake::testing::FakePace;
use bytefreezer_lake::{PutCondition, Store, StoreErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn puts_go_through_a_server_that_is_killed_and_comes_back() {
    let Some(mut weed) = common::Weed::start().await else { return };
    let store = weed.store(common::patient()).await;
    let mut puts = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let store = store.clone();
        puts.spawn(async move {
            for number in 0..25 {
                let key = format!("w{writer}/n{number}");
                let body = format!("{writer} {number}");
                store.put_bytes(&key, body.into(), PutCondition::IfAbsent).await.unwrap();
            }
        });
    }
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    weed.kill();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    weed.restart();
    puts.join_all().await;
    for writer in 0..4 {
        for number in 0..25 {
            let object = store.get(&format!("w{writer}/n{number}"), 100).await.unwrap();
            assert_eq!(object.bytes.as_ref(), format!("{writer} {number}").as_bytes());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_private_ca_is_reached_with_that_ca_and_not_without() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (ca_key, server_key) = (rcgen::KeyPair::generate().unwrap(), rcgen::KeyPair::generate().unwrap());
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let names = vec!["127.0.0.1".to_owned()];
    let server = rcgen::CertificateParams::new(names).unwrap().signed_by(&server_key, &issuer).unwrap();
    let ca_file = write("ca.pem", ca_pem);
    let certificate = write("server.pem", server.pem());
    let key = write("server.key", server_key.serialize_pem());
    let more = [
        "-s3.port.https={https}".to_owned(),
        format!("-s3.cert.file={}", certificate.display()),
        format!("-s3.key.file={}", key.display()),
    ];
    let Some(weed) = common::Weed::start_with(&more).await else { return };

    let mut options = weed.options();
    options.endpoint = weed.https_endpoint();
    let retry = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let without = S3Store::open(options.clone(), retry, Arc::new(SystemPace)).await.unwrap();
    let error = without.head("ready").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("CA file"), "{error}");

    options.ca_file = Some(ca_file);
    let with = S3Store::open(options, common::patient(), Arc::new(SystemPace)).await.unwrap();
    assert_eq!(with.get("ready", 10).await.unwrap().bytes.as_ref(), b"yes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_keys_and_wrong_buckets_are_told_apart_and_not_repeated() {
    let Some(weed) = common::Weed::start().await else { return };
    let open = async |options| S3Store::open(options, common::patient(), Arc::new(SystemPace)).await.unwrap();
    let mut wrong_key = weed.options();
    wrong_key.credentials = S3Credentials::Keys {
        access_key: "test-access".into(),
        secret_key: "wrong".into(),
        session_token: None,
    };
    let error = open(wrong_key).await.get("ready", 10).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Denied);
    assert!(error.to_string().contains("secret key"), "{error}");

    let mut wrong_bucket = weed.options();
    wrong_bucket.bucket = "no-such-bucket".into();
    let error = open(wrong_bucket).await.get("ready", 10).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
}

/// A server that answers its n-th request with the n-th text (`None`: it closes the connection), and tells how
/// many it got. `{put}` in a text becomes the mark that the last PUT carried.
async fn scripted(answers: Vec<Option<&'static str>>) -> (S3Store, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        let mut put_mark = String::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_request(&mut stream).await;
            let number = counted.fetch_add(1, Ordering::SeqCst);
            if let Some(line) = request.lines().find(|line| line.starts_with("x-amz-meta-bytefreezer-put: "))
            {
                put_mark = line.rsplit(' ').next().unwrap().to_owned();
            }
            if let Some(Some(answer)) = answers.get(number) {
                let head = "content-length: 0\r\nconnection: close\r\n\r\n";
                let text = format!("HTTP/1.1 {}\r\n{head}", answer.replace("{put}", &put_mark));
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        }
    });
    let options = S3Options::new(endpoint, "lake", S3Credentials::Anonymous);
    let retry = RetryPolicy { max_attempts: 4, ..RetryPolicy::default() };
    (S3Store::open(options, retry, Arc::new(FakePace::default())).await.unwrap(), count)
}

/// Reads a request with its body of some bytes.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        let mut byte = [0; 1];
        if stream.read(&mut byte).await.unwrap() == 0 {
            break;
        }
        text.push(byte[0]);
        if text.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(text).unwrap();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    head
}

#[tokio::test]
async fn a_conditional_put_whose_answer_was_lost_recognises_its_own_object() {
    let own = "200 OK\r\netag: \"e\"\r\nx-amz-meta-bytefreezer-put: {put}";
    let (store, count) = scripted(vec![None, Some("412 Precondition Failed"), Some(own)]).await;
    assert_eq!(store.put_bytes("k", "x".into(), PutCondition::IfAbsent).await.unwrap(), "\"e\"");
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_conditional_put_whose_answer_was_lost_does_not_claim_the_object_of_another() {
    let other = "200 OK\r\netag: \"e\"\r\nx-amz-meta-bytefreezer-put: somebody-else";
    let (store, _) = scripted(vec![None, Some("412 Precondition Failed"), Some(other)]).await;
    let error = store.put_bytes("k", "x".into(), PutCondition::IfAbsent).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn a_412_to_the_first_attempt_is_believed_at_once() {
    let (store, count) = scripted(vec![Some("412 Precondition Failed")]).await;
    let error = store.put_bytes("k", "x".into(), PutCondition::IfAbsent).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::PreconditionFailed);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_busy_server_is_asked_as_often_as_the_policy_says_and_a_refusing_one_once() {
    let busy = Some("503 Slow Down");
    let (store, count) = scripted(vec![busy, busy, busy, busy, busy]).await;
    assert_eq!(store.get("k", 10).await.unwrap_err().kind(), StoreErrorKind::Unavailable);
    assert_eq!(count.load(Ordering::SeqCst), 4);

    let (store, count) = scripted(vec![Some("403 Forbidden")]).await;
    assert_eq!(store.get("k", 10).await.unwrap_err().kind(), StoreErrorKind::Denied);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
