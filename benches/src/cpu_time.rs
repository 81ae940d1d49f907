//! Processor time of the calling thread: what a stage costs, also where other work shares the cores.

use anyhow::Context;

/// Nanoseconds that the calling thread has run, exact to a few milliseconds.
///
/// # Errors
/// When the kernel does not tell.
pub fn thread_cpu_ns() -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("read schedstat")?;
    text.split(' ').next().and_then(|first| first.parse().ok()).context("schedstat begins with a number")
}
