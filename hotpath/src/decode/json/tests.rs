use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::test_rows::{RECEIVED, decode_by, double, event_time, int64, text, us};
use super::usual::UsualObject;
use super::*;
use crate::batch::Value;
use crate::cut::ColumnType;
use crate::limits::JSON_ROWS_MAX;

fn decode_as(source_type: SourceType, options: &DecoderOptions, events: &[&[u8]]) -> RecordBatch {
    decode_by("json", source_type, options, events)
}

fn decode_all(events: &[&[u8]]) -> RecordBatch {
    decode_as(SourceType::Tcp, &DecoderOptions::default(), events)
}

fn decode(event: &str) -> RecordBatch {
    decode_all(&[event.as_bytes()])
}

fn is_refused(event: &[u8]) -> bool {
    let batch = decode_all(&[event]);
    let raw = text(&batch, "raw", 0);
    assert_eq!(raw.is_some(), text(&batch, "parse_error", 0).is_some());
    raw.is_some()
}

#[test]
fn an_object_is_a_row_of_its_members() {
    let batch = decode(concat!(
        r#"{"srcIp":"192.0.2.9","n":9223372036854775807,"ratio":0.5,"ok":true,"none":null,"user":"o\"brien","#,
        r#""geo":{"cityName":"Ulm","at":{"lat":48}},"tags":["a","b"],"ids":[1,2.5,null],"mixed":[1,"b"],"#,
        r#""deep":[{"a":[1,{}]},-2.5],"empty":{},"message":"inner"}"#
    ));
    assert_eq!((text(&batch, "src_ip", 0), int64(&batch, "n", 0)), (Some("192.0.2.9"), Some(i64::MAX)));
    assert_eq!((double(&batch, "ratio", 0), text(&batch, "user", 0)), (Some(0.5), Some("o\"brien")));
    assert!(batch.column_by_name("ok").unwrap().as_boolean().value(0));
    assert_eq!((text(&batch, "geo_city_name", 0), int64(&batch, "geo_at_lat", 0)), (Some("Ulm"), Some(48)));
    let tags = batch.column_by_name("tags").unwrap().as_list::<i32>().value(0);
    assert_eq!(tags.as_string_view().iter().flatten().collect::<Vec<_>>(), ["a", "b"]);
    let ids = batch.column_by_name("ids").unwrap().as_list::<i32>().value(0);
    assert_eq!(ids.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(1.0), Some(2.5), None]);
    assert_eq!(text(&batch, "mixed", 0), Some(r#"[1,"b"]"#));
    assert_eq!(text(&batch, "deep", 0), Some(r#"[{"a":[1,{}]},-2.5]"#));
    assert_eq!((text(&batch, "empty", 0), text(&batch, "message", 0)), (Some("{}"), Some("inner")));
    assert!(batch.column_by_name("none").is_none() && batch.column_by_name("parse_error").is_none());
}

#[test]
fn a_list_is_a_row_for_each_item_and_other_values_are_messages() {
    let batch = decode(r#"[{"a":1},"a line",{"a":2},[3],null]"#);
    assert_eq!(batch.num_rows(), 5);
    assert_eq!((int64(&batch, "a", 0), int64(&batch, "a", 2)), (Some(1), Some(2)));
    let messages = [1, 3, 4].map(|row| text(&batch, "message", row).unwrap());
    assert_eq!(messages, ["a line", "[3]", "null"]);
    for value in ["42", "[]", "true"] {
        let batch = decode(&format!(" {value} "));
        assert_eq!((text(&batch, "message", 0), batch.num_rows()), (Some(value), 1));
        assert!(batch.column_by_name("parse_error").is_none());
    }
    assert_eq!(text(&decode(r#""a \u00e9""#), "message", 0), Some("a \u{e9}"));
}

#[test]
fn a_list_of_too_many_items_keeps_the_event_whole() {
    let event = format!("[{}]", vec!["{}"; JSON_ROWS_MAX + 1].join(","));
    let batch = decode(&event);
    assert_eq!(batch.num_rows(), JSON_ROWS_MAX);
    assert_eq!((text(&batch, "raw", 0), text(&batch, "raw", 1)), (Some(event.as_str()), None));
    assert!(text(&batch, "parse_error", 0).unwrap().contains("more items"));
}

#[test]
fn lines_in_one_event_are_rows_if_each_is_an_object() {
    let batch = decode("{\"a\":1}\r\n\n{\"a\":2,\"b\":\"x\\ny\"}\n");
    assert_eq!((int64(&batch, "a", 0), int64(&batch, "a", 1)), (Some(1), Some(2)));
    assert!(batch.column_by_name("parse_error").is_none());
    let batch = decode("{\"a\":1}\n{\"a\":");
    assert_eq!((batch.num_rows(), text(&batch, "raw", 0)), (1, Some("{\"a\":1}\n{\"a\":")));
}

#[test]
fn what_is_no_json_is_kept_with_a_reason() {
    for (event, reason) in [
        ("", "an empty event"),
        ("hello", "no JSON (RFC 8259)"),
        ("{\"a\":1", "broken JSON (RFC 8259)"),
        ("{\"a\":1}{\"a\":2}", "broken JSON (RFC 8259)"),
        ("[1\u{0}abc]", "JSON with a NUL byte in it (RFC 8259 section 2)"),
        ("[12345678901234567890abc]", "broken JSON (RFC 8259)"),
        ("[1.23456789012345678901abc]", "broken JSON (RFC 8259)"),
        ("{\"a\":01}", "broken JSON (RFC 8259)"),
        ("{'a':1}", "broken JSON (RFC 8259)"),
    ] {
        let batch = decode(event);
        assert_eq!((text(&batch, "parse_error", 0), text(&batch, "raw", 0)), (Some(reason), Some(event)));
        assert_eq!(batch.num_rows(), 1, "{event}");
    }
}

#[test]
fn numbers_that_64_bits_do_not_hold_are_kept_exactly() {
    let batch = decode(concat!(
        r#"{"big":18446744073709551616,"small":-9223372036854775809,"pi":3.14159265358979323846,"#,
        r#""huge":1e400,"list":[1,18446744073709551615],"nested":[{"n":0.1234567890123456789}]}"#
    ));
    assert_eq!(text(&batch, "big__string", 0), Some("18446744073709551616"));
    assert_eq!(text(&batch, "small__string", 0), Some("-9223372036854775809"));
    assert_eq!(text(&batch, "pi__string", 0), Some("3.14159265358979323846"));
    assert_eq!(text(&batch, "huge__string", 0), Some("1e400"));
    assert_eq!(text(&batch, "list", 0), Some("[1,18446744073709551615]"));
    assert_eq!(text(&batch, "nested", 0), Some(r#"[{"n":0.1234567890123456789}]"#));
    let batch = decode_all(&[br#"{"n":99999999999999999999}"#, br#"{"n":1}"#]);
    assert_eq!(
        (text(&batch, "n__string", 0), int64(&batch, "n", 1)),
        (Some("99999999999999999999"), Some(1))
    );
}

#[test]
fn second_values_empty_names_and_names_of_other_alphabets_are_kept() {
    let batch = decode(r#"{"a":1,"a":"two","":3,"\u65e5\u672c":4,"n\u0000ul":"\u0000"}"#);
    assert_eq!(int64(&batch, "a", 0), Some(1));
    assert_eq!(text(&batch, "_extra", 0), Some("{\"a\":\"two\",\"\":3,\"\u{65e5}\u{672c}\":4}"));
    assert_eq!(text(&batch, "n_ul", 0), Some("\0"));
}

#[test]
fn bytes_that_are_no_text_are_escaped_and_told() {
    let batch = decode_all(&[b"{\"name\":\"caf\xe9\",\"n\":1}"]);
    assert_eq!((text(&batch, "name", 0), int64(&batch, "n", 0)), (Some("caf\\xe9"), Some(1)));
    assert_eq!(text(&batch, "raw", 0), Some("{\"name\":\"caf\\xe9\",\"n\":1}"));
    assert!(text(&batch, "parse_error", 0).unwrap().contains("not UTF-8"));
    assert!(is_refused(b"{\"a\":\xff}"));
}

#[test]
fn half_of_a_surrogate_pair_is_replaced_and_told() {
    let batch = decode(r#"{"a":"x\ud800y","b":"\ud83d\ude00"}"#);
    assert_eq!((text(&batch, "a", 0), text(&batch, "b", 0)), (Some("x\u{fffd}y"), Some("\u{1f600}")));
    assert!(text(&batch, "parse_error", 0).unwrap().contains("surrogate"));
    assert_eq!(text(&batch, "raw", 0), Some(r#"{"a":"x\ud800y","b":"\ud83d\ude00"}"#));
}

#[test]
fn nesting_without_end_is_text() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(20_000), "}".repeat(20_000));
    let batch = decode(&deep);
    let kept = text(&batch, "a_a_a_a_a_a_a_a_a", 0).unwrap();
    assert!(kept.starts_with(r#"{"a":{"a":"#) && kept.ends_with("}}"));
    assert!(is_refused("[".repeat(100_000).as_bytes()));
    assert!(!is_refused(format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)).as_bytes()));
}

#[test]
fn the_time_is_found_by_its_usual_names_in_their_order() {
    let at = us("2024-03-05T06:07:08.5Z");
    for event in [
        r#"{"@timestamp":"2024-03-05T06:07:08.5Z"}"#,
        r#"{"ts":1709618828.5}"#,
        r#"{"eventTime":"2024-03-05T06:07:08.500Z","timestamp":"2024-01-01T00:00:00Z"}"#,
        r#"{"time":"2024-01-01T00:00:00Z","timestamp":1709618828500}"#,
        r#"{"t":{"$date":"2024-03-05T07:07:08.500+01:00"}}"#,
        r#"{"time":"not yet","date":"2024-03-05 06:07:08.5"}"#,
        r#"{"Timestamp":1709618828500000000,"nested":{"time":1}}"#,
    ] {
        assert_eq!(event_time(&decode(event), 0), at, "{event}");
    }
    let batch = decode(r#"{"time":"2024-03-05T06:07:08.5Z","a":1}"#);
    assert_eq!(text(&batch, "time", 0), Some("2024-03-05T06:07:08.5Z"), "the field stays a column");
    for event in [r#"{"a":"2024-03-05T06:07:08Z"}"#, r#"{"time":0}"#, r#"{"uptime":1709618828}"#] {
        assert_eq!(event_time(&decode(event), 0), us(RECEIVED), "{event}");
    }
}

#[test]
fn a_field_event_time_is_the_row_s_own_time_where_that_says_all_of_it() {
    let batch = decode(r#"{"event_time":"2024-03-05T06:07:08.5Z"}"#);
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.5Z"));
    assert!(batch.column_by_name("body_event_time").is_none());
    let batch = decode(r#"{"event_time":"2024-03-05T06:07:08.123456789Z"}"#);
    assert_eq!(text(&batch, "body_event_time", 0), Some("2024-03-05T06:07:08.123456789Z"));
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.123456Z"));
    let batch = decode(r#"{"event_time":"soon"}"#);
    assert_eq!(text(&batch, "body_event_time", 0), Some("soon"));
}

#[test]
fn a_dataset_may_name_the_field_of_its_time() {
    let json = JsonOptions { time_field: Some("event.createdAt".to_owned()) };
    let options = DecoderOptions { json, ..DecoderOptions::default() };
    let events: [&[u8]; 2] = [
        br#"{"time":"2024-01-01T00:00:00Z","event":{"createdAt":"2024-03-05T06:07:08Z"}}"#,
        br#"{"event_time":"2024-01-01T00:00:00Z"}"#,
    ];
    let batch = decode_as(SourceType::Tcp, &options, &events);
    assert_eq!((event_time(&batch, 0), event_time(&batch, 1)), (us("2024-03-05T06:07:08Z"), us(RECEIVED)));
    assert_eq!(text(&batch, "body_event_time", 1), Some("2024-01-01T00:00:00Z"));
}

fn decode_hec(event: &str) -> RecordBatch {
    decode_as(SourceType::SplunkHec, &DecoderOptions::default(), &[event.as_bytes()])
}

#[test]
fn an_event_of_splunk_s_collector_is_what_its_envelope_holds() {
    let batch = decode_hec(concat!(
        r#"{"time":"1709618828.250","host":"web1","source":"/var/log/x","sourcetype":"_json","index":"main","#,
        r#""event":{"user":"ann","host":"inner","time":"2024-01-01T00:00:00Z"},"fields":{"region":"eu"},"channel":7}"#
    ));
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.25Z"));
    assert_eq!((text(&batch, "hostname", 0), text(&batch, "host", 0)), (Some("web1"), Some("inner")));
    assert_eq!((text(&batch, "user", 0), text(&batch, "region", 0)), (Some("ann"), Some("eu")));
    assert_eq!(int64(&batch, "channel", 0), Some(7));
    let envelope = ["hec_source", "hec_sourcetype", "hec_index"].map(|name| text(&batch, name, 0).unwrap());
    assert_eq!(envelope, ["/var/log/x", "_json", "main"]);
    assert!(batch.column_by_name("parse_error").is_none());
}

#[test]
fn an_event_of_splunk_s_collector_may_be_text_with_or_without_json_in_it() {
    let batch = decode_hec(r#"{"time":1709618828,"event":"login of \"ann\" failed","fields":{"a":[1,2]}}"#);
    assert_eq!(text(&batch, "message", 0), Some("login of \"ann\" failed"));
    assert!(batch.column_by_name("a").is_some());
    let inner = r#"{"user":"ann","time":"2024-03-05T06:07:08Z"}"#;
    let batch = decode_hec(&json!({ "event": inner }).to_string());
    assert_eq!((text(&batch, "message", 0), text(&batch, "user", 0)), (Some(inner), Some("ann")));
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08Z"));
    let batch = decode_hec(r#"{"event":[1,{"a":2}]}"#);
    assert_eq!((text(&batch, "message", 0), batch.num_rows()), (Some(r#"[1,{"a":2}]"#), 1));
    let batch = decode_hec(r#"{"no":"envelope"}"#);
    assert_eq!(text(&batch, "no", 0), Some("envelope"));
    let batch = decode_hec(r#"{"event":"broken"#);
    assert_eq!(text(&batch, "raw", 0), Some(r#"{"event":"broken"#));
}

fn decode_bulk(event: &str) -> RecordBatch {
    decode_as(SourceType::ElasticsearchBulk, &DecoderOptions::default(), &[event.as_bytes()])
}

#[test]
fn an_action_of_elasticsearch_s_bulk_names_index_and_document() {
    let batch = decode_bulk(
        "{\"index\":{\"_index\":\"logs\",\"_id\":\"7\"}}\n{\"@timestamp\":1709618828000,\"a\":1}",
    );
    assert_eq!((text(&batch, "index_name", 0), text(&batch, "document_id", 0)), (Some("logs"), Some("7")));
    assert_eq!((text(&batch, "bulk_action", 0), int64(&batch, "a", 0)), (Some("index"), Some(1)));
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08Z"));
    let batch = decode_bulk("{\"create\":{}}\n{\"a\":1,\"b\":\"\\t\"}");
    assert_eq!((text(&batch, "bulk_action", 0), text(&batch, "b", 0)), (Some("create"), Some("\t")));
    let batch = decode_bulk("{\"delete\":{\"_id\":\"7\"}}\n");
    assert_eq!((text(&batch, "document_id", 0), batch.num_rows()), (Some("7"), 1));
    let event = "{\"index\":{}}\n{\"a\":";
    assert_eq!(text(&decode_bulk(event), "raw", 0), Some(event));
    let event = "{\"indeks\":{}}\nno";
    assert_eq!(text(&decode_bulk(event), "raw", 0), Some(event));
}

/// The fields of a text, as text.
#[derive(Default)]
struct Collected(Vec<(String, String)>);

impl FieldSink for Collected {
    fn field(&mut self, name: &str, value: &Value<'_>) {
        self.0.push((name.to_owned(), format!("{value:?}")));
    }

    fn long_number(&mut self, name: &str, digits: &str, column_type: &ColumnType) {
        self.0.push((name.to_owned(), format!("{digits} {column_type}")));
    }
}

fn fields_by_reader(text: &str) -> Option<Vec<(String, String)>> {
    let read = JsonReader::default().read(text, |document, scratch| {
        let mut sink = Collected::default();
        document.put_fields(scratch, &mut sink);
        matches!(document.kind(), Kind::Object).then_some(sink.0)
    });
    read.ok().flatten()
}

fn fields_in_usual_form(text: &str) -> Option<Vec<(String, String)>> {
    let mut object = UsualObject::default();
    object.read(text).then(|| {
        let fields = object.fields(text);
        fields.map(|(name, value)| (name.to_owned(), format!("{value:?}"))).collect()
    })
}

#[test]
fn the_usual_form_is_what_programs_write() {
    for text in [
        r#"{"a":"b","n":-12,"d":0.25,"t":true,"f":false,"z":null}"#,
        r#"{ "a" : "b" , "n" : 1 }"#,
        r#"{"long":"more than sixty-four bytes of text, so that a quote lies in the word of marks behind it"}"#,
        r#"{"ts":"2024-03-05T06:07:08Z","n":999999999999999999}"#,
    ] {
        assert!(fields_in_usual_form(text).is_some(), "{text}");
        assert_eq!(fields_in_usual_form(text), fields_by_reader(text), "{text}");
    }
    for text in [
        r#"{"a":{"b":1}}"#,
        r#"{"a":[1]}"#,
        r#"{"a":"\n"}"#,
        r#"{"a":1e5}"#,
        r#"{"a":01}"#,
        "{}",
        "{\"a\":1,}",
    ] {
        assert_eq!(fields_in_usual_form(text), None, "{text}");
    }
}

fn any_scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (prop::num::f64::NORMAL | prop::num::f64::ZERO).prop_map(Json::from),
        "[ -~]{0,40}".prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ]
}

/// Values to a depth that has columns.
fn any_value() -> impl Strategy<Value = Json> {
    any_scalar().prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..5).prop_map(Json::from_iter),
        ]
    })
}

/// The value of a column as JSON.
fn column_as_json(batch: &RecordBatch, name: &str) -> Option<Json> {
    fn of(column: &dyn Array, row: usize) -> Json {
        if column.is_null(row) {
            return Json::Null;
        }
        if let Some(texts) = column.as_string_view_opt() {
            return texts.value(row).into();
        }
        if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
            return numbers.value(row).into();
        }
        if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
            return numbers.value(row).into();
        }
        if let Some(truths) = column.as_boolean_opt() {
            return truths.value(row).into();
        }
        let list = column.as_list::<i32>().value(row);
        Json::from((0..list.len()).map(|item| of(&list, item)).collect::<Vec<_>>())
    }
    Some(of(batch.column_by_name(name)?, 0))
}

/// What must be found in the columns of one object, by the rules of the docs.
fn expected(prefix: &str, members: &serde_json::Map<String, Json>, found: &mut BTreeMap<String, Json>) {
    for (name, value) in members {
        let name = format!("{prefix}{name}");
        match value {
            Json::Null => {}
            Json::Object(inner) if !inner.is_empty() => expected(&format!("{name}_"), inner, found),
            Json::Number(number) if number.is_u64() && !number.is_i64() => {
                found.insert(format!("{name}__string"), number.to_string().into());
            }
            _ => {
                found.insert(name, value.clone());
            }
        }
    }
}

fn is_same(found: &Json, expected: &Json) -> bool {
    match (found, expected) {
        // A list of several types, and what lies deeper, is JSON text; a list of nothing has no type.
        (Json::String(text), Json::Array(_) | Json::Object(_)) => {
            serde_json::from_str::<Json>(text).is_ok_and(|inner| is_same(&inner, expected))
        }
        (Json::Array(found), Json::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| is_same(a, b))
        }
        (Json::Object(found), Json::Object(expected)) => {
            found.len() == expected.len()
                && expected.iter().all(|(name, value)| found.get(name).is_some_and(|of| is_same(of, value)))
        }
        // A list of integers and doubles is one of doubles.
        // What serde_json makes of JSON text is some steps off where the exponent is large.
        (Json::Number(a), Json::Number(b)) => {
            let [a_double, b_double] = [a, b].map(|number| number.as_f64().unwrap());
            a == b || (a.is_f64() && (a_double - b_double).abs() <= a_double.abs() * 16.0 * f64::EPSILON)
        }
        _ => found == expected,
    }
}

proptest! {
    #[test]
    fn every_value_of_an_object_is_found_back_in_its_columns(
        members in prop::collection::btree_map("[a-z]{1,8}", any_value(), 0..8),
    ) {
        let object = serde_json::Map::from_iter(members);
        let text_of_it = Json::Object(object.clone()).to_string();
        let batch = decode(&text_of_it);
        prop_assert!(batch.column_by_name("parse_error").is_none(), "{}", text_of_it);
        let mut wanted = BTreeMap::new();
        expected("", &object, &mut wanted);
        let extra: Json = text(&batch, "_extra", 0).map_or(json!({}), |extra| serde_json::from_str(extra).unwrap());
        for (name, value) in wanted {
            let column = column_as_json(&batch, &name).or_else(|| column_as_json(&batch, &format!("body_{name}")));
            let found = column.or_else(|| extra.get(name.replace('_', ".")).cloned());
            let found = found.unwrap_or(Json::Null);
            prop_assert!(is_same(&found, &value), "{name}: {found} of {text_of_it}");
        }
    }

    #[test]
    fn the_usual_form_gives_the_fields_that_any_form_gives(
        members in prop::collection::vec(("[a-zA-Z_ @.-]{0,70}", any_scalar()), 0..8),
        space in " {0,2}",
        (place, byte) in (0usize..400, prop::sample::select(b"{}[]\",:0-.e \\atn\0\x1f\xff".to_vec())),
        is_damaged in any::<bool>(),
    ) {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("{}{space}:{space}{value}", json!(name))).collect();
        let mut text = format!("{{{space}{}{space}}}", members.join(","));
        if is_damaged && place < text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = byte;
            text = String::from_utf8_lossy(&bytes).into_owned();
        }
        if let Some(fields) = fields_in_usual_form(&text) {
            prop_assert_eq!(Some(fields), fields_by_reader(&text), "{}", text);
        }
    }

    #[test]
    fn what_is_read_is_json_for_serde_too(
        text in "[\\[{](\"[a-z\\\\u0-9d]{0,8}\"|[0-9.eE+-]{1,24}|true|null|[\\[\\]{}:, \0a]){0,10}[\\]}]",
    ) {
        let is_read = JsonReader::default().read(&text, |_, _| ()).is_ok();
        let by_serde = serde_json::from_str::<serde::de::IgnoredAny>(&text);
        prop_assert!(!is_read || by_serde.is_ok(), "{}", text);
    }
}
