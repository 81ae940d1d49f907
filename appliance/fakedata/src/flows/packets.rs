//! A packet of a flow, as a switch sees it.

use std::net::{IpAddr, Ipv4Addr};

use rand::Rng;
use rand::rngs::SmallRng;

use crate::packet::{Network, Packet, Transport};
use crate::traffic::Flow;

/// Bytes of headers that a frame has besides its payload, roughly: it only has to stay within an Ethernet frame.
const HEADERS_BYTES: u64 = 80;

/// A packet of the flow. One in some is tagged twice, labelled, has extension headers, or is an ARP request instead.
pub(super) fn packet_of(flow: &Flow, rng: &mut SmallRng) -> Packet {
    let dice = rng.random_range(0..32);
    let payload = (flow.bytes / flow.packets.max(1)).saturating_sub(HEADERS_BYTES).min(1_400) as u16;
    let mut packet = Packet {
        source_mac: flow.source_mac,
        dest_mac: flow.dest_mac,
        vlans: if flow.vlan_id > 1 { vec![flow.vlan_id] } else { vec![] },
        mpls: vec![],
        network: network(flow, if dice == 3 { vec![0, 44] } else { vec![] }),
        tos: flow.tos,
        ttl: 63,
        transport: transport(flow),
        payload_bytes: payload,
    };
    match dice {
        0 => packet.vlans = vec![2_000, flow.vlan_id],
        1 => packet.mpls = vec![299_776, 16_000 + u32::from(flow.vlan_id)],
        2 => {
            packet.dest_mac = [0xff; 6];
            packet.network = Network::Arp { sender: v4(flow.source_ip), target: Ipv4Addr::new(10, 20, 0, 1) };
        }
        _ => {}
    }
    packet
}

fn network(flow: &Flow, extensions: Vec<u8>) -> Network {
    match (flow.source_ip, flow.dest_ip) {
        (IpAddr::V6(source), IpAddr::V6(dest)) => Network::V6 { source, dest, extensions },
        (source, dest) => Network::V4 { source: v4(source), dest: v4(dest) },
    }
}

fn v4(address: IpAddr) -> Ipv4Addr {
    match address {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => Ipv4Addr::new(10, 20, 0, 2),
    }
}

fn transport(flow: &Flow) -> Transport {
    let (source_port, dest_port) = (flow.source_port, flow.dest_port);
    match flow.protocol {
        6 => Transport::Tcp { source_port, dest_port, flags: flow.tcp_flags & !1 },
        17 => Transport::Udp { source_port, dest_port },
        _ => Transport::Icmp { kind: flow.icmp_type, code: flow.icmp_code },
    }
}
