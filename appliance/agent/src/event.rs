//! The JSON of an event.

use std::net::IpAddr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::clock::time_of_day;
use crate::executions::Execution;
use crate::machine::Machine;
use crate::proc::container_id;
use crate::record::{self, Connect, Exec, Record};

/// An event as it is sent.
#[derive(Debug, Serialize)]
pub struct Event<'a> {
    event_type: &'static str,
    #[serde(serialize_with = "rfc3339")]
    time: DateTime<Utc>,
    host: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<Process>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<Losses>,
}

#[derive(Debug, Serialize)]
struct Process {
    pid: u32,
    ppid: u32,
    uid: u32,
    gid: u32,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    executable: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command_line: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    command_line_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroup: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct Network {
    source_ip: IpAddr,
    source_port: u16,
    dest_ip: IpAddr,
    dest_port: u16,
    protocol: &'static str,
    outcome: &'static str,
}

/// Events that did not arrive, since the last time.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Losses {
    /// The kernel found no room for them.
    pub lost_events: u64,
    /// They could not be sent.
    pub unsent_events: u64,
}

impl<'a> Event<'a> {
    /// What the kernel reported, and what else is known of the process.
    pub fn of_record(record: Record, machine: &'a mut Machine) -> Self {
        match record {
            Record::Exec(exec) => Self::of_exec(exec, machine),
            Record::Connect(connect) => Self::of_connect(connect, machine),
        }
    }

    fn of_exec(exec: Exec, machine: &'a mut Machine) -> Self {
        let pid = exec.process.pid;
        let mut execution = Execution {
            executable: executed_file(exec.file_name, || machine.proc.executable(pid)),
            command_line: Some(exec.command_line),
            truncated: exec.truncated,
            cgroup: machine.proc.cgroup(pid),
        };
        if execution.command_line.as_deref() == Some("") {
            let (line, truncated) = machine.proc.command_line(pid).unzip();
            (execution.command_line, execution.truncated) = (line, truncated.unwrap_or(false));
        }
        machine.executions.remember(&exec.process, execution.clone());
        Self {
            event_type: "process_exec",
            time: time_of_day(exec.process.time),
            host: &machine.host,
            process: Some(Process::new(exec.process, execution)),
            network: None,
            agent: None,
        }
    }

    fn of_connect(connect: Connect, machine: &'a Machine) -> Self {
        let execution = machine.execution_of(&connect.process);
        let network = Network {
            source_ip: connect.source.0,
            source_port: connect.source.1,
            dest_ip: connect.destination.0,
            dest_port: connect.destination.1,
            protocol: "tcp",
            outcome: if connect.established { "established" } else { "failed" },
        };
        Self {
            event_type: "network_connect",
            time: time_of_day(connect.process.time),
            host: &machine.host,
            process: Some(Process::new(connect.process, execution)),
            network: Some(network),
            agent: None,
        }
    }

    /// That events did not arrive.
    pub fn of_losses(losses: Losses, host: &'a str) -> Self {
        let time = Utc::now();
        Self { event_type: "agent_losses", time, host, process: None, network: None, agent: Some(losses) }
    }
}

impl Process {
    fn new(process: record::Process, execution: Execution) -> Self {
        let container_id = execution.cgroup.as_deref().and_then(container_id).map(str::to_owned);
        Self {
            pid: process.pid,
            ppid: process.parent,
            uid: process.uid,
            gid: process.gid,
            name: process.name,
            executable: execution.executable,
            command_line: execution.command_line,
            command_line_truncated: execution.truncated,
            cgroup: execution.cgroup,
            container_id,
        }
    }
}

/// The file that was executed: what the kernel was told where that is a whole path (a process may be gone before anyone
/// can look), else what `/proc` says. Paths that mean something else in each process say nothing.
fn executed_file(told: String, of_proc: impl FnOnce() -> Option<String>) -> Option<String> {
    let is_whole = told.starts_with('/') && !told.starts_with("/dev/fd/") && !told.starts_with("/proc/");
    if is_whole {
        return Some(told);
    }
    of_proc().or_else(|| (!told.is_empty()).then_some(told))
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn process() -> record::Process {
        // Numbers that no process has: /proc adds nothing.
        record::Process {
            time: Duration::ZERO,
            pid: u32::MAX,
            parent: 1,
            uid: 1000,
            gid: 100,
            name: "curl".to_owned(),
        }
    }

    fn json_without_time(event: &Event<'_>) -> Value {
        let mut value = serde_json::to_value(event).unwrap();
        let time = value.as_object_mut().unwrap().remove("time").unwrap();
        assert!(DateTime::parse_from_rfc3339(time.as_str().unwrap()).is_ok());
        value
    }

    #[test]
    fn an_execution_has_the_process() {
        let exec = Exec {
            process: process(),
            file_name: "/usr/bin/curl".to_owned(),
            command_line: "curl -s".to_owned(),
            truncated: true,
        };
        let mut machine = Machine::new("web1".to_owned());
        let event = Event::of_record(Record::Exec(exec), &mut machine);
        let expected = json!({
            "event_type": "process_exec",
            "host": "web1",
            "process": {
                "pid": u32::MAX, "ppid": 1, "uid": 1000, "gid": 100, "name": "curl",
                "executable": "/usr/bin/curl", "command_line": "curl -s", "command_line_truncated": true,
            },
        });
        assert_eq!(json_without_time(&event), expected);
    }

    fn connect() -> Record {
        Record::Connect(Connect {
            process: process(),
            source: ("192.0.2.1".parse().unwrap(), 40_000),
            destination: ("2001:db8::1".parse().unwrap(), 443),
            established: false,
        })
    }

    #[test]
    fn a_connection_has_both_ends() {
        let mut machine = Machine::new("web1".to_owned());
        let event = Event::of_record(connect(), &mut machine);
        let expected = json!({
            "event_type": "network_connect",
            "host": "web1",
            "process": { "pid": u32::MAX, "ppid": 1, "uid": 1000, "gid": 100, "name": "curl" },
            "network": {
                "source_ip": "192.0.2.1", "source_port": 40_000,
                "dest_ip": "2001:db8::1", "dest_port": 443,
                "protocol": "tcp", "outcome": "failed",
            },
        });
        assert_eq!(json_without_time(&event), expected);
    }

    #[test]
    fn a_connection_of_a_process_that_is_gone_has_what_was_executed() {
        let mut machine = Machine::new("web1".to_owned());
        let cgroup = format!("/docker/{}", "0a".repeat(32));
        let execution = Execution {
            executable: Some("/usr/bin/curl".to_owned()),
            command_line: Some("curl -s".to_owned()),
            truncated: false,
            cgroup: Some(cgroup),
        };
        machine.executions.remember(&process(), execution);
        let event = json_without_time(&Event::of_record(connect(), &mut machine));
        assert_eq!(event["process"]["executable"], "/usr/bin/curl");
        assert_eq!(event["process"]["command_line"], "curl -s");
        assert_eq!(event["process"]["container_id"], "0a".repeat(32));
    }

    #[test]
    fn losses_are_an_event() {
        let event = Event::of_losses(Losses { lost_events: 3, unsent_events: 1 }, "web1");
        let expected = json!({
            "event_type": "agent_losses", "host": "web1",
            "agent": { "lost_events": 3, "unsent_events": 1 },
        });
        assert_eq!(json_without_time(&event), expected);
    }

    #[test]
    fn the_executed_file_is_a_whole_path_where_one_is_known() {
        let of_proc = || Some("/home/u/a.out".to_owned());
        assert_eq!(executed_file("/bin/ls".to_owned(), of_proc).as_deref(), Some("/bin/ls"));
        assert_eq!(executed_file("./a.out".to_owned(), of_proc).as_deref(), Some("/home/u/a.out"));
        assert_eq!(executed_file("/dev/fd/3".to_owned(), of_proc).as_deref(), Some("/home/u/a.out"));
        assert_eq!(executed_file("/proc/self/exe".to_owned(), of_proc).as_deref(), Some("/home/u/a.out"));
        assert_eq!(executed_file("./a.out".to_owned(), || None).as_deref(), Some("./a.out"));
        assert_eq!(executed_file(String::new(), || None), None);
    }
}
