use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};

use super::*;
use crate::block::{Block, BlockMemory, Peer, SourceType};

const NOW_US: i64 = 1_760_000_000_000_000;

fn block_of(messages: &[&str]) -> SealedBlock {
    let mut block = Block::new(BlockMemory::unpooled(1 << 16), NOW_US);
    let peer = Peer::new("192.0.2.7:514".parse().unwrap(), SourceType::Syslog);
    for message in messages {
        block.push(message.as_bytes(), &peer, NOW_US + 5, false).unwrap();
    }
    block.seal()
}

fn builder() -> BatchBuilder {
    BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default())
}

fn build(builder: &mut BatchBuilder, rows: &[&[(&str, Value<'_>)]]) -> RecordBatch {
    let block = block_of(&vec!["x"; rows.len()]);
    builder.begin_block(&block);
    for (event, fields) in block.events().zip(rows) {
        builder.begin_row(&event);
        for (name, value) in *fields {
            builder.field(name, value);
        }
        builder.end_row();
    }
    builder.finish()
}

fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
    let column = batch.column_by_name(name)?.as_string_view();
    column.is_valid(row).then(|| column.value(row))
}

#[test]
fn every_row_says_when_and_from_whom_it_came() {
    let batch = build(&mut builder(), &[&[], &[]]);
    assert_eq!(text(&batch, "peer_ip", 1), Some("192.0.2.7"));
    assert_eq!(text(&batch, "source_type", 0), Some("syslog"));
    let times = batch.column_by_name("event_time").unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.value(0), NOW_US + 5);
    assert!(batch.column_by_name("raw").is_none(), "columns without a value are left out");
}

#[test]
fn text_of_the_block_is_viewed_and_other_text_is_copied() {
    let mut builder = builder();
    let message = "a message that is longer than what a view holds inline";
    let block = block_of(&[message, message]);
    let column = builder.define("message", ColumnType::String);
    builder.begin_block(&block);
    for event in block.events() {
        builder.begin_row(&event);
        builder.put_text(column, std::str::from_utf8(event.bytes).unwrap());
        builder.field("other", &Value::Text(&message.to_uppercase()));
        builder.end_row();
    }
    let batch = builder.finish();
    assert_eq!(text(&batch, "message", 1), Some(message));
    assert_eq!(text(&batch, "other", 1), Some(message.to_uppercase().as_str()));
}

#[test]
fn a_field_that_is_missing_in_some_rows_is_null_there() {
    let batch = build(&mut builder(), &[&[("a", Value::Int64(1))], &[], &[("a", Value::Int64(3))], &[]]);
    let column = batch.column_by_name("a").unwrap();
    assert_eq!((column.len(), column.null_count()), (4, 2));
    assert_eq!(column.as_primitive::<Int64Type>().value(2), 3);
}

#[test]
fn an_integer_column_becomes_double_where_that_is_exact() {
    let batch = build(
        &mut builder(),
        &[&[("a", Value::Int64(7))], &[("a", Value::Double(0.5))], &[("a", Value::Int64(9))]],
    );
    let column = batch.column_by_name("a").unwrap().as_primitive::<Float64Type>();
    assert_eq!(column.values().as_ref(), &[7.0, 0.5, 9.0]);
}

#[test]
fn an_integer_that_no_double_holds_keeps_its_column() {
    let large = (1 << 53) + 1;
    let batch = build(&mut builder(), &[&[("a", Value::Int64(large))], &[("a", Value::Double(0.5))]]);
    assert_eq!(batch.column_by_name("a").unwrap().as_primitive::<Int64Type>().value(0), large);
    assert_eq!(batch.column_by_name("a__double").unwrap().as_primitive::<Float64Type>().value(1), 0.5);
}

#[test]
fn a_value_of_another_type_goes_to_a_column_of_its_own() {
    let rows: &[&[(&str, Value<'_>)]] =
        &[&[("a", Value::Int64(1))], &[("a", Value::Text("one"))], &[("a", Value::Boolean(true))]];
    let batch = build(&mut builder(), rows);
    assert_eq!(text(&batch, "a__string", 1), Some("one"));
    assert!(batch.column_by_name("a__boolean").unwrap().as_boolean().value(2));
}

#[test]
fn a_column_stays_out_of_a_batch_that_has_only_values_of_another_type() {
    let mut builder = builder();
    build(&mut builder, &[&[("a", Value::Int64(1))]]);
    let batch = build(&mut builder, &[&[], &[("a", Value::Text("one"))]]);
    assert!(batch.column_by_name("a").is_none());
    assert_eq!(text(&batch, "a__string", 1), Some("one"));
}

#[test]
fn shards_agree_on_the_type_that_the_first_one_met() {
    let registry = Arc::new(ColumnRegistry::default());
    let mut first = BatchBuilder::new(Arc::clone(&registry), RowOptions::default());
    let mut second = BatchBuilder::new(registry, RowOptions::default());
    build(&mut first, &[&[("a", Value::Text("one"))]]);
    let batch = build(&mut second, &[&[("a", Value::Int64(1))]]);
    assert!(batch.column_by_name("a__int64").is_some());
}

#[test]
fn a_field_never_writes_to_a_column_that_the_product_defines() {
    let batch = build(&mut builder(), &[&[("peer_ip", Value::Text("198.51.100.1"))]]);
    assert_eq!(text(&batch, "peer_ip", 0), Some("192.0.2.7"));
    assert_eq!(text(&batch, "body_peer_ip", 0), Some("198.51.100.1"));
}

#[test]
fn the_second_value_of_a_name_and_what_has_no_column_are_kept_as_json() {
    let rows: &[&[(&str, Value<'_>)]] =
        &[&[("a", Value::Int64(1)), ("A", Value::Text("two")), ("--", Value::Boolean(false))]];
    let batch = build(&mut builder(), rows);
    assert_eq!(text(&batch, "_extra", 0), Some(r#"{"A":"two","--":false}"#));
}

#[test]
fn beyond_the_column_limit_fields_are_kept_as_json() {
    let mut builder = builder();
    let names: Vec<String> = (0..crate::limits::DATASET_COLUMNS_MAX + 10).map(|n| format!("f{n}")).collect();
    let row: Vec<(&str, Value<'_>)> = names.iter().map(|name| (name.as_str(), Value::Int64(1))).collect();
    let batch = build(&mut builder, &[&row]);
    assert!(batch.num_columns() <= crate::limits::DATASET_COLUMNS_MAX);
    let last = names.last().unwrap();
    assert!(text(&batch, "_extra", 0).unwrap().ends_with(&format!("\"{last}\":1}}")));
}

#[test]
fn a_list_of_scalars_is_a_list_and_a_mixed_one_is_json() {
    let numbers = [Some(Value::Int64(1)), None, Some(Value::Int64(3))];
    let mixed = [Some(Value::Int64(1)), Some(Value::Text("b"))];
    let rows: &[&[(&str, Value<'_>)]] = &[&[("n", Value::List(&numbers)), ("m", Value::List(&mixed))], &[]];
    let batch = build(&mut builder(), rows);
    let list = batch.column_by_name("n").unwrap();
    assert!(matches!(list.data_type(), DataType::List(_)));
    let items = list.as_list::<i32>().value(0);
    assert_eq!((items.len(), items.null_count()), (3, 1));
    assert!(list.is_null(1));
    assert_eq!(text(&batch, "m", 0), Some(r#"[1,"b"]"#));
}

#[test]
fn a_time_far_from_receipt_is_set_aside() {
    let mut builder = builder();
    let block = block_of(&["x", "x"]);
    builder.begin_block(&block);
    for (event, time_us) in block.events().zip([NOW_US - 1_000_000, NOW_US + 90_000_000_000]) {
        builder.begin_row(&event);
        builder.set_event_time(time_us);
        builder.end_row();
    }
    let batch = builder.finish();
    let times = batch.column_by_name("event_time").unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.values().as_ref(), &[NOW_US - 1_000_000, NOW_US + 5]);
    let raw = batch.column_by_name("event_time_raw").unwrap().as_primitive::<TimestampMicrosecondType>();
    assert!(raw.is_null(0));
    assert_eq!(raw.value(1), NOW_US + 90_000_000_000);
}

#[test]
fn the_next_block_starts_afresh() {
    let mut builder = builder();
    build(&mut builder, &[&[("a", Value::Int64(1))], &[("b", Value::Int64(2))]]);
    let batch = build(&mut builder, &[&[("b", Value::Int64(3))]]);
    assert_eq!(batch.num_rows(), 1);
    assert!(batch.column_by_name("a").is_none());
}

fn build_event(builder: &mut BatchBuilder, rows: &[&[(&str, Value<'_>)]]) -> RecordBatch {
    let block = block_of(&vec!["x"; rows.len()]);
    builder.begin_block(&block);
    for (event, fields) in block.events().zip(rows) {
        builder.begin_row(&event);
        for (name, value) in *fields {
            builder.event_field(name, value);
        }
        builder.end_row();
    }
    builder.finish()
}

fn int64(batch: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(name)?.as_primitive::<Int64Type>();
    column.is_valid(row).then(|| column.value(row))
}

#[test]
fn a_field_of_the_event_fills_a_column_that_the_decoder_defined() {
    let mut builder = builder();
    builder.define("message", ColumnType::String);
    builder.define("severity", ColumnType::Int64);
    for _ in 0..2 {
        // Twice: the second row goes the way of columns that follow each other.
        let row: &[(&str, Value<'_>)] = &[("Message", Value::Text("a")), ("severity", Value::Int64(3))];
        let batch = build_event(&mut builder, &[row, row]);
        assert_eq!((text(&batch, "message", 1), int64(&batch, "severity", 1)), (Some("a"), Some(3)));
        assert!(batch.column_by_name("body_message").is_none());
    }
}

#[test]
fn a_field_of_the_event_that_a_defined_column_does_not_take_has_its_prefix() {
    let mut builder = builder();
    let host = builder.define("hostname", ColumnType::String);
    builder.define("severity", ColumnType::Int64);
    let block = block_of(&["x"]);
    builder.begin_block(&block);
    builder.begin_row(&block.events().next().unwrap());
    builder.put_text(host, "of the decoder");
    builder.event_field("hostname", &Value::Text("of the event"));
    builder.event_field("severity", &Value::Text("high"));
    builder.event_field("raw", &Value::Text("a"));
    builder.event_field("event_time", &Value::Int64(1));
    builder.event_field("_extra", &Value::Text("b"));
    builder.end_row();
    let batch = builder.finish();
    assert_eq!(text(&batch, "hostname", 0), Some("of the decoder"));
    assert_eq!(text(&batch, "body_hostname", 0), Some("of the event"));
    assert_eq!(text(&batch, "body_severity", 0), Some("high"));
    assert_eq!(text(&batch, "body_raw", 0), Some("a"));
    assert_eq!(int64(&batch, "body_event_time", 0), Some(1));
    assert_eq!(text(&batch, "body__extra", 0), Some("b"));
    assert!(batch.column_by_name("raw").is_none());
}

#[test]
fn the_second_value_of_an_event_s_name_is_kept_as_json() {
    let mut builder = builder();
    builder.define("message", ColumnType::String);
    let row: &[(&str, Value<'_>)] = &[
        ("message", Value::Text("a")),
        ("Message", Value::Text("b")),
        ("n", Value::Int64(1)),
        ("n", Value::Int64(2)),
        ("", Value::Boolean(true)),
    ];
    let batch = build_event(&mut builder, &[row, row]);
    assert_eq!((text(&batch, "message", 1), int64(&batch, "n", 1)), (Some("a"), Some(1)));
    assert_eq!(text(&batch, "_extra", 1), Some(r#"{"Message":"b","n":2,"":true}"#));
}

#[test]
fn a_name_leads_fields_of_a_text_and_of_an_event_to_different_columns() {
    let mut builder = builder();
    builder.define("user", ColumnType::String);
    let block = block_of(&["x", "x", "x", "x"]);
    builder.begin_block(&block);
    for (number, event) in block.events().enumerate() {
        builder.begin_row(&event);
        match number % 2 {
            0 => builder.event_field("user", &Value::Text("of an event")),
            _ => builder.field("user", &Value::Text("of a text")),
        }
        builder.end_row();
    }
    let batch = builder.finish();
    for row in [0, 2] {
        assert_eq!((text(&batch, "user", row), text(&batch, "body_user", row)), (Some("of an event"), None));
        let after = row + 1;
        assert_eq!(
            (text(&batch, "user", after), text(&batch, "body_user", after)),
            (None, Some("of a text"))
        );
    }
}

#[test]
fn types_of_an_event_s_fields_follow_the_lattice() {
    let double = |number: f64| Value::Double(number);
    let rows: &[&[(&str, Value<'_>)]] = &[
        &[("a", Value::Int64(1)), ("b", Value::Int64(1)), ("c", Value::Boolean(true))],
        &[("a", double(0.5)), ("b", Value::Text("x")), ("c", Value::Boolean(false))],
        &[("a", Value::Int64(3)), ("b", Value::Int64(4)), ("c", Value::Int64(5))],
    ];
    let batch = build_event(&mut builder(), rows);
    let a = batch.column_by_name("a").unwrap().as_primitive::<Float64Type>();
    assert_eq!(a.values().as_ref(), &[1.0, 0.5, 3.0]);
    assert_eq!((int64(&batch, "b", 0), text(&batch, "b__string", 1)), (Some(1), Some("x")));
    assert_eq!(int64(&batch, "c__int64", 2), Some(5));
    assert!(!batch.column_by_name("c").unwrap().as_boolean().value(1));
}

#[test]
fn an_empty_list_of_an_event_does_not_decide_the_type_of_its_column() {
    let (empty, nulls) = ([], [None, None]);
    let names = [Some(Value::Text("a"))];
    let rows: &[&[(&str, Value<'_>)]] = &[
        &[("tags", Value::List(&empty))],
        &[("tags", Value::List(&names))],
        &[("tags", Value::List(&empty))],
        &[("tags", Value::List(&nulls))],
    ];
    let batch = build_event(&mut builder(), rows);
    assert_eq!(text(&batch, "_extra", 0), Some(r#"{"tags":[]}"#));
    let tags = batch.column_by_name("tags").unwrap().as_list::<i32>();
    assert!(tags.is_null(0));
    assert_eq!([1, 2, 3].map(|row| tags.value(row).len()), [1, 0, 2]);
    let mixed = [Some(Value::Int64(1)), Some(Value::Text("b"))];
    let batch = build_event(&mut builder(), &[&[("m", Value::List(&mixed))], &[("m", Value::List(&empty))]]);
    assert_eq!((text(&batch, "m", 0), text(&batch, "m", 1)), (Some(r#"[1,"b"]"#), Some("[]")));
}

#[test]
fn a_decoder_may_need_a_column_late() {
    let registry = Arc::new(ColumnRegistry::new([("known".to_owned(), ColumnType::Double)]));
    let mut builder = BatchBuilder::new(registry, RowOptions::default());
    let block = block_of(&["x", "x"]);
    builder.begin_block(&block);
    let mut events = block.events();
    builder.begin_row(&events.next().unwrap());
    builder.field("text", &Value::Text("a"));
    builder.field("number", &Value::Int64(1));
    builder.end_row();
    builder.begin_row(&events.next().unwrap());
    for name in ["text", "number", "known", "new"] {
        let column = builder.define_late(name, &ColumnType::Int64);
        assert_eq!(builder.define_late(name, &ColumnType::Int64), column);
        builder.put_i64(column, 2);
    }
    builder.end_row();
    let batch = builder.finish();
    for name in ["text__int64", "number", "known__int64", "new"] {
        assert_eq!(batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().value(1), 2, "{name}");
    }
    assert!(batch.column_by_name("known").is_none());
}
