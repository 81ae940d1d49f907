//! Filters gone through one at a time: the rows' identity through drops and splits, and everything that is wrong at once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod filter_support;

use filter_support::{bare, batch_of, compile, texts};
use hotpath::filter::{FilterPipelineDefinition, Filters};
use serde_json::{Value, json};

const FILTERS: &str = r#"
    {"type": "drop", "config": {"condition": "message == 'gone'"}},
    {"type": "split", "config": {"field": "message", "terminator": ";"}, "condition": "message contains ';'"},
    {"type": "conditional", "config": {"condition": "message contains '-'", "then": [
        {"type": "split", "config": {"field": "message", "terminator": "-"}},
        {"type": "grok", "config": {"source_field": "message", "pattern": "%{INT:number}"}}
    ]}},
    {"type": "passthrough", "enabled": false}"#;

#[test]
fn a_walk_tells_the_rows_of_each_step_and_ends_as_apply_does() {
    let filters = compile(FILTERS, &bare());
    let batch = || batch_of("message", &[Some("gone"), Some("a;1-2-b"), None, Some("c")]);
    let mut state = filters.new_state();
    let mut walk = filters.walk(batch(), &mut state, 0);

    let step = walk.step().unwrap();
    assert_eq!((step.rows.rows(), step.came_from), (vec![0, 1, 2, 3], None));
    assert_eq!(walk.live().rows(), [1, 2, 3]);

    let step = walk.step().unwrap();
    assert_eq!((step.rows.rows(), step.came_from), (vec![1], Some(vec![0, 1, 1, 2, 3])));
    assert_eq!(walk.live().rows(), [1, 2, 3, 4]);

    let step = walk.step().unwrap();
    assert_eq!(step.rows.rows(), [1, 2, 3, 4]);
    assert_eq!(step.came_from, Some(vec![0, 1, 2, 2, 2, 3, 4]));
    let [(reason, rows)] = step.faults.as_slice() else { panic!("{:?}", step.faults) };
    assert!(reason.starts_with("then filter 2 (grok): "), "{reason}");
    assert_eq!(rows.rows(), [4]);

    assert!(walk.step().unwrap().rows.is_none());
    assert!(walk.step().is_none());
    let walked = walk.finish();
    let applied = filters.apply(batch(), &mut filters.new_state(), 0);
    assert_eq!(walked.batch, applied.batch);
    assert_eq!(walked.dropped_by_filter, applied.dropped_by_filter);
    assert_eq!((walked.added_rows, walked.dropped_rows), (applied.added_rows, applied.dropped_rows));
    let messages = texts(&walked.batch, "message");
    let messages: Vec<_> = messages.iter().map(Option::as_deref).collect();
    assert_eq!(messages, [Some("a"), Some("1"), Some("2"), Some("b"), None, Some("c")]);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    let problems = |filters: Value| -> Vec<(Option<usize>, Option<String>, Option<usize>)> {
        let problems = match FilterPipelineDefinition::from_value(filters) {
            Ok(pipeline) => Filters::problems(&pipeline.filters, &bare()),
            Err(problems) => problems,
        };
        let place = |key: Option<&str>| key.map(str::to_owned);
        problems.iter().map(|one| (one.filter, place(one.error.key()), one.error.column())).collect()
    };
    let key = |key: &str| Some(key.to_owned());
    let wrong = json!([{"type": "drop", "config": {"condition": "a = 1"}}, {"type": "passthrough"}, {"type": "dorp"}]);
    let expected = vec![(Some(1), key("condition"), Some(3)), (Some(3), key("type"), None)];
    assert_eq!(problems(wrong.clone()), expected);
    assert_eq!(problems(json!({"filters": wrong})), expected);
    let unreadable = json!([{"typ": "drop"}, {"type": "drop", "config": 1}]);
    assert_eq!(problems(unreadable), [(Some(1), key("typ"), None), (Some(2), None, None)]);
    for list in [json!("x"), json!({}), json!({"filters": {}})] {
        assert_eq!(problems(list.clone()), [(None, None, None)], "{list}");
    }
    assert_eq!(problems(json!([{"type": "passthrough"}])), []);
    let many = vec![json!({"type": "passthrough"}); 300];
    assert_eq!(problems(json!(many)), [(None, None, None)]);
}
