//! Every maximum of the agent, and what happens when it is reached.

/// Bytes of the ring between kernel and agent, a power of two: some 3,000 executions. What finds no room is counted and
/// reported as lost.
pub const RING_BYTES: u32 = 4 << 20;

/// Connections on their way at a time. A further one is not reported, and counted as lost.
pub const CONNECTING_MAX: u32 = 16_384;

/// Bytes of a command line, as in `bpf/records.h`. A longer one is cut, and `command_line_truncated` says so.
pub const COMMAND_LINE_BYTES_MAX: usize = 1024;

/// Bytes of the name of an executed file, as in `bpf/records.h`. A longer one is cut.
pub const FILE_NAME_BYTES_MAX: usize = 256;

/// Bytes read of `/proc/PID/cgroup`. What stands further on is not looked at.
pub const CGROUP_BYTES_MAX: u64 = 16 << 10;

/// Events that wait for a TCP connection. A further one is dropped, and counted as unsent.
pub const WAITING_EVENTS_MAX: usize = 16_384;

/// Executions that are remembered for processes that are gone when they are asked about. The oldest gives way.
pub const EXECUTIONS_MAX: usize = 8192;
