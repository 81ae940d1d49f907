//! The filter `dns`: what it asks, where answers go, what is a fault, and that the engine waits without blocking.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod filter_rows;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use arrow::array::Array;
use filter_rows::{batch_of, compiled, fault, refusal, rows_of};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use futures::task::noop_waker;
use hotpath::filter::{
    FilterSurroundings, Filters, NameAnswer, NameLookup, NameQuestion, NameResolver, ResolverSettings,
    Resources,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Name servers in memory. Their answers come from another thread, some time after the question.
#[derive(Debug, Default)]
struct Zone {
    answers: BTreeMap<&'static str, NameAnswer>,
    seen: Arc<Seen>,
}

/// What was asked, in its order, and with which settings.
#[derive(Debug, Default)]
struct Seen {
    settings: Mutex<Vec<ResolverSettings>>,
    questions: Mutex<Vec<Vec<String>>>,
}

#[derive(Debug)]
struct ZoneLookup(BTreeMap<&'static str, NameAnswer>, Arc<Seen>);

fn text_of(question: &NameQuestion) -> String {
    match question {
        NameQuestion::NameOf(address) => address.to_string(),
        NameQuestion::AddressOf(name) => name.clone(),
    }
}

impl NameResolver for Zone {
    fn open(&self, settings: &ResolverSettings) -> Result<Arc<dyn NameLookup>, String> {
        if settings.servers.iter().any(|server| server.port() == 1) {
            return Err("no name server has port 1".to_owned());
        }
        self.seen.settings.lock().unwrap().push(settings.clone());
        Ok(Arc::new(ZoneLookup(self.answers.clone(), Arc::clone(&self.seen))))
    }
}

impl NameLookup for ZoneLookup {
    fn ask(&self, questions: Vec<NameQuestion>) -> BoxFuture<'static, Vec<NameAnswer>> {
        let texts: Vec<String> = questions.iter().map(text_of).collect();
        let answer = |text: &String| self.0.get(text.as_str()).cloned().unwrap_or(NameAnswer::NotThere);
        let answers = texts.iter().map(answer).collect();
        self.1.questions.lock().unwrap().push(texts);
        let (tell, told) = oneshot::channel();
        std::thread::spawn(move || tell.send(answers));
        async move { told.await.unwrap_or_default() }.boxed()
    }
}

fn found(text: &str) -> NameAnswer {
    NameAnswer::Found(text.to_owned())
}

fn zone() -> Zone {
    let answers = [
        ("192.0.2.1", found("one.example")),
        ("2001:db8::1", found("six.example")),
        ("one.example", found("192.0.2.1")),
        ("192.0.2.8", NameAnswer::Failed("no answer in 2000 ms".into())),
        ("192.0.2.9", NameAnswer::Failed("the name server answers with an error".into())),
    ];
    Zone { answers: answers.into(), seen: Arc::default() }
}

fn asking(zone: Zone) -> FilterSurroundings {
    let resources = Resources::default().with_names(Arc::new(zone));
    FilterSurroundings { resources: Arc::new(resources), ..FilterSurroundings::default() }
}

fn filters_of(filters: &Value, zone: Zone) -> Filters {
    compiled(filters, &asking(zone))
}

/// The rows that one `dns` makes of rows.
fn rows_after(config: &Value, rows: &Value) -> Value {
    let filters = filters_of(&json!([{"type": "dns", "config": config}]), zone());
    rows_of(&filters.apply(batch_of(rows), &mut filters.new_state(), 0).batch)
}

#[test]
fn answers_go_where_they_are_to() {
    let resolved = json!([{"ip": "192.0.2.1", "ip_resolved": "one.example"}]);
    for (config, rows, expected) in [
        (json!({"field": "ip"}), json!([{"ip": "192.0.2.1"}]), resolved.clone()),
        (json!({"resolve": "ip"}), json!([{"ip": "192.0.2.1"}]), resolved.clone()),
        (json!({"resolve": ["ip"], "action": "append"}), json!([{"ip": "192.0.2.1"}]), resolved),
        (
            json!({"resolve": ["ip"], "action": "replace"}),
            json!([{"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}]),
            json!([{"ip": "one.example"}, {"ip": "192.0.2.2"}]),
        ),
        (
            json!({"field": "ip", "target_field": "name"}),
            json!([{"ip": "192.0.2.1", "name": "before"}, {"ip": "192.0.2.2", "name": "stays"}]),
            json!([{"ip": "192.0.2.1", "name": "one.example"}, {"ip": "192.0.2.2", "name": "stays"}]),
        ),
        (
            json!({"resolve": ["source.ip", "host"]}),
            json!([{"source_ip": "2001:DB8:0::1", "host": "One.Example."}]),
            json!([{"source_ip": "2001:DB8:0::1", "host": "One.Example.",
                    "source_ip_resolved": "six.example", "host_resolved": "192.0.2.1"}]),
        ),
        (
            json!({"field": "ip"}),
            json!([{"ip": "::ffff:192.0.2.1"}]),
            json!([{"ip": "::ffff:192.0.2.1", "ip_resolved": "one.example"}]),
        ),
        (json!({"field": "absent"}), json!([{"ip": "192.0.2.1"}]), json!([{"ip": "192.0.2.1"}])),
        (
            json!({"field": "ip"}),
            json!([{"ip": null, "a": 1}, {"ip": "192.0.2.1"}]),
            json!([{"a": 1}, {"ip": "192.0.2.1", "ip_resolved": "one.example"}]),
        ),
        (
            json!({"field": "ip"}),
            json!([{"ip": "192.0.2.1", "ip_resolved": 7}]),
            json!([{"ip": "192.0.2.1", "ip_resolved": "one.example"}]),
        ),
    ] {
        assert_eq!(rows_after(&config, &rows), expected, "{config} on {rows}");
    }
}

#[test]
fn what_is_not_known_is_a_fault_and_what_does_not_exist_is_none() {
    let huge = "a".repeat(100_000);
    let no_name = "neither an address nor a name";
    for (value, reason) in [
        (json!("192.0.2.8"), Some("no answer in 2000 ms")),
        (json!("192.0.2.9"), Some("the name server answers with an error")),
        (json!("192.0.2.7"), None),
        (json!("nobody.example"), None),
        (json!("bücher.example"), Some(no_name)),
        (json!("a host"), Some(no_name)),
        (json!(""), Some(no_name)),
        (json!("300.1.1.1"), Some(no_name)),
        (json!(huge), Some(no_name)),
        (json!(17), Some(no_name)),
        (json!(1.5), Some(no_name)),
        (json!(["192.0.2.1"]), Some("a list is neither an address nor a name")),
    ] {
        let mut expected = json!([{"f": value, "f_resolved": "before"}]);
        let before = expected.clone();
        if let Some(reason) = reason {
            expected[0]["_errors"] = fault("dns", reason);
        }
        assert_eq!(rows_after(&json!({"field": "f"}), &before), expected);
    }
}

#[test]
fn only_the_rows_meant_are_asked_for_and_each_name_once_in_a_batch() {
    let zone = zone();
    let seen = Arc::clone(&zone.seen);
    let dns = json!({"type": "dns", "config": {"resolve": ["a", "b"]}, "condition": "ask == 1"});
    let filters = filters_of(&json!([dns]), zone);
    let rows = json!([
        {"a": "192.0.2.1", "b": "one.example", "ask": 1},
        {"a": "ONE.example", "b": "192.0.2.1", "ask": 1},
        {"a": "192.0.2.77", "b": "192.0.2.78", "ask": 0},
        {"a": "one.example.", "b": "no name", "ask": 1},
    ]);
    let outcome = filters.apply(batch_of(&rows), &mut filters.new_state(), 0);
    assert_eq!(*seen.questions.lock().unwrap(), [["192.0.2.1", "one.example"]]);
    assert_eq!(outcome.faulty.rows(), [3]);
    assert!(rows_of(&outcome.batch)[2].get("a_resolved").is_none());
    assert_eq!(rows_of(&outcome.batch)[3]["a_resolved"], "192.0.2.1");

    // Where there is nothing to ask, nobody is asked.
    filters.apply(batch_of(&json!([{"a": "no name", "ask": 1}])), &mut filters.new_state(), 0);
    assert_eq!(seen.questions.lock().unwrap().len(), 1);
}

#[test]
fn filters_before_and_after_it_and_around_it_see_each_others_work() {
    let filters = json!([
        {"type": "grok", "config": {"source_field": "line", "pattern": "from %{IP:source_ip}"}},
        {"type": "conditional", "config": {"condition": "source_ip in '192.0.2.0/24'",
            "then": [
                {"type": "dns", "config": {"field": "source_ip", "target_field": "name"}},
                {"type": "drop", "config": {"condition": "name == null"}},
            ],
            "else": [{"type": "add_field", "config": {"field": "name", "value": "outside"}}],
        }},
        {"type": "dns", "config": {"field": "name", "action": "replace"}},
    ]);
    let filters = filters_of(&filters, zone());
    let rows = json!([
        {"line": "from 192.0.2.1"}, {"line": "from 198.51.100.1"}, {"line": "from 192.0.2.2"}, {"line": "none"},
    ]);
    let outcome = filters.apply(batch_of(&rows), &mut filters.new_state(), 0);
    assert_eq!((outcome.dropped_rows, outcome.dropped_by_filter), (1, vec![0, 1, 0]));
    assert_eq!(
        rows_of(&outcome.batch),
        json!([
            {"line": "from 192.0.2.1", "source_ip": "192.0.2.1", "name": "192.0.2.1"},
            {"line": "from 198.51.100.1", "source_ip": "198.51.100.1", "name": "outside"},
            {"line": "none", "name": "outside", "_errors": fault("grok", "no pattern matches")},
        ])
    );
}

/// A lookup that answers when the test says so.
#[derive(Debug, Default)]
struct Held(Mutex<Option<oneshot::Sender<Vec<NameAnswer>>>>);

#[derive(Debug)]
struct HeldLookup(Arc<Held>);

#[derive(Debug)]
struct HeldResolver(Arc<Held>);

impl NameResolver for HeldResolver {
    fn open(&self, _settings: &ResolverSettings) -> Result<Arc<dyn NameLookup>, String> {
        Ok(Arc::new(HeldLookup(Arc::clone(&self.0))))
    }
}

impl NameLookup for HeldLookup {
    fn ask(&self, _questions: Vec<NameQuestion>) -> BoxFuture<'static, Vec<NameAnswer>> {
        let (tell, told) = oneshot::channel();
        *self.0.0.lock().unwrap() = Some(tell);
        async move { told.await.unwrap_or_default() }.boxed()
    }
}

#[test]
fn a_batch_waits_for_its_answers_and_the_thread_does_not() {
    let held = Arc::new(Held::default());
    let resources = Resources::default().with_names(Arc::new(HeldResolver(Arc::clone(&held))));
    let surroundings = FilterSurroundings { resources: Arc::new(resources), ..Default::default() };
    let nested = json!([{"type": "conditional", "config": {
        "condition": "ip != null", "then": [{"type": "dns", "config": {"field": "ip"}}],
    }}]);
    let filters = compiled(&nested, &surroundings);
    assert!(filters.waits());
    let waker = noop_waker();
    let mut context = Context::from_waker(&waker);
    for (answers, expected) in [
        (vec![found("a.example")], json!([{"ip": "192.0.2.1", "ip_resolved": "a.example"}])),
        // Fewer answers than questions are taken for failures.
        (
            vec![],
            json!([{"ip": "192.0.2.1", "_errors": ["filter 1 (conditional), then filter 1 (dns): no answer"]}]),
        ),
    ] {
        let mut state = filters.new_state();
        let mut applying =
            Box::pin(filters.apply_async(batch_of(&json!([{"ip": "192.0.2.1"}])), &mut state, 0));
        assert!(applying.as_mut().poll(&mut context).is_pending());
        held.0.lock().unwrap().take().unwrap().send(answers).unwrap();
        let Poll::Ready(outcome) = applying.as_mut().poll(&mut context) else {
            panic!("it goes on waiting");
        };
        assert_eq!(rows_of(&outcome.batch), expected);
    }
}

#[test]
fn filters_that_do_not_wait_are_ready_at_once() {
    let filters = filters_of(
        &json!([
            {"type": "dns", "config": {"field": "ip"}, "enabled": false},
            {"type": "conditional", "config": {"condition": "a == 1", "then": [{"type": "drop", "config": {"always_drop": true}}]}},
        ]),
        zone(),
    );
    assert!(!filters.waits());
    let mut state = filters.new_state();
    let outcome = filters.apply_async(batch_of(&json!([{"a": 1}, {"a": 2}])), &mut state, 0).now_or_never();
    assert_eq!(outcome.unwrap().dropped_rows, 1);
}

#[test]
fn without_name_servers_every_event_that_asks_says_so() {
    let filters = json!([{"type": "dns", "config": {"field": "ip"}}]);
    let filters = compiled(&filters, &FilterSurroundings::default());
    assert!(!filters.waits());
    let outcome =
        filters.apply(batch_of(&json!([{"ip": "192.0.2.1"}, {"ip": null}])), &mut filters.new_state(), 0);
    assert_eq!(
        rows_of(&outcome.batch),
        json!([{"ip": "192.0.2.1", "_errors": fault("dns", "name servers cannot be asked here")}, {}])
    );
}

#[test]
fn the_settings_are_those_of_the_config() {
    let default = ResolverSettings {
        servers: vec![],
        timeout: Duration::from_secs(2),
        cache_entries: 1000,
        cache_ttl: Duration::from_secs(3600),
    };
    let of_config = ResolverSettings {
        servers: vec![
            "192.0.2.53:53".parse().unwrap(),
            "192.0.2.54:5353".parse().unwrap(),
            "[2001:db8::53]:53".parse().unwrap(),
            "[2001:db8::54]:54".parse().unwrap(),
        ],
        timeout: Duration::from_millis(500),
        cache_entries: 7,
        cache_ttl: Duration::from_secs(60),
    };
    for (config, expected) in [
        (json!({"field": "ip"}), default.clone()),
        (
            json!({"field": "ip", "nameserver": "192.0.2.53"}),
            ResolverSettings { servers: vec!["192.0.2.53:53".parse().unwrap()], ..default },
        ),
        (
            json!({"field": "ip", "timeout": 0.5, "cache_size": 7, "cache_ttl": 60,
                "nameserver": ["192.0.2.53", "192.0.2.54:5353", "2001:db8::53", "[2001:db8::54]:54"]}),
            of_config,
        ),
    ] {
        let zone = zone();
        let seen = Arc::clone(&zone.seen);
        filters_of(&json!([{"type": "dns", "config": config}]), zone);
        assert_eq!(*seen.settings.lock().unwrap(), [expected]);
    }
}

#[test]
fn a_wrong_config_is_refused_with_what_to_write() {
    for (config, part) in [
        (json!({}), "one of the keys resolve, field is needed"),
        (json!({"field": "a", "resolve": ["b"]}), "exclude each other"),
        (json!({"resolve": []}), "the list is empty"),
        (json!({"resolve": [1]}), "expected the names of fields"),
        (json!({"field": "a", "action": "add"}), "expected one of append, replace"),
        (json!({"field": "a", "action": "replace", "target_field": "b"}), "leave `target_field` out"),
        (json!({"resolve": ["a", "b"], "target_field": "c"}), "2 fields cannot have one `target_field`"),
        (json!({"field": "event_time", "action": "replace"}), "decides where an event is stored"),
        (json!({"field": "a", "target_field": "event_time"}), "decides where an event is stored"),
        (json!({"field": "a", "target_field": "B"}), "write `b`"),
        (json!({"field": "a", "nameserver": "dns.example"}), "no address of a name server"),
        (json!({"field": "a", "nameserver": vec!["192.0.2.1"; 9]}), "at most 8"),
        (json!({"field": "a", "timeout": 0}), "from 0.001 to 30"),
        (json!({"field": "a", "timeout": 31}), "from 0.001 to 30"),
        (json!({"field": "a", "timeout": "2s"}), "expected seconds"),
        (json!({"field": "a", "cache_size": 1_000_001}), "at most 1000000"),
        (json!({"field": "a", "cache_ttl": 0}), "from 1"),
        (json!({"field": "a", "cache_ttl": 604_801}), "at most 604800"),
        (json!({"field": "a", "name_server": "192.0.2.1"}), "did you mean `nameserver`?"),
    ] {
        let message = refusal("dns", &config);
        assert!(message.contains(part), "{config}: {message}");
    }
    let config = json!([{"type": "dns", "config": {"field": "a", "nameserver": "192.0.2.1:1"}}]);
    let pipeline = serde_json::from_value::<Vec<hotpath::filter::FilterDefinition>>(config).unwrap();
    let refused = Filters::compile(&pipeline, &asking(zone())).unwrap_err().to_string();
    assert_eq!(refused, "filter 1 (dns): no name server has port 1");
}

fn a_text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        "192\\.0\\.2\\.[0-9]{1,3}".prop_map(Some),
        "(::ffff:192\\.0\\.2\\.1|2001:db8::[0-9])".prop_map(Some),
        "(one|two)\\.[eE]xample\\.?".prop_map(Some),
        "\\PC{0,30}".prop_map(Some),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn rows_and_other_columns_stay_and_neighbours_do_not_matter(
        texts in proptest::collection::vec((a_text(), a_text()), 0..20),
        replaces in any::<bool>(),
    ) {
        let rows: Vec<Value> = texts.iter().map(|(a, b)| json!({"a": a, "b": b, "c": "c"})).collect();
        let before = batch_of(&json!(rows));
        let config = json!({"resolve": ["a", "b"], "action": if replaces { "replace" } else { "append" }});
        let filters = filters_of(&json!([{"type": "dns", "config": config}]), zone());
        let mut state = filters.new_state();
        let after = filters.apply(before.clone(), &mut state, 0).batch;
        prop_assert_eq!(after.num_rows(), before.num_rows());
        for (field, column) in before.schema().fields().iter().zip(before.columns()) {
            if field.name() == "c" || !replaces {
                prop_assert_eq!(&after[field.name().as_str()], column);
            }
        }
        for field in after.schema().fields().iter().skip(before.num_columns()) {
            let known = ["a_resolved", "b_resolved", "_errors"];
            prop_assert!(known.contains(&field.name().as_str()), "{}", field.name());
        }
        for row in 0..before.num_rows() {
            let alone = filters.apply(before.slice(row, 1), &mut state, 0).batch;
            for (field, column) in after.schema().fields().iter().zip(after.columns()) {
                match alone.column_by_name(field.name()) {
                    Some(same) => prop_assert_eq!(same, &column.slice(row, 1), "{}", field.name()),
                    None => prop_assert!(column.is_null(row), "{}", field.name()),
                }
            }
        }
    }
}
