//! Which binary protocol a datagram speaks, told by its first words.

use crate::block::SourceType;

/// Bytes of the header of NetFlow v1, and of an IPFIX message (RFC 7011 section 3.1).
const SHORTEST_HEADER_BYTES: usize = 16;
/// Bytes of a NetFlow v9 header (RFC 3954 section 5.1).
const NETFLOW_9_HEADER_BYTES: usize = 20;
/// Bytes of an sFlow header with an IPv4 agent, as versions 2 and 4 have it.
const SFLOW_HEADER_BYTES: usize = 24;

/// The kind of input that a datagram is for, where its first words are those of `NetFlow`, IPFIX or sFlow and it has a
/// whole header. `None` for anything else.
///
/// All of them begin with a zero byte and a version that is no printable character, which text never does.
pub fn flow_datagram(datagram: &[u8]) -> Option<SourceType> {
    let [0, second, third, fourth, ..] = datagram else { return None };
    match *second {
        // Version 2, 4 or 5 in 32 bits, then the kind of the agent's address.
        0 => {
            let agent_kind = datagram.get(4..8)?;
            let is_sflow = *third == 0
                && matches!(fourth, 2 | 4 | 5)
                && matches!(agent_kind, [0, 0, 0, 0..=2])
                && datagram.len() >= SFLOW_HEADER_BYTES;
            is_sflow.then_some(SourceType::Sflow)
        }
        1 | 5..=8 => (datagram.len() >= SHORTEST_HEADER_BYTES).then_some(SourceType::Netflow),
        9 => (datagram.len() >= NETFLOW_9_HEADER_BYTES).then_some(SourceType::Netflow),
        10 => {
            let length = usize::from(u16::from_be_bytes([*third, *fourth]));
            let is_ipfix = length >= SHORTEST_HEADER_BYTES && datagram.len() >= SHORTEST_HEADER_BYTES;
            is_ipfix.then_some(SourceType::Ipfix)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first bytes, and zeros up to the length of a datagram.
    fn kind(first: &[u8]) -> Option<SourceType> {
        let mut datagram = [0; 64];
        datagram[..first.len()].copy_from_slice(first);
        flow_datagram(&datagram)
    }

    #[test]
    fn the_version_tells_the_protocol() {
        for version in [1, 5, 7, 9] {
            assert_eq!(kind(&[0, version, 0, 1]), Some(SourceType::Netflow), "{version}");
        }
        assert_eq!(kind(&[0, 10, 0, 64]), Some(SourceType::Ipfix));
        assert_eq!(kind(&[0, 0, 0, 5, 0, 0, 0, 1, 192, 0, 2, 1]), Some(SourceType::Sflow));
        assert_eq!(kind(&[0, 0, 0, 5, 0, 0, 0, 2]), Some(SourceType::Sflow));
    }

    #[test]
    fn text_and_what_has_no_whole_header_is_none_of_them() {
        for other in
            [&b"<13>hello"[..], b"{\"a\":1}", b"", b"\0", b"\0\x0a", b"\0\x0a\0\x40", b"\0\0\0\x05\0\0\0\x01"]
        {
            assert_eq!(flow_datagram(other), None, "{other:?}");
        }
        assert_eq!(kind(&[0, 10, 0, 15]), None, "an IPFIX message shorter than its header");
        assert_eq!(kind(b"\0text"), None);
    }
}
