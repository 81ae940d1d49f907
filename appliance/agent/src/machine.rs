//! What is known of this machine besides the kernel's records.

use crate::executions::{Execution, Executions};
use crate::proc::Proc;
use crate::record::Process;

/// This machine.
#[derive(Debug)]
pub struct Machine {
    /// Its name in the events.
    pub host: String,
    /// Its living processes.
    pub proc: Proc,
    /// What was executed not long ago.
    pub executions: Executions,
}

impl Machine {
    /// One that nothing was seen of yet.
    pub fn new(host: String) -> Self {
        Self { host, proc: Proc::new(), executions: Executions::default() }
    }

    /// What a process executes: by `/proc`, or if it is gone by what was seen when it began.
    pub fn execution_of(&self, process: &Process) -> Execution {
        let seen = self.executions.find(process);
        let (command_line, truncated) = match self.proc.command_line(process.pid) {
            Some((line, truncated)) => (Some(line), truncated),
            None => seen.map_or((None, false), |seen| (seen.command_line.clone(), seen.truncated)),
        };
        Execution {
            executable: self
                .proc
                .executable(process.pid)
                .or_else(|| seen.and_then(|seen| seen.executable.clone())),
            command_line,
            truncated,
            cgroup: self.proc.cgroup(process.pid).or_else(|| seen.and_then(|seen| seen.cgroup.clone())),
        }
    }
}
