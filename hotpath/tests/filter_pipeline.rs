//! What each filter does to a batch, and how a wrong configuration is refused.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use hotpath::filter::{
    FilterKey, FilterOutcome, FilterPipelineDefinition, FilterSurroundings, Filters, catalogue, limits,
};

fn batch() -> RecordBatch {
    let action = StringViewArray::from(vec![Some("deny"), Some("allow"), None, Some("deny")]);
    let host = StringViewArray::from(vec![Some("a host with a long name"), Some("b"), Some("c"), Some("d")]);
    let port = Int64Array::from(vec![Some(22), Some(443), Some(80), None]);
    let columns: Vec<(&str, ArrayRef)> =
        vec![("action", Arc::new(action)), ("host", Arc::new(host)), ("port", Arc::new(port))];
    RecordBatch::try_from_iter(columns).expect("columns of four rows")
}

fn compile(filters: &str) -> Filters {
    let text = format!("{{\"filters\": [{filters}]}}");
    let pipeline = FilterPipelineDefinition::from_json(&text).unwrap_or_else(|error| panic!("{error}"));
    Filters::compile(&pipeline.filters, &FilterSurroundings::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn run(filters: &str) -> FilterOutcome {
    let filters = compile(filters);
    let outcome = filters.apply(batch(), &mut filters.new_state(), 0);
    assert!(outcome.faulty.is_none(), "{:?}", outcome.batch.column_by_name("_errors"));
    assert_eq!(outcome.dropped_by_filter.iter().sum::<usize>(), outcome.dropped_rows);
    assert_eq!(outcome.batch.num_rows() + outcome.dropped_rows, batch().num_rows());
    outcome
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Vec<Option<&'a str>> {
    batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}")).as_string_view().iter().collect()
}

fn integers(batch: &RecordBatch, name: &str) -> Vec<Option<i64>> {
    batch
        .column_by_name(name)
        .unwrap_or_else(|| panic!("no column {name}"))
        .as_primitive::<Int64Type>()
        .iter()
        .collect()
}

fn hosts_left(filters: &str) -> String {
    let outcome = run(filters);
    let hosts: Vec<&str> =
        texts(&outcome.batch, "host").into_iter().flatten().map(|host| &host[..1]).collect();
    hosts.concat()
}

fn names(batch: &RecordBatch) -> Vec<String> {
    batch.schema().fields().iter().map(|field| field.name().clone()).collect()
}

fn refusal(text: &str) -> String {
    match FilterPipelineDefinition::from_json(text) {
        Err(error) => error.to_string(),
        Ok(pipeline) => {
            Filters::compile(&pipeline.filters, &FilterSurroundings::default()).expect_err(text).to_string()
        }
    }
}

fn refusal_of_one(kind: &str, config: &str) -> String {
    refusal(&format!("{{\"filters\":[{{\"type\":\"{kind}\",\"config\":{config}}}]}}"))
}

#[test]
fn the_promised_definition_works_as_written() {
    let text = r#"{"filters":[{"type":"drop","config":{"condition":"action == 'deny'"}}]}"#;
    let pipeline: FilterPipelineDefinition = serde_json::from_str(text).expect("a definition");
    let filters = Filters::compile(&pipeline.filters, &FilterSurroundings::default()).expect("a filter");
    let outcome = filters.apply(batch(), &mut filters.new_state(), 0);
    assert_eq!(outcome.dropped_rows, 2);
    assert_eq!(texts(&outcome.batch, "host"), [Some("b"), Some("c")]);
}

#[test]
fn drop_takes_conditions_short_forms_shares_and_everything() {
    for (config, left) in [
        (r#"{"if_field":"action","equals":"deny"}"#, "bc"),
        (r#"{"if_field":"action","equals":["deny","allow"]}"#, "c"),
        (r#"{"if_field":"action","not_equals":"deny"}"#, "acd"),
        (r#"{"if_field":"action","contains":"llo"}"#, "acd"),
        (r#"{"if_field":"host","matches":"^[ab]"}"#, "cd"),
        (r#"{"if_field":"port","equals":443}"#, "acd"),
        (r#"{"if_field":"port","equals":"443"}"#, "acd"),
        (r#"{"if_field":"absent","equals":"x"}"#, "abcd"),
        (r#"{"always_drop":true}"#, ""),
        (r#"{"percentage":100}"#, ""),
        (r#"{"percentage":0}"#, "abcd"),
        (r#"{"condition":"action == 'deny'","percentage":100}"#, "bc"),
    ] {
        assert_eq!(hosts_left(&format!(r#"{{"type":"drop","config":{config}}}"#)), left, "{config}");
    }
}

#[test]
fn include_and_exclude_are_each_others_opposite() {
    for (config, matched, others) in [
        (r#"{"field":"action","equals":"deny"}"#, "ad", "bc"),
        (r#"{"field":"action","contains":"e"}"#, "ad", "bc"),
        (r#"{"field":"host","matches":"long"}"#, "a", "bcd"),
        (r#"{"any_field":["action","host"],"any_equals":["allow","d"]}"#, "bd", "ac"),
        (r#"{"any_field":["action","host"],"any_matches":"^(d|c)$"}"#, "cd", "ab"),
        (r#"{"condition":"port < 100 or port == null"}"#, "acd", "b"),
    ] {
        assert_eq!(hosts_left(&format!(r#"{{"type":"include","config":{config}}}"#)), matched, "{config}");
        assert_eq!(hosts_left(&format!(r#"{{"type":"exclude","config":{config}}}"#)), others, "{config}");
    }
}

#[test]
fn conditional_compares_with_every_operator() {
    for (test, passing, others) in [
        (r#""operator":"eq","value":80"#, "c", "abd"),
        (r#""operator":"ne","value":80"#, "ab", "cd"),
        (r#""operator":"gt","value":80"#, "b", "acd"),
        (r#""operator":"gte","value":80"#, "bc", "ad"),
        (r#""operator":"lt","value":80"#, "a", "bcd"),
        (r#""operator":"lte","value":"80""#, "ac", "bd"),
        (r#""operator":"exists""#, "abc", "d"),
        (r#""operator":"not_exists""#, "d", "abc"),
    ] {
        let keep = format!(r#"{{"type":"conditional","config":{{"field":"port",{test}}}}}"#);
        let drop = format!(r#"{{"type":"conditional","config":{{"field":"port",{test},"action":"drop"}}}}"#);
        assert_eq!(hosts_left(&keep), passing, "{test}");
        assert_eq!(hosts_left(&drop), others, "{test}");
    }
    let contains = r#"{"type":"conditional","config":{"field":"action","operator":"contains","value":"en"}}"#;
    assert_eq!(hosts_left(contains), "ad");
    assert_eq!(hosts_left(&contains.replace("contains", "not_contains")), "bc");
}

#[test]
fn conditional_takes_each_event_through_one_branch_decided_before_either_runs() {
    let outcome = run(r#"{"type":"conditional","config":{"condition":"action == 'deny'",
            "then":[{"type":"add_field","config":{"field":"action","value":"blocked"}},
                    {"type":"drop","config":{"condition":"port == null"}}],
            "else":[{"type":"remove_field","config":{"field":"port"}},
                    {"type":"add_field","config":{"field":"note","value":"passed"}}]}}"#);
    assert_eq!(texts(&outcome.batch, "action"), [Some("blocked"), Some("allow"), None]);
    assert_eq!(integers(&outcome.batch, "port"), [Some(22), None, None]);
    assert_eq!(texts(&outcome.batch, "note"), [None, Some("passed"), Some("passed")]);
    assert_eq!(outcome.dropped_by_filter, [1]);
}

#[test]
fn rename_replaces_the_column_of_that_name() {
    let outcome = run(r#"{"type":"rename_field","config":{"from":"host","to":"hostname"}}"#);
    assert_eq!(names(&outcome.batch), ["action", "port", "hostname"]);
    let outcome = run(r#"{"type":"rename_field","config":{"from":"host","to":"action"}}"#);
    assert_eq!(texts(&outcome.batch, "action")[1], Some("b"));
    assert_eq!(names(&outcome.batch), ["action", "port"]);
    let outcome = run(r#"{"type":"rename_field","config":{"from":"absent","to":"x"}}"#);
    assert_eq!(outcome.batch, batch());
}

#[test]
fn a_condition_limits_a_filter_to_the_rows_where_it_holds() {
    let outcome = run(
        r#"{"type":"rename_field","config":{"from":"host","to":"denied_host"},"condition":"action == 'deny'"}"#,
    );
    assert_eq!(texts(&outcome.batch, "host"), [None, Some("b"), Some("c"), None]);
    assert_eq!(
        texts(&outcome.batch, "denied_host"),
        [Some("a host with a long name"), None, None, Some("d")]
    );
    let outcome =
        run(r#"{"type":"remove_field","config":{"fields":["port","absent"]},"condition":"port == 80"}"#);
    assert_eq!(integers(&outcome.batch, "port"), [Some(22), Some(443), None, None]);
    assert_eq!(
        hosts_left(r#"{"type":"drop","config":{"always_drop":true},"condition":"port > 100"}"#),
        "acd"
    );
}

#[test]
fn a_value_of_another_type_goes_to_a_side_column() {
    let add = r#"{"type":"add_field","config":{"field":"port","value":"ssh"},"condition":"port == 22"}"#;
    let outcome = run(add);
    assert_eq!(integers(&outcome.batch, "port"), [None, Some(443), Some(80), None]);
    assert_eq!(texts(&outcome.batch, "port__string"), [Some("ssh"), None, None, None]);
    // Where every event gets the value, the column is replaced.
    let outcome = run(r#"{"type":"add_field","config":{"field":"port","value":"ssh"}}"#);
    assert_eq!(texts(&outcome.batch, "port"), [Some("ssh"); 4]);
}

#[test]
fn added_values_keep_their_type() {
    let outcome = run(r#"{"type":"add_field","config":{"field":"i","value":9007199254740993}},
           {"type":"add_field","config":{"field":"d","value":1.5}},
           {"type":"add_field","config":{"field":"b","value":true}},
           {"type":"add_field","config":{"field":"s","value":"a text that is longer than a view"}}"#);
    assert_eq!(integers(&outcome.batch, "i"), [Some(9_007_199_254_740_993); 4]);
    assert_eq!(outcome.batch["d"].as_primitive::<Float64Type>().values(), &[1.5; 4]);
    assert_eq!(outcome.batch["b"].data_type(), &DataType::Boolean);
    assert_eq!(outcome.batch["b"].as_boolean().true_count(), 4);
    assert_eq!(texts(&outcome.batch, "s"), [Some("a text that is longer than a view"); 4]);
}

#[test]
fn a_batch_without_drops_keeps_its_arrays_and_a_dropped_row_is_not_copied() {
    let before = batch();
    let filters = compile(r#"{"type":"drop","config":{"condition":"action == 'none'"}}"#);
    let outcome = filters.apply(before.clone(), &mut filters.new_state(), 0);
    for (before, after) in before.columns().iter().zip(outcome.batch.columns()) {
        assert!(Arc::ptr_eq(before, after));
    }
    let filters = compile(r#"{"type":"drop","config":{"condition":"host != 'b'"}}"#);
    let outcome = filters.apply(before.clone(), &mut filters.new_state(), 0);
    let (before, after) = (before["host"].as_string_view(), outcome.batch["host"].as_string_view());
    assert_eq!(after.len(), 1);
    assert!(
        after
            .data_buffers()
            .iter()
            .all(|buffer| before.data_buffers().iter().any(|b| b.as_ptr() == buffer.as_ptr()))
    );
}

#[test]
fn filters_run_in_order_and_end_when_nothing_is_left() {
    let outcome = run(r#"{"type":"rename_field","config":{"from":"action","to":"verdict"}},
           {"type":"drop","config":{"condition":"verdict == 'deny'"}},
           {"type":"drop","enabled":false,"config":{"always_drop":true}},
           {"type":"include","config":{"condition":"false_positive exists"}},
           {"type":"drop","config":{"always_drop":true}}"#);
    assert_eq!(outcome.dropped_by_filter, [0, 2, 0, 2, 0]);
    assert_eq!(outcome.batch.num_rows(), 0);
    assert_eq!(outcome.batch.num_columns(), 3);
}

#[test]
fn every_column_may_go_and_the_rows_stay() {
    let outcome = run(r#"{"type":"remove_field","config":{"fields":["action","host","port"]}}"#);
    assert_eq!((outcome.batch.num_columns(), outcome.batch.num_rows()), (0, 4));
    let filters = compile(
        r#"{"type":"remove_field","config":{"fields":["action","host","port"]}},{"type":"sample","config":{"rate":2}}"#,
    );
    let outcome = filters.apply(batch(), &mut filters.new_state(), 0);
    assert_eq!((outcome.batch.num_columns(), outcome.batch.num_rows()), (0, 2));
}

#[test]
fn one_in_n_is_counted_across_batches_and_a_percentage_is_the_same_for_the_same_seed() {
    let filters = compile(r#"{"type":"sample","config":{"rate":3}}"#);
    let mut state = filters.new_state();
    let kept: Vec<usize> =
        (0..6).map(|seed| filters.apply(batch(), &mut state, seed).batch.num_rows()).collect();
    assert_eq!(kept, [2, 1, 1, 2, 1, 1]);

    let sampled = |config: &str, first_seed: u64| -> Vec<usize> {
        let filters = compile(&format!(r#"{{"type":"sample","config":{config}}}"#));
        let mut state = filters.new_state();
        let seeds = first_seed..first_seed + 500;
        seeds.map(|seed| filters.apply(batch(), &mut state, seed).batch.num_rows()).collect()
    };
    let first = sampled(r#"{"percentage":25,"seed":7}"#, 0);
    assert_eq!(first, sampled(r#"{"percentage":25,"seed":7}"#, 0));
    assert_ne!(first, sampled(r#"{"percentage":25,"seed":8}"#, 0));
    assert_ne!(first, sampled(r#"{"percentage":25,"seed":7}"#, 1_000));
    // 2,000 events, so 500 expected; the seed is fixed, so this cannot waver.
    let kept: usize = first.iter().sum();
    assert!((425..575).contains(&kept), "{kept}");
}

#[test]
fn a_filter_that_cannot_be_carried_out_loses_no_event_and_says_so_in_each() {
    let sample = compile(r#"{"type":"sample","config":{"rate":2}}"#);
    let drop = compile(r#"{"type":"drop","config":{"condition":"action == 'deny'","percentage":50}}"#);
    let outcome = sample.apply(batch(), &mut drop.new_state(), 0);
    assert_eq!((outcome.batch.num_rows(), outcome.faulty.selected()), (4, 4));
    let errors = outcome.batch["_errors"].as_list::<i32>().value(3);
    let expected = "filter 1 (sample): the filter state belongs to another configuration";
    assert_eq!(errors.as_string_view().iter().collect::<Vec<_>>(), [Some(expected)]);
}

#[test]
fn an_empty_batch_and_an_empty_list_pass() {
    let empty = batch().slice(0, 0);
    let filters = compile(r#"{"type":"drop","config":{"condition":"action == 'deny'"}}"#);
    assert_eq!(filters.apply(empty, &mut filters.new_state(), 0).dropped_rows, 0);
    assert!(compile("").is_empty());
    assert_eq!(run("").batch, batch());
}

#[test]
fn a_wrong_configuration_is_refused_with_place_reason_and_suggestion() {
    for (kind, config, parts) in [
        (
            "dorp",
            "{}",
            &["filter 1 (dorp)", "unknown type `dorp`", "did you mean `drop`?", "rename_field"][..],
        ),
        (
            "drop",
            r#"{"conditon":"a == 1"}"#,
            &["filter 1 (drop)", "unknown key `conditon`", "`condition`?", "if_field"],
        ),
        (
            "drop",
            r#"{"condition":"action = 'deny'"}"#,
            &["filter 1 (drop), key `condition`, column 8: ", "\n           ^"],
        ),
        ("drop", "{}", &["what is to be dropped?"]),
        ("drop", r#"{"always_drop":false}"#, &["what is to be dropped?"]),
        ("drop", r#"{"equals":"x"}"#, &["key `equals`: needs `if_field`"]),
        ("drop", r#"{"if_field":"a"}"#, &["one of the keys equals, not_equals, contains, matches"]),
        ("drop", r#"{"percentage":101}"#, &["key `percentage`", "0 to 100"]),
        ("drop", r#"{"if_field":"a","matches":"("}"#, &["key `matches`", "not a regular expression"]),
        (
            "include",
            r#"{"field":"a","equals":1,"contains":2}"#,
            &["`equals` and `contains` exclude each other"],
        ),
        ("exclude", r#"{"condition":"a == 1","equals":1}"#, &["does not go with `condition`"]),
        ("include", r#"{"any_field":[],"any_equals":1}"#, &["the list is empty"]),
        ("add_field", r#"{"field":"srcIp","value":1}"#, &["lower snake case", "`src_ip`"]),
        ("add_field", r#"{"field":"a","value":"${time}"}"#, &["no variable `${time}`"]),
        ("add_field", r#"{"field":"a","value":[1]}"#, &["key `value`: expected a text, a number"]),
        ("add_field", r#"{"field":"a"}"#, &["key `value`: is needed"]),
        ("rename_field", r#"{"from":"a"}"#, &["key `to`: is needed"]),
        (
            "rename_field",
            r#"{"from":"event_time","to":"b"}"#,
            &["key `from`", "decides where an event is stored"],
        ),
        ("remove_field", r#"{"fields":["a","ingest_time"]}"#, &["decides where an event is stored"]),
        ("sample", "{}", &["one of the keys percentage, rate is needed"]),
        ("sample", r#"{"rate":0}"#, &["a whole number from 1"]),
        (
            "conditional",
            r#"{"field":"a","operator":"like","value":1}"#,
            &["unknown operator `like`", "not_contains"],
        ),
        ("conditional", r#"{"field":"a","operator":"gt"}"#, &["key `value`: is needed"]),
        ("conditional", r#"{"condition":"a == 1"}"#, &["`then` or `else`"]),
        (
            "conditional",
            r#"{"condition":"a == 1","else":[{"type":"drop","config":{"condition":"b =="}}]}"#,
            &["filter 1 (conditional), else filter 1 (drop), key `condition`, column 5"],
        ),
        (
            "conditional",
            r#"{"condition":"a == 1","then":[{"typ":"drop"}]}"#,
            &["filter 1 (conditional), then filter 1: unknown key `typ`", "`type`?"],
        ),
    ] {
        let message = refusal_of_one(kind, config);
        for part in parts {
            assert!(message.contains(part), "{config}: no {part:?} in {message}");
        }
    }
    assert!(refusal(r#"{"filter":[]}"#).contains("did you mean `filters`?"));
    assert!(
        refusal(r#"{"filters":[{"type":"drop","condtion":"a == 1"}]}"#).contains("did you mean `condition`?")
    );
    assert!(refusal(r#"{"filters":[{"config":{}}]}"#).contains("filter 1: missing field `type`"));
    assert!(refusal("[").contains("not a filter list"));
    let entry_condition = r#"{"filters":[{"type":"sample","config":{"rate":2}},{"type":"drop","config":{"always_drop":true},"condition":"a ==="}]}"#;
    assert!(refusal(entry_condition).contains("filter 2 (drop), key `condition`, column 5"));
}

#[test]
fn the_number_of_filters_and_their_depth_are_bounded() {
    let one = r#"{"type":"drop","config":{"always_drop":true}}"#;
    let many = vec![one; limits::MAX_FILTERS].join(",");
    let branch = format!(r#"{{"type":"conditional","config":{{"condition":"a == 1","then":[{many}]}}}}"#);
    assert!(refusal(&format!(r#"{{"filters":[{branch}]}}"#)).contains("at most 256"));
    let mut nested = one.to_owned();
    for _ in 0..=limits::MAX_FILTER_DEPTH {
        nested = format!(r#"{{"type":"conditional","config":{{"condition":"a == 1","then":[{nested}]}}}}"#);
    }
    assert!(refusal(&format!(r#"{{"filters":[{nested}]}}"#)).contains("deeper"));
}

/// Whether the examples of these keys make a filter.
fn examples_compile(kind: &str, keys: &[&FilterKey]) -> bool {
    let members: Vec<String> = keys.iter().map(|key| format!("\"{}\": {}", key.name, key.example)).collect();
    let text = format!(r#"{{"filters":[{{"type":"{kind}","config":{{{}}}}}]}}"#, members.join(", "));
    let pipeline = FilterPipelineDefinition::from_json(&text).expect("examples are JSON");
    Filters::compile(&pipeline.filters, &FilterSurroundings::default()).is_ok()
}

/// Whether they do together with at most `others` of the other keys.
fn examples_compile_with<'k>(
    kind: &str,
    taken: &mut Vec<&'k FilterKey>,
    rest: &'k [FilterKey],
    others: usize,
) -> bool {
    if examples_compile(kind, taken) {
        return true;
    }
    if others == 0 {
        return false;
    }
    for (number, key) in rest.iter().enumerate() {
        if taken.contains(&key) {
            continue;
        }
        taken.push(key);
        if examples_compile_with(kind, taken, &rest[number + 1..], others - 1) {
            return true;
        }
        taken.pop();
    }
    false
}

#[test]
fn every_example_of_the_catalogue_makes_a_filter_with_some_of_the_others() {
    for kind in catalogue() {
        for key in kind.keys {
            assert!(
                examples_compile_with(kind.name, &mut vec![key], kind.keys, 4),
                "{} {}",
                kind.name,
                key.name
            );
        }
    }
}

#[test]
fn the_catalogue_is_complete_and_its_examples_are_json() {
    for kind in catalogue() {
        assert!(kind.description.ends_with('.'), "{}", kind.name);
        for key in kind.keys {
            assert!(
                serde_json::from_str::<serde_json::Value>(key.example).is_ok(),
                "{} {}",
                kind.name,
                key.name
            );
            assert!(!key.description.is_empty() && !key.value_type.is_empty());
        }
    }
    let documentation = include_str!("../../docs/filters.md");
    for kind in catalogue() {
        assert!(
            documentation.contains(&format!("### {}", kind.name)),
            "{} is not in docs/filters.md",
            kind.name
        );
        for key in kind.keys {
            assert!(documentation.contains(&format!("`{}`", key.name)), "{} {}", kind.name, key.name);
        }
    }
}
