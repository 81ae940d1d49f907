//! What the kernel says about this process.

use std::io;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

/// The process's use of the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProcessUsage {
    /// Memory in use.
    pub resident_bytes: u64,
    /// CPU time used so far, in the kernel included.
    pub cpu: Duration,
    /// Open file descriptors.
    pub open_descriptors: u64,
    /// Threads.
    pub threads: u64,
}

/// Reads the process's use of the machine from `/proc` and the kernel.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn process_usage() -> io::Result<ProcessUsage> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    // The descriptor that lists the folder is in the list.
    let open_descriptors = (std::fs::read_dir("/proc/self/fd")?.count() as u64).saturating_sub(1);
    Ok(ProcessUsage {
        resident_bytes: status_number(&status, "VmRSS:").saturating_mul(1024),
        cpu: duration(usage.user_time()) + duration(usage.system_time()),
        open_descriptors,
        threads: status_number(&status, "Threads:"),
    })
}

/// The number of a line of `/proc/self/status`; 0 where the kernel does not give it.
fn status_number(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn duration(time: nix::sys::time::TimeVal) -> Duration {
    let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_descriptors_and_threads() {
        let usage = process_usage().unwrap();
        assert!(usage.resident_bytes > 1024 * 1024, "{usage:?}");
        assert!(usage.open_descriptors >= 3, "{usage:?}");
        assert!(usage.threads >= 1, "{usage:?}");
    }
}
