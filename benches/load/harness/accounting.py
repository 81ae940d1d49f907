"""CPU, memory and dropped datagrams, from /proc."""
import os
import socket

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def core_busy_s(core):
    """Busy seconds of a core since boot: everything but idle and iowait, steal included."""
    with open("/proc/stat") as stat:
        for line in stat:
            if line.startswith(f"cpu{core} "):
                ticks = [int(field) for field in line.split()[1:9]]
                return (sum(ticks) - ticks[3] - ticks[4]) / TICKS_A_SECOND
    raise ValueError(f"no core {core}")


def process_cpu_s(pid):
    """User and system seconds of a process, all its threads, ended ones too."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def peak_memory_mib(pid):
    """The most memory the process has had resident."""
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return 0


def kernel_drops(port):
    """Datagrams dropped by the kernel at the sockets bound to a UDP port."""
    drops = 0
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        with open(table) as lines:
            next(lines)
            for line in lines:
                fields = line.split()
                if int(fields[1].rsplit(":", 1)[1], 16) == port:
                    drops += int(fields[12])
    return drops


def free_port(kind=socket.SOCK_STREAM):
    """A port nobody has at the moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class CpuMeter:
    """CPU of a process and of its core, from now on."""

    def __init__(self, pid, core):
        self.pid, self.core = pid, core
        self.process_before, self.core_before = process_cpu_s(pid), core_busy_s(core)

    def process_s(self):
        return process_cpu_s(self.pid) - self.process_before

    def foreign_s(self):
        """What others used of the core."""
        return max(0.0, core_busy_s(self.core) - self.core_before - self.process_s())
