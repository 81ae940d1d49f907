//! What is known of a sampled packet (section 5, "Flow Data Types").

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::BufMut;

use super::{put_address, put_mac, put_opaque, put_record};

/// The first bytes of the packet (`sampled_header`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPacketHeader {
    /// What the bytes begin with: 1 Ethernet, 11 IPv4, 12 IPv6.
    pub protocol: u32,
    /// Bytes of the packet before sampling, with the frame's checksum.
    pub frame_bytes: u32,
    /// Bytes taken off before the header was copied, such as that checksum.
    pub stripped_bytes: u32,
    /// The first bytes.
    pub header: Vec<u8>,
}

/// An IPv4 packet taken apart by the agent (`sampled_ipv4`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampledIpv4 {
    /// Bytes of the packet.
    pub length: u32,
    /// IP protocol.
    pub protocol: u32,
    /// Source.
    pub source: Ipv4Addr,
    /// Destination.
    pub dest: Ipv4Addr,
    /// Source port.
    pub source_port: u32,
    /// Destination port.
    pub dest_port: u32,
    /// TCP flags.
    pub tcp_flags: u32,
    /// Type of service.
    pub tos: u32,
}

/// An IPv6 packet taken apart by the agent (`sampled_ipv6`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampledIpv6 {
    /// Bytes of the packet.
    pub length: u32,
    /// Next header.
    pub protocol: u32,
    /// Source.
    pub source: Ipv6Addr,
    /// Destination.
    pub dest: Ipv6Addr,
    /// Source port.
    pub source_port: u32,
    /// Destination port.
    pub dest_port: u32,
    /// TCP flags.
    pub tcp_flags: u32,
    /// Traffic class.
    pub priority: u32,
}

/// What the routing table said (`extended_router`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Router {
    /// The next router.
    pub next_hop: IpAddr,
    /// Prefix length of the source.
    pub source_mask: u32,
    /// Prefix length of the destination.
    pub dest_mask: u32,
}

/// What BGP said (`extended_gateway`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// The border router to go to.
    pub next_hop: IpAddr,
    /// The agent's own AS.
    pub own_as: u32,
    /// AS of the source.
    pub source_as: u32,
    /// AS that the source is reached by.
    pub source_peer_as: u32,
    /// The path to the destination, one sequence.
    pub dest_path: Vec<u32>,
    /// Communities of the route.
    pub communities: Vec<u32>,
    /// LocalPref of the route.
    pub local_preference: u32,
}

/// A flow record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowRecord {
    /// `sampled_header`.
    RawPacketHeader(RawPacketHeader),
    /// `sampled_ethernet`.
    SampledEthernet {
        /// Bytes of the frame.
        length: u32,
        /// Source.
        source_mac: [u8; 6],
        /// Destination.
        dest_mac: [u8; 6],
        /// Ethernet type.
        ethernet_type: u32,
    },
    /// `sampled_ipv4`.
    SampledIpv4(SampledIpv4),
    /// `sampled_ipv6`.
    SampledIpv6(SampledIpv6),
    /// `extended_switch`.
    ExtendedSwitch {
        /// VLAN it came in by.
        source_vlan: u32,
        /// 802.1p priority it came with.
        source_priority: u32,
        /// VLAN it left by.
        dest_vlan: u32,
        /// 802.1p priority it left with.
        dest_priority: u32,
    },
    /// `extended_router`.
    ExtendedRouter(Router),
    /// `extended_gateway`.
    ExtendedGateway(Gateway),
    /// `extended_user`, both names in UTF-8.
    ExtendedUser {
        /// Who sends.
        source_user: String,
        /// Who receives.
        dest_user: String,
    },
    /// `extended_url`.
    ExtendedUrl {
        /// 1: the URL is of the packet's source; 2: of its destination.
        direction: u32,
        /// The URL.
        url: String,
        /// The host of the request.
        host: String,
    },
    /// A structure that we have no name for.
    Other {
        /// Enterprise (20 bits) and format (12 bits).
        format: u32,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// The character set of `extended_user`: UTF-8 by its MIBenum (IANA).
const UTF_8: u32 = 106;

impl FlowRecord {
    /// Appends the record with its format and length.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::RawPacketHeader(raw) => put_record(1, out, |out| {
                out.put_u32(raw.protocol);
                out.put_u32(raw.frame_bytes);
                out.put_u32(raw.stripped_bytes);
                put_opaque(&raw.header, out);
            }),
            Self::SampledEthernet { length, source_mac, dest_mac, ethernet_type } => {
                put_record(2, out, |out| {
                    out.put_u32(*length);
                    put_mac(*source_mac, out);
                    put_mac(*dest_mac, out);
                    out.put_u32(*ethernet_type);
                });
            }
            Self::SampledIpv4(ip) => put_record(3, out, |out| {
                out.put_u32(ip.length);
                out.put_u32(ip.protocol);
                out.put_slice(&ip.source.octets());
                out.put_slice(&ip.dest.octets());
                put_all(&[ip.source_port, ip.dest_port, ip.tcp_flags, ip.tos], out);
            }),
            Self::SampledIpv6(ip) => put_record(4, out, |out| {
                out.put_u32(ip.length);
                out.put_u32(ip.protocol);
                out.put_slice(&ip.source.octets());
                out.put_slice(&ip.dest.octets());
                put_all(&[ip.source_port, ip.dest_port, ip.tcp_flags, ip.priority], out);
            }),
            Self::ExtendedSwitch { source_vlan, source_priority, dest_vlan, dest_priority } => {
                put_record(1001, out, |out| {
                    put_all(&[*source_vlan, *source_priority, *dest_vlan, *dest_priority], out);
                });
            }
            Self::ExtendedRouter(router) => put_record(1002, out, |out| {
                put_address(router.next_hop, out);
                put_all(&[router.source_mask, router.dest_mask], out);
            }),
            Self::ExtendedGateway(gateway) => put_record(1003, out, |out| put_gateway(gateway, out)),
            Self::ExtendedUser { source_user, dest_user } => put_record(1004, out, |out| {
                for user in [source_user, dest_user] {
                    out.put_u32(UTF_8);
                    put_opaque(user.as_bytes(), out);
                }
            }),
            Self::ExtendedUrl { direction, url, host } => put_record(1005, out, |out| {
                out.put_u32(*direction);
                put_opaque(url.as_bytes(), out);
                put_opaque(host.as_bytes(), out);
            }),
            Self::Other { format, bytes } => {
                out.put_u32(*format);
                put_opaque(bytes, out);
            }
        }
    }
}

fn put_gateway(gateway: &Gateway, out: &mut Vec<u8>) {
    put_address(gateway.next_hop, out);
    put_all(&[gateway.own_as, gateway.source_as, gateway.source_peer_as], out);
    // `as_path_type`: one segment, AS_SEQUENCE.
    out.put_u32(u32::from(!gateway.dest_path.is_empty()));
    if !gateway.dest_path.is_empty() {
        put_all(&[2, gateway.dest_path.len() as u32], out);
        put_all(&gateway.dest_path, out);
    }
    out.put_u32(gateway.communities.len() as u32);
    put_all(&gateway.communities, out);
    out.put_u32(gateway.local_preference);
}

fn put_all(numbers: &[u32], out: &mut Vec<u8>) {
    for number in numbers {
        out.put_u32(*number);
    }
}
