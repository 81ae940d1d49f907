//! Asking name servers, with one on a loopback address: what answers mean, and what is asked again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod name_servers_support;

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytefreezer_core::limits::{NAME_LOOKUPS_KEPT_MAX, NAME_SILENT_QUERIES_MAX};
use bytefreezer_core::name_servers::NameServers;
use hotpath::filter::{NameAnswer, NameLookup, NameQuestion, NameResolver, ResolverSettings};
use name_servers_support::{A, AAAA, NameServer, PTR, Reply};
use tokio::runtime::Handle;

fn settings(server: &NameServer, timeout_ms: u64) -> ResolverSettings {
    ResolverSettings {
        servers: vec![server.address],
        timeout: Duration::from_millis(timeout_ms),
        cache_entries: 1000,
        cache_ttl: Duration::from_secs(3600),
    }
}

/// A lookup that asks this server, and waits long for it.
fn patient(server: &NameServer) -> Arc<dyn NameLookup> {
    NameServers::on(Handle::current()).open(&settings(server, 20_000)).unwrap()
}

fn question(text: &str) -> NameQuestion {
    text.parse().map_or_else(|_| NameQuestion::AddressOf(text.to_owned()), NameQuestion::NameOf)
}

async fn ask(lookup: &Arc<dyn NameLookup>, texts: &[&str]) -> Vec<NameAnswer> {
    lookup.ask(texts.iter().map(|text| question(text)).collect()).await
}

fn found(text: &str) -> NameAnswer {
    NameAnswer::Found(text.to_owned())
}

fn failed(reason: &'static str) -> NameAnswer {
    NameAnswer::Failed(reason.into())
}

/// What the server of these tests knows.
fn known(name: &str, kind: u16) -> Reply {
    match (name, kind) {
        ("1.2.0.192.in-addr.arpa", PTR) => Reply::Names(300, vec!["one.example"]),
        ("2.2.0.192.in-addr.arpa", PTR) => Reply::Names(300, vec!["z.example", "a.example", "k.example"]),
        ("3.2.0.192.in-addr.arpa", PTR) => Reply::Names(0, vec!["passing.example"]),
        ("one.example", A) => {
            Reply::Addresses(300, vec!["192.0.2.20".parse().unwrap(), "192.0.2.3".parse().unwrap()])
        }
        ("six.example", AAAA) => Reply::Addresses(300, vec!["2001:db8::6".parse().unwrap()]),
        ("six.example", _) => Reply::NoRecord,
        ("broken.example", _) => Reply::Error(2),
        ("refused.example", _) => Reply::Error(5),
        ("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", PTR) => {
            Reply::Names(300, vec!["of-v6.example"])
        }
        (name, _) if name.starts_with("silent") => Reply::Silence,
        (name, _) if name.starts_with("garbage") => Reply::Garbage,
        _ => Reply::NoName(300),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_names_addresses_absence_or_failure() {
    let server = NameServer::start(known);
    let cases = [
        ("192.0.2.1", found("one.example")),
        ("192.0.2.2", found("a.example")),
        ("2001:db8::1", found("of-v6.example")),
        ("one.example", found("192.0.2.3")),
        ("six.example", found("2001:db8::6")),
        ("192.0.2.99", NameAnswer::NotThere),
        ("nobody.example", NameAnswer::NotThere),
        ("broken.example", failed("a name server answers with an error")),
        ("refused.example", failed("a name server answers with an error")),
    ];
    let texts: Vec<&str> = cases.iter().map(|(text, _)| *text).collect();
    let answers = ask(&patient(&server), &texts).await;
    for ((text, expected), answer) in cases.iter().zip(&answers) {
        assert_eq!(answer, expected, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_or_nonsense_fails_in_time() {
    let server = NameServer::start(known);
    let lookup = NameServers::on(Handle::current()).open(&settings(&server, 200)).unwrap();
    let answers = ask(&lookup, &["silent.example", "garbage.example", "192.0.2.1"]).await;
    assert_eq!(answers[0], failed("no answer in 200 ms"));
    assert!(matches!(answers[1], NameAnswer::Failed(_)), "{:?}", answers[1]);
    assert_eq!(answers[2], found("one.example"), "the others have their answers");

    // What has failed is not waited for again at once.
    let before = server.queries();
    assert_eq!(ask(&lookup, &["silent.example"]).await, [failed("no answer in 200 ms")]);
    assert_eq!(server.queries(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_not_asked_again() {
    let server = NameServer::start(known);
    let lookup = patient(&server);
    let texts = ["192.0.2.1", "one.example", "nobody.example", "broken.example"];
    let first = ask(&lookup, &texts).await;
    let asked = server.queries();
    assert_eq!(ask(&lookup, &texts).await, first);
    assert_eq!(server.queries(), asked);

    // A record that holds for no time is asked for with each batch.
    for batch in 1..=2 {
        assert_eq!(ask(&lookup, &["192.0.2.3"]).await, [found("passing.example")]);
        let of_record = |name: &&String| name.starts_with("3.");
        assert!(server.asked().iter().filter(of_record).count() >= batch);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_with_the_same_settings_shares_answers_and_queries() {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let (tell, begun) = mpsc::channel();
    let server = NameServer::start(move |name, kind| {
        tell.send(()).unwrap();
        // Until the test has asked twice.
        let _ = released.lock().unwrap().recv();
        known(name, kind)
    });
    let servers = NameServers::on(Handle::current());
    let settings = settings(&server, 20_000);
    let (one, other) = (servers.open(&settings).unwrap(), servers.open(&settings).unwrap());
    let first = tokio::spawn(one.ask(vec![question("192.0.2.1")]));
    tokio::task::block_in_place(|| begun.recv()).unwrap();
    let second = tokio::spawn(other.ask(vec![question("192.0.2.1"), question("192.0.2.1")]));
    drop(release);
    assert_eq!(first.await.unwrap(), [found("one.example")]);
    assert_eq!(second.await.unwrap(), [found("one.example"), found("one.example")]);
    let answered = server.queries();
    assert_eq!(ask(&one, &["192.0.2.1"]).await, [found("one.example")]);
    assert_eq!(server.queries(), answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_outlive_the_filters_that_asked() {
    let server = NameServer::start(known);
    let servers = NameServers::on(Handle::current());
    let ask_once = async || ask(&servers.open(&settings(&server, 20_000)).unwrap(), &["192.0.2.1"]).await;
    assert_eq!(ask_once().await, [found("one.example")]);
    let asked = server.queries();
    assert_eq!(ask_once().await, [found("one.example")]);
    assert_eq!(server.queries(), asked);

    // Not for ever: many other ways of asking take its place.
    for timeout_ms in 1..=NAME_LOOKUPS_KEPT_MAX as u64 {
        servers.open(&settings(&server, timeout_ms)).unwrap();
    }
    assert_eq!(ask_once().await, [found("one.example")]);
    assert!(server.queries() > asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_stay_silent_are_left_alone() {
    let server = NameServer::start(|_, _| Reply::Silence);
    let lookup = NameServers::on(Handle::current()).open(&settings(&server, 100)).unwrap();
    let names =
        |first: usize| (first..first + NAME_SILENT_QUERIES_MAX).map(|number| format!("host{number}.example"));
    let questions = |first| names(first).map(NameQuestion::AddressOf).collect::<Vec<_>>();
    let waited = lookup.ask(questions(0)).await;
    assert!(waited.iter().all(|answer| *answer == failed("no answer in 100 ms")), "{waited:?}");
    let left_alone = lookup.ask(questions(1000)).await;
    let expected = failed("not asked, the name servers have been silent");
    assert!(left_alone.iter().all(|answer| *answer == expected), "{left_alone:?}");
    assert!(names(1000).all(|name| !server.asked().contains(&name)));
}

#[test]
fn who_has_no_runtime_gets_a_thread() {
    let server = NameServer::start(known);
    let servers = NameServers::on_own_thread();
    let lookup = servers.open(&settings(&server, 20_000)).unwrap();
    let answers = futures::executor::block_on(lookup.ask(vec![question("192.0.2.1")]));
    assert_eq!(answers, [found("one.example")]);
    drop(lookup);
}

#[test]
fn questions_fail_when_the_runtime_is_gone() {
    let server = NameServer::start(known);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let lookup = NameServers::on(runtime.handle().clone()).open(&settings(&server, 20_000)).unwrap();
    drop(runtime);
    let answers = futures::executor::block_on(lookup.ask(vec![question("192.0.2.1"), question("a.example")]));
    assert_eq!(answers, [failed("the process is ending"), failed("the process is ending")]);
}
