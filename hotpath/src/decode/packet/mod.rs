//! What the first bytes of a packet say: Ethernet, VLAN tags, MPLS labels, IPv4 and IPv6, and the ports behind them.
//!
//! A sampled header ends wherever the sampler cut it: what stands before the cut is read, nothing is guessed.

mod ip;
mod link;
mod mpls;
mod protocols;
mod transport;

use crate::decode::address_text::IpOctets;
use crate::limits::{PACKET_MPLS_LABELS_MAX, PACKET_VLAN_TAGS_MAX};

pub use protocols::ip_protocol_name;

/// The headers that were found in a packet, from the outside in; nothing inside of a tunnel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PacketHeaders {
    /// The link layer, where the packet begins with it.
    pub ethernet: Option<Ethernet>,
    /// IEEE 802.1Q and 802.1ad tags, outermost first.
    pub vlan_tags: Stack<VlanTag, PACKET_VLAN_TAGS_MAX>,
    /// MPLS labels (RFC 3032 section 2.1), outermost first.
    pub mpls_labels: Stack<u32, PACKET_MPLS_LABELS_MAX>,
    /// The network layer.
    pub ip: Option<Ip>,
    /// What of the transport layer was there.
    pub transport: Transport,
}

/// An Ethernet header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ethernet {
    /// To which station.
    pub destination: [u8; 6],
    /// From which station.
    pub source: [u8; 6],
    /// What the frame carries behind its tags; `None` for an IEEE 802.3 frame that does not say (no SNAP header).
    pub ethertype: Option<u16>,
}

/// A VLAN tag (IEEE 802.1Q).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VlanTag {
    /// VLAN identifier, 0 to 4095.
    pub id: u16,
    /// Priority code point, 0 to 7.
    pub priority: u8,
}

/// An IPv4 or IPv6 header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip {
    /// Source address.
    pub source: IpOctets,
    /// Destination address.
    pub destination: IpOctets,
    /// IANA protocol number: of IPv6, what follows the extension headers that were there.
    pub protocol: u8,
    /// IPv4 type of service, IPv6 traffic class.
    pub tos: u8,
    /// IPv4 time to live, IPv6 hop limit.
    pub ttl: u8,
    /// Bytes of the packet with this header; `None` where the header leaves it open (RFC 2675, segmentation offload).
    pub total_length: Option<u32>,
    /// Where the packet is a part of one.
    pub fragment: Option<Fragment>,
    /// IPv6 flow label.
    pub flow_label: Option<u32>,
}

/// A part of a packet (RFC 791 section 3.2, RFC 8200 section 4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Which packet.
    pub identification: u32,
    /// Where in it, in bytes.
    pub offset: u32,
    /// Whether more parts follow.
    pub more: bool,
}

/// Ports, flags and types; those that the protocol has and the header held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transport {
    /// Source port of TCP, UDP, UDP-Lite, SCTP and DCCP.
    pub source_port: Option<u16>,
    /// Destination port of the same.
    pub destination_port: Option<u16>,
    /// The lower eight control bits of TCP (RFC 9293 section 3.1).
    pub tcp_flags: Option<u8>,
    /// Type of ICMP or ICMPv6.
    pub icmp_type: Option<u8>,
    /// Code of the same.
    pub icmp_code: Option<u8>,
}

/// The first `N` items of a row of headers; further ones are read over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stack<T, const N: usize> {
    items: [T; N],
    length: usize,
}

impl<T: Copy + Default, const N: usize> Default for Stack<T, N> {
    fn default() -> Self {
        Self { items: [T::default(); N], length: 0 }
    }
}

impl<T, const N: usize> Stack<T, N> {
    /// The items, outermost first.
    pub fn as_slice(&self) -> &[T] {
        self.items.get(..self.length).unwrap_or_default()
    }

    fn push(&mut self, item: T) {
        if let Some(place) = self.items.get_mut(self.length) {
            *place = item;
            self.length += 1;
        }
    }
}

impl PacketHeaders {
    /// A packet that begins with its Ethernet header.
    pub fn of_ethernet(bytes: &[u8]) -> Self {
        let mut headers = Self::default();
        // What is cut off leaves the fields behind it empty.
        let _ = link::read_ethernet(bytes, &mut headers);
        headers
    }

    /// A packet that begins with its IPv4 header.
    pub fn of_ipv4(bytes: &[u8]) -> Self {
        let mut headers = Self::default();
        let _ = ip::read_ipv4(bytes, &mut headers);
        headers
    }

    /// A packet that begins with its IPv6 header.
    pub fn of_ipv6(bytes: &[u8]) -> Self {
        let mut headers = Self::default();
        let _ = ip::read_ipv6(bytes, &mut headers);
        headers
    }

    /// A packet that begins with its MPLS label stack.
    pub fn of_mpls(bytes: &[u8]) -> Self {
        let mut headers = Self::default();
        let _ = mpls::read_mpls(bytes, &mut headers);
        headers
    }
}

/// The first `N` bytes, and what follows them.
fn split<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk().map(|(first, rest)| (*first, rest))
}

#[cfg(test)]
mod tests;
