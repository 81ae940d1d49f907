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
