//! Files of rows: the batches of the staged route, and rows that a filter failed on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod encode_support;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray};
use encode_support::{Bench, HOUR_US, START_US, key, only_cut};
use flate2::read::MultiGzDecoder;
use hotpath::cut::FileKind;
use hotpath::encode::{CutReason, DatasetOptions, EncoderMessage};

fn rows(times_us: &[i64], numbers: &[i64]) -> RecordBatch {
    let received: Vec<i64> = times_us.iter().map(|time| time + 5).collect();
    let times = |times: Vec<i64>| Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"));
    let columns: [(&str, ArrayRef); 2] =
        [("ingest_time", times(received)), ("number", Arc::new(Int64Array::from(numbers.to_vec())))];
    encode_support::batch(times_us, columns.into_iter().collect())
}

fn staged() -> DatasetOptions {
    DatasetOptions { kind: FileKind::Rows, file_age_max_ms: 2_000, ..DatasetOptions::default() }
}

fn numbers_in(path: &Path) -> Vec<i64> {
    let mut text = String::new();
    MultiGzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    assert!(text.ends_with('\n'));
    let number =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["number"].as_i64().unwrap();
    text.lines().map(number).collect()
}

#[test]
fn rows_of_all_hours_are_in_one_file_in_their_order() {
    let mut bench = Bench::new(staged());
    bench.send(rows(&[START_US + HOUR_US, START_US], &[1, 2]));
    bench.send(rows(&[START_US - 1], &[3]));
    let cut = only_cut(bench.at_ms(3_000)).cut;
    assert_eq!((cut.kind, cut.first_position, cut.last_position), (FileKind::Rows, 0, 2));
    let [file] = cut.files.as_slice() else { panic!("{:?}", cut.files) };
    assert_eq!(numbers_in(&file.path), [1, 2, 3]);
    assert_eq!((file.rows, file.received_us), (3, Some(START_US + 4)));
    assert_eq!((file.min_event_time_us, file.max_event_time_us), (START_US - 1, START_US + HOUR_US));
    let name = cut.batch_key(file, "edge");
    assert_eq!((name.batch.as_str(), name.received_ns), ("edge-3-0-2", (START_US + 4) as u64 * 1_000));
}

#[test]
fn a_batch_is_closed_by_the_size_of_its_rows() {
    let mut bench = Bench::new(DatasetOptions { file_bytes_max: 10_000, ..staged() });
    let numbers: Vec<i64> = (0..40).collect();
    let mut sent = 0;
    let cut = loop {
        let events = bench.send(rows(&[START_US; 40], &numbers));
        sent += 40;
        if !events.is_empty() {
            break only_cut(events);
        }
    };
    assert_eq!((cut.reason, cut.rows), (CutReason::Size, sent));
    assert!((80..=200).contains(&sent), "{sent} rows of some 100 bytes");
}

#[test]
fn a_batch_that_is_given_up_leaves_no_file() {
    let mut bench = Bench::new(staged());
    bench.send(rows(&[START_US], &[1]));
    assert_eq!(bench.files_in_spool(), 1);
    drop(bench.encoder);
    assert_eq!(std::fs::read_dir(bench.spool.path()).unwrap().count(), 0);
}

#[test]
fn another_kind_of_files_waits_for_the_cut_that_closes_the_open_ones() {
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send(rows(&[START_US], &[1]));
    bench.encoder.handle(EncoderMessage::Configure { dataset: 0, key: key(), options: staged() });
    let cut = only_cut(bench.send(rows(&[START_US], &[2])));
    assert_eq!((cut.reason, cut.cut.kind, cut.rows), (CutReason::Kind, FileKind::Parquet, 1));
    let cut = bench.cut().cut;
    assert_eq!((cut.kind, numbers_in(&cut.files[0].path)), (FileKind::Rows, vec![2]));
}

#[test]
fn a_range_that_the_log_closes_again_gets_the_files_that_it_had() {
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send_as(rows(&[START_US], &[1]), 1, Some(FileKind::Rows));
    let cut = bench.cut().cut;
    assert_eq!((cut.kind, numbers_in(&cut.files[0].path)), (FileKind::Rows, vec![1]));
}

#[test]
fn rows_that_a_filter_failed_on_lie_beside_the_files_of_their_cut() {
    let mut bench = Bench::new(DatasetOptions { file_age_max_ms: 2_000, ..DatasetOptions::default() });
    let failed = rows(&[START_US, START_US], &[8, 9]);
    bench.send_with_dead_letters((rows(&[START_US], &[1]), Some(failed)), 3, None);
    let cut = only_cut(bench.at_ms(3_000));
    assert_eq!((cut.rows, cut.events, cut.cut.files.len()), (3, 3, 1));
    let dead = cut.cut.dead_letters.unwrap();
    assert_eq!((dead.rows, numbers_in(&dead.path)), (2, vec![8, 9]));
    assert_eq!(bench.files_in_spool(), 2);
}

#[test]
fn a_cut_may_have_nothing_but_rows_that_a_filter_failed_on() {
    let mut bench = Bench::new(DatasetOptions { file_age_max_ms: 2_000, ..DatasetOptions::default() });
    let none = rows(&[START_US], &[1]).slice(0, 0);
    bench.send_with_dead_letters((none, Some(rows(&[START_US], &[9]))), 1, None);
    let cut = only_cut(bench.at_ms(3_000));
    assert_eq!((cut.rows, cut.cut.files.len(), cut.cut.dead_letters.unwrap().rows), (1, 0, 1));
}
