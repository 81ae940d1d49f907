//! Why the kernel does not let the agent look, in words that say what to do.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;

use nix::errno::Errno;

/// Where the kernel describes its structures.
const KERNEL_TYPES: &str = "/sys/kernel/btf/vmlinux";
const LOCKDOWN: &str = "/sys/kernel/security/lockdown";
/// Rings for events came with 5.8; BTF tracepoints are older.
const OLDEST_KERNEL: (u32, u32) = (5, 8);
/// capabilities(7): CAP_SYS_ADMIN stands for the two others.
const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;

/// Why the kernel does not let the agent look.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The kernel has no rings for events.
    #[error("Linux {release} is too old: the agent needs 5.8 or newer")]
    KernelTooOld {
        /// As `uname -r` says it.
        release: String,
    },
    /// The kernel does not describe its structures.
    #[error(
        "{KERNEL_TYPES} is not there: the agent needs a kernel built with CONFIG_DEBUG_INFO_BTF=y (those of Debian 11, Ubuntu 20.10, RHEL 8 and newer are); in a container, mount /sys"
    )]
    NoTypes,
    /// Nobody may read the kernel's memory.
    #[error(
        "the kernel is locked down to `confidentiality`, which keeps every program from reading its memory: boot it with lockdown=integrity or without lockdown"
    )]
    LockedDown,
    /// The process lacks capabilities.
    #[error(
        "the process lacks {missing}: run it as root, or by its unit (`systemctl start bytefreezer-agent`), which gives it what it needs and no more"
    )]
    MissingCapabilities {
        /// Their names.
        missing: String,
    },
    /// The capabilities do not count here.
    #[error(
        "the kernel forbids it although the capabilities are there: in a container they do not count (user namespace), or its system call filter keeps bpf(2) back; run the agent on the host, or let the container have bpf(2)"
    )]
    Forbidden(#[source] Box<dyn Error + Send + Sync>),
    /// The kernel was built without BPF.
    #[error("the kernel has no bpf(2): the agent needs one built with CONFIG_BPF_SYSCALL=y")]
    NoBpf(#[source] Box<dyn Error + Send + Sync>),
    /// The tracepoints are not there, or the kernel does not take the program.
    #[error("this kernel does not take the agent's program")]
    NotTaken(#[source] Box<dyn Error + Send + Sync>),
}

impl Refusal {
    /// What stands in the way, as far as it can be known without trying; the least curable first.
    pub fn foreseen() -> Option<Self> {
        let release = nix::sys::utsname::uname().map(|name| name.release().to_string_lossy().into_owned());
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let lockdown = fs::read_to_string(LOCKDOWN).unwrap_or_default();
        if let Some(refusal) = release.ok().and_then(too_old) {
            return Some(refusal);
        }
        if lockdown.contains("[confidentiality]") {
            return Some(Self::LockedDown);
        }
        if let Some(refusal) = missing_capabilities(&status) {
            return Some(refusal);
        }
        (!Path::new(KERNEL_TYPES).exists()).then_some(Self::NoTypes)
    }

    /// What an attempt that failed says.
    pub fn of_attempt(error: impl Error + Send + Sync + 'static) -> Self {
        match system_error(&error) {
            Some(Errno::EPERM | Errno::EACCES) if !is_verdict(&error) => Self::Forbidden(Box::new(error)),
            Some(Errno::ENOSYS) => Self::NoBpf(Box::new(error)),
            _ => Self::NotTaken(Box::new(error)),
        }
    }
}

/// The kernel's own reason at the bottom of an error.
fn system_error(error: &(dyn Error + 'static)) -> Option<Errno> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let number = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        if let Some(number) = number {
            return Some(Errno::from_raw(number));
        }
        cause = error.source();
    }
    None
}

/// The verifier says EACCES too, and what it found.
fn is_verdict(error: &(dyn Error + 'static)) -> bool {
    error.to_string().contains("Verifier output: ")
        && !error.to_string().trim_end().ends_with("Verifier output:")
}

fn too_old(release: String) -> Option<Refusal> {
    let mut numbers = release.split(|character: char| !character.is_ascii_digit()).map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return None;
    };
    ((major, minor) < OLDEST_KERNEL).then_some(Refusal::KernelTooOld { release })
}

fn missing_capabilities(status: &str) -> Option<Refusal> {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    let effective = u64::from_str_radix(line.trim(), 16).ok()?;
    let has = |capability: u32| effective >> capability & 1 == 1;
    if has(CAP_SYS_ADMIN) {
        return None;
    }
    let missing = match (has(CAP_BPF), has(CAP_PERFMON)) {
        (true, true) => return None,
        (false, true) => "CAP_BPF",
        (true, false) => "CAP_PERFMON",
        (false, false) => "CAP_BPF and CAP_PERFMON",
    };
    Some(Refusal::MissingCapabilities { missing: missing.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("loading failed")]
    struct Loading(#[source] io::Error);

    fn refusal(number: Errno) -> Refusal {
        Refusal::of_attempt(Loading(io::Error::from_raw_os_error(number as i32)))
    }

    #[test]
    fn an_old_kernel_is_told_by_its_release() {
        for release in ["4.19.0-26-amd64", "5.7.19", "5.4.0-150-generic", "3.10"] {
            let refusal = too_old(release.to_owned()).expect(release);
            assert!(refusal.to_string().contains(release));
        }
        for release in ["5.8.0", "5.15.0-1", "6.1.0-30-amd64", "10.0", "6.18.44-fc-v657", "unknown"] {
            assert!(too_old(release.to_owned()).is_none(), "{release}");
        }
    }

    #[test]
    fn missing_capabilities_are_named() {
        let missing = |mask: &str| {
            let refusal = missing_capabilities(&format!("Name:\tx\nCapEff:\t{mask}\n"));
            refusal.map(|refusal| refusal.to_string())
        };
        assert_eq!(missing("000001ffffffffff"), None);
        assert_eq!(missing("000000c000000000"), None, "CAP_BPF and CAP_PERFMON");
        assert_eq!(missing("0000000000200000"), None, "CAP_SYS_ADMIN");
        assert!(missing("0000000000000000").unwrap().contains("lacks CAP_BPF and CAP_PERFMON"));
        assert!(missing("0000008000000000").unwrap().contains("lacks CAP_PERFMON:"));
        assert!(missing("0000004000000000").unwrap().contains("lacks CAP_BPF:"));
        assert_eq!(missing("nothing"), None, "what cannot be read is tried");
    }

    #[test]
    fn what_the_kernel_answered_decides() {
        assert!(matches!(refusal(Errno::EPERM), Refusal::Forbidden(_)));
        assert!(matches!(refusal(Errno::ENOSYS), Refusal::NoBpf(_)));
        assert!(matches!(refusal(Errno::EINVAL), Refusal::NotTaken(_)));
    }

    #[test]
    fn a_verdict_of_the_verifier_is_not_a_question_of_rights() {
        #[derive(Debug, thiserror::Error)]
        #[error("returned EACCES. Verifier output: R1 invalid mem access")]
        struct Verdict(#[source] io::Error);
        let error = Verdict(io::Error::from_raw_os_error(Errno::EACCES as i32));
        assert!(matches!(Refusal::of_attempt(error), Refusal::NotTaken(_)));
    }
}
