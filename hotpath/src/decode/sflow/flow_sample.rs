//! Flow samples and discarded packets: a row for each.

use super::SflowDecoder;
use super::datagram::Datagram;
use super::fields::name_of;
use super::names::DROP_REASONS;
use super::sample::SampleNumber;
use super::sampled_packet::{PacketBytes, PacketRow};
use super::structure::{Read, tag};
use super::xdr::Xdr;
use crate::batch::{BatchBuilder, ColumnIndex, ShortText};
use crate::cut::ColumnType;

/// Kinds of flow_data that hold a packet.
const SAMPLED_HEADER: u32 = tag(0, 1);
const SAMPLED_ETHERNET: u32 = tag(0, 2);
const SAMPLED_IPV4: u32 = tag(0, 3);
const SAMPLED_IPV6: u32 = tag(0, 4);
const EXTENDED_SWITCH: u32 = tag(0, 1001);

/// The rate stands in the sample itself.
const FROM_RECORD: ShortText = ShortText::new("record");

/// The columns of a flow sample beside those of its packet.
#[derive(Debug)]
pub(super) struct FlowColumns {
    sampling_rate: ColumnIndex,
    sampling_source: ColumnIndex,
    sample_pool: ColumnIndex,
    drops: ColumnIndex,
    input_interface: ColumnIndex,
    input_interface_kind: ColumnIndex,
    output_interface: ColumnIndex,
    output_interface_kind: ColumnIndex,
    output_interface_count: ColumnIndex,
    drop_reason: ColumnIndex,
    drop_reason_name: ColumnIndex,
    bytes: ColumnIndex,
    packets: ColumnIndex,
    bytes_scaled: ColumnIndex,
    packets_scaled: ColumnIndex,
    pub(super) header_protocol: ColumnIndex,
    pub(super) header_protocol_name: ColumnIndex,
    pub(super) stripped: ColumnIndex,
    pub(super) sampled_header: ColumnIndex,
}

impl FlowColumns {
    pub(super) fn define(rows: &mut BatchBuilder) -> Self {
        Self {
            sampling_rate: rows.define("sampling_rate", ColumnType::Int64),
            sampling_source: rows.define("sampling_source", ColumnType::String),
            sample_pool: rows.define("sample_pool", ColumnType::Int64),
            drops: rows.define("drops", ColumnType::Int64),
            input_interface: rows.define("input_interface", ColumnType::Int64),
            input_interface_kind: rows.define("input_interface_kind", ColumnType::String),
            output_interface: rows.define("output_interface", ColumnType::Int64),
            output_interface_kind: rows.define("output_interface_kind", ColumnType::String),
            output_interface_count: rows.define("output_interface_count", ColumnType::Int64),
            drop_reason: rows.define("drop_reason", ColumnType::Int64),
            drop_reason_name: rows.define("drop_reason_name", ColumnType::String),
            bytes: rows.define("bytes", ColumnType::Int64),
            packets: rows.define("packets", ColumnType::Int64),
            bytes_scaled: rows.define("bytes_scaled", ColumnType::Int64),
            packets_scaled: rows.define("packets_scaled", ColumnType::Int64),
            header_protocol: rows.define("header_protocol", ColumnType::Int64),
            header_protocol_name: rows.define("header_protocol_name", ColumnType::String),
            stripped: rows.define("stripped", ColumnType::Int64),
            sampled_header: rows.define("sampled_header", ColumnType::String),
        }
    }

    fn put_sample(&self, sample: &FlowSample, rows: &mut BatchBuilder) {
        rows.put_i64(self.sampling_rate, i64::from(sample.sampling_rate));
        rows.put_short(self.sampling_source, FROM_RECORD);
        rows.put_i64(self.sample_pool, i64::from(sample.sample_pool));
        rows.put_i64(self.drops, i64::from(sample.drops));
        self.put_interface(self.input_interface, self.input_interface_kind, sample.input, rows);
        self.put_interface(self.output_interface, self.output_interface_kind, sample.output, rows);
    }

    /// "Input/output port information".
    fn put_interface(
        &self,
        number: ColumnIndex,
        kind: ColumnIndex,
        interface: Interface,
        rows: &mut BatchBuilder,
    ) {
        const INTERNAL: ShortText = ShortText::new("internal");
        const DISCARDED: ShortText = ShortText::new("discarded");
        const MULTIPLE: ShortText = ShortText::new("multiple");
        match interface.format {
            0 => {
                rows.put_i64(number, i64::from(interface.value));
                if interface.is_internal() {
                    rows.put_short(kind, INTERNAL);
                }
            }
            1 => {
                rows.put_short(kind, DISCARDED);
                self.put_drop_reason(interface.value, rows);
            }
            2 => {
                rows.put_short(kind, MULTIPLE);
                rows.put_i64(self.output_interface_count, i64::from(interface.value));
            }
            _ => rows.put_text(kind, &format!("format {} value {}", interface.format, interface.value)),
        }
    }

    fn put_drop_reason(&self, reason: u32, rows: &mut BatchBuilder) {
        rows.put_i64(self.drop_reason, i64::from(reason));
        if let Some(name) = name_of(DROP_REASONS, reason) {
            rows.put_text(self.drop_reason_name, name);
        }
    }

    /// The sampled packet stands for as many as were counted for it; a rate of zero is unknown.
    fn put_counts(&self, bytes: Option<PacketBytes>, sampling_rate: Option<u32>, rows: &mut BatchBuilder) {
        let sampling_rate = sampling_rate.filter(|rate| *rate > 0).map(i64::from);
        rows.put_i64(self.packets, 1);
        if let Some(rate) = sampling_rate {
            rows.put_i64(self.packets_scaled, rate);
        }
        let Some(bytes) = bytes.map(i64::from) else { return };
        rows.put_i64(self.bytes, bytes);
        if let Some(rate) = sampling_rate {
            rows.put_i64(self.bytes_scaled, bytes.saturating_mul(rate));
        }
    }
}

/// "interface" and "interface_expanded".
#[derive(Debug, Clone, Copy)]
struct Interface {
    /// 0: one interface, 1: discarded, 2: several interfaces.
    format: u32,
    value: u32,
}

impl Interface {
    fn read(xdr: &mut Xdr<'_>, expanded: bool) -> Option<Self> {
        if expanded {
            return Some(Self { format: xdr.u32()?, value: xdr.u32()? });
        }
        let both = xdr.u32()?;
        Some(Self { format: both >> 30, value: both & 0x3FFF_FFFF })
    }

    /// The packet comes from, or ends at, the device itself. Some agents use all bits in the expanded form.
    fn is_internal(self) -> bool {
        matches!(self.value, 0x3FFF_FFFF | 0xFFFF_FFFF)
    }
}

/// "flow_sample" and "flow_sample_expanded", without the records.
#[derive(Debug, Clone, Copy)]
struct FlowSample {
    number: SampleNumber,
    sampling_rate: u32,
    sample_pool: u32,
    drops: u32,
    input: Interface,
    output: Interface,
}

impl FlowSample {
    fn read(xdr: &mut Xdr<'_>, expanded: bool) -> Option<Self> {
        Some(Self {
            number: SampleNumber::read(xdr, expanded)?,
            sampling_rate: xdr.u32()?,
            sample_pool: xdr.u32()?,
            drops: xdr.u32()?,
            input: Interface::read(xdr, expanded)?,
            output: Interface::read(xdr, expanded)?,
        })
    }
}

impl SflowDecoder {
    /// "flow_sample" and "flow_sample_expanded".
    pub(super) fn decode_flow_sample(
        &mut self,
        data: &[u8],
        expanded: bool,
        datagram: &mut Datagram<'_>,
        rows: &mut BatchBuilder,
    ) {
        let mut xdr = Xdr::new(data);
        datagram.begin_row("flow", &self.datagram, rows);
        if let Some(sample) = FlowSample::read(&mut xdr, expanded) {
            self.sample.put(sample.number, rows);
            self.flow.put_sample(&sample, rows);
            let bytes = self.put_flow_records(&mut xdr, datagram, rows);
            self.flow.put_counts(bytes, Some(sample.sampling_rate), rows);
        } else {
            datagram.fault("an sflow flow sample that is shorter than its header", rows);
        }
        rows.end_row();
    }

    /// "discarded_packet" (sFlow Dropped Packet Notification Structures).
    pub(super) fn decode_discarded_packet(
        &mut self,
        data: &[u8],
        datagram: &mut Datagram<'_>,
        rows: &mut BatchBuilder,
    ) {
        let mut xdr = Xdr::new(data);
        datagram.begin_row("discarded_packet", &self.datagram, rows);
        if self.put_discarded(&mut xdr, rows).is_some() {
            let bytes = self.put_flow_records(&mut xdr, datagram, rows);
            self.flow.put_counts(bytes, None, rows);
        } else {
            datagram.fault("an sflow discarded packet that is shorter than its header", rows);
        }
        rows.end_row();
    }

    /// The fields of a discarded packet before its records; `None` where they are cut off.
    fn put_discarded(&self, xdr: &mut Xdr<'_>, rows: &mut BatchBuilder) -> Option<()> {
        self.sample.put(SampleNumber::read(xdr, true)?, rows);
        let columns = &self.flow;
        rows.put_i64(columns.drops, i64::from(xdr.u32()?));
        rows.put_i64(columns.input_interface, i64::from(xdr.u32()?));
        rows.put_i64(columns.output_interface, i64::from(xdr.u32()?));
        columns.put_drop_reason(xdr.u32()?, rows);
        Some(())
    }

    /// The records of a sample, all in its row; returns the length of the packet.
    fn put_flow_records(
        &mut self,
        xdr: &mut Xdr<'_>,
        datagram: &mut Datagram<'_>,
        rows: &mut BatchBuilder,
    ) -> Option<PacketBytes> {
        let mut bytes = None;
        let mut switch_vlan = None;
        let records = xdr.u32();
        for _ in 0..records.unwrap_or(0) {
            let Some((tag, data)) = xdr.tagged() else {
                datagram.fault("an sflow sample that ends before its records do", rows);
                break;
            };
            if tag == EXTENDED_SWITCH {
                switch_vlan = Xdr::new(data).u32().filter(|vlan| *vlan != 0);
            }
            let of_packet = self.put_flow_record(tag, data, datagram, rows);
            bytes = bytes.or(of_packet);
        }
        if records.is_none() {
            datagram.fault("an sflow sample that ends before its records do", rows);
        }
        // The header's own tag was put before.
        if let Some(vlan) = switch_vlan {
            rows.put_i64(self.packet.vlan_id, i64::from(vlan));
        }
        self.unknown.end_row(rows);
        bytes
    }

    /// "flow_record"; returns the length of the packet where the record has it.
    fn put_flow_record(
        &mut self,
        tag: u32,
        data: &[u8],
        datagram: &mut Datagram<'_>,
        rows: &mut BatchBuilder,
    ) -> Option<PacketBytes> {
        let mut row = PacketRow { flow: &self.flow, packet: &self.packet, scratch: &mut self.scratch, rows };
        let (name, bytes) = match tag {
            SAMPLED_HEADER => ("sampled_header", row.put_header(data)),
            SAMPLED_ETHERNET => ("sampled_ethernet", row.put_ethernet(data)),
            SAMPLED_IPV4 => ("sampled_ipv4", row.put_ipv4(data)),
            SAMPLED_IPV6 => ("sampled_ipv6", row.put_ipv6(data)),
            _ => {
                self.put_other_record(tag, data, datagram, rows);
                return None;
            }
        };
        if bytes.is_none() {
            datagram.short_structure(name, rows);
        }
        bytes
    }

    fn put_other_record(
        &mut self,
        tag: u32,
        data: &[u8],
        datagram: &mut Datagram<'_>,
        rows: &mut BatchBuilder,
    ) {
        let Some(structure) = self.flow_records.find(tag) else {
            self.unknown.name("flow_data", tag);
            self.unknown.put(data, &mut self.scratch, rows);
            return;
        };
        let name = structure.name();
        if structure.put(data, &mut self.scratch, rows) == Read::Short {
            datagram.short_structure(name, rows);
        }
    }
}
