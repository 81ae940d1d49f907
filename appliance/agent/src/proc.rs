//! What `/proc` knows of a process, as far as it still lives and may be looked at.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::limits::{CGROUP_BYTES_MAX, COMMAND_LINE_BYTES_MAX};
use crate::record;

/// The length of the ids that container engines give.
const CONTAINER_ID_BYTES: usize = 64;

/// The folder `/proc`.
#[derive(Debug)]
pub struct Proc {
    root: PathBuf,
}

impl Proc {
    /// That of this machine.
    pub fn new() -> Self {
        Self { root: PathBuf::from("/proc") }
    }

    /// The file that a process executes.
    pub fn executable(&self, pid: u32) -> Option<String> {
        let target = fs::read_link(self.file(pid, "exe")).ok()?;
        Some(target.to_string_lossy().into_owned())
    }

    /// Its command line, and whether that was cut.
    pub fn command_line(&self, pid: u32) -> Option<(String, bool)> {
        let mut bytes = read_up_to(&self.file(pid, "cmdline"), COMMAND_LINE_BYTES_MAX as u64 + 1)?;
        let truncated = bytes.len() > COMMAND_LINE_BYTES_MAX;
        bytes.truncate(COMMAND_LINE_BYTES_MAX);
        // Threads of the kernel, and what has ended, have none.
        (!bytes.is_empty()).then(|| (record::command_line(&bytes), truncated))
    }

    /// The control group it is in.
    pub fn cgroup(&self, pid: u32) -> Option<String> {
        let bytes = read_up_to(&self.file(pid, "cgroup"), CGROUP_BYTES_MAX)?;
        longest_cgroup(&String::from_utf8_lossy(&bytes))
    }

    fn file(&self, pid: u32, name: &str) -> PathBuf {
        self.root.join(pid.to_string()).join(name)
    }
}

fn read_up_to(path: &Path, bytes_max: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(bytes_max).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Of the groups of a process (one with cgroup v2, one a controller with v1) the most telling path.
fn longest_cgroup(file: &str) -> Option<String> {
    let mut longest = "";
    for line in file.lines() {
        // "hierarchy:controllers:path"
        let path = line.splitn(3, ':').nth(2).unwrap_or("");
        if path.len() > longest.len() {
            longest = path;
        }
    }
    (!longest.is_empty()).then(|| longest.to_owned())
}

/// The id of the container that a control group belongs to, as Docker, containerd, CRI-O and Podman name theirs.
pub fn container_id(cgroup: &str) -> Option<&str> {
    cgroup.split('/').rev().find_map(|part| {
        let part = part.strip_suffix(".scope").unwrap_or(part);
        let id = part.rsplit(['-', ':']).next()?;
        let is_id = id.len() == CONTAINER_ID_BYTES && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_process_of_the_test_is_known() {
        let own = std::process::id();
        let proc = Proc::new();
        let executable = std::env::current_exe().unwrap();
        assert_eq!(proc.executable(own).as_deref(), executable.to_str());
        assert!(proc.command_line(own).is_some());
        assert!(proc.cgroup(own).is_some());
    }

    #[test]
    fn a_process_that_is_gone_has_nothing() {
        let proc = Proc { root: PathBuf::from("/nonexistent") };
        assert_eq!(proc.executable(1), None);
        assert_eq!(proc.command_line(1), None);
        assert_eq!(proc.cgroup(1), None);
    }

    #[test]
    fn a_long_command_line_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("7")).unwrap();
        let proc = Proc { root: folder.path().to_owned() };
        fs::write(proc.file(7, "cmdline"), "a\0".repeat(COMMAND_LINE_BYTES_MAX)).unwrap();
        let (line, truncated) = proc.command_line(7).unwrap();
        assert!(truncated && line.starts_with("a a a"));
        fs::write(proc.file(7, "cmdline"), "ls\0-l\0").unwrap();
        assert_eq!(proc.command_line(7), Some(("ls -l".to_owned(), false)));
    }

    #[test]
    fn the_longest_path_of_the_groups_is_taken() {
        assert_eq!(
            longest_cgroup("0::/system.slice/ssh.service\n").as_deref(),
            Some("/system.slice/ssh.service")
        );
        let old = format!("3:cpu:/\n2:pids:/docker/{ID}\n1:name=systemd:/docker\n");
        assert_eq!(longest_cgroup(&old), Some(format!("/docker/{ID}")));
        assert_eq!(longest_cgroup(""), None);
    }

    #[test]
    fn containers_are_found_by_their_ids() {
        for cgroup in [
            format!("/docker/{ID}"),
            format!("/system.slice/docker-{ID}.scope"),
            format!("/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope"),
            format!("/kubepods/besteffort/pod1/{ID}"),
            format!("/machine.slice/libpod-{ID}.scope/container"),
            format!("/k8s/pod:cri-containerd:{ID}"),
        ] {
            assert_eq!(container_id(&cgroup), Some(ID), "{cgroup}");
        }
        for cgroup in ["/", "/system.slice/ssh.service", "/docker/0123"] {
            assert_eq!(container_id(cgroup), None, "{cgroup}");
        }
    }
}
