//! The first bytes of packets.

use hotpath::decode::packet::PacketHeaders;

pub fn check(input: &[u8]) {
    for read in
        [PacketHeaders::of_ethernet, PacketHeaders::of_ipv4, PacketHeaders::of_ipv6, PacketHeaders::of_mpls]
    {
        let whole = read(input);
        let cut = read(&input[..input.len() / 2]);
        assert!(whole.vlan_tags.as_slice().starts_with(cut.vlan_tags.as_slice()));
        assert!(whole.mpls_labels.as_slice().starts_with(cut.mpls_labels.as_slice()));
        if let (Some(cut), Some(whole)) = (cut.ip, whole.ip) {
            assert_eq!((cut.source, cut.destination), (whole.source, whole.destination));
        }
        assert!(cut.ip.is_none() || whole.ip.is_some(), "more bytes tell more");
        assert!(
            cut.transport.source_port.is_none() || cut.transport.source_port == whole.transport.source_port
        );
        assert!(
            whole.transport == Default::default() || whole.ip.is_some(),
            "ports are those of an IP packet"
        );
    }
}
