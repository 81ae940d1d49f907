//! Configuration, lake, log and documents on the command line.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{bytefreezer, err, file, out};

#[test]
fn a_wrong_configuration_is_exit_78_with_place_reason_and_advice() {
    let (_folder, path) = file("a.yaml", b"log:\n  lvel: info\n");
    let shown = path.to_str().unwrap();
    for arguments in [
        vec!["validate", shown],
        vec!["sql", "--config", shown, "select 1"],
        vec!["config", "show", "--config", shown],
        vec!["run", "--config", shown],
        vec!["proxy", "--config", shown],
        vec!["query", "--config", shown],
    ] {
        let done = bytefreezer(&arguments);
        assert_eq!(done.status.code(), Some(78), "{arguments:?}: {}", err(&done));
        let problem = err(&done);
        assert!(problem.starts_with(&format!("{shown}:2:3: log.lvel: ")), "{problem}");
        assert!(problem.contains("level"), "{problem}");
    }
}

#[test]
fn a_wrong_filter_is_found_by_validate() {
    let text = b"datasets:\n  - dataset: fw\n    filters:\n      - type: drop\n        config: {condition: \"action = 'deny'\"}\n";
    let (_folder, path) = file("a.yaml", text);
    let done = bytefreezer(&["validate", path.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(78), "{}", err(&done));
    assert!(err(&done).contains("datasets[0].filters"), "{}", err(&done));
}

#[test]
fn a_right_configuration_is_shown_without_its_secrets() {
    let text = b"query:\n  token: very-secret\n  rows_max: 77\n";
    let (_folder, path) = file("a.yaml", text);
    let shown = path.to_str().unwrap();
    let done = bytefreezer(&["validate", shown]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let effective = out(&bytefreezer(&["config", "show", "--effective", "--config", shown]));
    assert!(effective.contains("rows_max: 77") && effective.contains("timeout_seconds:"), "{effective}");
    assert!(!effective.contains("very-secret"));
    let different = out(&bytefreezer(&["config", "show", "--config", shown]));
    assert!(different.contains("rows_max: 77") && !different.contains("timeout_seconds:"), "{different}");
    let schema: serde_json::Value = serde_json::from_str(&out(&bytefreezer(&["config", "schema"]))).unwrap();
    assert!(schema["properties"]["datasets"].is_object());
}

/// A folder with the lake of one dataset, made by `convert`.
fn lake() -> tempfile::TempDir {
    let (folder, path) = file(
        "messages.log",
        b"<34>1 2026-01-01T00:00:00Z h1 a - - - one\n<34>1 2026-01-01T00:00:01Z h2 a - - - two\n",
    );
    let hour = folder.path().join("lake/default/syslog/data/parquet/year=2026/month=01/day=01/hour=00");
    std::fs::create_dir_all(&hour).unwrap();
    let parquet = hour.join("here-0-0-1.parquet");
    let done = bytefreezer(&["convert", path.to_str().unwrap(), parquet.to_str().unwrap()]);
    assert!(done.status.success(), "{}", err(&done));
    folder
}

#[test]
fn sql_answers_as_table_json_and_csv_and_says_what_is_wrong() {
    let folder = lake();
    let data_dir = folder.path().to_str().unwrap();
    let sql = |format: &str, statement: &str| {
        bytefreezer(&["sql", "--data-dir", data_dir, "--format", format, statement])
    };
    let done = sql("csv", "select count(*) as n from default.syslog");
    assert_eq!(out(&done), "n\n2\n", "{}", err(&done));
    let done = sql("json", "select hostname, message from syslog order by message");
    let rows: serde_json::Value = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!(rows[1], serde_json::json!({"hostname": "h2", "message": "two"}));
    assert!(out(&sql("table", "select message from syslog")).contains("2 rows"));

    let done = sql("csv", "select hostnme from syslog");
    assert_eq!(done.status.code(), Some(1));
    assert!(err(&done).contains("hostname"), "{}", err(&done));
    let done = sql("csv", "drop table syslog");
    assert_eq!(done.status.code(), Some(1));
    let done = bytefreezer(&["sql", "--data-dir", "/nowhere/at/all", "select 1"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(err(&done).contains("there is no lake in /nowhere/at/all"), "{}", err(&done));
}

#[test]
fn the_query_role_answers_reloads_and_ends_on_sigterm() {
    let folder = lake();
    let config = folder.path().join("a.yaml");
    let text =
        format!("data_dir: {}\nquery:\n  listen: 127.0.0.1:0\n  token: let-me-in\n", folder.path().display());
    std::fs::write(&config, text).unwrap();
    let mut role = Command::new(env!("CARGO_BIN_EXE_bytefreezer"))
        .args(["query", "--config", config.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(role.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap().strip_prefix("query: http://").unwrap().to_owned();
    assert_eq!(lines.next().unwrap(), "ready");
    assert!(request(&address, "GET /readyz", "", "").contains(" 200 "));
    let body = r#"{"sql": "select count(*) as n from syslog"}"#;
    let refused = request(&address, "POST /api/v1/query/sql", "", body);
    assert!(refused.contains(" 401 "), "{refused}");
    let answer = request(&address, "POST /api/v1/query/sql", "authorization: Bearer let-me-in\r\n", body);
    assert!(answer.contains(" 200 ") && answer.contains('2'), "{answer}");

    let process = Pid::from_raw(role.id() as i32);
    kill(process, Signal::SIGHUP).unwrap();
    assert!(request(&address, "GET /healthz", "", "").contains(" 200 "));
    kill(process, Signal::SIGTERM).unwrap();
    assert_eq!(role.wait().unwrap().code(), Some(0));
}

fn request(address: &str, what: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let text = format!(
        "{what} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn top_prints_the_table_once_or_says_who_does_not_answer() {
    let done = bytefreezer(&["top", "--once", "--url", "http://127.0.0.1:1"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(err(&done).contains("http://127.0.0.1:1/api/v1/ledger"), "{}", err(&done));
}

#[test]
fn the_log_of_a_shard_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let done = bytefreezer(&["wal", "inspect", path]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(out(&done).contains("segments: 0, next position: 0"), "{}", out(&done));
    let done = bytefreezer(&["wal", "inspect", "--json", path]);
    let found: serde_json::Value = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!(found["events_pending"], 0);
    assert_eq!(out(&bytefreezer(&["wal", "repair", path])), "nothing is damaged\n");
    assert_eq!(out(&bytefreezer(&["wal", "export", path])), "");
    assert_eq!(bytefreezer(&["wal", "inspect", "/nowhere/at/all"]).status.code(), Some(1));
}

#[test]
fn every_command_has_a_manual_page_and_every_shell_its_completions() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    let done = bytefreezer(&["man", pages.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    for page in ["bytefreezer.1", "bytefreezer-run.1", "bytefreezer-sql.1", "bytefreezer-wal-inspect.1"] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(out(&bytefreezer(&["completions", shell])).contains("bytefreezer"), "{shell}");
    }
    assert_eq!(bytefreezer(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bytefreezer"))
        .args(["config", "schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), err(&done)), (Some(0), String::new()));
}
