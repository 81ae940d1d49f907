//! `dedup` and `limit`: what they let through, by the time that the events came in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod filter_support;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use filter_support::{
    apply, bare, batch, compile, errors, integer_column, names, refusal, run, text_column, time_column,
};

/// Events: when each came in (seconds), and its fields `a` and `b`.
fn events(events: &[(f64, Option<&str>, Option<&str>)]) -> RecordBatch {
    let seconds: Vec<f64> = events.iter().map(|(seconds, _, _)| *seconds).collect();
    let a: Vec<Option<&str>> = events.iter().map(|(_, a, _)| *a).collect();
    let b: Vec<Option<&str>> = events.iter().map(|(_, _, b)| *b).collect();
    batch(vec![("ingest_time", time_column(&seconds)), ("a", text_column(&a)), ("b", text_column(&b))])
}

/// Events of one value of `a` at these seconds.
fn at(seconds: &[f64]) -> RecordBatch {
    let rows: Vec<_> = seconds.iter().map(|seconds| (*seconds, Some("x"), None)).collect();
    events(&rows)
}

/// The seconds of the events that stayed, in batches one after the other.
fn stayed(filter: &str, batches: Vec<RecordBatch>) -> Vec<f64> {
    let filters = compile(filter, &bare());
    let mut state = filters.new_state();
    let mut seconds = Vec::new();
    for batch in batches {
        let outcome = apply(&filters, &mut state, batch);
        assert!(outcome.faulty.is_none());
        let times = outcome.batch["ingest_time"].as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
        seconds.extend(times.values().iter().map(|time| *time as f64 / 1e6));
    }
    seconds
}

fn dedup(config: &str) -> String {
    format!(r#"{{"type":"dedup","config":{{{config}}}}}"#)
}

fn limit(config: &str) -> String {
    format!(r#"{{"type":"limit","config":{{{config}}}}}"#)
}

#[test]
fn an_event_passes_once_in_a_window_across_batches() {
    let filter = dedup(r#""field":"a","window_seconds":10"#);
    // The window begins with the event that passed, and repeats do not make it longer.
    let batches = vec![at(&[0.0, 1.0, 9.999999]), at(&[10.0, 19.0]), at(&[20.5])];
    assert_eq!(stayed(&filter, batches), [0.0, 10.0, 20.5]);
    // A clock that is set back does not make everything a repeat.
    assert_eq!(stayed(&filter, vec![at(&[1000.0, 5.0, 6.0, 1000.0])]), [1000.0, 5.0, 1000.0]);
}

#[test]
fn events_are_the_same_when_all_fields_are() {
    let filter = dedup(r#""fields":["a","b"]"#);
    let rows = [
        (0.0, Some("x"), Some("y")),
        (1.0, Some("xy"), None),
        (2.0, Some("x"), Some("y")),
        (3.0, Some("x"), None),
        (4.0, None, Some("x")),
        (5.0, None, None),
        (6.0, None, None),
        (7.0, Some("x"), None),
        (8.0, Some("größer als eine Ansicht"), Some("")),
        (9.0, Some("größer als eine Ansicht"), None),
        (10.0, Some("größer als eine Ansicht"), Some("")),
    ];
    // Those without any of the fields pass, however many.
    assert_eq!(stayed(&filter, vec![events(&rows)]), [0.0, 1.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0]);
}

#[test]
fn a_value_is_the_same_in_a_column_of_another_type_and_without_a_column() {
    let filter = dedup(r#""fields":["port","absent"]"#);
    let filters = compile(&filter, &bare());
    let mut state = filters.new_state();
    let port = |port: ArrayRef| batch(vec![("ingest_time", time_column(&[0.0])), ("port", port)]);
    let with_absent = batch(vec![
        ("ingest_time", time_column(&[0.0])),
        ("port", integer_column(&[Some(22)])),
        ("absent", text_column(&[None])),
    ]);
    let mut left = |batch| apply(&filters, &mut state, batch).batch.num_rows();
    assert_eq!(left(port(integer_column(&[Some(22)]))), 1);
    assert_eq!(left(port(Arc::new(StringArray::from(vec!["22"])))), 0);
    assert_eq!(left(with_absent), 0);
    assert_eq!(left(port(integer_column(&[Some(23)]))), 1);
}

#[test]
fn repeats_can_be_marked_and_the_oldest_is_forgotten_when_the_window_is_full() {
    let filter = dedup(r#""field":"a","mark":"is_repeat""#);
    let outcome = run(&filter, &bare(), at(&[0.0, 1.0, 2.0]));
    let marks: Vec<Option<bool>> = outcome.batch["is_repeat"].as_boolean().iter().collect();
    assert_eq!(marks, [None, Some(true), Some(true)]);
    assert_eq!(names(&run(&filter, &bare(), at(&[0.0])).batch), ["ingest_time", "a", "b"]);

    let filter = dedup(r#""field":"a","max_entries":2"#);
    let letters = ["p", "q", "p", "r", "q", "p", "r"];
    let rows: Vec<_> =
        letters.iter().enumerate().map(|(second, a)| (second as f64, Some(*a), None)).collect();
    // r takes the place of p, so that p passes again and takes the place of q.
    assert_eq!(stayed(&filter, vec![events(&rows)]), [0.0, 1.0, 3.0, 5.0]);
}

#[test]
fn a_condition_limits_what_is_remembered() {
    let filter = dedup(r#""field":"a""#).replace(r#","config""#, r#","condition":"b == 'y'","config""#);
    let rows = [
        (0.0, Some("x"), None),
        (1.0, Some("x"), Some("y")),
        (2.0, Some("x"), None),
        (3.0, Some("x"), Some("y")),
    ];
    assert_eq!(stayed(&filter, vec![events(&rows)]), [0.0, 1.0, 2.0]);
}

#[test]
fn a_limit_lets_its_rate_through_and_a_burst_after_a_pause() {
    // Two a second: the bucket is full with two, and half a second brings one.
    let filter = limit(r#""field":"a","events":2"#);
    let batches = vec![at(&[0.0, 0.1, 0.2, 0.3]), at(&[0.5, 0.6, 1.0, 1.1, 9.0, 9.0, 9.0])];
    assert_eq!(stayed(&filter, batches), [0.0, 0.1, 0.5, 1.0, 9.0, 9.0]);
    // One in ten seconds, five at once.
    let filter = limit(r#""field":"a","events":1,"window_seconds":10,"burst":5"#);
    let seconds: Vec<f64> = (0..40).map(f64::from).collect();
    assert_eq!(stayed(&filter, vec![at(&seconds)]), [0.0, 1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0]);
}

#[test]
fn a_rate_is_kept_to_the_event_over_a_long_time() {
    // 3 in 7 seconds, asked every 10 ms for 700 s: the burst of 3, and 300 in the time.
    let filter = limit(r#""events":3,"window_seconds":7"#);
    let seconds: Vec<f64> = (0..=70_000).map(|tick| f64::from(tick) / 100.0).collect();
    let batches = seconds.chunks(1_000).map(at).collect();
    assert_eq!(stayed(&filter, batches).len(), 303);
}

#[test]
fn each_key_has_its_own_bucket_and_without_fields_there_is_one() {
    let rows = [
        (0.0, Some("p"), None),
        (0.0, Some("q"), None),
        (0.0, Some("p"), None),
        (0.0, None, None),
        (0.0, None, None),
    ];
    assert_eq!(stayed(&limit(r#""field":"a","events":1"#), vec![events(&rows)]).len(), 4);
    assert_eq!(stayed(&limit(r#""events":1"#), vec![events(&rows)]).len(), 1);
    let marked = run(&limit(r#""field":"a","events":1,"mark":"is_over""#), &bare(), events(&rows));
    let marks: Vec<Option<bool>> = marked.batch["is_over"].as_boolean().iter().collect();
    assert_eq!(marks, [None, None, Some(true), None, None]);
}

#[test]
fn forgotten_keys_begin_with_a_full_burst() {
    let filter = limit(r#""field":"a","events":1,"window_seconds":3600,"max_keys":2"#);
    let letters = ["p", "p", "q", "r", "p"];
    let rows: Vec<_> = letters.iter().map(|a| (0.0, Some(*a), None)).collect();
    assert_eq!(stayed(&filter, vec![events(&rows)]).len(), 4);
}

#[test]
fn a_clock_that_is_set_back_stops_nothing() {
    let filter = limit(r#""field":"a","events":1"#);
    assert_eq!(stayed(&filter, vec![at(&[1000.0, 5.0, 6.0, 6.5, 7.0])]), [1000.0, 6.0, 7.0]);
}

#[test]
fn events_without_an_ingest_time_pass_and_say_so() {
    for filter in [dedup(r#""field":"a""#), limit(r#""field":"a","events":1"#)] {
        let without = batch(vec![("a", text_column(&[Some("x"), Some("x")]))]);
        let outcome = run(&filter, &bare(), without);
        assert_eq!(outcome.faulty.rows(), [0, 1]);
        assert!(errors(&outcome.batch, 0)[0].ends_with("the events have no ingest_time"));
    }
}

#[test]
fn a_wrong_configuration_is_refused() {
    for (filter, part) in [
        (dedup(""), "one of the keys fields, field is needed"),
        (dedup(r#""field":"a","window_seconds":0"#), "a whole number from 1"),
        (dedup(r#""field":"a","window_seconds":1000000"#), "1000000 is too much: at most 604800"),
        (dedup(r#""field":"a","max_entries":100000000"#), "at most 10000000"),
        (dedup(r#""field":"a","mark":"ingest_time""#), "decides where an event is stored"),
        (limit(r#""field":"a""#), "key `events`: is needed"),
        (limit(r#""field":"a","fields":["b"],"events":1"#), "exclude each other"),
        (limit(r#""events":1.5"#), "a whole number from 1"),
        (limit(r#""events":1,"max_keys":0"#), "a whole number from 1"),
        (limit(r#""events":1,"mark":"isOver""#), "write `is_over`"),
    ] {
        let message = refusal(&filter, &bare());
        assert!(message.contains(part), "{filter}: {message}");
    }
}
