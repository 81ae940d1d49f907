//! What was executed not long ago: a process that opens a connection may be gone before anyone looks into `/proc`.

use std::collections::{HashMap, VecDeque};

use crate::limits::EXECUTIONS_MAX;
use crate::record::Process;

/// What a process executes, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Execution {
    /// The file.
    pub executable: Option<String>,
    /// The first bytes of the arguments.
    pub command_line: Option<String>,
    /// There are more of them.
    pub truncated: bool,
    /// The control group of the process.
    pub cgroup: Option<String>,
}

/// The last executions, each under the number of its process.
#[derive(Debug, Default)]
pub struct Executions {
    by_pid: HashMap<u32, Remembered>,
    oldest_first: VecDeque<u32>,
}

#[derive(Debug)]
struct Remembered {
    name: String,
    parent: u32,
    execution: Execution,
}

impl Executions {
    /// Keeps one, in place of the oldest when there are too many.
    pub fn remember(&mut self, process: &Process, execution: Execution) {
        let remembered = Remembered { name: process.name.clone(), parent: process.parent, execution };
        if self.by_pid.insert(process.pid, remembered).is_none() {
            self.oldest_first.push_back(process.pid);
        }
        if self.oldest_first.len() > EXECUTIONS_MAX
            && let Some(pid) = self.oldest_first.pop_front()
        {
            self.by_pid.remove(&pid);
        }
    }

    /// What a process executed last. One with the same number and another name or parent is another process.
    pub fn find(&self, process: &Process) -> Option<&Execution> {
        let remembered = self.by_pid.get(&process.pid)?;
        let is_same = remembered.name == process.name && remembered.parent == process.parent;
        is_same.then_some(&remembered.execution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn process(pid: u32, name: &str) -> Process {
        Process { time: Duration::ZERO, pid, parent: 1, uid: 0, gid: 0, name: name.to_owned() }
    }

    fn execution(executable: &str) -> Execution {
        Execution { executable: Some(executable.to_owned()), ..Execution::default() }
    }

    #[test]
    fn the_last_execution_of_a_process_is_found() {
        let mut executions = Executions::default();
        executions.remember(&process(7, "sh"), execution("/bin/sh"));
        executions.remember(&process(7, "curl"), execution("/bin/curl"));
        assert_eq!(executions.find(&process(7, "curl")), Some(&execution("/bin/curl")));
        assert_eq!(executions.find(&process(8, "curl")), None);
    }

    #[test]
    fn another_process_with_the_same_number_is_not_taken_for_it() {
        let mut executions = Executions::default();
        executions.remember(&process(7, "curl"), execution("/bin/curl"));
        assert_eq!(executions.find(&process(7, "cron")), None);
        let other_parent = Process { parent: 2, ..process(7, "curl") };
        assert_eq!(executions.find(&other_parent), None);
    }

    #[test]
    fn the_oldest_gives_way() {
        let mut executions = Executions::default();
        for pid in 0..=EXECUTIONS_MAX as u32 {
            executions.remember(&process(pid, "x"), execution("/bin/x"));
        }
        assert_eq!(executions.find(&process(0, "x")), None);
        assert!(executions.find(&process(1, "x")).is_some());
        assert_eq!(
            (executions.by_pid.len(), executions.oldest_first.len()),
            (EXECUTIONS_MAX, EXECUTIONS_MAX)
        );
    }
}
