//! The program in the kernel and its ring of records.

use std::os::fd::{AsFd, BorrowedFd};

use aya::maps::{Array, MapData, RingBuf};
use aya::programs::BtfTracePoint;
use aya::{Btf, Ebpf, EbpfError, EbpfLoader};

use crate::limits::{CONNECTING_MAX, RING_BYTES};
use crate::record::{self, Record};
use crate::refusal::Refusal;

/// Made from `bpf/events.bpf.c` by `make ebpf`.
static PROGRAM: &[u8] = aya::include_bytes_aligned!("../bpf/events.bpf.o");

/// Functions of the program, and the tracepoints that they belong to.
const TRACEPOINTS: [(&str, &str); 2] =
    [("process_exec", "sched_process_exec"), ("connection_state", "inet_sock_set_state")];

/// The program in the kernel; it is taken out again when this is dropped.
pub struct Sensor {
    ring: RingBuf<MapData>,
    lost: Array<MapData, u64>,
    _programs: Ebpf,
}

impl Sensor {
    /// Puts the program into the kernel.
    ///
    /// # Errors
    /// When the kernel does not let it.
    pub fn attach() -> Result<Self, Refusal> {
        if let Some(refusal) = Refusal::foreseen() {
            return Err(refusal);
        }
        load().map_err(Refusal::of_attempt)
    }

    /// The next record: `None` when there is none now. A record that cannot be read is passed over.
    pub fn next(&mut self) -> Option<Record> {
        loop {
            let bytes = self.ring.next()?;
            if let Some(record) = record::parse(&bytes) {
                return Some(record);
            }
        }
    }

    /// How many records found no room since the program was attached.
    pub fn lost(&self) -> u64 {
        self.lost.get(&0, 0).unwrap_or(0)
    }
}

impl AsFd for Sensor {
    /// Readable when there are records.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ring.as_fd()
    }
}

fn load() -> Result<Sensor, EbpfError> {
    let types = Btf::from_sys_fs()?;
    let mut programs = EbpfLoader::new()
        .btf(Some(&types))
        .map_max_entries("events", RING_BYTES)
        .map_max_entries("connecting", CONNECTING_MAX)
        .load(PROGRAM)?;
    for (function, tracepoint) in TRACEPOINTS {
        let program = programs.program_mut(function).ok_or(EbpfError::NoBTF)?;
        let program: &mut BtfTracePoint = program.try_into()?;
        program.load(tracepoint, &types)?;
        program.attach()?;
    }
    let ring = RingBuf::try_from(programs.take_map("events").ok_or(EbpfError::NoBTF)?)?;
    let lost = Array::try_from(programs.take_map("lost").ok_or(EbpfError::NoBTF)?)?;
    Ok(Sensor { ring, lost, _programs: programs })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::PROGRAM;

    /// As `make ebpf` puts it into the object.
    fn sum_of_source() -> String {
        let mut sum = Sha256::new();
        sum.update(include_bytes!("../bpf/kernel.h"));
        sum.update(include_bytes!("../bpf/records.h"));
        sum.update(include_bytes!("../bpf/events.bpf.c"));
        sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_object_is_made_from_this_source() {
        let sum = sum_of_source();
        let found = PROGRAM.windows(sum.len()).any(|part| part == sum.as_bytes());
        assert!(found, "bpf/events.bpf.o is older than its source: run `make ebpf`");
    }
}
