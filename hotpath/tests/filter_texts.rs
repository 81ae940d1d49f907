//! What the filters do that change texts: regex_replace, mutate, mask, fingerprint, and the values of add_field.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod filter_rows;

use filter_rows::{
    assert_cases, assert_refusals, batch_of, compiled, fault, filtered, refusal, rows_after, rows_of,
};
use hotpath::filter::{FilterSurroundings, limits};
use hotpath::names::DatasetKey;
use serde_json::json;

#[test]
fn regex_replace_puts_another_text_in_the_place_of_matches() {
    assert_cases(
        "regex_replace",
        &[
            (
                json!({"pattern": "[0-9]+", "replacement": "N"}),
                json!([{"message": "a1 b22"}]),
                json!([{"message": "aN bN"}]),
            ),
            (
                json!({"pattern": "(\\w)(?P<rest>\\w*)", "replacement": "${rest}$1$$", "global": false}),
                json!([{"message": "word two"}]),
                json!([{"message": "ordw$ two"}]),
            ),
            (json!({"pattern": "é+"}), json!([{"message": "caféé ü"}]), json!([{"message": "caf ü"}])),
            // Only what is there is changed, and no other column.
            (
                json!({"pattern": "a", "replacement": "b", "source_field": "x"}),
                json!([{"x": "a", "y": "a"}, {"y": "a"}, {"x": "c"}]),
                json!([{"x": "b", "y": "a"}, {"y": "a"}, {"x": "c"}]),
            ),
            (json!({"pattern": "a", "source_field": "absent"}), json!([{"y": "a"}]), json!([{"y": "a"}])),
            // Into another field: where nothing matches, as it is; what the field has in rows without a source stays.
            (
                json!({"pattern": "a", "replacement": "b", "target_field": "z"}),
                json!([{"message": "a"}, {"message": "x", "z": "old"}, {"z": "old"}]),
                json!([{"message": "a", "z": "b"}, {"message": "x", "z": "x"}, {"z": "old"}]),
            ),
            // Numbers are the texts that they are written as; a column in which nothing matches keeps its type.
            (
                json!({"pattern": "4", "replacement": "x", "source_field": "n"}),
                json!([{"n": 443}, {"n": 22}]),
                json!([{"n": "xx3"}, {"n": "22"}]),
            ),
            (json!({"pattern": "z", "source_field": "n"}), json!([{"n": 443}, {}]), json!([{"n": 443}, {}])),
            (
                json!({"pattern": "a", "replacement": "b", "source_field": "l"}),
                json!([{"l": ["a", "c", null]}, {"l": ["d"]}, {"l": []}, {}]),
                json!([{"l": ["b", "c", null]}, {"l": ["d"]}, {"l": []}, {}]),
            ),
        ],
    );
    // `a.b` means the column `a_b`.
    let rows = rows_after(
        "regex_replace",
        json!({"pattern": "x", "replacement": "y", "source_field": "a.b"}),
        &json!([{"a_b": "x"}]),
    );
    assert_eq!(rows, json!([{"a_b": "y"}]));
}

#[test]
fn a_replacement_that_makes_too_long_a_text_is_a_fault_and_changes_nothing() {
    let long = "a".repeat(limits::MAX_MADE_TEXT_BYTES / 2);
    let rows = json!([{"message": long}, {"message": "a"}]);
    let after = rows_after("regex_replace", json!({"pattern": "(a+)", "replacement": "$1$1$1"}), &rows);
    assert_eq!(after[0]["message"], json!(long));
    assert_eq!(
        after[0]["_errors"],
        fault("regex_replace", "the text would be longer than the limit after the replacement")
    );
    assert_eq!(after[1], json!({"message": "aaa"}));
}

#[test]
fn what_is_made_of_the_texts_of_a_batch_is_bounded() {
    let rows: Vec<serde_json::Value> =
        (0..70).map(|number| json!({"message": format!("{number}")})).collect();
    let replacement = "x".repeat(1_000_000);
    let made = limits::MAX_MADE_BYTES / 1_000_002;
    let reason = "the texts made for one batch are more than the limit";
    let config = json!({"pattern": "^", "replacement": replacement});
    let after = rows_after("regex_replace", config, &json!(rows));
    assert_eq!(after[made - 1]["message"].as_str().map(str::len), Some(1_000_002));
    assert_eq!(after[69], json!({"message": "69", "_errors": fault("regex_replace", reason)}));
}

#[test]
fn a_condition_keeps_the_other_rows_and_their_type() {
    let filters = json!([{"type": "regex_replace", "condition": "keep != true",
        "config": {"source_field": "n", "pattern": "4", "replacement": "x"}}]);
    let outcome = filtered(&filters, batch_of(&json!([{"n": 44, "keep": false}, {"n": 44, "keep": true}])));
    assert_eq!(rows_of(&outcome.batch), json!([{"n__string": "xx", "keep": false}, {"n": 44, "keep": true}]));
}

#[test]
fn mutate_carries_its_steps_out_in_its_own_order() {
    let config = json!({
        "remove": ["tmp"],
        "replace": {"done": true, "note": "row ${line_number}"},
        "update": {"absent": 1, "action": "seen"},
        "merge": [{"source": "c", "target": "names"}],
        "strip": ["b"],
        "uppercase": ["b"],
        "lowercase": ["c"],
        "gsub": [{"field": "b", "pattern": "x", "replacement": "y"}],
        "join": {"field": "list", "separator": "-"},
        "split": {"field": "names", "separator": ","},
        "convert": {"port": "integer"},
        "rename": {"b_copy": "b"},
        "copy": {"a": "b_copy"}
    });
    let rows = json!([{"a": " xA ", "c": "Ü", "names": "n,m", "list": ["p", "q"], "port": "443", "action": "deny", "tmp": 1}]);
    assert_eq!(
        rows_after("mutate", config, &rows),
        json!([{"a": " xA ", "b": "YA", "c": "ü", "names": ["n", "m", "ü"], "list": "p-q", "port": 443,
            "action": "seen", "done": true, "note": "row 1"}])
    );
}

#[test]
fn convert_keeps_integers_whole_and_leaves_what_it_cannot_convert() {
    let integer_fault = fault("mutate", "the value cannot be converted to an integer");
    assert_cases(
        "mutate",
        &[
            (
                json!({"convert": {"v": "integer"}}),
                json!([{"v": "9007199254740993"}, {"v": "12.0"}, {}, {"v": " -7 "}]),
                json!([{"v": 9_007_199_254_740_993_i64}, {"v": 12}, {}, {"v": -7}]),
            ),
            // What cannot be converted stays, beside the numbers.
            (
                json!({"convert": {"v": "integer"}}),
                json!([{"v": "1"}, {"v": "twelve"}]),
                json!([{"v": 1}, {"v__string": "twelve", "_errors": integer_fault}]),
            ),
            (
                json!({"convert": {"v": "integer"}}),
                json!([{"v": "é"}, {"w": 1}]),
                json!([{"v": "é", "_errors": integer_fault}, {"w": 1}]),
            ),
            (
                json!({"convert": {"v": "integer"}}),
                json!([{"v": 2.5}, {"v": 3.0}]),
                json!([{"v__double": 2.5, "_errors": integer_fault}, {"v": 3}]),
            ),
            (
                json!({"convert": {"v": "integer"}}),
                json!([{"v": ["1"]}]),
                json!([{"v": ["1"], "_errors": integer_fault}]),
            ),
            (
                json!({"convert": {"v": "float"}}),
                json!([{"v": "1.5"}, {"v": "2"}]),
                json!([{"v": 1.5}, {"v": 2.0}]),
            ),
            (
                json!({"convert": {"v": "float"}}),
                json!([{"v": 9_007_199_254_740_993_i64}, {"v": 1}]),
                json!([
                    {"v__int64": 9_007_199_254_740_993_i64, "_errors": fault("mutate", "the value cannot be converted to a float")},
                    {"v": 1.0}
                ]),
            ),
            (
                json!({"convert": {"v": "boolean"}}),
                json!([{"v": "Yes"}, {"v": "off"}, {"v": "maybe"}]),
                json!([{"v": true}, {"v": false}, {"v__string": "maybe", "_errors": fault("mutate", "the value cannot be converted to a boolean")}]),
            ),
            (
                json!({"convert": {"v": "boolean"}}),
                json!([{"v": 1}, {"v": 0}]),
                json!([{"v": true}, {"v": false}]),
            ),
            (json!({"convert": {"v": "string"}}), json!([{"v": 22}, {}]), json!([{"v": "22"}, {}])),
            (json!({"convert": {"v": "string"}}), json!([{"v": true}]), json!([{"v": "true"}])),
            (json!({"convert": {"absent": "integer"}}), json!([{"v": 1}]), json!([{"v": 1}])),
        ],
    );
    let filters = json!([{"type": "mutate", "condition": "w == 1", "config": {"convert": {"v": "integer"}}}]);
    let outcome = filtered(&filters, batch_of(&json!([{"v": "1", "w": 1}, {"v": "x", "w": 1}, {"v": "2"}])));
    assert_eq!(
        rows_of(&outcome.batch),
        json!([{"v__int64": 1, "w": 1}, {"v": "x", "w": 1, "_errors": integer_fault}, {"v": "2"}])
    );
}

#[test]
fn the_lists_of_mutate_are_made_and_unmade() {
    let many = vec!["x"; 2_000].join(",");
    let too_many = fault("mutate", "the text has more parts than a list takes");
    assert_cases(
        "mutate",
        &[
            (
                json!({"split": [{"field": "v", "separator": ", ", "target": "l"}]}),
                json!([{"v": "a, ü,b"}, {"v": ""}, {}]),
                json!([{"v": "a, ü,b", "l": ["a", "ü,b"]}, {"v": "", "l": [""]}, {}]),
            ),
            (
                json!({"split": {"field": "v", "separator": ","}}),
                json!([{"v": many}, {"v": "a,b"}]),
                json!([{"v__string": many, "_errors": too_many}, {"v": ["a", "b"]}]),
            ),
            (
                json!({"split": {"field": "v", "separator": ","}}),
                json!([{"v": ["a,b"]}]),
                json!([{"v": ["a,b"]}]),
            ),
            (
                json!({"join": {"field": "v", "separator": "+"}}),
                json!([{"v": [1, null, 2]}, {"v": []}, {}]),
                json!([{"v": "1+2"}, {"v": ""}, {}]),
            ),
            (json!({"join": {"field": "v", "separator": "+"}}), json!([{"v": "a"}]), json!([{"v": "a"}])),
            (
                json!({"merge": [{"source": "s", "target": "t"}]}),
                json!([{"s": "a", "t": ["b"]}, {"s": "a"}, {"t": ["c"]}, {"x": 1}]),
                json!([{"s": "a", "t": ["b", "a"]}, {"s": "a", "t": ["a"]}, {"t": ["c"]}, {"x": 1}]),
            ),
            // Numbers stay numbers; two types become texts; one value becomes a list of one.
            (
                json!({"merge": [{"source": "s", "target": "t"}]}),
                json!([{"s": [1, 2], "t": 3}, {"t": 4}]),
                json!([{"s": [1, 2], "t": [3, 1, 2]}, {"t": [4]}]),
            ),
            (
                json!({"merge": [{"source": "s", "target": "t"}]}),
                json!([{"s": 1, "t": "x"}]),
                json!([{"s": 1, "t": ["x", "1"]}]),
            ),
            (json!({"merge": [{"source": "s", "target": "t"}]}), json!([{"t": "x"}]), json!([{"t": ["x"]}])),
        ],
    );
}

#[test]
fn the_small_changes_of_mutate() {
    assert_cases(
        "mutate",
        &[
            (
                json!({"lowercase": ["v"]}),
                json!([{"v": "ÀB"}, {"v": "c"}, {}]),
                json!([{"v": "àb"}, {"v": "c"}, {}]),
            ),
            (json!({"uppercase": ["v"]}), json!([{"v": "straße"}]), json!([{"v": "STRASSE"}])),
            (json!({"uppercase": ["v"]}), json!([{"v": 5}]), json!([{"v": 5}])),
            (json!({"strip": ["v"]}), json!([{"v": "\t a b\u{a0}"}]), json!([{"v": "a b"}])),
            (
                json!({"copy": {"v": "w"}}),
                json!([{"v": 1, "w": 2}, {"w": 3}]),
                json!([{"v": 1, "w": 1}, {"w": 3}]),
            ),
            (json!({"rename": {"v": "w"}}), json!([{"v": 1}]), json!([{"w": 1}])),
            (json!({"update": {"v": "x"}}), json!([{"v": "a"}, {"w": 1}]), json!([{"v": "x"}, {"w": 1}])),
            (json!({"replace": {"v": 1.5}}), json!([{"v": "a"}, {}]), json!([{"v": 1.5}, {"v": 1.5}])),
            (json!({"remove": ["v", "absent"]}), json!([{"v": 1, "w": 2}]), json!([{"w": 2}])),
        ],
    );
    assert_refusals(&[
        ("mutate", json!({}), "what is to be changed?"),
        ("mutate", json!({"convert": {"v": "int"}}), "string, integer, float or boolean"),
        ("mutate", json!({"convert": {"event_time": "string"}}), "decides where an event is stored"),
        ("mutate", json!({"copy": {"a": "B"}}), "write `b`"),
        ("mutate", json!({"copy": {"a": "a"}}), "has that name already"),
        ("mutate", json!({"split": {"field": "a"}}), "`separator` is needed"),
        ("mutate", json!({"split": {"field": "a", "seperator": ","}}), "did you mean `separator`?"),
        ("mutate", json!({"gsub": [["a", "b", "c"]]}), "expected an object of field, pattern, replacement"),
        ("mutate", json!({"gsub": [{"field": "a", "pattern": "("}]}), "not a regular expression"),
        ("mutate", json!({"gsub": [{"field": "a", "pattern": "x", "replacement": "$1"}]}), "no group `1`"),
        ("mutate", json!({"lowercase": "a"}), "expected a list"),
        ("mutate", json!({"replace": {"a": null}}), "null is no value"),
        ("regex_replace", json!({}), "key `pattern`: is needed"),
        (
            "regex_replace",
            json!({"pattern": "a", "source_field": "event.time"}),
            "decides where an event is stored",
        ),
        ("regex_replace", json!({"pattern": "(a)", "replacement": "$1st"}), "write `${1}st`"),
    ]);
}

#[test]
fn mask_leaves_nothing_of_what_it_masks() {
    let key = "0123456789abcdef";
    // HMAC-SHA256 of "bob" under the key, by `openssl dgst -sha256 -hmac`.
    let bob = "6f32117ae2bc2046c803f82251013549cecfd9b07f3a94b4aa49fba3540e4cb0";
    assert_cases(
        "mask",
        &[
            (
                json!({"field": "v"}),
                json!([{"v": "secret"}, {}, {"v": ""}]),
                json!([{"v": "***"}, {}, {"v": "***"}]),
            ),
            (
                json!({"fields": ["v", "w"], "pattern": "[0-9]{4,}", "replacement": "#$1"}),
                json!([{"v": "card 12345 ü", "w": "123"}]),
                json!([{"v": "card #$1 ü", "w": "123"}]),
            ),
            (json!({"field": "v"}), json!([{"v": 4711}, {"v": 12}]), json!([{"v": "***"}, {"v": "***"}])),
            (
                json!({"field": "v", "pattern": "b"}),
                json!([{"v": ["abc", "x"]}]),
                json!([{"v": ["a***c", "x"]}]),
            ),
            (
                json!({"field": "v", "method": "pseudonymise", "key": key}),
                json!([{"v": "bob"}]),
                json!([{"v": bob}]),
            ),
            (
                json!({"field": "v", "method": "pseudonymise", "key": key, "pattern": "bob"}),
                json!([{"v": "to bob."}]),
                json!([{"v": format!("to {bob}.")}]),
            ),
        ],
    );
    // In some rows of a column of numbers: nothing of the number stays there.
    let filters = json!([{"type": "mask", "condition": "w == 1", "config": {"field": "v"}}]);
    let outcome = filtered(&filters, batch_of(&json!([{"v": 1, "w": 1}, {"v": 2, "w": 2}])));
    assert_eq!(rows_of(&outcome.batch), json!([{"v__string": "***", "w": 1}, {"v": 2, "w": 2}]));
}

#[test]
fn what_cannot_be_masked_is_taken_away() {
    let long = "a".repeat(limits::MAX_MADE_TEXT_BYTES / 2);
    let after = rows_after(
        "mask",
        json!({"field": "v", "pattern": "a", "replacement": "bbb"}),
        &json!([{"v": long}, {"v": "a"}]),
    );
    let reason = "the text would be longer than the limit after the replacement";
    assert_eq!(after, json!([{"_errors": fault("mask", reason)}, {"v": "bbb"}]));
}

#[test]
fn the_key_of_mask_is_never_shown() {
    for config in [
        json!({"field": "v", "method": "pseudonymise", "key": "hush"}),
        json!({"field": "v", "method": "pseudonymise", "key": 1_234_567_890_123_456_789_i64}),
        json!({"field": "v", "key": "hush hush hush hush"}),
    ] {
        let message = refusal("mask", &config);
        assert!(
            message.contains("key `key`") && !message.contains("hush") && !message.contains("1234"),
            "{message}"
        );
    }
    let filters = json!([{"type": "mask", "config": {"field": "v", "method": "pseudonymise", "key": "hush hush hush hush"}}]);
    let shown = format!("{:?}", compiled(&filters, &FilterSurroundings::default()));
    assert!(!shown.contains("hush"), "{shown}");
    assert_refusals(&[
        ("mask", json!({}), "one of the keys field, fields is needed"),
        ("mask", json!({"field": "v", "method": "hide"}), "redact, pseudonymise"),
        ("mask", json!({"field": "v", "method": "pseudonymise"}), "at least 16 bytes"),
        ("mask", json!({"field": "event_time"}), "decides where an event is stored"),
    ]);
}

#[test]
fn fingerprints_are_those_of_the_usual_programs() {
    // By `printf '%s' 'a|22' | sha256sum`, and so on.
    for (method, expected) in [
        ("SHA256", "306da1819efb98d7c31676a0976903f01b76ae014ea5ca1b416ae3cfe03dd31a"),
        ("sha1", "bc22675f864a1324d00792170a15d0e4a6a70e63"),
        ("MD5", "48d06753023ad6a308997f25a69abe10"),
    ] {
        let rows = rows_after(
            "fingerprint",
            json!({"source_fields": ["v", "n"], "method": method}),
            &json!([{"v": "a", "n": 22}]),
        );
        assert_eq!(rows, json!([{"v": "a", "n": 22, "fingerprint": expected}]), "{method}");
    }
    let after =
        rows_after("fingerprint", json!({"source_fields": ["v"], "method": "SHA512"}), &json!([{"v": "é"}]));
    assert_eq!(after[0]["fingerprint"].as_str().map(str::len), Some(128));
    assert_cases(
        "fingerprint",
        &[
            // A field without a value keeps its place; without any there is no hash, and what was there stays.
            (
                json!({"source_fields": ["v", "absent"], "method": "MD5", "target_field": "h", "key_separator": ""}),
                json!([{"v": "a"}, {"h": "old"}]),
                json!([{"v": "a", "h": "0cc175b9c0f1b6a831c399e269772661"}, {"h": "old"}]),
            ),
            (
                json!({"source_fields": ["v"], "method": "MD5", "base64encode": true}),
                json!([{"v": "a"}]),
                json!([{"v": "a", "fingerprint": "MGNjMTc1YjljMGYxYjZhODMxYzM5OWUyNjk3NzI2NjE="}]),
            ),
            (
                json!({"source_fields": ["v"], "method": "MD5", "include_keys": true}),
                json!([{"v": "a"}]),
                json!([{"v": "a", "fingerprint": "f0b5a5da416402851d4a5c9d7893241e"}]),
            ),
            (
                json!({"source_fields": ["v"]}),
                json!([{"v": ["a"]}]),
                json!([{"v": ["a"], "_errors": fault("fingerprint", "a field has a value that is no text")}]),
            ),
        ],
    );
    assert_refusals(&[
        ("fingerprint", json!({}), "key `source_fields`: is needed"),
        ("fingerprint", json!({"source_fields": ["a"], "method": "CRC32"}), "SHA256, MD5, SHA1, SHA512"),
    ]);
}

#[test]
fn add_field_knows_four_variables() {
    let surroundings = FilterSurroundings {
        dataset: Some(DatasetKey::new("acme", "fw").expect("names")),
        ..FilterSurroundings::default()
    };
    let filters = json!([{"type": "add_field", "config": {
        "field": "v", "value": "${tenant_id}/${dataset_id} ${line_number} at ${timestamp} for $5"}}]);
    let filters = compiled(&filters, &surroundings);
    let batch = batch_of(&json!([{"ingest_time": 1_700_000_000_000_001_i64}, {"x": 1}]));
    let outcome = filters.apply(batch, &mut filters.new_state(), 0);
    let rows = rows_of(&outcome.batch);
    assert_eq!(rows[0]["v"], "acme/fw 1 at 2023-11-14T22:13:20.000001Z for $5");
    let reason = "${timestamp} is the ingest_time, which the event does not have";
    assert_eq!(rows[1], json!({"x": 1, "_errors": fault("add_field", reason)}));

    assert_cases(
        "add_field",
        &[(
            json!({"field": "v", "value": "${line_number}"}),
            json!([{"v": "a"}, {"v": "b"}]),
            json!([{"v": "1"}, {"v": "2"}]),
        )],
    );
    assert_refusals(&[
        (
            "add_field",
            json!({"field": "a", "value": "${host}"}),
            "there is no variable `${host}`; known: ${timestamp}",
        ),
        ("add_field", json!({"field": "a", "value": "${line_number"}), "without its `}`"),
        ("add_field", json!({"field": "a", "value": "${tenant_id}"}), "is of a dataset"),
    ]);
}
