//! What concerns a whole process (its environment, its standard error) is tried in a child: this program again, with one of
//! the tests that are ignored otherwise.

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output};
use std::time::Duration;

use bytefreezer_core::config::{LogConfig, LogFormat, LogLevel};
use bytefreezer_core::logging::{LOG_VARIABLE, init_logging};
use bytefreezer_core::systemd;

fn run_child(test: &str, environment: &[(&str, &str)]) -> std::io::Result<Output> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([test, "--exact", "--ignored", "--nocapture"]);
    for variable in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", LOG_VARIABLE] {
        command.env_remove(variable);
    }
    command.envs(environment.iter().copied()).output()
}

#[test]
fn systemd_is_told_how_the_process_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let output = run_child("child_tells_systemd", &[("NOTIFY_SOCKET", path.to_str().unwrap())]).unwrap();
    assert!(output.status.success(), "{output:?}");

    let mut messages = Vec::new();
    let mut buffer = [0; 4096];
    for _ in 0..4 {
        let length = socket.recv(&mut buffer).unwrap();
        messages.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
    }
    assert_eq!(messages[0].trim_end(), "READY=1\nSTATUS=2 shards");
    assert!(messages[1].starts_with("RELOADING=1\nMONOTONIC_USEC="), "{messages:?}");
    assert_eq!(messages[2].trim_end(), "STATUS=half a line");
    assert_eq!(messages[3].trim_end(), "STOPPING=1\nSTATUS=draining");
}

#[test]
#[ignore = "run by systemd_is_told_how_the_process_is"]
fn child_tells_systemd() {
    systemd::notify_ready("2 shards");
    systemd::notify_reloading();
    systemd::notify_status("half a\nline");
    systemd::notify_stopping("draining");
}

#[test]
fn without_systemd_nothing_happens() {
    let output = run_child("child_tells_systemd", &[]).unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_json_log_has_an_object_a_line_on_standard_error() {
    let output = run_child("child_logs", &[("LOG_FORMAT", "json")]).unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let messages: Vec<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    // `first` is below the level at start, `second` is let through by the changed one.
    assert_eq!(messages, ["careful\nnow", "second"], "{text}");
    assert_eq!((&lines[0]["level"], &lines[0]["shard"]), (&"WARN".into(), &1.into()));
}

#[test]
fn a_text_log_in_the_journal_has_no_colours_and_no_time_of_its_own() {
    let output = run_child("child_logs", &[("LOG_FORMAT", "text"), ("JOURNAL_STREAM", "8:1")]).unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.trim_start().starts_with("WARN"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_environment_sets_the_level() {
    let output = run_child("child_logs", &[("LOG_FORMAT", "text"), (LOG_VARIABLE, "error")]).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let output =
        run_child("child_logs", &[("LOG_FORMAT", "text"), (LOG_VARIABLE, "info,=,,loud=soft")]).unwrap();
    assert!(!output.status.success());
}

#[test]
#[ignore = "run by the tests of the log"]
fn child_logs() {
    let format = match std::env::var("LOG_FORMAT").as_deref() {
        Ok("json") => LogFormat::Json,
        _ => LogFormat::Text,
    };
    let mut config = LogConfig { format, level: LogLevel::Warn };
    let handle = init_logging(&config).unwrap();
    tracing::info!("first");
    tracing::warn!(shard = 1, "careful\nnow");
    config.level = LogLevel::Info;
    handle.set_level(&config).unwrap();
    tracing::info!("second");
}
