//! Flows of an invented site: hosts in private networks talking to services in networks kept for documentation.

mod services;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

pub use services::{Application, INTERFACES, Interface, SERVICES, Service};
pub(crate) use services::{ICMP, WEB};

/// TCP flags.
mod tcp_flags {
    pub(super) const SYN: u8 = 2;
    pub(super) const RST: u8 = 4;
    pub(super) const ACK: u8 = 16;
    /// FIN, SYN, PSH, ACK: all of a connection that was opened, used and closed.
    pub(super) const WHOLE: u8 = 0x1b;
    /// SYN, PSH, ACK: of one that is still open.
    pub(super) const OPEN: u8 = 0x1a;
}

/// ICMP echo request and reply (RFC 792, RFC 4443).
const ECHO: [(u8, u8); 2] = [(8, 0), (128, 129)];

/// One direction of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Source.
    pub source_ip: IpAddr,
    /// Destination.
    pub dest_ip: IpAddr,
    /// Source port; 0 of ICMP.
    pub source_port: u16,
    /// Destination port; 0 of ICMP.
    pub dest_port: u16,
    /// IP protocol.
    pub protocol: u8,
    /// Bytes at layer 3.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// OR of the TCP flags.
    pub tcp_flags: u8,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// How long ago the first packet was seen, in milliseconds.
    pub start_age_ms: u32,
    /// How long ago the last packet was seen, in milliseconds.
    pub end_age_ms: u32,
    /// Interface it came in by.
    pub input: u32,
    /// Interface it left by.
    pub output: u32,
    /// AS of the source; 0 for the site's own.
    pub source_as: u32,
    /// AS of the destination.
    pub dest_as: u32,
    /// Prefix length of the source's route.
    pub source_mask: u8,
    /// Prefix length of the destination's route.
    pub dest_mask: u8,
    /// The next router.
    pub next_hop: IpAddr,
    /// MAC address of the sender.
    pub source_mac: [u8; 6],
    /// MAC address of the receiver.
    pub dest_mac: [u8; 6],
    /// VLAN.
    pub vlan_id: u16,
    /// 0 into the site's interface, 1 out of it.
    pub direction: u8,
    /// Type of ICMP.
    pub icmp_type: u8,
    /// Code of ICMP.
    pub icmp_code: u8,
    /// What the port stands for.
    pub application: Application,
    /// Name of the server, for services that are asked by name.
    pub server_name: &'static str,
}

/// Which conversations are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Between IPv4 addresses.
    V4,
    /// Between IPv6 addresses.
    V6,
}

/// Makes conversations without end; the same seed makes the same ones.
#[derive(Debug, Clone)]
pub struct Traffic {
    rng: SmallRng,
    ports: u16,
}

const SERVER_NAMES: [&str; 8] = [
    "www.example.com",
    "api.example.net",
    "cdn.example.org",
    "mail.example.com",
    "updates.example.net",
    "login.example.org",
    "files.example.com",
    "telemetry.example.net",
];

/// Networks kept for documentation (RFC 5737), with an AS of RFC 5398 each.
const V4_NETS: [([u8; 3], u32, u8); 3] =
    [([192, 0, 2], 64_496, 24), ([198, 51, 100], 64_500, 23), ([203, 0, 113], 65_551, 22)];

impl Traffic {
    /// Traffic that follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { rng: SmallRng::seed_from_u64(seed), ports: 0 }
    }

    /// A request and its answer, of any service.
    pub fn conversation(&mut self, family: Family) -> [Flow; 2] {
        let total: u32 = SERVICES.iter().map(|service| service.weight).sum();
        let mut wanted = self.rng.random_range(0..total);
        for service in SERVICES {
            if wanted < service.weight {
                return self.conversation_with(service, family);
            }
            wanted -= service.weight;
        }
        self.conversation_with(&SERVICES[0], family)
    }

    /// A request to this service, and its answer.
    pub fn conversation_with(&mut self, service: &Service, family: Family) -> [Flow; 2] {
        let request = self.request(service, family);
        let answer = self.answer(service, &request);
        [request, answer]
    }

    fn request(&mut self, service: &Service, family: Family) -> Flow {
        let rng = &mut self.rng;
        // A few hosts do most of the talking.
        let host = (rng.random::<f64>().powi(2) * 800.0) as u16;
        let server = (rng.random::<f64>().powi(3) * 240.0) as u8 + 1;
        let (net, dest_as, dest_mask) = V4_NETS[usize::from(server) % V4_NETS.len()];
        let access = &INTERFACES[1 + usize::from(host) % (INTERFACES.len() - 1)];
        let (source_ip, dest_ip, next_hop) = match family {
            Family::V4 => (
                IpAddr::from(Ipv4Addr::new(10, 20, (host >> 8) as u8, host as u8)),
                IpAddr::from(Ipv4Addr::new(net[0], net[1], net[2], server)),
                IpAddr::from(Ipv4Addr::new(192, 168, 255, 1)),
            ),
            Family::V6 => (
                IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 20, access.vlan_id, 0, 0, 0, host + 16)),
                IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0xffff, u16::from(net[2]), 0, 0, 0, server.into())),
                IpAddr::from(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)),
            ),
        };
        // Systems count their ephemeral ports up, with gaps.
        self.ports = self.ports.wrapping_add(rng.random_range(1..9));
        let is_icmp = matches!(service.protocol, 1 | 58);
        let end_age_ms = rng.random_range(200..15_000);
        let (bytes, packets) = size_of(service.request_bytes, service.packet_bytes, rng);
        let tcp_flags = match (service.protocol, rng.random_range(0..20)) {
            (6, 0..15) => tcp_flags::WHOLE,
            (6, 15..18) => tcp_flags::OPEN,
            (6, _) => tcp_flags::SYN,
            _ => 0,
        };
        // A connection that nobody answered is one packet.
        let (bytes, packets) = if tcp_flags == tcp_flags::SYN { (60, 1) } else { (bytes, packets) };
        Flow {
            source_ip,
            dest_ip,
            source_port: if is_icmp { 0 } else { 32_768 + self.ports % 28_000 },
            dest_port: if is_icmp { 0 } else { service.port },
            protocol: if is_icmp && family == Family::V6 { 58 } else { service.protocol },
            bytes: if family == Family::V6 { bytes + 20 * packets } else { bytes },
            packets,
            tcp_flags,
            tos: *[0, 0, 0, 0, 0x28, 0xb8].choose(rng).unwrap_or(&0),
            start_age_ms: end_age_ms + if packets == 1 { 0 } else { rng.random_range(1..45_000) },
            end_age_ms,
            input: access.index,
            output: INTERFACES[0].index,
            source_as: 0,
            dest_as,
            source_mask: if family == Family::V6 { 64 } else { 24 },
            dest_mask: if family == Family::V6 { 48 } else { dest_mask },
            next_hop,
            source_mac: [0x02, 0x00, 0x5e, 0x10, (host >> 8) as u8, host as u8],
            dest_mac: [0x02, 0x00, 0x5e, 0x00, 0x00, 0x01],
            vlan_id: access.vlan_id,
            direction: 0,
            icmp_type: if is_icmp { ECHO[usize::from(family == Family::V6)].0 } else { 0 },
            icmp_code: 0,
            application: service.application,
            server_name: SERVER_NAMES[usize::from(server) % SERVER_NAMES.len()],
        }
    }

    fn answer(&mut self, service: &Service, request: &Flow) -> Flow {
        let rng = &mut self.rng;
        let (mut bytes, mut packets) = size_of(service.answer_bytes, 1_200, rng);
        let mut flags = request.tcp_flags;
        if flags == tcp_flags::SYN {
            (bytes, packets, flags) = (40, 1, tcp_flags::RST | tcp_flags::ACK);
        }
        if request.icmp_type != 0 {
            (bytes, packets) = (request.bytes, request.packets);
        }
        let is_v6 = request.source_ip.is_ipv6();
        Flow {
            source_ip: request.dest_ip,
            dest_ip: request.source_ip,
            source_port: request.dest_port,
            dest_port: request.source_port,
            bytes: if is_v6 && request.icmp_type == 0 { bytes + 20 * packets } else { bytes },
            packets,
            tcp_flags: flags,
            input: request.output,
            output: request.input,
            source_as: request.dest_as,
            dest_as: request.source_as,
            source_mask: request.dest_mask,
            dest_mask: request.source_mask,
            next_hop: request.source_ip,
            source_mac: request.dest_mac,
            dest_mac: request.source_mac,
            direction: 1,
            icmp_type: match request.icmp_type {
                0 => 0,
                128 => ECHO[1].1,
                _ => ECHO[0].1,
            },
            start_age_ms: if packets == 1 { request.end_age_ms } else { request.start_age_ms },
            ..request.clone()
        }
    }
}

/// Bytes and packets around a mean: most are small, a few are very large.
fn size_of(mean_bytes: u32, packet_bytes: u32, rng: &mut SmallRng) -> (u64, u64) {
    // Exponential, with a tail: one in fifty is a transfer.
    let tail = if rng.random_range(0..50) == 0 { 40.0 } else { 1.0 };
    let bytes = f64::from(mean_bytes) * tail * -(1.0 - rng.random::<f64>()).ln();
    let bytes = (bytes as u64).max(u64::from(mean_bytes.min(packet_bytes)) / 2).max(60);
    let packets = bytes.div_ceil(u64::from(packet_bytes)).max(1);
    (bytes, packets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_request_the_other_way_round() {
        let mut traffic = Traffic::new(3);
        for round in 0..500 {
            let family = if round % 2 == 0 { Family::V4 } else { Family::V6 };
            let [request, answer] = traffic.conversation(family);
            assert_eq!((request.source_ip, request.dest_ip), (answer.dest_ip, answer.source_ip));
            assert_eq!((request.source_port, request.dest_port), (answer.dest_port, answer.source_port));
            assert_eq!((request.input, request.output), (answer.output, answer.input));
            assert_eq!(request.protocol, answer.protocol);
            for flow in [request, answer] {
                assert!(flow.packets > 0 && flow.bytes >= 40 * flow.packets, "{flow:?}");
                assert!(flow.bytes <= 1_500 * flow.packets, "{flow:?}");
                assert!(flow.start_age_ms >= flow.end_age_ms);
                assert_eq!(flow.tcp_flags != 0, flow.protocol == 6);
                assert_eq!(flow.source_ip.is_ipv6(), family == Family::V6);
            }
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_traffic() {
        let flows = |seed| {
            let mut traffic = Traffic::new(seed);
            (0..50).map(|_| traffic.conversation(Family::V4)).collect::<Vec<_>>()
        };
        assert_eq!(flows(1), flows(1));
        assert_ne!(flows(1), flows(2));
    }
}
