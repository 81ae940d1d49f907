//! Counters (section 5, "Counter Data Types"; "sFlow Host Structures").

use bytes::BufMut;

use super::{put_mac, put_opaque, put_record};

/// `if_counters` (RFC 2233).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InterfaceCounters {
    /// ifIndex.
    pub index: u32,
    /// ifType.
    pub kind: u32,
    /// Bits a second.
    pub speed: u64,
    /// 1 full duplex, 2 half duplex.
    pub direction: u32,
    /// Bit 0: up by the administrator; bit 1: up.
    pub status: u32,
    /// Bytes in.
    pub in_octets: u64,
    /// Unicast packets, multicasts, broadcasts, discards, errors and unknown protocols in.
    pub in_counts: [u32; 6],
    /// Bytes out.
    pub out_octets: u64,
    /// Unicast packets, multicasts, broadcasts, discards and errors out.
    pub out_counts: [u32; 5],
    /// Whether it takes frames for others.
    pub promiscuous: u32,
}

/// `ethernet_counters` (RFC 2358), in the order of the structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EthernetCounters(
    /// dot3StatsAlignmentErrors, ..., dot3StatsSymbolErrors.
    pub [u32; 13],
);

/// `vlan_counters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VlanCounters {
    /// VLAN.
    pub vlan_id: u32,
    /// Bytes.
    pub octets: u64,
    /// Unicast packets, multicasts, broadcasts and discards.
    pub counts: [u32; 4],
}

/// `processor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProcessorCounters {
    /// Hundredths of a percent in the last 5 seconds, minute and 5 minutes.
    pub cpu: [u32; 3],
    /// Bytes of memory.
    pub total_memory: u64,
    /// Bytes of it that are free.
    pub free_memory: u64,
}

/// `host_descr`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostDescription {
    /// Name.
    pub hostname: String,
    /// UUID.
    pub uuid: [u8; 16],
    /// 2 is x86, 3 x86-64.
    pub machine_type: u32,
    /// 2 is Linux.
    pub os_name: u32,
    /// Release of the kernel.
    pub os_release: String,
}

/// `host_cpu`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HostCpu {
    /// Load averages over 1, 5 and 15 minutes.
    pub load: [f32; 3],
    /// Processes running and in total, CPUs, MHz, seconds of uptime, milliseconds of user, nice, system, idle, waiting,
    /// interrupt and soft interrupt time, interrupts, context switches.
    pub counts: [u32; 14],
}

/// `host_memory`: total, free, shared, buffers, cached, swap total and swap free; then pages in, out, swapped in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HostMemory {
    /// Bytes.
    pub bytes: [u64; 7],
    /// Pages.
    pub pages: [u32; 4],
}

/// `host_net_io`: bytes, then packets, errors and drops, first in, then out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HostNetwork {
    /// Bytes in and out.
    pub bytes: [u64; 2],
    /// Packets, errors and drops in.
    pub in_counts: [u32; 3],
    /// Packets, errors and drops out.
    pub out_counts: [u32; 3],
}

/// A counter record.
#[derive(Debug, Clone, PartialEq)]
pub enum CounterRecord {
    /// `if_counters`.
    Interface(InterfaceCounters),
    /// `ethernet_counters`.
    Ethernet(EthernetCounters),
    /// `vlan_counters`.
    Vlan(VlanCounters),
    /// `processor`.
    Processor(ProcessorCounters),
    /// `host_descr`.
    HostDescription(HostDescription),
    /// `host_adapters`: ifIndex and MAC address of each.
    HostAdapters(Vec<(u32, [u8; 6])>),
    /// `host_cpu`.
    HostCpu(HostCpu),
    /// `host_memory`.
    HostMemory(HostMemory),
    /// `host_net_io`.
    HostNetwork(HostNetwork),
    /// A structure that we have no name for.
    Other {
        /// Enterprise (20 bits) and format (12 bits).
        format: u32,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

impl CounterRecord {
    /// Appends the record with its format and length.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Interface(counters) => put_record(1, out, |out| put_interface(counters, out)),
            Self::Ethernet(counters) => put_record(2, out, |out| put_all(&counters.0, out)),
            Self::Vlan(counters) => put_record(5, out, |out| {
                out.put_u32(counters.vlan_id);
                out.put_u64(counters.octets);
                put_all(&counters.counts, out);
            }),
            Self::Processor(counters) => put_record(1001, out, |out| {
                put_all(&counters.cpu, out);
                out.put_u64(counters.total_memory);
                out.put_u64(counters.free_memory);
            }),
            Self::HostDescription(host) => put_record(2000, out, |out| {
                put_opaque(host.hostname.as_bytes(), out);
                out.put_slice(&host.uuid);
                put_all(&[host.machine_type, host.os_name], out);
                put_opaque(host.os_release.as_bytes(), out);
            }),
            Self::HostAdapters(adapters) => put_record(2001, out, |out| {
                out.put_u32(adapters.len() as u32);
                for (index, mac) in adapters {
                    out.put_u32(*index);
                    out.put_u32(1);
                    put_mac(*mac, out);
                }
            }),
            Self::HostCpu(cpu) => put_record(2003, out, |out| {
                cpu.load.iter().for_each(|load| out.put_f32(*load));
                put_all(&cpu.counts, out);
            }),
            Self::HostMemory(memory) => put_record(2004, out, |out| {
                memory.bytes.iter().for_each(|bytes| out.put_u64(*bytes));
                put_all(&memory.pages, out);
            }),
            Self::HostNetwork(network) => put_record(2006, out, |out| {
                out.put_u64(network.bytes[0]);
                put_all(&network.in_counts, out);
                out.put_u64(network.bytes[1]);
                put_all(&network.out_counts, out);
            }),
            Self::Other { format, bytes } => {
                out.put_u32(*format);
                put_opaque(bytes, out);
            }
        }
    }
}

fn put_interface(counters: &InterfaceCounters, out: &mut Vec<u8>) {
    put_all(&[counters.index, counters.kind], out);
    out.put_u64(counters.speed);
    put_all(&[counters.direction, counters.status], out);
    out.put_u64(counters.in_octets);
    put_all(&counters.in_counts, out);
    out.put_u64(counters.out_octets);
    put_all(&counters.out_counts, out);
    out.put_u32(counters.promiscuous);
}

fn put_all(numbers: &[u32], out: &mut Vec<u8>) {
    for number in numbers {
        out.put_u32(*number);
    }
}
