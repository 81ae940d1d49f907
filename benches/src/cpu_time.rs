//! Processor time of the calling thread: what a stage costs, also where other work shares the cores.

use std::time::Duration;

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

/// Processor time of `rounds` calls.
///
/// # Errors
/// When a call fails, or the kernel does not tell the time.
pub fn measure(rounds: u64, mut run: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let started_ns = thread_cpu_ns()?;
    for _ in 0..rounds {
        run()?;
    }
    Ok(Duration::from_nanos(thread_cpu_ns()? - started_ns))
}
