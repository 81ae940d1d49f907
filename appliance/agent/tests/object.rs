//! The object in `bpf/` is what its compiler makes of the source. `make ebpf` makes it.

use std::path::Path;
use std::process::Command;

#[test]
fn the_object_is_what_the_compiler_makes() {
    for tool in ["clang-14", "llvm-strip-14"] {
        if Command::new(tool).arg("--version").output().is_err() {
            println!("skipped: no {tool} (`make ebpf` installs it)");
            return;
        }
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("events.bpf.o");
    let script = Command::new(repository.join("scripts/ebpf-object.sh")).arg(&made).output().unwrap();
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
    let kept = std::fs::read(repository.join("appliance/agent/bpf/events.bpf.o")).unwrap();
    let made = std::fs::read(made).unwrap();
    assert!(made == kept, "bpf/events.bpf.o is not made of this source: run `make ebpf`");
}
