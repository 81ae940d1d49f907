//! Packets as they stand on an Ethernet: what a sampling switch copies the first bytes of.

mod checksum;
mod transport;

use std::net::{Ipv4Addr, Ipv6Addr};

use bytes::BufMut;

pub use transport::Transport;

/// What an Ethernet frame carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// IPv4 without options.
    V4 {
        /// Source.
        source: Ipv4Addr,
        /// Destination.
        dest: Ipv4Addr,
    },
    /// IPv6, with the extension headers named (RFC 8200, section 4).
    V6 {
        /// Source.
        source: Ipv6Addr,
        /// Destination.
        dest: Ipv6Addr,
        /// Numbers of extension headers before the transport: 0 hop-by-hop, 43 routing, 44 fragment, 60 destination.
        extensions: Vec<u8>,
    },
    /// An ARP request (RFC 826); there is no transport then.
    Arp {
        /// Who asks.
        sender: Ipv4Addr,
        /// Who is asked for.
        target: Ipv4Addr,
    },
}

/// A packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Source of the frame.
    pub source_mac: [u8; 6],
    /// Destination of the frame.
    pub dest_mac: [u8; 6],
    /// VLANs, the outer first: with two, the outer is a service tag (IEEE 802.1ad).
    pub vlans: Vec<u16>,
    /// Labels of MPLS, the top first (RFC 3032).
    pub mpls: Vec<u32>,
    /// What it carries.
    pub network: Network,
    /// TOS, or the traffic class.
    pub tos: u8,
    /// Hops that it may still go.
    pub ttl: u8,
    /// What stands behind the network header.
    pub transport: Transport,
    /// Bytes of text behind the transport header.
    pub payload_bytes: u16,
}

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_ARP: u16 = 0x0806;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ETHERTYPE_VLAN: u16 = 0x8100;
const ETHERTYPE_SERVICE_VLAN: u16 = 0x88a8;
const ETHERTYPE_MPLS: u16 = 0x8847;

/// Protocol number in front of a fragment header.
const FRAGMENT_HEADER: u8 = 44;

impl Packet {
    /// The frame, without its checksum.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + usize::from(self.payload_bytes));
        out.put_slice(&self.dest_mac);
        out.put_slice(&self.source_mac);
        for (index, vlan) in self.vlans.iter().enumerate() {
            let is_service = self.vlans.len() > 1 && index == 0;
            out.put_u16(if is_service { ETHERTYPE_SERVICE_VLAN } else { ETHERTYPE_VLAN });
            out.put_u16(vlan & 0x0fff);
        }
        let ethertype = match self.network {
            Network::V4 { .. } => ETHERTYPE_IPV4,
            Network::V6 { .. } => ETHERTYPE_IPV6,
            Network::Arp { .. } => ETHERTYPE_ARP,
        };
        out.put_u16(if self.mpls.is_empty() { ethertype } else { ETHERTYPE_MPLS });
        for (index, label) in self.mpls.iter().enumerate() {
            // RFC 3032, section 2.1: label, three bits of class, bottom of stack, time to live.
            let bottom = u32::from(index + 1 == self.mpls.len());
            out.put_u32((label & 0xf_ffff) << 12 | bottom << 8 | u32::from(self.ttl));
        }
        match &self.network {
            Network::V4 { source, dest } => self.append_v4(*source, *dest, &mut out),
            Network::V6 { source, dest, extensions } => {
                self.append_v6(*source, *dest, extensions, &mut out);
            }
            Network::Arp { sender, target } => self.append_arp(*sender, *target, &mut out),
        }
        out
    }

    fn append_v4(&self, source: Ipv4Addr, dest: Ipv4Addr, out: &mut Vec<u8>) {
        let body = self.transport_bytes(&[&source.octets()[..], &dest.octets()].concat());
        let start = out.len();
        out.put_slice(&[0x45, self.tos]);
        out.put_u16(20 + body.len() as u16);
        out.put_u32(0x4000); // Don't fragment (RFC 791, section 3.1).
        out.put_slice(&[self.ttl, self.transport.protocol(), 0, 0]);
        out.put_slice(&source.octets());
        out.put_slice(&dest.octets());
        let sum = checksum::of(&[&out[start..]]);
        out[start + 10..start + 12].copy_from_slice(&sum.to_be_bytes());
        out.put_slice(&body);
    }

    fn append_v6(&self, source: Ipv6Addr, dest: Ipv6Addr, extensions: &[u8], out: &mut Vec<u8>) {
        let body = self.transport_bytes(&[&source.octets()[..], &dest.octets()].concat());
        let protocol = self.transport.protocol_v6();
        out.put_u32(6 << 28 | u32::from(self.tos) << 20);
        out.put_u16((8 * extensions.len() + body.len()) as u16);
        out.put_slice(&[extensions.first().copied().unwrap_or(protocol), self.ttl]);
        out.put_slice(&source.octets());
        out.put_slice(&dest.octets());
        for (index, extension) in extensions.iter().enumerate() {
            let next = extensions.get(index + 1).copied().unwrap_or(protocol);
            // All of eight bytes: padding options (RFC 8200, section 4.2), or an unfragmented fragment header.
            let rest = if *extension == FRAGMENT_HEADER { [0; 6] } else { [1, 4, 0, 0, 0, 0] };
            out.put_slice(&[next, 0]);
            out.put_slice(&rest);
        }
        out.put_slice(&body);
    }

    fn append_arp(&self, sender: Ipv4Addr, target: Ipv4Addr, out: &mut Vec<u8>) {
        out.put_slice(&[0, 1, 8, 0, 6, 4, 0, 1]);
        out.put_slice(&self.source_mac);
        out.put_slice(&sender.octets());
        out.put_bytes(0, 6);
        out.put_slice(&target.octets());
    }

    fn transport_bytes(&self, addresses: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(20 + usize::from(self.payload_bytes));
        self.transport.encode(self.payload_bytes, addresses, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(network: Network, transport: Transport) -> Packet {
        Packet {
            source_mac: [2, 0, 0, 0, 0, 1],
            dest_mac: [2, 0, 0, 0, 0, 2],
            vlans: vec![],
            mpls: vec![],
            network,
            tos: 0,
            ttl: 64,
            transport,
            payload_bytes: 3,
        }
    }

    #[test]
    fn checksums_add_up_to_nothing() {
        let (source, dest) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 2));
        let udp = Transport::Udp { source_port: 5353, dest_port: 53 };
        let frame = packet(Network::V4 { source, dest }, udp).encode();
        assert_eq!(checksum::of(&[&frame[14..34]]), 0);
        let length = (frame.len() - 34) as u16;
        let pseudo = [&frame[26..34], &[0, 17], &length.to_be_bytes()].concat();
        assert_eq!(checksum::of(&[&pseudo, &frame[34..]]), 0);
    }

    #[test]
    fn tags_labels_and_extension_headers_stand_in_their_order() {
        let network =
            Network::V6 { source: Ipv6Addr::LOCALHOST, dest: Ipv6Addr::LOCALHOST, extensions: vec![0, 60] };
        let mut packet = packet(network, Transport::Icmp { kind: 128, code: 0 });
        packet.vlans = vec![100, 200];
        packet.mpls = vec![16, 17];
        let frame = packet.encode();
        assert_eq!(frame[12..22], [0x88, 0xa8, 0, 100, 0x81, 0, 0, 200, 0x88, 0x47]);
        assert_eq!(frame[22..30], [0, 1, 0, 64, 0, 1, 0x11, 64]);
        // The next header of IPv6, of hop-by-hop, and of the destination options: ICMPv6 at the end.
        assert_eq!((frame[30 + 6], frame[30 + 40], frame[30 + 48]), (0, 60, 58));
        assert_eq!(frame[30 + 56], 128);
    }
}
