//! Which CPUs the shards get, and which are left to the rest of the process.

use anyhow::{Context, bail};
use bytefreezer_core::config::Cpus;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// CPUs of this process, divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuPlan {
    /// One shard each.
    pub shards: Vec<usize>,
    /// For everything else; all CPUs where the shards have taken every one.
    pub rest: Vec<usize>,
}

impl CpuPlan {
    /// The plan for what the configuration says.
    ///
    /// # Errors
    /// When a CPU is named that this process may not use.
    pub fn new(cpus: &Cpus) -> anyhow::Result<Self> {
        Self::among(cpus, &usable()?)
    }

    fn among(cpus: &Cpus, usable: &[usize]) -> anyhow::Result<Self> {
        let shards: Vec<usize> = match cpus {
            Cpus::Auto(_) if usable.len() > 2 => usable[1..].to_vec(),
            Cpus::Auto(_) => usable.to_vec(),
            Cpus::List(named) => named.iter().map(|cpu| usize::from(*cpu)).collect(),
        };
        for cpu in &shards {
            if !usable.contains(cpu) {
                bail!("shards.cpus names cpu {cpu}, which this process may not use: it has {usable:?}");
            }
        }
        let left: Vec<usize> = usable.iter().copied().filter(|cpu| !shards.contains(cpu)).collect();
        let rest = if left.is_empty() { usable.to_vec() } else { left };
        Ok(Self { shards, rest })
    }
}

fn usable() -> anyhow::Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0)).context("cannot find out which cpus this process may use")?;
    Ok((0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect())
}

/// Binds the calling thread to CPUs. Where the system refuses, the thread runs where the kernel wants.
pub fn bind_thread(cpus: &[usize]) {
    let mut set = CpuSet::new();
    for cpu in cpus {
        if set.set(*cpu).is_err() {
            return;
        }
    }
    let _ = sched_setaffinity(Pid::from_raw(0), &set);
}

#[cfg(test)]
mod tests {
    use bytefreezer_core::config::AutoWord;

    use super::*;

    #[test]
    fn one_cpu_is_left_to_the_rest_where_there_are_more_than_two() {
        let auto = Cpus::Auto(AutoWord::Auto);
        let plan = CpuPlan::among(&auto, &[0, 1, 2, 3]).unwrap();
        assert_eq!(plan, CpuPlan { shards: vec![1, 2, 3], rest: vec![0] });
        let plan = CpuPlan::among(&auto, &[0, 1]).unwrap();
        assert_eq!(plan, CpuPlan { shards: vec![0, 1], rest: vec![0, 1] });
    }

    #[test]
    fn a_cpu_that_is_not_there_is_named() {
        let error = CpuPlan::among(&Cpus::List(vec![0, 7]), &[0, 1]).unwrap_err();
        assert!(error.to_string().contains("cpu 7"), "{error}");
    }
}
