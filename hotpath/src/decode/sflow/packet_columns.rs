//! The columns of a packet's headers.

use crate::batch::{BatchBuilder, ColumnIndex, Value};
use crate::cut::ColumnType;
use crate::decode::address_text::{IpOctets, mac_text};
use crate::decode::packet::{Ethernet, Ip, PacketHeaders, Transport, VlanTag, ip_protocol_name};

use super::structure::Scratch;

/// Columns with the names that flows of all protocols have.
#[derive(Debug)]
pub(super) struct PacketColumns {
    pub(super) source_mac: ColumnIndex,
    pub(super) dest_mac: ColumnIndex,
    pub(super) ethertype: ColumnIndex,
    pub(super) vlan_id: ColumnIndex,
    dot1q_priority: ColumnIndex,
    dot1q_customer_vlan_id: ColumnIndex,
    dot1q_customer_priority: ColumnIndex,
    vlan_ids: ColumnIndex,
    mpls_labels: ColumnIndex,
    pub(super) source_ip: ColumnIndex,
    pub(super) dest_ip: ColumnIndex,
    protocol: ColumnIndex,
    protocol_name: ColumnIndex,
    pub(super) tos: ColumnIndex,
    ip_ttl: ColumnIndex,
    pub(super) ip_total_length: ColumnIndex,
    fragment_identification: ColumnIndex,
    fragment_offset: ColumnIndex,
    flow_label_ipv6: ColumnIndex,
    pub(super) source_port: ColumnIndex,
    pub(super) dest_port: ColumnIndex,
    pub(super) tcp_flags: ColumnIndex,
    icmp_type: ColumnIndex,
    icmp_code: ColumnIndex,
}

impl PacketColumns {
    pub(super) fn define(rows: &mut BatchBuilder) -> Self {
        let list = ColumnType::List(Box::new(ColumnType::Int64));
        Self {
            source_mac: rows.define("source_mac", ColumnType::String),
            dest_mac: rows.define("dest_mac", ColumnType::String),
            ethertype: rows.define("ethertype", ColumnType::Int64),
            vlan_id: rows.define("vlan_id", ColumnType::Int64),
            dot1q_priority: rows.define("dot1q_priority", ColumnType::Int64),
            dot1q_customer_vlan_id: rows.define("dot1q_customer_vlan_id", ColumnType::Int64),
            dot1q_customer_priority: rows.define("dot1q_customer_priority", ColumnType::Int64),
            vlan_ids: rows.define("vlan_ids", list.clone()),
            mpls_labels: rows.define("mpls_labels", list),
            source_ip: rows.define("source_ip", ColumnType::String),
            dest_ip: rows.define("dest_ip", ColumnType::String),
            protocol: rows.define("protocol", ColumnType::Int64),
            protocol_name: rows.define("protocol_name", ColumnType::String),
            tos: rows.define("tos", ColumnType::Int64),
            ip_ttl: rows.define("ip_ttl", ColumnType::Int64),
            ip_total_length: rows.define("ip_total_length", ColumnType::Int64),
            fragment_identification: rows.define("fragment_identification", ColumnType::Int64),
            fragment_offset: rows.define("fragment_offset", ColumnType::Int64),
            flow_label_ipv6: rows.define("flow_label_ipv6", ColumnType::Int64),
            source_port: rows.define("source_port", ColumnType::Int64),
            dest_port: rows.define("dest_port", ColumnType::Int64),
            tcp_flags: rows.define("tcp_flags", ColumnType::Int64),
            icmp_type: rows.define("icmp_type", ColumnType::Int64),
            icmp_code: rows.define("icmp_code", ColumnType::Int64),
        }
    }

    /// Puts all headers of a packet.
    pub(super) fn put(&self, headers: &PacketHeaders, scratch: &mut Scratch, rows: &mut BatchBuilder) {
        if let Some(ethernet) = &headers.ethernet {
            self.put_ethernet(ethernet, rows);
        }
        self.put_vlan_tags(headers.vlan_tags.as_slice(), scratch, rows);
        let labels = headers.mpls_labels.as_slice().iter().map(|label| i64::from(*label));
        put_list(self.mpls_labels, labels, scratch, rows);
        if let Some(ip) = &headers.ip {
            self.put_ip(ip, rows);
        }
        self.put_transport(&headers.transport, rows);
    }

    fn put_ethernet(&self, ethernet: &Ethernet, rows: &mut BatchBuilder) {
        rows.put_text(self.source_mac, mac_text(ethernet.source).as_str());
        rows.put_text(self.dest_mac, mac_text(ethernet.destination).as_str());
        if let Some(ethertype) = ethernet.ethertype {
            rows.put_i64(self.ethertype, i64::from(ethertype));
        }
    }

    fn put_vlan_tags(&self, tags: &[VlanTag], scratch: &mut Scratch, rows: &mut BatchBuilder) {
        let Some(outer) = tags.first() else { return };
        rows.put_i64(self.vlan_id, i64::from(outer.id));
        rows.put_i64(self.dot1q_priority, i64::from(outer.priority));
        if let Some(inner) = tags.get(1) {
            rows.put_i64(self.dot1q_customer_vlan_id, i64::from(inner.id));
            rows.put_i64(self.dot1q_customer_priority, i64::from(inner.priority));
        }
        if tags.len() > 2 {
            put_list(self.vlan_ids, tags.iter().map(|tag| i64::from(tag.id)), scratch, rows);
        }
    }

    fn put_ip(&self, ip: &Ip, rows: &mut BatchBuilder) {
        self.put_addresses(ip.source, ip.destination, rows);
        self.put_protocol(u32::from(ip.protocol), rows);
        rows.put_i64(self.tos, i64::from(ip.tos));
        rows.put_i64(self.ip_ttl, i64::from(ip.ttl));
        if let Some(length) = ip.total_length {
            rows.put_i64(self.ip_total_length, i64::from(length));
        }
        if let Some(fragment) = ip.fragment {
            rows.put_i64(self.fragment_identification, i64::from(fragment.identification));
            rows.put_i64(self.fragment_offset, i64::from(fragment.offset));
        }
        if let Some(label) = ip.flow_label {
            rows.put_i64(self.flow_label_ipv6, i64::from(label));
        }
    }

    pub(super) fn put_addresses(&self, source: IpOctets, destination: IpOctets, rows: &mut BatchBuilder) {
        rows.put_text(self.source_ip, source.text().as_str());
        rows.put_text(self.dest_ip, destination.text().as_str());
    }

    /// The protocol's number and name.
    pub(super) fn put_protocol(&self, protocol: u32, rows: &mut BatchBuilder) {
        rows.put_i64(self.protocol, i64::from(protocol));
        if let Some(name) = u8::try_from(protocol).ok().and_then(ip_protocol_name) {
            rows.put_text(self.protocol_name, name);
        }
    }

    fn put_transport(&self, transport: &Transport, rows: &mut BatchBuilder) {
        let of_16_bits =
            [(self.source_port, transport.source_port), (self.dest_port, transport.destination_port)];
        for (column, value) in of_16_bits {
            if let Some(value) = value {
                rows.put_i64(column, i64::from(value));
            }
        }
        let of_8_bits = [
            (self.tcp_flags, transport.tcp_flags),
            (self.icmp_type, transport.icmp_type),
            (self.icmp_code, transport.icmp_code),
        ];
        for (column, value) in of_8_bits {
            if let Some(value) = value {
                rows.put_i64(column, i64::from(value));
            }
        }
    }
}

/// Puts a list that is not empty.
fn put_list(
    column: ColumnIndex,
    numbers: impl Iterator<Item = i64>,
    scratch: &mut Scratch,
    rows: &mut BatchBuilder,
) {
    scratch.numbers.clear();
    scratch.numbers.extend(numbers.map(|number| Some(Value::Int64(number))));
    if !scratch.numbers.is_empty() {
        rows.put(column, &Value::List(&scratch.numbers));
    }
}
