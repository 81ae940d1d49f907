//! `decode` and `convert`, as scripts use them.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod support;

use serde_json::json;
use support::{bytefreezer, bytefreezer_with_input, err, file, out, rows};

const NOW: &str = "2026-01-02T00:00:00Z";
/// RFC 5424 section 6.5, examples 1 and 3; RFC 3164 section 5.4, example 1.
const RFC5424_1: &str = "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{feff}'su root' failed for lonvick on /dev/pts/8";
const RFC5424_3: &str = "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"] \u{feff}An application event log entry...";
const RFC3164_1: &str = "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8";

#[test]
fn the_examples_of_the_rfcs_become_rows_in_their_order() {
    let text = format!("{RFC5424_1}\n\n{RFC5424_3}\r\n{RFC3164_1}\n");
    let (_folder, path) = file("messages.log", text.as_bytes());
    let done = bytefreezer(&["decode", "--format", "syslog", "--assume-now", NOW, path.to_str().unwrap()]);
    assert!(done.status.success(), "{}", err(&done));
    let rows = rows(&done);
    assert_eq!(rows.len(), 3, "a blank line is no message");
    assert_eq!(rows[0]["event_time"], "2003-10-11T22:14:15.003000Z");
    assert_eq!(rows[0]["ingest_time"], "2026-01-02T00:00:00.000000Z");
    assert_eq!((&rows[0]["facility"], &rows[0]["severity"]), (&json!(4), &json!(2)));
    assert_eq!(rows[0]["hostname"], "mymachine.example.com");
    assert_eq!(rows[0]["message"], "'su root' failed for lonvick on /dev/pts/8");
    assert!(rows[0].get("proc_id").is_none(), "what is not there is left out");
    let structured: serde_json::Value =
        serde_json::from_str(rows[1]["structured_data"].as_str().unwrap()).unwrap();
    assert_eq!(structured["exampleSDID@32473"]["eventSource"], "Application");
    assert_eq!(
        rows[2]["event_time"], "2025-10-11T22:14:15.000000Z",
        "the year nearest to the time of receipt"
    );
    let summary: serde_json::Value = serde_json::from_str(err(&done).trim()).unwrap();
    assert_eq!(summary, json!({"rows": 3, "errors": {}}));
}

#[test]
fn malformed_input_is_kept_counted_and_no_error() {
    let done = bytefreezer_with_input(&["decode", "-"], b"<999>1 nonsense \xff\xfe\n");
    assert_eq!(done.status.code(), Some(0));
    let rows = rows(&done);
    assert_eq!(rows.len(), 1);
    let reason = rows[0]["parse_error"].as_str().unwrap();
    assert_eq!(rows[0]["raw"], "<999>1 nonsense \\xff\\xfe");
    let summary: serde_json::Value = serde_json::from_str(err(&done).trim()).unwrap();
    assert_eq!(summary["errors"][reason], 1);
}

#[test]
fn octet_counting_keeps_line_breaks_and_a_lost_count_is_told() {
    let message = "<34>1 - - - - - - two\nlines";
    let text = format!("{} {message}{} {message}", message.len(), message.len());
    let done = bytefreezer_with_input(&["decode", "--framing", "octet-counted", "-"], text.as_bytes());
    let found = rows(&done);
    assert_eq!(found.len(), 2, "{}", out(&done));
    assert_eq!(found[1]["message"], "two\nlines");
}

#[test]
fn input_longer_than_a_block_and_a_read_is_whole() {
    let mut text = String::new();
    for number in 0..30_000 {
        text.push_str(&format!("<34>1 2026-01-01T00:00:00Z h a - - - number {number}\n"));
    }
    let (_folder, path) = file("messages.log", text.as_bytes());
    let done = bytefreezer(&["decode", path.to_str().unwrap()]);
    let rows = rows(&done);
    assert_eq!(rows.len(), 30_000);
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row["message"], format!("number {number}"));
    }
}

#[test]
fn a_damaged_capture_gives_what_is_intact() {
    // A pcap of raw IPv4 (link type 101) with one datagram, then the header of a packet that is not there.
    let payload = b"<34>1 - h a - - - captured";
    let mut capture = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        capture.extend_from_slice(&word.to_le_bytes());
    }
    let length = 28 + payload.len() as u32;
    for word in [1_767_225_600_u32, 5, length, length] {
        capture.extend_from_slice(&word.to_le_bytes());
    }
    let total = (length as u16).to_be_bytes();
    capture.extend_from_slice(&[
        0x45, 0, total[0], total[1], 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
    ]);
    let udp = (8 + payload.len() as u16).to_be_bytes();
    capture.extend_from_slice(&[0x12, 0x34, 2, 2, udp[0], udp[1], 0, 0]);
    capture.extend_from_slice(payload);
    capture.extend_from_slice(&[1, 2, 3, 4, 5]);
    let (_folder, path) = file("capture.bin", &capture);
    let done = bytefreezer(&["decode", path.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let rows = rows(&done);
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["peer_ip"], &rows[0]["peer_port"]), (&json!("192.0.2.1"), &json!(0x1234)));
    assert_eq!(rows[0]["ingest_time"], "2026-01-01T00:00:00.000005Z");
    assert!(err(&done).contains("damaged"), "{}", err(&done));
}

#[test]
fn a_file_that_cannot_be_read_is_exit_1_and_a_wrong_format_exit_2() {
    let done = bytefreezer(&["decode", "/nowhere/at.all"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(err(&done).contains("cannot read /nowhere/at.all"), "{}", err(&done));
    let done = bytefreezer(&["decode", "--format", "sislog", "x"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(err(&done).contains("the formats are: syslog"), "{}", err(&done));
}

#[test]
fn convert_filters_and_writes_one_file_that_is_whole() {
    let text = format!(
        "{RFC5424_3}\n<34>1 - h a - - - action=deny\n<34>1 - h a - - - {{\"n\": 1}}\n<34>1 - h a - - - {{\"n\": 1.5}}\n"
    );
    let (folder, path) = file("messages.log", text.as_bytes());
    let filters = folder.path().join("filters.json");
    std::fs::write(&filters, r#"{"filters":[{"type":"drop","config":{"condition":"action == 'deny'"}}]}"#)
        .unwrap();
    let parquet = folder.path().join("out.parquet");
    let arguments =
        ["convert", "--threads", "1", "--zstd-level", "3", "--filters", filters.to_str().unwrap()];
    let arguments = [&arguments[..], &[path.to_str().unwrap(), parquet.to_str().unwrap()]].concat();
    let done = bytefreezer(&arguments);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let summary: serde_json::Value = serde_json::from_str(err(&done).trim()).unwrap();
    assert_eq!((&summary["rows"], &summary["filtered"]), (&json!(4), &json!(1)));
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(
        std::fs::File::open(&parquet).unwrap(),
        1024,
    )
    .unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 3);
    let number = batches[0].schema();
    assert_eq!(number.field_with_name("n").unwrap().data_type(), &arrow::datatypes::DataType::Float64);
    assert!(!folder.path().join("out.parquet.partial").exists());
}

#[test]
fn convert_reads_json_by_its_name() {
    let events = b"{\"ts\":\"2026-01-02T00:00:00.5Z\",\"n\":1}\n{\"ts\":\"2026-01-02T00:00:01Z\",\"n\":9223372036854775807}\n";
    let (folder, path) = file("a.ndjson", events);
    let parquet = folder.path().join("out.parquet");
    let done = bytefreezer(&["convert", path.to_str().unwrap(), parquet.to_str().unwrap()]);
    assert!(done.status.success(), "{}", err(&done));
    let summary: serde_json::Value = serde_json::from_str(err(&done).trim()).unwrap();
    assert_eq!((&summary["rows"], &summary["errors"]), (&json!(2), &json!({})));
    let file = std::fs::File::open(&parquet).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, 1024).unwrap();
    let batch = reader.map(Result::unwrap).next().unwrap();
    let number = batch.schema().field_with_name("n").unwrap().clone();
    assert_eq!(number.data_type(), &arrow::datatypes::DataType::Int64);
}

#[test]
fn convert_refuses_what_it_cannot_do() {
    let (folder, filters) = file("f.json", br#"{"filters":[{"type":"dorp"}]}"#);
    let parquet = folder.path().join("out.parquet");
    let arguments = ["convert", "--filters", filters.to_str().unwrap(), "x.log", parquet.to_str().unwrap()];
    let done = bytefreezer(&arguments);
    assert_eq!(done.status.code(), Some(1));
    assert!(err(&done).contains("dorp") && err(&done).contains("drop"), "{}", err(&done));
    assert!(!parquet.exists());
}

#[test]
fn auto_tells_datagrams_of_flows_from_text_and_one_text_file_from_the_next() {
    let mut sflow = vec![0, 0, 0, 5, 0, 0, 0, 1, 192, 0, 2, 1];
    sflow.resize(28, 0);
    let (_folder, datagram) = file("datagram.bin", &sflow);
    let (_folder_2, table) = file("a.csv", b"name,zip\nJo,01234\n");
    let (_folder_3, other) = file("b.csv", b"zip,city\n04109,Leipzig\n");
    let files = [&datagram, &table, &other].map(|path| path.to_str().unwrap());
    let done = bytefreezer(&[&["decode", "--format", "auto"], &files[..]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let rows = rows(&done);
    let formats: Vec<_> = rows.iter().map(|row| row["detected_format"].as_str().unwrap()).collect();
    assert_eq!(formats, ["sflow", "csv", "csv", "csv", "csv"], "{rows:?}");
    assert_eq!(rows[0]["source_type"], "sflow");
    assert_eq!((&rows[2]["name"], &rows[2]["zip"]), (&json!("Jo"), &json!("01234")));
    assert_eq!((&rows[4]["zip"], &rows[4]["city"]), (&json!("04109"), &json!("Leipzig")));
}
