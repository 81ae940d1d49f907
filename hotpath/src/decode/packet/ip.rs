//! IPv4 (RFC 791) and IPv6 (RFC 8200).

use super::{Fragment, Ip, PacketHeaders, split, transport};
use crate::decode::address_text::IpOctets;

/// Reads an IPv4 packet; `None` where it is cut off or is none.
pub(super) fn read_ipv4(bytes: &[u8], headers: &mut PacketHeaders) -> Option<()> {
    let (header, _) = split::<20>(bytes)?;
    // RFC 791 section 3.1. Destructured once, so that every byte is seen to be where it should be.
    let [version_ihl, tos, l1, l2, i1, i2, f1, f2, ttl, protocol, _, _, s1, s2, s3, s4, d1, d2, d3, d4] =
        header;
    let header_bytes = usize::from(version_ihl & 0xF) * 4;
    if version_ihl >> 4 != 4 || header_bytes < header.len() {
        return None;
    }
    let total_length = u16::from_be_bytes([l1, l2]);
    let flags_and_offset = u16::from_be_bytes([f1, f2]);
    let fragment = Fragment {
        identification: u32::from(u16::from_be_bytes([i1, i2])),
        offset: u32::from(flags_and_offset & 0x1FFF) * 8,
        more: flags_and_offset & 0x2000 != 0,
    };
    headers.ip = Some(Ip {
        source: IpOctets::V4([s1, s2, s3, s4]),
        destination: IpOctets::V4([d1, d2, d3, d4]),
        protocol,
        tos,
        ttl,
        total_length: (total_length != 0).then_some(u32::from(total_length)),
        fragment: (fragment.more || fragment.offset > 0).then_some(fragment),
        flow_label: None,
    });
    if fragment.offset > 0 {
        return None;
    }
    // Options, if there are any, are part of the header's length.
    transport::read(protocol, bytes.get(header_bytes..)?, &mut headers.transport)
}

/// Reads an IPv6 packet; `None` where it is cut off or is none.
pub(super) fn read_ipv6(bytes: &[u8], headers: &mut PacketHeaders) -> Option<()> {
    let (first, rest) = split::<4>(bytes)?;
    let ([p1, p2, next_header, ttl], rest) = split::<4>(rest)?;
    let (source, rest) = split::<16>(rest)?;
    let (destination, rest) = split::<16>(rest)?;
    // RFC 8200 section 3: version (4 bits), traffic class (8), flow label (20).
    let first = u32::from_be_bytes(first);
    if first >> 28 != 6 {
        return None;
    }
    let payload_length = u16::from_be_bytes([p1, p2]);
    let ip = headers.ip.insert(Ip {
        source: IpOctets::V6(source),
        destination: IpOctets::V6(destination),
        protocol: next_header,
        tos: (first >> 20) as u8,
        ttl,
        // Zero is a jumbogram's (RFC 2675 section 3).
        total_length: (payload_length != 0).then_some(40 + u32::from(payload_length)),
        fragment: None,
        flow_label: Some(first & 0xF_FFFF),
    });
    let payload = read_extension_headers(ip, rest)?;
    if ip.fragment.is_some_and(|fragment| fragment.offset > 0) {
        return None;
    }
    transport::read(ip.protocol, payload, &mut headers.transport)
}

/// IANA "IPv6 Extension Header Types". ESP (50) is not among them: nothing behind it can be read.
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;
const HOST_IDENTITY: u8 = 139;
const SHIM6: u8 = 140;

/// Goes over the extension headers (RFC 8200 section 4) to the one that is none; `ip` gets its protocol.
fn read_extension_headers<'a>(ip: &mut Ip, mut rest: &'a [u8]) -> Option<&'a [u8]> {
    loop {
        let bytes = match ip.protocol {
            FRAGMENT => {
                let ([next, _, o1, o2, i1, i2, i3, i4], behind) = split::<8>(rest)?;
                let offset_and_more = u16::from_be_bytes([o1, o2]);
                ip.fragment = Some(Fragment {
                    identification: u32::from_be_bytes([i1, i2, i3, i4]),
                    offset: u32::from(offset_and_more & 0xFFF8),
                    more: offset_and_more & 1 != 0,
                });
                ip.protocol = next;
                rest = behind;
                if offset_and_more & 0xFFF8 != 0 {
                    // What follows is no header.
                    return Some(rest);
                }
                continue;
            }
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS | MOBILITY | HOST_IDENTITY | SHIM6 => {
                (usize::from(*rest.get(1)?) + 1) * 8
            }
            // RFC 4302 section 2.2 counts in another unit.
            AUTHENTICATION => (usize::from(*rest.get(1)?) + 2) * 4,
            _ => return Some(rest),
        };
        ip.protocol = *rest.first()?;
        rest = rest.get(bytes..)?;
    }
}
