//! What stands in the files: rows, types, order, statistics, bloom filters, metadata.

mod encode_support;

use std::fs::File;
use std::sync::Arc;

use arrow::array::{
    Array, AsArray, BooleanArray, Float64Array, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use encode_support::*;
use hotpath::cut::ColumnType;
use hotpath::encode::DatasetOptions;
use parquet::basic::{Compression, Encoding};
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};

fn times(batch: &RecordBatch) -> Vec<i64> {
    batch["event_time"].as_primitive::<TimestampMicrosecondType>().values().to_vec()
}

fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column: &StringArray = batch[name].as_string();
    column.iter().map(|text| text.map(str::to_owned)).collect()
}

#[test]
fn every_type_is_read_back_as_it_was_with_its_nulls() {
    let item = Arc::new(Field::new("item", DataType::Utf8View, true));
    let list = ListArray::new(
        item,
        OffsetBuffer::from_lengths([2, 0, 1]),
        strings([Some("a"), None, Some("a longer text than fits a view")]),
        None,
    );
    let later = TimestampMicrosecondArray::from(vec![None, Some(7), None]).with_timezone("UTC");
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send(batch(
        &[START_US, START_US + 1, START_US + 2],
        vec![
            ("whole", ints([Some(i64::MIN), None, Some(i64::MAX)])),
            ("broken", Arc::new(Float64Array::from(vec![None, Some(-0.0), Some(f64::INFINITY)]))),
            ("truth", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
            ("empty", strings([None::<&str>, None, None])),
            ("city", strings([Some("Köln"), Some("東京 🚒 and a long rest of it"), None])),
            ("start_time", Arc::new(later)),
            ("tags", Arc::new(list)),
        ],
    ));
    let cut = bench.cut();
    let file = &cut.cut.files[0];
    assert_eq!((file.rows, file.hour), (3, HOUR));
    assert_eq!((file.min_event_time_us, file.max_event_time_us), (START_US, START_US + 2));
    assert_eq!(file.bytes, std::fs::metadata(&file.path).unwrap().len());
    let list_of_text = ColumnType::List(Box::new(ColumnType::String));
    let expected = [
        ("event_time", ColumnType::Timestamp),
        ("broken", ColumnType::Double),
        ("city", ColumnType::String),
        ("empty", ColumnType::String),
        ("start_time", ColumnType::Timestamp),
        ("tags", list_of_text),
        ("truth", ColumnType::Boolean),
        ("whole", ColumnType::Int64),
    ]
    .map(|(name, column_type)| (name.to_owned(), column_type));
    assert_eq!(file.columns, expected);

    let rows = read(&file.path);
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(rows["event_time"].data_type(), &utc);
    assert_eq!(rows["start_time"].as_primitive::<TimestampMicrosecondType>().value(1), 7);
    assert_eq!(times(&rows), [START_US, START_US + 1, START_US + 2]);
    assert_eq!(
        rows["whole"].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
        [Some(i64::MIN), None, Some(i64::MAX)]
    );
    assert_eq!(
        rows["broken"].as_primitive::<Float64Type>().iter().collect::<Vec<_>>(),
        [None, Some(-0.0), Some(f64::INFINITY)]
    );
    assert_eq!(rows["truth"].as_boolean(), &BooleanArray::from(vec![Some(true), Some(false), None]));
    assert_eq!(rows["empty"].null_count(), 3);
    assert_eq!(texts(&rows, "city")[1].as_deref(), Some("東京 🚒 and a long rest of it"));
    let tags = rows["tags"].as_list::<i32>();
    assert_eq!(tags.value_length(1), 0);
    assert_eq!(tags.value(2).as_string::<i32>().value(0), "a longer text than fits a view");
    assert!(tags.value(0).is_null(1));
}

#[test]
fn rows_are_in_the_order_of_event_time_and_equal_times_in_that_of_receipt() {
    let mut bench = Bench::new(DatasetOptions::default());
    let at = |offset: &[i64]| offset.iter().map(|offset| START_US + offset).collect::<Vec<_>>();
    bench.send(batch(&at(&[5, 1, 3]), vec![("note", strings([Some("a"), Some("b"), Some("c")]))]));
    bench.send(batch(&at(&[4, 1]), vec![("number", ints([Some(40), Some(10)]))]));
    bench.send(batch(&at(&[3]), vec![("note", strings([Some("a text that lies in a buffer")]))]));
    let cut = bench.cut();
    let rows = read(&cut.cut.files[0].path);
    assert_eq!(times(&rows), at(&[1, 1, 3, 3, 4, 5]));
    let notes = texts(&rows, "note");
    let notes: Vec<Option<&str>> = notes.iter().map(Option::as_deref).collect();
    assert_eq!(notes, [Some("b"), None, Some("c"), Some("a text that lies in a buffer"), None, Some("a")]);
    let numbers: Vec<Option<i64>> = rows["number"].as_primitive::<Int64Type>().iter().collect();
    assert_eq!(numbers, [None, Some(10), None, None, Some(40), None]);
    let order = metadata(&cut.cut.files[0].path).row_group(0).sorting_columns().unwrap()[0].clone();
    assert_eq!((order.column_idx, order.descending), (0, false));
}

#[test]
fn a_long_disordered_row_group_keeps_every_row_with_its_own_fields() {
    let mut bench = Bench::new(DatasetOptions::default());
    let mut expected = Vec::new();
    for part in 0..20_i64 {
        let numbers: Vec<i64> = (0..1_500).map(|row| (row * 7_919 + part * 104_729) % 1_000_003).collect();
        let times: Vec<i64> = numbers.iter().map(|number| START_US + number).collect();
        let notes: Vec<String> = numbers.iter().map(|number| format!("the note of row {number}")).collect();
        let notes = strings(notes.iter().map(Some));
        bench.send(batch(&times, vec![("number", ints(numbers.iter().copied().map(Some))), ("note", notes)]));
        expected.extend(numbers);
    }
    expected.sort_unstable();
    let rows = read(&bench.cut().cut.files[0].path);
    let numbers: Vec<i64> = rows["number"].as_primitive::<Int64Type>().values().to_vec();
    assert_eq!(numbers, expected);
    for ((time, number), note) in times(&rows).iter().zip(&numbers).zip(texts(&rows, "note")) {
        assert_eq!(*time, START_US + number);
        assert_eq!(note, Some(format!("the note of row {number}")));
    }
}

#[test]
fn late_rows_are_in_the_file_of_their_own_hour() {
    let mut bench = Bench::new(DatasetOptions::default());
    let late = START_US - 5 * HOUR_US;
    bench.send(batch(&[START_US, late, -1, START_US + 1], vec![("number", ints([1, 2, 3, 4].map(Some)))]));
    let cut = bench.cut();
    let hours: Vec<(i64, u64)> = cut.cut.files.iter().map(|file| (file.hour, file.rows)).collect();
    assert_eq!(hours, [(-1, 1), (HOUR - 5, 1), (HOUR, 2)]);
    assert_eq!((cut.rows, cut.events), (4, 4));
    assert_eq!((cut.cut.first_position, cut.cut.last_position), (0, 3));
    let rows = read(&cut.cut.files[2].path);
    assert_eq!(rows["number"].as_primitive::<Int64Type>().values(), &[1, 4]);
}

#[test]
fn columns_stand_in_the_fixed_order_and_the_others_by_name() {
    let mut bench = Bench::new(DatasetOptions::default());
    let one = || strings([Some("x")]);
    bench.send(batch(&[START_US], vec![("zone", one()), ("message", one()), ("alpha", one())]));
    bench.send(batch(&[START_US], vec![("_extra", one()), ("hostname", one()), ("ingest_time", one())]));
    let cut = bench.cut();
    let names: Vec<&str> = cut.cut.files[0].columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["event_time", "ingest_time", "hostname", "message", "_extra", "alpha", "zone"]);
}

#[test]
fn statistics_and_bloom_filters_are_where_they_are_promised_and_nowhere_else() {
    let mut bench = Bench::new(DatasetOptions::default());
    let rows = 4_000;
    let times: Vec<i64> = (0..rows).map(|row| START_US + row).collect();
    let column = |text: fn(i64) -> String| strings((0..rows).map(|row| Some(text(row))));
    bench.send(batch(
        &times,
        vec![
            ("hostname", column(|row| format!("host-{}", row % 32))),
            ("source_ip", column(|row| format!("10.0.{}.{}", row / 250, row % 250))),
            ("message", column(|row| format!("message number {row}"))),
            ("essay", column(|row| format!("{row} {}", "word ".repeat(30)))),
            ("plain", column(|row| format!("{row}"))),
            ("count", ints((0..rows).map(Some))),
        ],
    ));
    let cut = bench.cut();
    let path = &cut.cut.files[0].path;
    let options = ReadOptionsBuilder::new().with_page_index().build();
    let reader = SerializedFileReader::new_with_options(File::open(path).unwrap(), options).unwrap();
    let footer = reader.metadata();
    let group = footer.row_group(0);
    let bloom = reader.get_row_group(0).unwrap();
    for (index, column) in group.columns().iter().enumerate() {
        let name = column.column_path().string();
        let has_statistics = column.statistics().is_some_and(|found| found.min_bytes_opt().is_some());
        assert_eq!(has_statistics, !["message", "essay"].contains(&name.as_str()), "{name}");
        let filter = bloom.get_column_bloom_filter(index);
        assert_eq!(filter.is_some(), ["hostname", "source_ip"].contains(&name.as_str()), "{name}");
        if name == "source_ip" {
            assert!(filter.unwrap().check("10.0.3.7"));
            let wrong =
                (0..1_000).filter(|n| filter.unwrap().check(format!("172.16.0.{n}").as_str())).count();
            assert!(wrong < 50, "{wrong} of 1000 addresses that are not there");
        }
        assert!(matches!(column.compression(), Compression::ZSTD(_)), "{name}");
        let has_dictionary = column.dictionary_page_offset().is_some();
        assert_eq!(has_dictionary, name == "hostname", "{name}");
    }
    assert!(group.column(0).encodings().any(|encoding| encoding == Encoding::DELTA_BINARY_PACKED));
    assert!(footer.offset_index().is_some_and(|index| !index[0][0].page_locations().is_empty()));
    assert!(footer.column_index().is_some());
}

#[test]
fn the_file_says_what_it_holds() {
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send(numbered(START_US, 10));
    let cut = bench.cut();
    let path = &cut.cut.files[0].path;
    assert_eq!(path.file_name().unwrap(), "acme--fw--498658--3-0-9.parquet");
    let footer = metadata(path);
    let pairs = footer.file_metadata().key_value_metadata().unwrap();
    let value = |key: &str| pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone());
    assert_eq!(value("bytefreezer.dataset").as_deref(), Some("acme/fw"));
    assert_eq!(value("bytefreezer.instance").as_deref(), Some("box1"));
    assert_eq!(value("bytefreezer.shard").as_deref(), Some("3"));
    assert_eq!(value("bytefreezer.first_position").as_deref(), Some("0"));
    assert_eq!(value("bytefreezer.last_position").as_deref(), Some("9"));
    assert_eq!(value("bytefreezer.rows").as_deref(), Some("10"));
    assert_eq!(value("bytefreezer.min_event_time_us"), Some(START_US.to_string()));
    assert_eq!(value("bytefreezer.max_event_time_us"), Some((START_US + 9).to_string()));
    assert_eq!(value("bytefreezer.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_row_group_has_the_rows_it_may_have() {
    let mut bench = Bench::new(DatasetOptions { row_group_rows: 100, ..DatasetOptions::default() });
    bench.send(numbered(START_US, 30));
    bench.send(numbered(START_US + 30, 220));
    let cut = bench.cut();
    let footer = metadata(&cut.cut.files[0].path);
    let rows: Vec<i64> = footer.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [100, 100, 50]);
    let numbers: Vec<i64> =
        read(&cut.cut.files[0].path)["number"].as_primitive::<Int64Type>().values().to_vec();
    assert_eq!(numbers, (0..30).chain(0..220).collect::<Vec<_>>());
}

#[test]
fn a_row_group_is_written_when_it_holds_the_memory_it_may_hold() {
    let options = DatasetOptions { row_group_memory_bytes: 100_000, ..DatasetOptions::default() };
    let mut bench = Bench::new(options);
    for part in 0..10 {
        bench.send(numbered(START_US + part * 1_000, 1_000));
    }
    let cut = bench.cut();
    assert_eq!(cut.rows, 10_000);
    assert!(metadata(&cut.cut.files[0].path).num_row_groups() >= 4);
}

#[test]
fn a_field_of_megabytes_is_kept_whole() {
    let long = "0123456789abcdef".repeat(200_000);
    let mut bench = Bench::new(DatasetOptions::default());
    bench.send(batch(
        &[START_US],
        vec![("message", strings([Some(&long)])), ("hostname", strings([Some(&long)]))],
    ));
    let rows = read(&bench.cut().cut.files[0].path);
    assert_eq!(texts(&rows, "message"), [Some(long.clone())]);
    assert_eq!(texts(&rows, "hostname"), [Some(long)]);
}

#[test]
fn hundreds_of_small_batches_are_one_row_group() {
    let mut bench = Bench::new(DatasetOptions::default());
    for row in 0..1_300 {
        bench.send(numbered(START_US + row, 1));
    }
    let cut = bench.cut();
    let footer = metadata(&cut.cut.files[0].path);
    assert_eq!((footer.num_row_groups(), footer.row_group(0).num_rows()), (1, 1_300));
}
