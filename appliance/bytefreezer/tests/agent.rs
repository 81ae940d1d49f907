//! `bytefreezer agent ebpf` against the kernel of this machine. Where that does not let it look, the tests say so.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed; what is skipped is said"
)]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use serde_json::Value;
use support::{bytefreezer, err, out};

/// Much longer than an event takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// The user `nobody`.
const NOBODY: u32 = 65_534;

/// An agent that looks, ended at the end of the test.
struct Agent(Child);

impl Agent {
    /// `None` where the kernel does not let it look, which is said.
    fn start(arguments: &[&str]) -> Option<Self> {
        let check = bytefreezer(&["agent", "ebpf", "--check"]);
        if !check.status.success() {
            println!("skipped: {}", err(&check).trim());
            return None;
        }
        assert_eq!(out(&check), "the kernel lets the agent look\n");
        let mut child = Command::new(env!("CARGO_BIN_EXE_bytefreezer"))
            .args(["agent", "ebpf", "--host", "web1"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let agent = Self(child);
        assert!(BufReader::new(output).lines().any(|line| line.unwrap() == "ready"));
        Some(agent)
    }

    fn end(mut self) {
        kill(Pid::from_raw(self.0.id() as i32), Signal::SIGTERM).unwrap();
        assert!(self.0.wait().unwrap().success(), "SIGTERM ends it well");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Executes a program that is gone at once; gives its process number.
fn execute(argument: &str) -> u32 {
    let mut child = Command::new("/bin/true").arg(argument).spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    pid
}

/// The first event of a kind that a process made.
fn find<'a>(events: &'a [Value], kind: &str, pid: u32) -> Option<&'a Value> {
    events.iter().find(|event| event["event_type"] == kind && event["process"]["pid"] == pid)
}

fn assert_execution(event: &Value, argument: &str) {
    assert_eq!(event["host"], "web1");
    assert_eq!(event["process"]["ppid"], std::process::id());
    assert_eq!(event["process"]["uid"], Uid::current().as_raw());
    assert_eq!(event["process"]["name"], "true");
    assert_eq!(event["process"]["executable"], "/bin/true");
    assert_eq!(event["process"]["command_line"], format!("/bin/true {argument}"));
    let time = event["time"].as_str().unwrap();
    let age = chrono::Utc::now() - chrono::DateTime::parse_from_rfc3339(time).unwrap().to_utc();
    assert!(age.num_seconds().abs() < 60, "{time} is not now");
}

#[test]
fn executions_and_connections_arrive_as_datagrams() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    receiver.set_read_timeout(Some(PATIENCE)).unwrap();
    let target = receiver.local_addr().unwrap().to_string();
    let Some(agent) = Agent::start(&["--target", &target]) else {
        return;
    };
    let pid = execute("of a test");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    // Port 1 (tcpmux) is nobody's.
    TcpStream::connect("127.0.0.1:1").unwrap_err();

    let mut events = Vec::new();
    let mut buffer = vec![0; 65_536];
    let own = std::process::id();
    let is_connection =
        |event: &&Value| event["event_type"] == "network_connect" && event["process"]["pid"] == own;
    let give_up = Instant::now() + PATIENCE;
    while find(&events, "process_exec", pid).is_none() || events.iter().filter(is_connection).count() < 2 {
        assert!(Instant::now() < give_up, "not reported: {events:?}");
        let length = receiver.recv(&mut buffer).unwrap();
        events.push(serde_json::from_slice(&buffer[..length]).unwrap());
    }
    assert_execution(find(&events, "process_exec", pid).unwrap(), "of a test");
    let connections: Vec<&Value> = events.iter().filter(is_connection).collect();
    let network = &connections[0]["network"];
    assert_eq!(network["source_ip"], "127.0.0.1");
    assert_eq!(network["source_port"], connection.local_addr().unwrap().port());
    assert_eq!(network["dest_ip"], "127.0.0.1");
    assert_eq!(network["dest_port"], listener.local_addr().unwrap().port());
    assert_eq!(network["protocol"], "tcp");
    assert_eq!(network["outcome"], "established");
    let executable = std::env::current_exe().unwrap();
    assert_eq!(connections[0]["process"]["executable"], executable.to_str().unwrap());
    assert_eq!(connections[1]["network"]["dest_port"], 1);
    assert_eq!(connections[1]["network"]["outcome"], "failed");
    agent.end();
}

#[test]
fn events_arrive_as_lines_and_the_agent_does_not_report_its_own_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = format!("127.0.0.1:{port}");
    let Some(agent) = Agent::start(&["--target", &target, "--transport", "tcp"]) else {
        return;
    };
    let pid = execute("of lines");
    let (connection, _) = listener.accept().unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut lines = BufReader::new(connection);
    let mut events = Vec::<Value>::new();
    let mut ends_with: Option<u32> = None;
    // A second execution, so that all that the first brought about is there.
    loop {
        let mut line = String::new();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "{events:?}");
        events.push(serde_json::from_str(&line).unwrap());
        if ends_with.is_none() && find(&events, "process_exec", pid).is_some() {
            ends_with = Some(execute("at the end"));
        }
        if ends_with.is_some_and(|last| find(&events, "process_exec", last).is_some()) {
            break;
        }
    }
    assert_execution(find(&events, "process_exec", pid).unwrap(), "of lines");
    let own = events.iter().find(|event| event["network"]["dest_port"] == port);
    assert!(own.is_none(), "{own:?}");
    agent.end();
}

#[test]
fn without_rights_it_says_what_is_missing() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bytefreezer"));
    command.args(["agent", "ebpf"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if Uid::effective().is_root() {
        command.uid(NOBODY);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            println!("skipped: nobody may not execute the binary here: {error}");
            return;
        }
    };
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let reasons = ["lacks CAP_BPF", "is too old", "locked down", "has no bpf(2)", "forbids it"];
    assert!(reasons.iter().any(|reason| words.contains(reason)), "{words}");
    assert_eq!(words.lines().count(), 1, "{words}");
}
