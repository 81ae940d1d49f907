//! Processor time of the calling thread: what a stage costs, also where other work shares the cores.

use anyhow::Context;
use nix::time::{ClockId, clock_gettime};

/// Nanoseconds that the calling thread has run.
///
/// # Errors
/// When the kernel does not tell.
pub fn thread_cpu_ns() -> anyhow::Result<u64> {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).context("read the clock of the thread")?;
    Ok(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}
