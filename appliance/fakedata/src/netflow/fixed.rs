//! NetFlow v1, v5 and v7: a header and records of one fixed layout (Cisco, "NetFlow Export Datagram Formats").

use std::net::Ipv4Addr;

use bytes::BufMut;

use crate::templated::EncodeError;

/// The most records in a datagram of v5 (of v1 24, of v7 28, so that it fits an Ethernet frame).
pub const V5_RECORDS_MAX: usize = 30;

/// Bytes of the header of v5 and v7.
pub const HEADER_BYTES: usize = 24;
/// Bytes of a record of v5.
pub const V5_RECORD_BYTES: usize = 48;

/// The header. What a version does not have is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// Milliseconds since the exporter started.
    pub uptime_ms: u32,
    /// Seconds since 1970.
    pub unix_seconds: u32,
    /// Nanoseconds of that second.
    pub nanoseconds: u32,
    /// Flows sent before; not in v1.
    pub sequence: u32,
    /// Kind of the switching engine; v5.
    pub engine_type: u8,
    /// Number of the switching engine; v5.
    pub engine_id: u8,
    /// Two bits of mode, fourteen of interval; v5.
    pub sampling: u16,
}

/// A record. What a version does not have is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Source address.
    pub source_ip: Ipv4Addr,
    /// Destination address.
    pub dest_ip: Ipv4Addr,
    /// The next router.
    pub next_hop: Ipv4Addr,
    /// SNMP index of the interface it came in by.
    pub input: u16,
    /// SNMP index of the interface it left by.
    pub output: u16,
    /// Packets.
    pub packets: u32,
    /// Bytes at layer 3.
    pub bytes: u32,
    /// Uptime at the first packet, in milliseconds.
    pub first_ms: u32,
    /// Uptime at the last packet, in milliseconds.
    pub last_ms: u32,
    /// Source port.
    pub source_port: u16,
    /// Destination port; of ICMP type * 256 + code.
    pub dest_port: u16,
    /// OR of the TCP flags.
    pub tcp_flags: u8,
    /// IP protocol.
    pub protocol: u8,
    /// Type of service.
    pub tos: u8,
    /// AS of the source, origin or peer; v5 and v7.
    pub source_as: u16,
    /// AS of the destination; v5 and v7.
    pub dest_as: u16,
    /// Prefix length of the source; v5 and v7.
    pub source_mask: u8,
    /// Prefix length of the destination; v5 and v7.
    pub dest_mask: u8,
    /// The router whose shortcut was used; v7.
    pub router: Ipv4Addr,
}

impl Default for Record {
    fn default() -> Self {
        let nowhere = Ipv4Addr::UNSPECIFIED;
        Self {
            source_ip: nowhere,
            dest_ip: nowhere,
            next_hop: nowhere,
            input: 0,
            output: 0,
            packets: 0,
            bytes: 0,
            first_ms: 0,
            last_ms: 0,
            source_port: 0,
            dest_port: 0,
            tcp_flags: 0,
            protocol: 0,
            tos: 0,
            source_as: 0,
            dest_as: 0,
            source_mask: 0,
            dest_mask: 0,
            router: nowhere,
        }
    }
}

/// A datagram of v1.
///
/// # Errors
/// When there are more records than the header can count.
pub fn encode_v1(header: &Header, records: &[Record]) -> Result<Vec<u8>, EncodeError> {
    let mut out = start(1, header, records.len())?;
    for record in records {
        append_common(record, &mut out);
        out.put_u16(0);
        out.put_slice(&[record.protocol, record.tos, record.tcp_flags]);
        out.put_bytes(0, 11);
    }
    Ok(out)
}

/// A datagram of v5.
///
/// # Errors
/// When there are more records than the header can count.
pub fn encode_v5(header: &Header, records: &[Record]) -> Result<Vec<u8>, EncodeError> {
    let mut out = start(5, header, records.len())?;
    out.put_u32(header.sequence);
    out.put_slice(&[header.engine_type, header.engine_id]);
    out.put_u16(header.sampling);
    for record in records {
        append_common(record, &mut out);
        out.put_slice(&[0, record.tcp_flags, record.protocol, record.tos]);
        append_routing(record, &mut out);
        out.put_u16(0);
    }
    Ok(out)
}

/// A datagram of v7 (Catalyst 5000).
///
/// # Errors
/// When there are more records than the header can count.
pub fn encode_v7(header: &Header, records: &[Record]) -> Result<Vec<u8>, EncodeError> {
    let mut out = start(7, header, records.len())?;
    out.put_u32(header.sequence);
    out.put_u32(0);
    for record in records {
        append_common(record, &mut out);
        out.put_slice(&[0, record.tcp_flags, record.protocol, record.tos]);
        append_routing(record, &mut out);
        out.put_u16(0);
        out.put_slice(&record.router.octets());
    }
    Ok(out)
}

fn start(version: u16, header: &Header, records: usize) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(HEADER_BYTES + records * 52);
    out.put_u16(version);
    out.put_u16(u16::try_from(records).map_err(|_| EncodeError::TooLong)?);
    out.put_u32(header.uptime_ms);
    out.put_u32(header.unix_seconds);
    out.put_u32(header.nanoseconds);
    Ok(out)
}

/// The first 36 bytes, which all versions share.
fn append_common(record: &Record, out: &mut Vec<u8>) {
    out.put_slice(&record.source_ip.octets());
    out.put_slice(&record.dest_ip.octets());
    out.put_slice(&record.next_hop.octets());
    out.put_u16(record.input);
    out.put_u16(record.output);
    out.put_u32(record.packets);
    out.put_u32(record.bytes);
    out.put_u32(record.first_ms);
    out.put_u32(record.last_ms);
    out.put_u16(record.source_port);
    out.put_u16(record.dest_port);
}

fn append_routing(record: &Record, out: &mut Vec<u8>) {
    out.put_u16(record.source_as);
    out.put_u16(record.dest_as);
    out.put_slice(&[record.source_mask, record.dest_mask]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_records_have_their_published_sizes() {
        let (header, records) = (Header::default(), [Record::default(); 2]);
        assert_eq!(encode_v1(&header, &records).unwrap().len(), 16 + 2 * 52);
        assert_eq!(encode_v5(&header, &records).unwrap().len(), HEADER_BYTES + 2 * V5_RECORD_BYTES);
        assert_eq!(encode_v7(&header, &records).unwrap().len(), HEADER_BYTES + 2 * 52);
    }

    #[test]
    fn a_field_of_v5_stands_where_cisco_says() {
        let record = Record {
            source_port: 0x0102,
            dest_port: 0x0304,
            tcp_flags: 5,
            protocol: 6,
            tos: 7,
            source_as: 0x0809,
            dest_as: 0x0a0b,
            source_mask: 12,
            dest_mask: 13,
            ..Record::default()
        };
        let datagram = encode_v5(&Header { sequence: 9, ..Header::default() }, &[record]).unwrap();
        assert_eq!(datagram[..4], [0, 5, 0, 1]);
        assert_eq!(datagram[16..20], [0, 0, 0, 9]);
        assert_eq!(datagram[24 + 32..], [1, 2, 3, 4, 0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 0]);
    }
}
