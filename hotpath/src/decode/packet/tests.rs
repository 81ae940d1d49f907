use super::*;

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

/// An Ethernet frame: what stands behind the two addresses.
fn frame(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = MACS.to_vec();
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// 192.0.2.1 to 198.51.100.2, with options in whole words.
fn ipv4(protocol: u8, options: &[u8], flags_and_offset: u16, payload: &[u8]) -> Vec<u8> {
    let header_words = 5 + options.len() as u8 / 4;
    let length = (usize::from(header_words) * 4 + payload.len()) as u16;
    let mut bytes = vec![0x40 | header_words, 0x48];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0x12, 0x34]);
    bytes.extend(flags_and_offset.to_be_bytes());
    bytes.extend([63, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    bytes.extend(options);
    bytes.extend(payload);
    bytes
}

/// 2001:db8::1 to 2001:db8::2, traffic class 0x48, flow label 0x12345.
fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x64, 0x81, 0x23, 0x45];
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend([next_header, 62]);
    bytes.extend([0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    bytes.extend([0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    bytes.extend(payload);
    bytes
}

fn tcp() -> Vec<u8> {
    let mut bytes = vec![0x1F, 0x90, 0x01, 0xBB];
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x12, 0, 0, 0, 0, 0, 0]);
    bytes
}

const UDP: [u8; 8] = [0x13, 0xC4, 0x00, 0x35, 0, 8, 0, 0];

fn ports(transport: Transport) -> (Option<u16>, Option<u16>) {
    (transport.source_port, transport.destination_port)
}

fn protocol(headers: &PacketHeaders) -> Option<u8> {
    headers.ip.map(|ip| ip.protocol)
}

#[test]
fn ethernet_ipv4_and_tcp() {
    let headers = PacketHeaders::of_ethernet(&frame(&[&[8, 0], &ipv4(6, &[], 0x4000, &tcp())]));
    let ethernet = headers.ethernet.unwrap();
    assert_eq!(ethernet.destination, [2, 0, 0, 0, 0, 1]);
    assert_eq!(ethernet.source, [2, 0, 0, 0, 0, 2]);
    assert_eq!(ethernet.ethertype, Some(0x0800));
    let ip = headers.ip.unwrap();
    assert_eq!((ip.source, ip.destination), (IpOctets::V4([192, 0, 2, 1]), IpOctets::V4([198, 51, 100, 2])));
    assert_eq!((ip.protocol, ip.tos, ip.ttl, ip.total_length), (6, 0x48, 63, Some(40)));
    assert_eq!((ip.fragment, ip.flow_label), (None, None), "only the bit against fragments is set");
    assert_eq!(ports(headers.transport), (Some(8080), Some(443)));
    assert_eq!(headers.transport.tcp_flags, Some(0x12));
}

#[test]
fn options_of_ipv4_are_read_over() {
    let headers = PacketHeaders::of_ipv4(&ipv4(17, &[7, 7, 4, 192, 0, 2, 9, 0], 0, &UDP));
    assert_eq!(ports(headers.transport), (Some(5060), Some(53)));
    // Options that are cut off leave no place to look for ports.
    let cut = ipv4(17, &[7, 7, 4, 192, 0, 2, 9, 0], 0, &[]);
    let headers = PacketHeaders::of_ipv4(&cut[..24]);
    assert!(headers.ip.is_some());
    assert_eq!(headers.transport, Transport::default());
}

#[test]
fn only_the_first_fragment_has_ports() {
    let first = PacketHeaders::of_ipv4(&ipv4(17, &[], 0x2000, &UDP));
    assert_eq!(first.ip.unwrap().fragment, Some(Fragment { identification: 0x1234, offset: 0, more: true }));
    assert_eq!(ports(first.transport), (Some(5060), Some(53)));
    let last = PacketHeaders::of_ipv4(&ipv4(17, &[], 185, &UDP));
    assert_eq!(
        last.ip.unwrap().fragment,
        Some(Fragment { identification: 0x1234, offset: 1480, more: false })
    );
    assert_eq!(last.transport, Transport::default());
}

#[test]
fn vlan_tags_are_kept_from_the_outermost_on() {
    let packet = ipv4(17, &[], 0, &UDP);
    let headers =
        PacketHeaders::of_ethernet(&frame(&[&[0x88, 0xA8, 0x44, 0x26, 0x81, 0, 0x65, 0xD5, 8, 0], &packet]));
    assert_eq!(
        headers.vlan_tags.as_slice(),
        [VlanTag { id: 1062, priority: 2 }, VlanTag { id: 1493, priority: 3 }]
    );
    assert_eq!(headers.ethernet.unwrap().ethertype, Some(0x0800));
    assert_eq!(ports(headers.transport), (Some(5060), Some(53)));
}

#[test]
fn more_tags_and_labels_than_are_kept_are_read_over() {
    let tags = [0x81, 0, 0, 7].repeat(PACKET_VLAN_TAGS_MAX + 3);
    let headers = PacketHeaders::of_ethernet(&frame(&[&tags, &[8, 0], &ipv4(17, &[], 0, &UDP)]));
    assert_eq!(headers.vlan_tags.as_slice().len(), PACKET_VLAN_TAGS_MAX);
    assert_eq!(protocol(&headers), Some(17));
    let mut labels = [0, 0x01, 0, 64].repeat(PACKET_MPLS_LABELS_MAX + 3);
    labels.iter_mut().skip(2).step_by(4).for_each(|byte| *byte = 0x10);
    labels.extend([0, 0x01, 0x01, 64]);
    labels.extend(ipv4(17, &[], 0, &UDP));
    let headers = PacketHeaders::of_mpls(&labels);
    assert_eq!(headers.mpls_labels.as_slice(), [17; PACKET_MPLS_LABELS_MAX]);
    assert_eq!(protocol(&headers), Some(17));
}

#[test]
fn under_an_mpls_stack_lies_what_its_last_label_or_first_nibble_says() {
    let stack = |last: [u8; 4], packet: &[u8]| {
        let mut bytes = vec![0x88, 0x47, 0x00, 0x01, 0x00, 64];
        bytes.extend(last);
        bytes.extend(packet);
        PacketHeaders::of_ethernet(&frame(&[&bytes]))
    };
    let headers = stack([0x00, 0x02, 0x01, 64], &ipv4(6, &[], 0, &tcp()));
    assert_eq!(headers.mpls_labels.as_slice(), [16, 32]);
    assert_eq!(ports(headers.transport), (Some(8080), Some(443)));
    let headers = stack([0, 0, 0x21, 64], &ipv6(17, &UDP));
    assert_eq!(headers.mpls_labels.as_slice(), [16, 2]);
    assert_eq!(ports(headers.transport), (Some(5060), Some(53)));
    // A pseudowire with a control word.
    let headers = stack([0x00, 0x02, 0x01, 64], &[0, 0, 0, 1, 2, 0, 0, 0, 0, 1]);
    assert_eq!(headers.ip, None);
}

#[test]
fn extension_headers_of_ipv6_are_read_over() {
    let mut payload = vec![60, 0, 1, 4, 0, 0, 0, 0];
    payload.extend([51, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    payload.extend([6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
    payload.extend(tcp());
    let headers = PacketHeaders::of_ipv6(&ipv6(0, &payload));
    let ip = headers.ip.unwrap();
    assert_eq!((ip.protocol, ip.tos, ip.ttl, ip.flow_label), (6, 0x48, 62, Some(0x12345)));
    assert_eq!(ip.total_length, Some(40 + payload.len() as u32));
    assert_eq!(ports(headers.transport), (Some(8080), Some(443)));
    assert_eq!(ip.source.text().as_str(), "2001:db8::1");
}

#[test]
fn fragments_of_ipv6() {
    let mut payload = vec![17, 0, 0x00, 0x01, 0, 0, 0xAB, 0xCD];
    payload.extend(UDP);
    let first = PacketHeaders::of_ipv6(&ipv6(44, &payload));
    assert_eq!(first.ip.unwrap().fragment, Some(Fragment { identification: 0xABCD, offset: 0, more: true }));
    assert_eq!(ports(first.transport), (Some(5060), Some(53)));
    payload[2..4].copy_from_slice(&[0x05, 0xC8]);
    let last = PacketHeaders::of_ipv6(&ipv6(44, &payload));
    assert_eq!(
        last.ip.unwrap().fragment,
        Some(Fragment { identification: 0xABCD, offset: 1480, more: false })
    );
    assert_eq!((protocol(&last), last.transport), (Some(17), Transport::default()));
}

#[test]
fn icmp_has_type_and_code() {
    let headers = PacketHeaders::of_ipv4(&ipv4(1, &[], 0, &[3, 13, 0, 0]));
    assert_eq!((headers.transport.icmp_type, headers.transport.icmp_code), (Some(3), Some(13)));
    let headers = PacketHeaders::of_ipv6(&ipv6(58, &[135, 0, 0, 0]));
    assert_eq!((headers.transport.icmp_type, headers.transport.icmp_code), (Some(135), Some(0)));
}

#[test]
fn what_is_not_ip_is_left_as_ethernet() {
    let arp = PacketHeaders::of_ethernet(&frame(&[&[8, 6], &[0, 1, 8, 0, 6, 4, 0, 1]]));
    assert_eq!(arp.ethernet.unwrap().ethertype, Some(0x0806));
    assert_eq!(arp.ip, None);
    // IEEE 802.3 with LLC: a bridge protocol unit; and with SNAP.
    let stp = PacketHeaders::of_ethernet(&frame(&[&[0, 38], &[0x42, 0x42, 3, 0, 0, 0, 0, 0, 0]]));
    assert_eq!(stp.ethernet.unwrap().ethertype, None);
    let snap = frame(&[&[0, 36], &[0xAA, 0xAA, 3, 0, 0, 0, 8, 0], &ipv4(17, &[], 0, &UDP)]);
    assert_eq!(protocol(&PacketHeaders::of_ethernet(&snap)), Some(17));
}

#[test]
fn pppoe_sessions_carry_ip() {
    let ipv4 = ipv4(6, &[], 0, &tcp());
    let headers = PacketHeaders::of_ethernet(&frame(&[&[0x88, 0x64, 0x11, 0, 0, 1, 0, 42, 0, 0x21], &ipv4]));
    assert_eq!(ports(headers.transport), (Some(8080), Some(443)));
    let headers =
        PacketHeaders::of_ethernet(&frame(&[&[0x88, 0x64, 0x11, 0, 0, 1, 0, 42, 0, 0x57], &ipv6(17, &UDP)]));
    assert_eq!(ports(headers.transport), (Some(5060), Some(53)));
    let control =
        PacketHeaders::of_ethernet(&frame(&[&[0x88, 0x64, 0x11, 0, 0, 1, 0, 42, 0xC0, 0x21], &[1, 1]]));
    assert_eq!(control.ip, None);
}

#[test]
fn a_version_that_the_ethertype_does_not_name_is_no_packet() {
    let headers = PacketHeaders::of_ethernet(&frame(&[&[8, 0], &ipv6(17, &UDP)]));
    assert_eq!(headers.ip, None);
    let mut short = ipv4(17, &[], 0, &UDP);
    short[0] = 0x44;
    assert_eq!(PacketHeaders::of_ipv4(&short).ip, None, "a header of four words");
}

#[test]
fn a_packet_may_end_anywhere() {
    let mut payload = vec![6, 0, 1, 4, 0, 0, 0, 0];
    payload.extend(tcp());
    let whole = frame(&[&[0x81, 0, 0, 1, 0x88, 0x47, 0, 1, 1, 64], &ipv6(0, &payload)]);
    let complete = PacketHeaders::of_ethernet(&whole);
    assert_eq!(complete.transport.tcp_flags, Some(0x12));
    for end in 0..whole.len() {
        let cut = PacketHeaders::of_ethernet(&whole[..end]);
        assert!(cut.ethernet.is_none() || cut.ethernet.unwrap().source == complete.ethernet.unwrap().source);
        assert!(cut.transport.source_port.is_none() || ports(cut.transport) == ports(complete.transport));
        let _ = (PacketHeaders::of_ipv4(&whole[..end]), PacketHeaders::of_ipv6(&whole[..end]));
        let _ = PacketHeaders::of_mpls(&whole[..end]);
    }
}
