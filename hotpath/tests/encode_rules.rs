//! When files are closed, which positions a cut has, what replay and trouble do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod encode_support;

use std::sync::atomic::Ordering;

use arrow::array::{Array, AsArray, Float64Array, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use encode_support::*;
use hotpath::encode::{CutReason, DatasetOptions, EncodeError, EncoderEvent, EncoderMessage, spawn};
use hotpath::limits::OPEN_HOURS_MAX;
use std::sync::Arc;

fn doubles(values: &[f64]) -> arrow::array::ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn small_row_groups() -> DatasetOptions {
    DatasetOptions { row_group_rows: 2, ..DatasetOptions::default() }
}

#[test]
fn a_file_that_reaches_its_size_ends_the_cut() {
    let mut bench = Bench::new(DatasetOptions { file_bytes_max: 50_000, ..DatasetOptions::default() });
    let mut cuts = Vec::new();
    for part in 0..40 {
        cuts.extend(bench.send(numbered(START_US + part * 1_000, 1_000)));
    }
    let first = cuts.swap_remove(0);
    let cut = only_cut(vec![first]);
    assert_eq!(cut.reason, CutReason::Size);
    assert_eq!(cut.cut.first_position, 0);
    assert_eq!(cut.rows, cut.cut.last_position + 1);
}

#[test]
fn the_first_event_of_a_cut_does_not_wait_longer_than_the_age() {
    let mut bench = Bench::new(DatasetOptions { file_age_max_ms: 2_000, ..DatasetOptions::default() });
    assert!(bench.send(numbered(START_US, 5)).is_empty());
    assert!(bench.at_ms(2_999).is_empty());
    bench.send(numbered(START_US, 5));
    let cut = only_cut(bench.at_ms(3_000));
    assert_eq!((cut.reason, cut.rows), (CutReason::Age, 10));
    assert!(bench.at_ms(60_000).is_empty(), "nothing is open");
    bench.send(numbered(START_US, 1));
    let cut = only_cut(bench.at_ms(62_000));
    assert_eq!((cut.cut.first_position, cut.cut.last_position), (10, 10));
}

#[test]
fn a_shorter_age_counts_for_files_that_are_open() {
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send(numbered(START_US, 5));
    let options = DatasetOptions { file_age_max_ms: 10, ..DatasetOptions::default() };
    bench.encoder.handle(EncoderMessage::Configure { dataset: 0, key: key(), options });
    assert_eq!(only_cut(bench.at_ms(1_010)).reason, CutReason::Age);
}

#[test]
fn events_that_filters_dropped_move_the_positions_and_need_no_file() {
    let mut bench = Bench::new(DatasetOptions { file_age_max_ms: 2_000, ..DatasetOptions::default() });
    bench.send_as(numbered(START_US, 5).slice(0, 0), 5, None);
    let empty = RecordBatch::new_empty(Arc::new(arrow::datatypes::Schema::empty()));
    bench.send_as(empty, 7, None);
    let cut = only_cut(bench.at_ms(3_000));
    assert_eq!((cut.cut.first_position, cut.cut.last_position, cut.events, cut.rows), (0, 11, 12, 0));
    assert!(cut.cut.files.is_empty());
    assert_eq!(bench.files_in_spool(), 0);
}

#[test]
fn one_hour_more_than_may_be_open_ends_the_cut_before_it() {
    let mut bench = Bench::new(DatasetOptions::default());
    for hour in 0..OPEN_HOURS_MAX as i64 {
        assert!(bench.send(numbered(START_US + hour * HOUR_US, 1)).is_empty());
    }
    let cut = only_cut(bench.send(numbered(START_US - HOUR_US, 1)));
    assert_eq!(cut.reason, CutReason::Hours);
    assert_eq!(cut.cut.files.len(), OPEN_HOURS_MAX);
    assert_eq!(cut.cut.last_position, OPEN_HOURS_MAX as u64 - 1);
    let hours: Vec<i64> = bench.cut().cut.files.iter().map(|file| file.hour).collect();
    assert_eq!(hours, [HOUR - 1]);
}

#[test]
fn a_batch_with_too_many_hours_by_itself_is_taken_and_closed_at_once() {
    let mut bench = Bench::new(DatasetOptions::default());
    let times: Vec<i64> = (0..100).map(|hour| START_US + hour * HOUR_US).collect();
    let cut = only_cut(bench.send(batch(&times, Vec::new())));
    assert_eq!((cut.reason, cut.rows, cut.cut.files.len()), (CutReason::Hours, 100, 100));
}

#[test]
fn a_column_that_comes_within_a_row_group_needs_no_cut() {
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send(batch(&[START_US], vec![("size", ints([Some(1)]))]));
    bench.send(batch(&[START_US + 1], vec![("size", doubles(&[2.5])), ("other", strings([Some("x")]))]));
    bench.send(batch(&[START_US + 2], vec![("size", ints([None]))]));
    let cut = bench.cut();
    let rows = read(&cut.cut.files[0].path);
    let sizes: Vec<Option<f64>> = rows["size"].as_primitive::<Float64Type>().iter().collect();
    assert_eq!(sizes, [Some(1.0), Some(2.5), None]);
    assert_eq!(rows["other"].null_count(), 2);
}

#[test]
fn a_column_that_comes_after_a_row_group_was_written_ends_the_cut() {
    let mut bench = Bench::new(small_row_groups());
    let late = START_US - HOUR_US;
    bench.send(batch(&[START_US, START_US, late], vec![("size", ints([1, 2, 3].map(Some)))]));
    let wider = || batch(&[START_US], vec![("size", ints([Some(4)])), ("new", ints([Some(5)]))]);
    let cut = only_cut(bench.send(wider()));
    assert_eq!((cut.reason, cut.rows, cut.cut.files.len()), (CutReason::Schema, 3, 2));
    assert!(bench.send(wider()).is_empty());
    let rows = read(&bench.cut().cut.files[0].path);
    assert_eq!(rows["new"].as_primitive::<Int64Type>().values(), &[5, 5]);
}

#[test]
fn an_integer_that_becomes_a_double_after_a_row_group_was_written_ends_the_cut() {
    let mut bench = Bench::new(small_row_groups());
    bench.send(batch(&[START_US; 2], vec![("size", ints([1, 2].map(Some)))]));
    let cut = only_cut(bench.send(batch(&[START_US; 2], vec![("size", doubles(&[0.5, 1.5]))])));
    assert_eq!(read(&cut.cut.files[0].path)["size"].data_type(), &DataType::Int64);
    // Integers that come again stand in the column of doubles.
    assert!(bench.send(batch(&[START_US], vec![("size", ints([Some(7)]))])).is_empty());
    let rows = read(&bench.cut().cut.files[0].path);
    assert_eq!(rows["size"].as_primitive::<Float64Type>().values(), &[0.5, 1.5, 7.0]);
}

#[test]
fn a_column_that_comes_now_and_then_does_not_end_every_cut() {
    let mut bench = Bench::new(small_row_groups());
    let rare = || batch(&[START_US], vec![("rare", ints([Some(1)]))]);
    bench.send(rare());
    bench.cut();
    bench.send(numbered(START_US, 4));
    assert!(bench.send(rare()).is_empty(), "the file was begun with the columns of the cut before");
    let rows = read(&bench.cut().cut.files[0].path);
    assert_eq!(rows["rare"].null_count(), 4);
}

#[test]
fn types_that_do_not_go_together_are_in_different_cuts() {
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send(batch(&[START_US], vec![("size", ints([Some(1)]))]));
    let cut = only_cut(bench.send(batch(&[START_US], vec![("size", strings([Some("big")]))])));
    assert_eq!((cut.reason, cut.rows), (CutReason::Schema, 1));
    assert_eq!(bench.cut().rows, 1);
}

#[test]
fn a_cut_that_is_asked_for_twice_is_made_once() {
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send(numbered(START_US, 3));
    assert_eq!(bench.cut().reason, CutReason::Asked);
    assert!(bench.encoder.handle(EncoderMessage::Cut { dataset: 0 }).is_empty());
    assert!(bench.encoder.handle(EncoderMessage::Cut { dataset: 9 }).is_empty());
}

#[test]
fn held_files_are_closed_only_where_the_shard_says() {
    let options = DatasetOptions { file_bytes_max: 1, file_age_max_ms: 1, ..DatasetOptions::default() };
    let mut bench = Bench::new(options);
    for hour in 0..30 {
        assert!(bench.send_held(numbered(START_US + hour * HOUR_US, 2)).is_empty());
    }
    assert!(bench.at_ms(1_000_000).is_empty());
    assert!(bench.encoder.handle(EncoderMessage::CutAll).is_empty());
    let cut = bench.cut();
    assert_eq!((cut.cut.first_position, cut.cut.last_position, cut.cut.files.len()), (0, 59, 30));
    assert_eq!(only_cut(bench.send(numbered(START_US, 1))).reason, CutReason::Size, "not held any more");
}

#[test]
fn a_replay_closes_the_same_rows_into_the_same_files_however_memory_divided_them() {
    let batches: Vec<RecordBatch> = vec![
        batch(&[START_US + 9, START_US + 2], vec![("size", ints([1, 2].map(Some)))]),
        batch(&[START_US + 4, START_US - 1], vec![("size", doubles(&[0.5, 1.5]))]),
        batch(&[START_US + 3], vec![("note", strings([Some("a text that does not fit a view")]))]),
    ];
    let mut first = Bench::new(DatasetOptions::default());
    let mut again = Bench::new(DatasetOptions { row_group_rows: 1, ..DatasetOptions::default() });
    for batch in batches {
        assert!(first.send(batch.clone()).is_empty());
        assert!(again.send_held(batch).is_empty());
    }
    let (first, again) = (first.cut(), again.cut());
    assert_eq!(first.cut.files.len(), 2);
    for (file, file_again) in first.cut.files.iter().zip(&again.cut.files) {
        assert_eq!(file.path.file_name(), file_again.path.file_name());
        assert_eq!((&file.columns, file.rows), (&file_again.columns, file_again.rows));
        let (rows, rows_again) = (read(&file.path), read(&file_again.path));
        for name in ["event_time", "size", "note"] {
            if let Some(column) = rows.column_by_name(name) {
                let (column, again) = (sorted(column), sorted(&rows_again[name]));
                assert_eq!(&column, &again, "{name}");
            }
        }
    }
}

fn sorted(column: &dyn Array) -> arrow::array::ArrayRef {
    arrow::compute::sort(column, None).unwrap()
}

#[test]
fn the_same_messages_give_the_same_bytes() {
    let files: Vec<Vec<u8>> = (0..2)
        .map(|_| {
            let mut bench = Bench::new(DatasetOptions { row_group_rows: 700, ..DatasetOptions::default() });
            for part in 0..5 {
                bench.send(numbered(START_US - part * 100, 500));
            }
            let cut = bench.cut();
            std::fs::read(&cut.cut.files.last().unwrap().path).unwrap()
        })
        .collect();
    assert_eq!(files[0], files[1]);
}

#[test]
fn beyond_the_memory_of_all_row_groups_the_largest_is_written() {
    let mut bench = Bench::with_held_bytes_max(DatasetOptions::default(), 200_000);
    for part in 0..10 {
        bench.send(numbered(START_US + part * 1_000, 1_000));
        assert!(bench.encoder.gauges().pinned_bytes.load(Ordering::Relaxed) <= 200_000);
    }
    let cut = bench.cut();
    assert_eq!(cut.rows, 10_000);
    assert!(metadata(&cut.cut.files[0].path).num_row_groups() > 1);
    assert_eq!(bench.encoder.gauges().pinned_bytes.load(Ordering::Relaxed), 0);
}

#[test]
fn a_directory_that_is_gone_fails_the_dataset_until_it_is_restarted() {
    let mut bench = Bench::new(small_row_groups());
    let spool = bench.spool.path().to_path_buf();
    std::fs::remove_dir(&spool).unwrap();
    bench.send_as(numbered(START_US, 1), 1, None);
    let mut events = bench.send(numbered(START_US, 1));
    let Some(EncoderEvent::Failed { dataset: 0, first_position: 0, last_position: 1, error }) = events.pop()
    else {
        panic!("no failure")
    };
    assert!(matches!(error, EncodeError::Io { action: "create", .. }), "{error}");
    assert!(error.to_string().contains("acme--fw--498658"), "{error}");
    assert_eq!(bench.encoder.gauges().pinned_bytes.load(Ordering::Relaxed), 0);
    // What was on its way must not be stored before what failed.
    assert!(bench.send(numbered(START_US, 5)).is_empty());
    assert!(bench.encoder.handle(EncoderMessage::Cut { dataset: 0 }).is_empty());
    std::fs::create_dir(&spool).unwrap();
    bench.encoder.handle(EncoderMessage::Restart { dataset: 0 });
    bench.send(numbered(START_US, 3));
    assert_eq!(bench.cut().rows, 3);
}

#[test]
fn a_failure_at_the_end_leaves_no_file_of_the_cut() {
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send(numbered(START_US, 3));
    bench.send(numbered(START_US + HOUR_US, 3));
    // The second file cannot get its final name.
    std::fs::create_dir_all(bench.spool.path().join("acme--fw--498659--3-0-5.parquet/full")).unwrap();
    let events = bench.encoder.handle(EncoderMessage::Cut { dataset: 0 });
    assert!(
        matches!(events.as_slice(), [EncoderEvent::Failed { first_position: 0, last_position: 5, .. }]),
        "{events:?}"
    );
    assert_eq!(bench.files_in_spool(), 1, "only what the test put there");
}

#[test]
fn rows_without_a_time_are_refused_with_what_to_do() {
    let mut bench = Bench::new(DatasetOptions::default());
    let without = RecordBatch::try_from_iter([("size", ints([Some(1)]))]).unwrap();
    let events = bench.send(without);
    let [EncoderEvent::Failed { error, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert!(error.to_string().contains("event_time"), "{error}");
}

#[test]
fn rows_of_a_dataset_that_was_not_named_are_reported() {
    let mut bench = Bench::new(DatasetOptions::default());
    let events = bench.encoder.handle(EncoderMessage::Rows {
        dataset: 5,
        batch: numbered(START_US, 1),
        first_position: 7,
        last_position: 7,
        events: 1,
        dead_letters: None,
        decoder_state: None,
        hold_cut: None,
    });
    assert!(
        matches!(
            events.as_slice(),
            [EncoderEvent::Failed {
                dataset: 5,
                first_position: 7,
                error: EncodeError::UnknownDataset { .. },
                ..
            }]
        ),
        "{events:?}"
    );
}

#[test]
fn the_thread_cuts_by_age_without_a_message_and_closes_everything_when_it_stops() {
    let spool = tempfile::tempdir().unwrap();
    let started = std::time::Instant::now();
    let handle = spawn(hotpath::encode::thread::EncoderSurroundings {
        identity: identity(spool.path()),
        held_bytes_max: usize::MAX,
        clock_ms: Box::new(move || started.elapsed().as_millis() as u64),
        pool_is_low: Box::new(|| false),
        cpu: None,
    })
    .unwrap();
    let send = |message| futures::executor::block_on(handle.messages.send(message)).unwrap();
    let rows = |position| EncoderMessage::Rows {
        dataset: 0,
        batch: numbered(START_US, 1),
        first_position: position,
        last_position: position,
        events: 1,
        dead_letters: None,
        decoder_state: None,
        hold_cut: None,
    };
    let options = DatasetOptions { file_age_max_ms: 5, ..DatasetOptions::default() };
    send(EncoderMessage::Configure { dataset: 0, key: key(), options });
    send(rows(0));
    let event = handle.events.recv_blocking().unwrap();
    assert_eq!(only_cut(vec![event]).reason, CutReason::Age);
    send(EncoderMessage::Configure { dataset: 0, key: key(), options: DatasetOptions::default() });
    send(rows(1));
    send(EncoderMessage::Stop);
    let event = handle.events.recv_blocking().unwrap();
    assert_eq!(only_cut(vec![event]).reason, CutReason::Stop);
    handle.thread.join().unwrap();
    assert!(handle.events.recv_blocking().is_err(), "the thread has ended");
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
fn a_full_disk_fails_the_dataset_and_leaves_nothing_behind() {
    let mut bench = Bench::new(small_row_groups());
    let spool = bench.spool.path().to_path_buf();
    let mount = |program: &str, arguments: &[&str]| {
        let status = std::process::Command::new(program).args(arguments).arg(&spool).status();
        status.is_ok_and(|status| status.success())
    };
    if !mount("mount", &["-t", "tmpfs", "-o", "size=16k", "tmpfs"]) {
        eprintln!("skipped: no right to mount a small disk");
        return;
    }
    let mut events = Vec::new();
    for part in 0..200 {
        events.extend(bench.send(numbered(START_US + part * 1_000, 1_000)));
    }
    let files = bench.files_in_spool();
    assert!(mount("umount", &[]));
    assert_eq!(files, 0);
    let [EncoderEvent::Failed { first_position: 0, error, .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert!(error.to_string().to_lowercase().contains("no space left"), "{error}");
}
