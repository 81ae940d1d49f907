//! `bytefreezer filters` on the command line, and the same test over HTTP of a running role.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::{bytefreezer, bytefreezer_with_input, err, file, out};

const FILTERS: &str = r#"{"filters": [
    {"type": "drop", "config": {"condition": "level == 'debug'"}},
    {"type": "split", "config": {"field": "names", "terminator": ";"}},
    {"type": "enricher", "config": {"source_field": "names", "enrichment": "names.csv"}, "condition": "n == 1"}
]}"#;
const ROWS: &[u8] = b"{\"level\":\"debug\",\"n\":0}\n{\"level\":\"info\",\"names\":\"a;b\",\"n\":1}\n";

#[test]
fn the_catalogue_is_listed_for_people_and_for_programs() {
    let names = out(&bytefreezer(&["filters", "list"]));
    assert!(names.lines().any(|line| line.starts_with("grok ")), "{names}");
    let keys = out(&bytefreezer(&["filters", "list", "geoip"]));
    assert!(keys.starts_with("geoip: ") && keys.contains("source_field (string"), "{keys}");
    let all: Value =
        serde_json::from_str(&out(&bytefreezer(&["filters", "list", "--format", "json"]))).unwrap();
    let one = out(&bytefreezer(&["filters", "list", "--format", "json", "drop"]));
    assert!(all.as_array().unwrap().contains(&serde_json::from_str(&one).unwrap()));
    let done = bytefreezer(&["filters", "list", "geo"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(err(&done).contains("there is no filter `geo`"), "{}", err(&done));
}

#[test]
fn a_test_says_what_each_filter_did_with_each_row() {
    let (folder, filters) = file("filters.json", FILTERS.as_bytes());
    std::fs::write(folder.path().join("names.csv"), "names,kind\na,first\n").unwrap();
    let (filters, resources) = (filters.to_str().unwrap(), folder.path().to_str().unwrap());
    let arguments = ["filters", "test", "--filters", filters, "--resources", resources];
    let test = |more: &[&str]| bytefreezer_with_input(&[&arguments[..], more].concat(), ROWS);

    let done = test(&["--output", "json", "-"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let report: Value = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!((&report["rows_in"], &report["rows_out"]), (&json!(2), &json!(2)));
    assert_eq!(report["results"][0]["applied"][0]["outcome"], "dropped");
    assert_eq!(report["results"][1]["applied"][1]["rows_out"], 2);
    assert_eq!(report["results"][1]["output"][1]["names"], "b");

    let shown = out(&test(&["-"]));
    for part in [
        "1  drop: dropped",
        "2  split: changed, 1 -> 2 rows",
        "2 rows in, 2 out",
        "filter 1 (drop) dropped 1",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    let (_folder, log) = file("a.log", b"<34>1 2026-01-01T00:00:00Z h1 a - - - one\n");
    let done = test(&["--format", "syslog", "--output", "json", log.to_str().unwrap()]);
    let report: Value = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!(report["results"][0]["output"][0]["hostname"], "h1");
}

#[test]
fn filters_that_do_not_compile_are_exit_1_with_their_places() {
    let text = br#"[{"type": "drop", "config": {"condition": "level = 'debug'"}}, {"type": "dorp"}]"#;
    let (_folder, filters) = file("filters.json", text);
    let path = filters.to_str().unwrap();
    let done = bytefreezer_with_input(&["filters", "test", "--filters", path, "-"], ROWS);
    assert_eq!(done.status.code(), Some(1));
    let message = err(&done);
    assert!(message.contains("filter 1 (drop), key `condition`, column 7"), "{message}");
    assert!(message.contains("filter 2 (dorp): unknown type `dorp`, did you mean `drop`?"), "{message}");
    assert_eq!(out(&done), "");
    let done = bytefreezer_with_input(&["filters", "test", "--filters", path, "--output", "json", "-"], ROWS);
    assert_eq!(done.status.code(), Some(1));
    let report: Value = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!(report["errors"][0]["column"], 7);

    let eleven = Value::from(vec![json!({"type": "passthrough"}); 11]).to_string();
    let (_folder, filters) = file("filters.json", eleven.as_bytes());
    for (path, message) in [
        (filters.to_str().unwrap(), "11 filters: a test takes at most 10"),
        ("/nowhere/filters.json", "cannot read the filters"),
    ] {
        let done = bytefreezer_with_input(&["filters", "test", "--filters", path, "-"], ROWS);
        assert_eq!(done.status.code(), Some(1));
        assert!(err(&done).contains(message), "{}", err(&done));
    }
}

#[test]
fn the_query_role_tests_filters_with_the_resources_of_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    for made in ["lake", "resources"] {
        std::fs::create_dir(folder.path().join(made)).unwrap();
    }
    std::fs::write(folder.path().join("resources/names.csv"), "names,kind\na,first\n").unwrap();
    let config = folder.path().join("a.yaml");
    let text = format!("data_dir: {}\nquery:\n  listen: 127.0.0.1:0\n", folder.path().display());
    std::fs::write(&config, text).unwrap();
    let mut role = Command::new(env!("CARGO_BIN_EXE_bytefreezer"))
        .args(["query", "--config", config.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(role.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap().strip_prefix("query: http://").unwrap().to_owned();
    let filters: Value = serde_json::from_str(FILTERS).unwrap();
    let body = json!({"filters": filters, "rows": [{"names": "a;b", "n": 1}]}).to_string();
    let answer = post(&address, "/api/v1/transformations/test", &body);
    role.kill().unwrap();
    role.wait().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 200 "), "{answer}");
    let report: Value = serde_json::from_str(body).unwrap();
    assert_eq!(report["results"][0]["output"].as_array().map(Vec::len), Some(2), "{report}");
    let added = &report["results"][0]["applied"][2]["added"];
    assert!(added.as_array().is_some_and(|columns| !columns.is_empty()), "{report}");
}

fn post(address: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let text = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
