//! Datagrams of sFlow: packets of the flows, and every now and then counters.

use std::net::{IpAddr, Ipv4Addr};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::packets::packet_of;
use super::ring::{Datagram, Ring, header, runs};
use super::stamp::{Stamp, What};
use crate::sflow::{
    CounterRecord, CounterSample, Datagram as Message, EthernetCounters, FlowRecord, FlowSample, Gateway,
    HostCpu, HostDescription, HostMemory, HostNetwork, InterfaceCounters, RawPacketHeader, Router, Sample,
    SourceId, encode,
};
use crate::traffic::{Family, Flow, INTERFACES, Traffic};

/// Bytes of a packet that are copied, as most switches do.
const HEADER_BYTES_MAX: usize = 128;
/// One packet of so many is sampled.
const SAMPLING_RATE: u32 = 512;
/// Bytes before the samples, with an IPv4 agent.
const DATAGRAM_HEADER_BYTES: usize = 28;
/// Where the sequence of a sample stands.
const SEQUENCE_AT: usize = 8;
/// The frame's checksum, which is never copied.
const FRAME_CHECK_BYTES: u32 = 4;

pub(super) fn ring(traffic: &mut Traffic, datagrams: usize, domains: u16, size: usize, seed: u64) -> Ring {
    let mut rng = SmallRng::seed_from_u64(seed);
    let datagrams = runs(datagrams, domains, &[7, 1])
        .into_iter()
        .map(|(kind, domain)| {
            let samples = if kind == 0 {
                flow_samples(traffic, domain, size, &mut rng)
            } else {
                counter_samples(domain, &mut rng)
            };
            datagram(samples, domain)
        })
        .collect();
    Ring { datagrams, announcements: Vec::new() }
}

/// The first domain is a switch with the compact structures; the others have the expanded ones.
fn is_expanded(domain: u16) -> bool {
    domain > 0
}

fn datagram(samples: Vec<Sample>, domain: u16) -> Datagram {
    let mut stamps = header(&[(12, What::Domain), (16, What::Sequence), (20, What::UptimeMs(0))]);
    let mut records = 0;
    let mut start = DATAGRAM_HEADER_BYTES;
    for sample in &samples {
        let mut bytes = Vec::new();
        sample.encode(&mut bytes);
        records += stamp_sample(sample, start, &mut stamps);
        start += bytes.len();
    }
    let agent = IpAddr::from(Ipv4Addr::new(192, 168, 255, 10 + domain as u8));
    let message = Message { agent, sub_agent: 0, sequence: 0, uptime_ms: 0, samples };
    Datagram { bytes: encode(&message), stamps, records, sequence_step: 1, domain }
}

/// Adds the stamps of a sample that starts at `start`; returns how many records it is.
fn stamp_sample(sample: &Sample, start: usize, stamps: &mut Vec<Stamp>) -> u32 {
    match sample {
        Sample::Flow(flow) | Sample::ExpandedFlow(flow) => {
            let source = source_number(flow.source);
            // The expanded source is a word longer.
            let pool_at = start + if matches!(sample, Sample::Flow(_)) { 20 } else { 24 };
            stamps.push(Stamp::new(start + SEQUENCE_AT, What::SampleSequence(source)));
            stamps.push(Stamp::new(pool_at, What::SamplePool(source, flow.sampling_rate)));
            1
        }
        Sample::Counters(counters) | Sample::ExpandedCounters(counters) => {
            let source = source_number(counters.source) + INTERFACES.len() as u8;
            stamps.push(Stamp::new(start + SEQUENCE_AT, What::SampleSequence(source)));
            let records_at = start + if matches!(sample, Sample::Counters(_)) { 20 } else { 24 };
            if let Some(CounterRecord::Interface(interface)) = counters.records.first() {
                stamp_interface(interface, records_at, stamps);
            }
            counters.records.len() as u32
        }
        Sample::Discarded(_) | Sample::Other { .. } => 1,
    }
}

/// The counters of an interface grow: bytes and unicast packets, in and out.
fn stamp_interface(interface: &InterfaceCounters, record_at: usize, stamps: &mut Vec<Stamp>) {
    let bytes_a_second = interface.speed / 80 / u64::from(interface.index);
    stamps.push(Stamp::new(record_at + 32, What::Counter64(bytes_a_second)));
    stamps.push(Stamp::new(record_at + 40, What::Counter32(bytes_a_second / 700)));
    stamps.push(Stamp::new(record_at + 64, What::Counter64(bytes_a_second / 3)));
    stamps.push(Stamp::new(record_at + 72, What::Counter32(bytes_a_second / 2_100)));
}

fn source_number(source: SourceId) -> u8 {
    INTERFACES.iter().position(|interface| interface.index == source.index).unwrap_or(0) as u8
}

/// Samples of packets, as many as `size` holds.
fn flow_samples(traffic: &mut Traffic, domain: u16, size: usize, rng: &mut SmallRng) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut bytes = vec![0; DATAGRAM_HEADER_BYTES];
    loop {
        let family = if rng.random_range(0..4) == 0 { Family::V6 } else { Family::V4 };
        for flow in traffic.conversation(family) {
            let sample = flow_sample(&flow, domain, rng);
            sample.encode(&mut bytes);
            if !samples.is_empty() && bytes.len() > size {
                return samples;
            }
            samples.push(sample);
        }
    }
}

fn flow_sample(flow: &Flow, domain: u16, rng: &mut SmallRng) -> Sample {
    let frame = packet_of(flow, rng).encode();
    let mut header = frame.clone();
    header.truncate(HEADER_BYTES_MAX);
    let mut records = vec![FlowRecord::RawPacketHeader(RawPacketHeader {
        protocol: 1,
        frame_bytes: frame.len() as u32 + FRAME_CHECK_BYTES,
        stripped_bytes: FRAME_CHECK_BYTES,
        header,
    })];
    let vlan = u32::from(flow.vlan_id);
    records.push(FlowRecord::ExtendedSwitch {
        source_vlan: vlan,
        source_priority: 0,
        dest_vlan: vlan,
        dest_priority: 0,
    });
    if is_expanded(domain) {
        records.push(FlowRecord::ExtendedRouter(Router {
            next_hop: flow.next_hop,
            source_mask: u32::from(flow.source_mask),
            dest_mask: u32::from(flow.dest_mask),
        }));
    }
    match rng.random_range(0..16) {
        0..4 if is_expanded(domain) => records.push(FlowRecord::ExtendedGateway(gateway(flow))),
        4 => records.push(FlowRecord::ExtendedUser {
            source_user: "alice@example.net".to_owned(),
            dest_user: String::new(),
        }),
        5 if flow.dest_port == 80 => records.push(FlowRecord::ExtendedUrl {
            direction: 2,
            url: "/static/app.js".to_owned(),
            host: flow.server_name.to_owned(),
        }),
        _ => {}
    }
    let sample = FlowSample {
        sequence: 0,
        source: SourceId { kind: 0, index: flow.input },
        sampling_rate: SAMPLING_RATE,
        sample_pool: 0,
        drops: 0,
        input: flow.input,
        output: flow.output,
        records,
    };
    if is_expanded(domain) { Sample::ExpandedFlow(sample) } else { Sample::Flow(sample) }
}

fn gateway(flow: &Flow) -> Gateway {
    Gateway {
        next_hop: flow.next_hop,
        own_as: 64_512,
        source_as: flow.source_as,
        source_peer_as: flow.source_as,
        dest_path: vec![64_497, flow.dest_as],
        communities: vec![64_497 << 16 | 100],
        local_preference: 100,
    }
}

/// Counters of each interface, and of the host that the agent runs on.
fn counter_samples(domain: u16, rng: &mut SmallRng) -> Vec<Sample> {
    let mut samples: Vec<CounterSample> =
        INTERFACES.iter().map(|interface| interface_sample(interface.index, rng)).collect();
    samples.push(CounterSample {
        sequence: 0,
        source: SourceId { kind: 2, index: 1 },
        records: host_records(domain, rng),
    });
    let wrap = if is_expanded(domain) { Sample::ExpandedCounters } else { Sample::Counters };
    samples.into_iter().map(wrap).collect()
}

fn interface_sample(index: u32, rng: &mut SmallRng) -> CounterSample {
    let interface = InterfaceCounters {
        index,
        kind: 6,
        speed: if index == 1 { 10_000_000_000 } else { 1_000_000_000 },
        direction: 1,
        status: 3,
        in_counts: [
            0,
            rng.random_range(0..100_000),
            rng.random_range(0..9_000),
            0,
            rng.random_range(0..3),
            0,
        ],
        out_counts: [0, rng.random_range(0..100_000), rng.random_range(0..9_000), 0, 0],
        ..InterfaceCounters::default()
    };
    let mut ethernet = EthernetCounters::default();
    ethernet.0[1] = rng.random_range(0..3);
    CounterSample {
        sequence: 0,
        source: SourceId { kind: 0, index },
        records: vec![CounterRecord::Interface(interface), CounterRecord::Ethernet(ethernet)],
    }
}

fn host_records(domain: u16, rng: &mut SmallRng) -> Vec<CounterRecord> {
    let mut cpu = HostCpu { load: [0.25, 0.5, 0.75], ..HostCpu::default() };
    cpu.counts[..5].copy_from_slice(&[2, 180 + rng.random_range(0..20), 4, 2_400, 3_456_000]);
    vec![
        CounterRecord::HostDescription(HostDescription {
            hostname: format!("sw-ams-{:02}", domain + 1),
            uuid: [domain as u8 + 1; 16],
            machine_type: 3,
            os_name: 2,
            os_release: "6.1.0-27-amd64".to_owned(),
        }),
        CounterRecord::HostAdapters(vec![(1, [2, 0, 0x5e, 0, 0, 1])]),
        CounterRecord::HostCpu(cpu),
        CounterRecord::HostMemory(HostMemory {
            bytes: [8 << 30, rng.random_range(1 << 30..6 << 30), 0, 200 << 20, 1 << 30, 0, 0],
            pages: [rng.random_range(0..100_000), 0, 0, 0],
        }),
        CounterRecord::HostNetwork(HostNetwork {
            bytes: [rng.random_range(0..1 << 40), rng.random_range(0..1 << 40)],
            in_counts: [rng.random_range(0..1 << 30), 0, 0],
            out_counts: [rng.random_range(0..1 << 30), 0, 0],
        }),
    ]
}
