//! Ethernet and what may stand between it and IP: VLAN tags, LLC with SNAP, PPPoE.

use super::{Ethernet, PacketHeaders, VlanTag, ip, mpls, split};

/// Types below this one are the length of an IEEE 802.3 frame (IEEE 802.3 clause 3.2.6).
const FIRST_ETHERTYPE: u16 = 0x0600;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;
const MPLS_UNICAST: u16 = 0x8847;
const MPLS_MULTICAST: u16 = 0x8848;
const PPPOE_SESSION: u16 = 0x8864;

/// Tag protocol identifiers: IEEE 802.1Q, 802.1ad, and those that were used for stacked tags before it.
fn is_vlan_tag(ethertype: u16) -> bool {
    matches!(ethertype, 0x8100 | 0x88A8 | 0x9100 | 0x9200 | 0x9300)
}

/// Reads a frame; `None` where it is cut off.
pub(super) fn read_ethernet(bytes: &[u8], headers: &mut PacketHeaders) -> Option<()> {
    let (destination, rest) = split::<6>(bytes)?;
    let (source, rest) = split::<6>(rest)?;
    let ethernet = headers.ethernet.insert(Ethernet { destination, source, ethertype: None });
    let (ethertype, mut rest) = split::<2>(rest)?;
    let mut ethertype = u16::from_be_bytes(ethertype);
    while is_vlan_tag(ethertype) {
        // IEEE 802.1Q clause 9.6: priority (3 bits), drop eligible (1), identifier (12).
        let (control, behind) = split::<2>(rest)?;
        let (inner_type, behind) = split::<2>(behind)?;
        let control = u16::from_be_bytes(control);
        headers.vlan_tags.push(VlanTag { id: control & 0xFFF, priority: (control >> 13) as u8 });
        ethertype = u16::from_be_bytes(inner_type);
        rest = behind;
    }
    if ethertype < FIRST_ETHERTYPE {
        (ethertype, rest) = snap(rest)?;
    }
    ethernet.ethertype = Some(ethertype);
    read_payload(ethertype, rest, headers)
}

/// The type behind an IEEE 802.2 LLC header with the SNAP extension (RFC 1042), of which the length went before.
fn snap(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (header, rest) = split::<8>(bytes)?;
    let [0xAA, 0xAA, 0x03, 0, 0, 0, high, low] = header else { return None };
    Some((u16::from_be_bytes([high, low]), rest))
}

fn read_payload(ethertype: u16, bytes: &[u8], headers: &mut PacketHeaders) -> Option<()> {
    match ethertype {
        IPV4 => ip::read_ipv4(bytes, headers),
        IPV6 => ip::read_ipv6(bytes, headers),
        MPLS_UNICAST | MPLS_MULTICAST => mpls::read_mpls(bytes, headers),
        PPPOE_SESSION => read_pppoe(bytes, headers),
        _ => None,
    }
}

/// RFC 2516 section 4: version and type, code, session, length; then the PPP protocol.
fn read_pppoe(bytes: &[u8], headers: &mut PacketHeaders) -> Option<()> {
    let (header, rest) = split::<8>(bytes)?;
    match header {
        [0x11, 0, _, _, _, _, 0x00, 0x21] => ip::read_ipv4(rest, headers),
        [0x11, 0, _, _, _, _, 0x00, 0x57] => ip::read_ipv6(rest, headers),
        _ => None,
    }
}
