//! The structures that hold the packet itself: its header, or what the agent read of it ("Packet Header Data").

use super::fields::{mac, name_of};
use super::flow_sample::FlowColumns;
use super::names::HEADER_PROTOCOLS;
use super::packet_columns::PacketColumns;
use super::structure::Scratch;
use super::xdr::Xdr;
use crate::batch::BatchBuilder;
use crate::decode::address_text::{IpOctets, hex_text, mac_text};
use crate::decode::packet::PacketHeaders;

/// header_protocol of the headers that are read.
const ETHERNET: u32 = 1;
const IPV4: u32 = 11;
const IPV6: u32 = 12;
const MPLS: u32 = 13;

const TCP: u32 = 6;

/// Where a sampled packet goes.
pub(super) struct PacketRow<'a> {
    pub(super) flow: &'a FlowColumns,
    pub(super) packet: &'a PacketColumns,
    pub(super) scratch: &'a mut Scratch,
    pub(super) rows: &'a mut BatchBuilder,
}

/// The length of a packet that a structure gives, in bytes.
pub(super) type PacketBytes = u32;

impl PacketRow<'_> {
    /// "sampled_header"; `None` where it is cut off.
    pub(super) fn put_header(&mut self, data: &[u8]) -> Option<PacketBytes> {
        let mut xdr = Xdr::new(data);
        let (protocol, frame_length, stripped) = (xdr.u32()?, xdr.u32()?, xdr.u32()?);
        let rows = &mut *self.rows;
        rows.put_i64(self.flow.header_protocol, i64::from(protocol));
        if let Some(name) = name_of(HEADER_PROTOCOLS, protocol) {
            rows.put_text(self.flow.header_protocol_name, name);
        }
        rows.put_i64(self.flow.stripped, i64::from(stripped));
        let header = xdr.opaque()?;
        let headers = match protocol {
            ETHERNET => PacketHeaders::of_ethernet(header),
            IPV4 => PacketHeaders::of_ipv4(header),
            IPV6 => PacketHeaders::of_ipv6(header),
            MPLS => PacketHeaders::of_mpls(header),
            _ => PacketHeaders::default(),
        };
        self.packet.put(&headers, self.scratch, rows);
        if headers.ip.is_none() && !header.is_empty() {
            rows.put_text(self.flow.sampled_header, hex_text(header, &mut self.scratch.text));
        }
        Some(frame_length)
    }

    /// "sampled_ethernet"; `None` where it is cut off.
    pub(super) fn put_ethernet(&mut self, data: &[u8]) -> Option<PacketBytes> {
        let mut xdr = Xdr::new(data);
        let length = xdr.u32()?;
        self.rows.put_text(self.packet.source_mac, mac_text(mac(&mut xdr)?).as_str());
        self.rows.put_text(self.packet.dest_mac, mac_text(mac(&mut xdr)?).as_str());
        self.rows.put_i64(self.packet.ethertype, i64::from(xdr.u32()?));
        Some(length)
    }

    /// "sampled_ipv4"; `None` where it is cut off.
    pub(super) fn put_ipv4(&mut self, data: &[u8]) -> Option<PacketBytes> {
        let mut xdr = Xdr::new(data);
        let (length, protocol) = (xdr.u32()?, xdr.u32()?);
        let addresses = (IpOctets::V4(xdr.array()?), IpOctets::V4(xdr.array()?));
        self.put_ip(length, protocol, addresses, &mut xdr)
    }

    /// "sampled_ipv6"; `None` where it is cut off.
    pub(super) fn put_ipv6(&mut self, data: &[u8]) -> Option<PacketBytes> {
        let mut xdr = Xdr::new(data);
        let (length, protocol) = (xdr.u32()?, xdr.u32()?);
        let addresses = (IpOctets::V6(xdr.array()?), IpOctets::V6(xdr.array()?));
        self.put_ip(length, protocol, addresses, &mut xdr)
    }

    /// What both have alike; the type of service of the one is the priority of the other.
    fn put_ip(
        &mut self,
        length: u32,
        protocol: u32,
        (source, destination): (IpOctets, IpOctets),
        xdr: &mut Xdr<'_>,
    ) -> Option<PacketBytes> {
        let (columns, rows) = (self.packet, &mut *self.rows);
        rows.put_i64(columns.ip_total_length, i64::from(length));
        columns.put_protocol(protocol, rows);
        columns.put_addresses(source, destination, rows);
        let (source_port, dest_port) = (xdr.u32()?, xdr.u32()?);
        // Zeros stand for ports that the protocol does not have.
        if source_port != 0 || dest_port != 0 {
            rows.put_i64(columns.source_port, i64::from(source_port));
            rows.put_i64(columns.dest_port, i64::from(dest_port));
        }
        let (tcp_flags, tos) = (xdr.u32()?, xdr.u32()?);
        if protocol == TCP {
            rows.put_i64(columns.tcp_flags, i64::from(tcp_flags));
        }
        rows.put_i64(columns.tos, i64::from(tos));
        Some(length)
    }
}
