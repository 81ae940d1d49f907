//! Datagrams of NetFlow v5.

use std::net::{IpAddr, Ipv4Addr};

use super::ring::{Datagram, Ring, header, runs};
use super::stamp::{Stamp, What};
use crate::netflow::fixed::{HEADER_BYTES, Header, Record, V5_RECORD_BYTES, V5_RECORDS_MAX, encode_v5};
use crate::traffic::{Family, Flow, Traffic};

/// Where the uptimes of a record stand.
const FIRST_AT: usize = 24;
const LAST_AT: usize = 28;

pub(super) fn ring(traffic: &mut Traffic, datagrams: usize, domains: u16, size: usize) -> Ring {
    let records = (size.saturating_sub(HEADER_BYTES) / V5_RECORD_BYTES).clamp(1, V5_RECORDS_MAX);
    let datagrams = runs(datagrams, domains, &[1])
        .into_iter()
        .map(|(_, domain)| {
            let mut flows = Vec::with_capacity(records + 1);
            while flows.len() < records {
                flows.extend(traffic.conversation(Family::V4));
            }
            flows.truncate(records);
            datagram(&flows, domain)
        })
        .collect();
    Ring { datagrams, announcements: Vec::new() }
}

fn datagram(flows: &[Flow], domain: u16) -> Datagram {
    let records: Vec<Record> = flows.iter().map(record).collect();
    // At most V5_RECORDS_MAX records: they can be counted.
    let bytes = encode_v5(&Header::default(), &records).unwrap_or_default();
    let mut stamps = header(&[
        (4, What::UptimeMs(0)),
        (8, What::Seconds(0)),
        (12, What::Nanoseconds),
        (16, What::Sequence),
        (21, What::Engine),
    ]);
    for (index, flow) in flows.iter().enumerate() {
        let start = HEADER_BYTES + index * V5_RECORD_BYTES;
        stamps.push(Stamp::new(start + FIRST_AT, What::UptimeMs(flow.start_age_ms)));
        stamps.push(Stamp::new(start + LAST_AT, What::UptimeMs(flow.end_age_ms)));
    }
    let count = flows.len() as u32;
    // The sequence of v5 counts flows.
    Datagram { bytes, stamps, records: count, sequence_step: count, domain }
}

fn record(flow: &Flow) -> Record {
    let is_icmp = flow.protocol == 1;
    Record {
        source_ip: v4(flow.source_ip),
        dest_ip: v4(flow.dest_ip),
        next_hop: v4(flow.next_hop),
        input: flow.input as u16,
        output: flow.output as u16,
        packets: flow.packets as u32,
        bytes: flow.bytes.min(u64::from(u32::MAX)) as u32,
        source_port: flow.source_port,
        dest_port: if is_icmp {
            u16::from(flow.icmp_type) << 8 | u16::from(flow.icmp_code)
        } else {
            flow.dest_port
        },
        tcp_flags: flow.tcp_flags,
        protocol: flow.protocol,
        tos: flow.tos,
        source_as: as_number(flow.source_as),
        dest_as: as_number(flow.dest_as),
        source_mask: flow.source_mask,
        dest_mask: flow.dest_mask,
        ..Record::default()
    }
}

/// What stands for an AS that has no 16-bit number (RFC 6793, section 9).
const AS_TRANS: u16 = 23_456;

fn as_number(number: u32) -> u16 {
    u16::try_from(number).unwrap_or(AS_TRANS)
}

fn v4(address: IpAddr) -> Ipv4Addr {
    match address {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}
