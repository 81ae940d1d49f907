//! The MPLS label stack (RFC 3032).

use super::{PacketHeaders, ip, split};

/// RFC 3032 section 2.1: the packet below is IPv4, or IPv6.
const IPV4_EXPLICIT_NULL: u32 = 0;
const IPV6_EXPLICIT_NULL: u32 = 2;

/// Reads a label stack and the packet under it; `None` where it is cut off.
pub(super) fn read_mpls(bytes: &[u8], headers: &mut PacketHeaders) -> Option<()> {
    let mut rest = bytes;
    loop {
        let (entry, behind) = split::<4>(rest)?;
        rest = behind;
        // Label (20 bits), traffic class (3), bottom of stack (1), time to live (8).
        let entry = u32::from_be_bytes(entry);
        let label = entry >> 12;
        headers.mpls_labels.push(label);
        if entry & 0x100 != 0 {
            return read_bottom(label, rest, headers);
        }
    }
}

/// What lies under the stack is not named: the last label says it for two of them, else it is told by the version
/// nibble, as routers do (RFC 4928 section 3). A pseudowire's control word begins with 0, and is left alone.
fn read_bottom(label: u32, bytes: &[u8], headers: &mut PacketHeaders) -> Option<()> {
    match (label, bytes.first()? >> 4) {
        (IPV4_EXPLICIT_NULL, _) | (_, 4) => ip::read_ipv4(bytes, headers),
        (IPV6_EXPLICIT_NULL, _) | (_, 6) => ip::read_ipv6(bytes, headers),
        _ => None,
    }
}
