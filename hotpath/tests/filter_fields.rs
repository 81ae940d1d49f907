//! What the filters do that find fields in texts, and those that look at whole events: kv, json_parse, json_validate,
//! json_flatten, uppercase_keys, split, conditional_field, drop's unless_field and passthrough.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod filter_rows;

use filter_rows::{assert_cases, assert_refusals, batch_of, compiled, fault, filtered, rows_after, rows_of};
use hotpath::filter::{FilterSurroundings, limits};
use serde_json::{Value, json};

#[test]
fn kv_makes_fields_of_pairs() {
    assert_cases(
        "kv",
        &[
            (
                json!({}),
                json!([{"message": r#"srcIp=10.0.0.1 n=7 text="two words" odd é=ü empty= last='x=y'"#}, {"other": "a=1"}]),
                json!([
                    {"message": r#"srcIp=10.0.0.1 n=7 text="two words" odd é=ü empty= last='x=y'"#,
                     "src_ip": "10.0.0.1", "n": "7", "text": "two words", "last": "x=y", "_extra": "{\"é\":\"ü\"}"},
                    {"other": "a=1"}
                ]),
            ),
            (
                json!({"source_field": "q", "field_split": "&", "target_field": "request", "prefix": "arg_", "remove_field": true}),
                json!([{"q": "id=1&user=bob"}, {"q": "nothing"}]),
                json!([
                    {"request_arg_id": "1", "request_arg_user": "bob"},
                    {"q": "nothing", "_errors": fault("kv", "no key and value in the text")}
                ]),
            ),
            (
                json!({"value_split": ":", "field_split": ", ", "trim_key": "<>", "trim_value": ";", "include_keys": ["a", "b"], "exclude_keys": ["b"]}),
                json!([{"message": "<a>:1;, b:2, c:3"}]),
                json!([{"message": "<a>:1;, b:2, c:3", "a": "1"}]),
            ),
            // What a field had before is replaced; a field that the text does not have stays.
            (
                json!({"default_values": {"action": "none", "n": 0}}),
                json!([{"message": "a=1 n=5", "a": "old", "b": "old"}, {"message": "action=deny"}, {}]),
                json!([
                    {"message": "a=1 n=5", "a": "1", "b": "old", "n": "5", "action": "none"},
                    {"message": "action=deny", "action": "deny", "n": "0"},
                    {}
                ]),
            ),
            // The columns that the product stands on are not written to.
            (
                json!({}),
                json!([{"message": "event_time=x raw=y"}]),
                json!([{"message": "event_time=x raw=y", "body_event_time": "x", "body_raw": "y"}]),
            ),
            (
                json!({"source_field": "n"}),
                json!([{"n": 5}]),
                json!([{"n": 5, "_errors": fault("kv", "no key and value in the text")}]),
            ),
            (
                json!({"source_field": "l"}),
                json!([{"l": ["a=1"]}]),
                json!([{"l": ["a=1"], "_errors": fault("kv", "the field has a value that is no text")}]),
            ),
        ],
    );
    // In the column of another type, text goes beside it.
    assert_cases(
        "kv",
        &[(
            json!({}),
            json!([{"message": "port=x", "port": 22}, {"port": 23}]),
            json!([{"message": "port=x", "port__string": "x"}, {"port": 23}]),
        )],
    );
}

#[test]
fn kv_keeps_every_value_of_a_key_that_comes_again() {
    for (allowed, expected) in [(true, json!(["me", "me", "you"])), (false, json!(["me", "you"]))] {
        let config = json!({"source_field": "m", "allow_duplicate_values": allowed, "remove_field": true});
        let rows = json!([{"m": "from=me from=me from=you to=x"}, {"m": "from=me"}]);
        assert_eq!(
            rows_after("kv", config, &rows),
            json!([{"from__list_string": expected, "to": "x"}, {"from": "me"}])
        );
    }
    let config = json!({"source_field": "m", "allow_duplicate_values": false, "remove_field": true});
    assert_eq!(rows_after("kv", config, &json!([{"m": "from=me from=me"}])), json!([{"from": "me"}]));
}

#[test]
fn kv_takes_so_many_pairs_and_says_when_there_are_more() {
    let text: String = (0..600).map(|number| format!("k{number}={number} ")).collect();
    let after = rows_after("kv", json!({"remove_field": true}), &json!([{"message": text}]));
    assert_eq!(after[0]["_errors"], fault("kv", "the text has more pairs than are taken"));
    assert_eq!(after[0]["k511"], "511");
    assert_eq!(after[0].as_object().map(serde_json::Map::len), Some(513));
    assert_refusals(&[
        ("kv", json!({"field_split": ""}), "the text is empty"),
        ("kv", json!({"value_split": ": "}), "has the field_split in it"),
        ("kv", json!({"target_field": "Kv"}), "write `kv`"),
        ("kv", json!({"include_keys": [1]}), "expected texts"),
        ("kv", json!({"default_values": {"a": []}}), "expected a text, a number or a boolean for `a`"),
        ("kv", json!({"source_field": "event_time", "remove_field": true}), "decides where"),
    ]);
}

#[test]
fn json_parse_makes_typed_fields() {
    let text = r#"{"userName":"ü","n":9007199254740993,"d":1.5,"t":true,"no":null,"in":{"a":{"b":1}},"l":[1,2],"o":[{"x":1}],"big":123456789012345678901}"#;
    assert_eq!(
        rows_after("json_parse", json!({"remove_field": true}), &json!([{"message": text}, {"other": 1}])),
        json!([
            {"user_name": "ü", "n": 9_007_199_254_740_993_i64, "d": 1.5, "t": true, "in_a_b": 1, "l": [1, 2],
             "o": "[{\"x\":1}]", "big__string": "123456789012345678901"},
            {"other": 1}
        ])
    );
    assert_cases(
        "json_parse",
        &[
            (
                json!({"source_field": "j", "target_field": "event"}),
                json!([{"j": "{\"id\":1}", "event_id": 5}, {"j": " {\"j\":{}} "}, {"event_id": 6}]),
                json!([{"j": "{\"id\":1}", "event_id": 1}, {"j": " {\"j\":{}} ", "event_j": "{}"}, {"event_id": 6}]),
            ),
            (
                json!({"remove_field": true}),
                json!([{"message": "{\"message\":\"inner\"}"}, {"message": "{\"a\":"}, {"message": "[1]"}, {"message": ""}, {"message": "text"}]),
                json!([
                    {"message": "inner"},
                    {"message": "{\"a\":", "_errors": fault("json_parse", "broken JSON (RFC 8259)")},
                    {"message": "[1]", "_errors": fault("json_parse", "JSON that is no object, and has no names for fields")},
                    {"message": "", "_errors": fault("json_parse", "an empty event")},
                    {"message": "text", "_errors": fault("json_parse", "no JSON (RFC 8259)")}
                ]),
            ),
            (json!({"source_field": "absent"}), json!([{"a": 1}]), json!([{"a": 1}])),
            (
                json!({"source_field": "n"}),
                json!([{"n": 5}]),
                json!([{"n": 5, "_errors": fault("json_parse", "JSON that is no object, and has no names for fields")}]),
            ),
        ],
    );
    assert_refusals(&[("json_parse", json!({"source_feild": "a"}), "did you mean `source_field`?")]);
}

#[test]
fn what_json_parse_finds_agrees_from_batch_to_batch() {
    let filters = compiled(
        &json!([{"type": "json_parse", "config": {"remove_field": true}}]),
        &FilterSurroundings::default(),
    );
    let mut state = filters.new_state();
    let mut after =
        |text: &str| rows_of(&filters.apply(batch_of(&json!([{"message": text}])), &mut state, 0).batch);
    assert_eq!(after(r#"{"v":"a text of some length"}"#), json!([{"v": "a text of some length"}]));
    assert_eq!(after(r#"{"v":5}"#), json!([{"v__int64": 5}]));
}

#[test]
fn json_validate_notes_or_drops_what_is_no_json() {
    let rows =
        json!([{"message": "{\"a\":1}"}, {"message": "[1,"}, {"message": "5"}, {}, {"message": "[1,"}]);
    let broken = json!({"message": "[1,", "_errors": fault("json_validate", "broken JSON (RFC 8259)")});
    assert_cases(
        "json_validate",
        &[
            (
                json!({}),
                rows.clone(),
                json!([{"message": "{\"a\":1}"}, broken, {"message": "5"}, {}, broken]),
            ),
            (
                json!({"on_invalid": "drop"}),
                rows.clone(),
                json!([{"message": "{\"a\":1}"}, {"message": "5"}, {}]),
            ),
            (json!({"fail_on_invalid": false}), rows.clone(), rows.clone()),
            (json!({"source_field": "n"}), json!([{"n": 5}]), json!([{"n": 5}])),
        ],
    );
    assert_refusals(&[
        ("json_validate", json!({"fail_on_invalid": false, "on_invalid": "drop"}), "does not go with"),
        ("json_validate", json!({"on_invalid": "stop"}), "note, drop"),
    ]);
}

#[test]
fn json_flatten_goes_into_lists() {
    let text = r#"{"a":[{"b":1},{"c":"ü"},[2.5]],"e":{},"f":[],"g":{"h":null}}"#;
    assert_cases(
        "json_flatten",
        &[
            (
                json!({"source_field": "sd"}),
                json!([{"sd": text}, {"x": 1}]),
                json!([{"sd": text, "sd_a_0_b": 1, "sd_a_1_c": "ü", "sd_a_2_0": 2.5, "sd_e": "{}", "sd_f": "[]"}, {"x": 1}]),
            ),
            (
                json!({"source_field": "sd", "target_field": "s", "arrays": "json", "separator": "_"}),
                json!([{"sd": text}]),
                json!([{"sd": text, "s_a": "[{\"b\":1},{\"c\":\"ü\"},[2.5]]", "s_e": "{}", "s_f": "[]"}]),
            ),
            (
                json!({"source_field": "sd"}),
                json!([{"sd": "[1,2]"}, {"sd": "5"}, {"sd": "{"}]),
                json!([
                    {"sd": "[1,2]", "sd_0": 1, "sd_1": 2},
                    {"sd": "5", "_errors": fault("json_flatten", "JSON that is neither an object nor a list")},
                    {"sd": "{", "_errors": fault("json_flatten", "broken JSON (RFC 8259)")}
                ]),
            ),
            // A field that is a list.
            (
                json!({"source_field": "tags"}),
                json!([{"tags": ["a", null, "c"]}, {"tags": []}, {}]),
                json!([{"tags": ["a", null, "c"], "tags_0": "a", "tags_2": "c"}, {"tags": []}, {}]),
            ),
        ],
    );
    let long: Vec<usize> = (0..300).collect();
    let after = rows_after("json_flatten", json!({"source_field": "l"}), &json!([{"l": long}]));
    assert_eq!(
        after,
        json!([{"l": long, "_errors": fault("json_flatten", "the list has more members than fields are made of")}])
    );
    let after = rows_after(
        "json_flatten",
        json!({"source_field": "t"}),
        &json!([{"t": json!({"l": long}).to_string()}]),
    );
    assert_eq!(after[0]["t_l"], json!(json!(long).to_string()));
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let after = rows_after("json_flatten", json!({"source_field": "t"}), &json!([{"t": deep}]));
    let names: Vec<&String> =
        after[0].as_object().expect("a row").keys().filter(|name| *name != "t").collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert_refusals(&[
        ("json_flatten", json!({}), "flat already"),
        ("json_flatten", json!({"source_field": "a", "separator": "/"}), "., _"),
        ("json_flatten", json!({"source_field": "a", "arrays": "list"}), "index, json"),
    ]);
}

#[test]
fn uppercase_keys_renames_columns_and_names_in_json() {
    let row = json!({"event_time": 5, "source_ip": "::1", "raw": "{\"a\":1}", "sd": "{\"x\":[{\"yÜ\":\"v\"}],\"n\":12345678901234567890123}", "l": [1]});
    assert_eq!(
        rows_after("uppercase_keys", json!({"source_field": "*"}), &json!([row])),
        json!([{"event_time": 5, "SOURCE_IP": "::1", "raw": "{\"a\":1}",
            "SD": "{\"X\":[{\"YÜ\":\"v\"}],\"N\":12345678901234567890123}", "L": [1]}])
    );
    assert_cases(
        "uppercase_keys",
        &[
            (
                json!({"source_field": ["a", "absent"], "recursive": false}),
                json!([{"a": "{\"x\":1}", "b": "c"}, {"b": "d"}]),
                json!([{"A": "{\"x\":1}", "b": "c"}, {"b": "d"}]),
            ),
            (json!({"source_field": "a"}), json!([{"a": "{no json"}]), json!([{"A": "{no json"}])),
        ],
    );
    assert_refusals(&[
        ("uppercase_keys", json!({}), "key `source_field`: is needed"),
        ("uppercase_keys", json!({"source_field": ["*", "a"]}), "leave the others out"),
        ("uppercase_keys", json!({"source_field": "ingest_time"}), "decides where"),
    ]);
}

#[test]
fn split_makes_events_of_parts() {
    assert_cases(
        "split",
        &[
            (
                json!({}),
                json!([{"message": "a\n\nbé\n", "n": 1}, {"n": 2}, {"message": "c", "n": 3}, {"message": "\n", "n": 4}]),
                json!([{"message": "a", "n": 1}, {"message": "bé", "n": 1}, {"n": 2}, {"message": "c", "n": 3}, {"message": "\n", "n": 4}]),
            ),
            (
                json!({"field": "v", "terminator": "; ", "target": "part"}),
                json!([{"v": "a; b"}, {"part": "old"}]),
                json!([{"v": "a; b", "part": "a"}, {"v": "a; b", "part": "b"}, {"part": "old"}]),
            ),
            // A list is split into its members, which keep their type.
            (
                json!({"field": "l"}),
                json!([{"l": [1, null, 2], "v": "x"}, {"l": [], "v": "y"}, {"v": "z"}]),
                json!([{"l": 1, "v": "x"}, {"l": 2, "v": "x"}, {"v": "y"}, {"v": "z"}]),
            ),
            (
                json!({"field": "l", "target": "m"}),
                json!([{"l": ["a", "b"]}]),
                json!([{"l": ["a", "b"], "m": "a"}, {"l": ["a", "b"], "m": "b"}]),
            ),
            (json!({"field": "n"}), json!([{"n": 5}, {}]), json!([{"n": 5}, {}])),
            (json!({"field": "n", "target": "m"}), json!([{"n": 5}, {}]), json!([{"n": 5, "m": "5"}, {}])),
            (json!({"field": "absent"}), json!([{"n": 5}]), json!([{"n": 5}])),
        ],
    );
    assert_refusals(&[
        ("split", json!({"terminator": ""}), "the text is empty"),
        ("split", json!({"field": "event_time"}), "decides where"),
    ]);
}

#[test]
fn what_split_makes_is_in_the_account_and_goes_on_in_the_same_branch() {
    let filters = json!([
        {"type": "conditional", "config": {"condition": "k == 1",
            "then": [{"type": "split", "config": {"terminator": ","}},
                     {"type": "drop", "config": {"condition": "message == 'b'"}},
                     {"type": "add_field", "config": {"field": "from", "value": "then"}}],
            "else": [{"type": "add_field", "config": {"field": "from", "value": "else"}}]}},
        {"type": "drop", "config": {"condition": "message == 'c'"}}
    ]);
    let outcome = filtered(&filters, batch_of(&json!([{"message": "x,y"}, {"message": "a,b,c", "k": 1}])));
    assert_eq!(
        rows_of(&outcome.batch),
        json!([{"message": "x,y", "from": "else"}, {"message": "a", "k": 1, "from": "then"}])
    );
    assert_eq!((outcome.added_rows, outcome.dropped_rows), (2, 2));
    assert_eq!(outcome.dropped_by_filter, [1, 1]);
}

#[test]
fn split_is_bounded_for_an_event_and_for_a_batch() {
    let cut = "more parts than one event is split into; the rest stays together";
    let many = vec!["p"; limits::MAX_SPLIT_PARTS + 2].join("\n");
    let after = rows_after("split", json!({}), &json!([{"message": many}]));
    let rows = after.as_array().expect("rows");
    assert_eq!(rows.len(), limits::MAX_SPLIT_PARTS);
    assert_eq!(rows[0], json!({"message": "p"}));
    assert_eq!(
        rows[limits::MAX_SPLIT_PARTS - 1],
        json!({"message": "p\np\np", "_errors": fault("split", cut)})
    );

    let full = vec!["p"; 9_000].join("\n");
    let eight: Vec<Value> = vec![json!({"message": full}); 8];
    let after = rows_after("split", json!({}), &json!(eight));
    let rows = after.as_array().expect("rows");
    assert_eq!(rows.len(), 7 * 9_000 + 1);
    let beyond = "the batch has as many rows as splitting may make; the event stays whole";
    assert_eq!(rows[7 * 9_000], json!({"message": full, "_errors": fault("split", beyond)}));

    // Lists beside the text would be copied into each event.
    let long: Vec<usize> = (0..1_000).collect();
    let text = vec!["p"; 2_000].join("\n");
    let after =
        rows_after("split", json!({}), &json!([{"message": text, "l": long}, {"message": "a\nb", "l": [1]}]));
    assert_eq!(after[0]["_errors"], fault("split", beyond));
    assert_eq!(after[2], json!({"message": "b", "l": [1]}));
}

#[test]
fn conditional_field_tests_with_every_operator() {
    let rows = json!([{"v": "abc", "n": 1}, {"v": "bcd", "n": 2}, {"n": 3}]);
    for (test, removed) in [
        (json!({"value": "abc"}), "1"),
        (json!({"operator": "equals", "value": ["abc", "bcd"]}), "12"),
        (json!({"operator": "not_equals", "value": "abc"}), "2"),
        (json!({"operator": "contains", "value": "bc"}), "12"),
        (json!({"operator": "starts_with", "value": "b"}), "2"),
        (json!({"operator": "ends_with", "value": "c"}), "1"),
        (json!({"operator": "ends_with", "value": "."}), ""),
        (json!({"operator": "matches", "value": "^.b"}), "1"),
        (json!({"operator": "exists"}), "12"),
        (json!({"operator": "not_exists"}), "3"),
        (json!({"operator": "gt", "value": "abc"}), "2"),
        (json!({"operator": "gte", "value": "abc"}), "12"),
        (json!({"operator": "lt", "value": "b"}), "1"),
        (json!({"operator": "lte", "value": "a"}), ""),
    ] {
        let mut config = test.clone();
        config["field"] = json!("v");
        config["action"] = json!("keep_record");
        let kept = rows_after("conditional_field", config.clone(), &rows);
        let numbers = |rows: &Value| -> String {
            rows.as_array().expect("rows").iter().map(|row| row["n"].to_string()).collect()
        };
        assert_eq!(numbers(&kept), removed, "{test}");
        config["action"] = json!("drop_record");
        let left = rows_after("conditional_field", config, &rows);
        assert_eq!(numbers(&left).len() + removed.len(), 3, "{test}");
    }
}

#[test]
fn conditional_field_takes_values_away_or_replaces_them() {
    assert_cases(
        "conditional_field",
        &[
            (json!({"field": "v", "value": "a"}), json!([{"v": "a"}, {"v": "b"}]), json!([{}, {"v": "b"}])),
            (
                json!({"field": "v", "value": 1, "action": "set_null"}),
                json!([{"v": 1}, {"v": 2}]),
                json!([{}, {"v": 2}]),
            ),
            (
                json!({"field": "v", "value": "a", "action": "replace", "replace_with": "ü"}),
                json!([{"v": "a"}, {"v": "b"}, {}]),
                json!([{"v": "ü"}, {"v": "b"}, {}]),
            ),
            (
                json!({"field": "v", "operator": "gt", "value": 5, "action": "replace", "replace_with": 5}),
                json!([{"v": 9}, {"v": 2}]),
                json!([{"v": 5}, {"v": 2}]),
            ),
            (
                json!({"field": "v", "operator": "not_exists", "action": "replace", "replace_with": 0}),
                json!([{"w": 1}]),
                json!([{"w": 1, "v": 0}]),
            ),
        ],
    );
    assert_refusals(&[
        ("conditional_field", json!({"field": "v"}), "key `value`: is needed"),
        (
            "conditional_field",
            json!({"field": "v", "value": 1, "action": "replace"}),
            "key `replace_with`: is needed",
        ),
        (
            "conditional_field",
            json!({"field": "v", "value": 1, "replace_with": 1}),
            "does not go with the action remove",
        ),
        (
            "conditional_field",
            json!({"field": "v", "operator": "eq", "value": 1}),
            "known: equals, not_equals",
        ),
        ("conditional_field", json!({"field": "v", "operator": "gt", "value": true}), "has no order"),
        ("conditional_field", json!({"field": "event_time", "operator": "exists"}), "decides where"),
        (
            "conditional_field",
            json!({"field": "V", "operator": "not_exists", "action": "replace", "replace_with": 1}),
            "write `v`",
        ),
    ]);
}

#[test]
fn drop_spares_what_unless_names() {
    let rows = json!([{"v": "a", "n": 1}, {"v": "b", "n": 1}, {"n": 1}, {"v": "c", "n": 2}]);
    assert_cases(
        "drop",
        &[
            (
                json!({"unless_field": "v", "unless_equals": ["a", "b"]}),
                rows.clone(),
                json!([{"v": "a", "n": 1}, {"v": "b", "n": 1}]),
            ),
            (
                json!({"unless_field": "v", "unless_matches": "^[bc]"}),
                rows.clone(),
                json!([{"v": "b", "n": 1}, {"v": "c", "n": 2}]),
            ),
            (
                json!({"if_field": "n", "equals": 1, "unless_field": "v", "unless_equals": "a"}),
                rows.clone(),
                json!([{"v": "a", "n": 1}, {"v": "c", "n": 2}]),
            ),
        ],
    );
    assert_refusals(&[
        ("drop", json!({"unless_equals": "a"}), "needs `unless_field` beside it"),
        ("drop", json!({"unless_field": "a"}), "one of the keys unless_equals, unless_matches"),
        (
            "drop",
            json!({"always_drop": true, "unless_field": "a", "unless_equals": 1}),
            "leave the other keys out",
        ),
    ]);
}

#[test]
fn passthrough_changes_nothing() {
    let rows = json!([{"a": 1}, {"b": "x"}]);
    assert_cases(
        "passthrough",
        &[(json!({"description": "later"}), rows.clone(), rows.clone()), (json!({}), rows.clone(), rows)],
    );
}
