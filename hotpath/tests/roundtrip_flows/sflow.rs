//! sFlow version 5, with packets made field by field.

use std::net::{Ipv4Addr, Ipv6Addr};

use bytefreezer_fakedata::packet::{Network, Packet, Transport};
use bytefreezer_fakedata::sflow::{
    CounterRecord, CounterSample, Datagram, DiscardedPacket, EthernetCounters, FlowRecord, FlowSample,
    Gateway, InterfaceCounters, RawPacketHeader, Router, Sample, SourceId, VlanCounters, encode,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::rows::{Row, assert_holds, read};

fn row(columns: impl IntoIterator<Item = (&'static str, Json)>) -> Row {
    columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn mac(octets: [u8; 6]) -> Json {
    let digits: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    json!(digits.join(":"))
}

fn datagram(samples: Vec<Sample>) -> Vec<u8> {
    encode(&Datagram { agent: [192, 0, 2, 9].into(), sub_agent: 3, sequence: 1, uptime_ms: 5_000, samples })
}

fn network() -> impl Strategy<Value = Network> {
    let extensions = prop::collection::vec(prop::sample::select(vec![0_u8, 43, 44, 60]), 0..3);
    prop_oneof![
        (any::<[u8; 4]>(), any::<[u8; 4]>())
            .prop_map(|(source, dest)| Network::V4 { source: source.into(), dest: dest.into() }),
        (any::<[u8; 16]>(), any::<[u8; 16]>(), extensions).prop_map(|(source, dest, extensions)| {
            Network::V6 { source: source.into(), dest: dest.into(), extensions }
        }),
    ]
}

fn transport() -> impl Strategy<Value = Transport> {
    prop_oneof![
        (any::<u16>(), any::<u16>(), any::<u8>())
            .prop_map(|(source_port, dest_port, flags)| Transport::Tcp { source_port, dest_port, flags }),
        (any::<u16>(), any::<u16>())
            .prop_map(|(source_port, dest_port)| Transport::Udp { source_port, dest_port }),
        (any::<u8>(), any::<u8>()).prop_map(|(kind, code)| Transport::Icmp { kind, code }),
    ]
}

prop_compose! {
    fn packet()(
        source_mac: [u8; 6],
        dest_mac: [u8; 6],
        vlans in prop::collection::vec(1_u16..4_095, 0..3),
        mpls in prop::collection::vec(16_u32..1 << 20, 0..3),
        network in network(),
        tos: u8,
        ttl in 1_u8..,
        transport in transport(),
        payload_bytes in 0_u16..600,
    ) -> Packet {
        Packet { source_mac, dest_mac, vlans, mpls, network, tos, ttl, transport, payload_bytes }
    }
}

prop_compose! {
    /// Numbers of the datagram's own: one cannot be derived from another.
    fn sample()(
        sequence: u32,
        index in 1_u32..0xff_ffff,
        sampling_rate in 1_u32..1 << 20,
        sample_pool: u32,
        drops: u32,
        input in 1_u32..1 << 29,
        output in 1_u32..1 << 29,
    ) -> FlowSample {
        let source = SourceId { kind: 0, index };
        FlowSample { sequence, source, sampling_rate, sample_pool, drops, input, output, records: vec![] }
    }
}

fn raw_header(packet: &Packet) -> (FlowRecord, u32) {
    let mut header = packet.encode();
    let frame_bytes = header.len() as u32 + 4;
    header.truncate(256);
    (
        FlowRecord::RawPacketHeader(RawPacketHeader { protocol: 1, frame_bytes, stripped_bytes: 4, header }),
        frame_bytes,
    )
}

fn expected_of_packet(packet: &Packet) -> Row {
    let mut expected = row([
        ("source_mac", mac(packet.source_mac)),
        ("dest_mac", mac(packet.dest_mac)),
        ("tos", json!(packet.tos)),
    ]);
    let is_v4 = match &packet.network {
        Network::V4 { source, dest } => {
            expected.extend(row([("source_ip", json!(source)), ("dest_ip", json!(dest))]));
            true
        }
        Network::V6 { source, dest, .. } => {
            expected.extend(row([("source_ip", json!(source)), ("dest_ip", json!(dest))]));
            false
        }
        Network::Arp { .. } => false,
    };
    let protocol = if is_v4 { packet.transport.protocol() } else { packet.transport.protocol_v6() };
    expected.insert("protocol".to_owned(), json!(protocol));
    expected.extend(match packet.transport {
        Transport::Tcp { source_port, dest_port, flags } => row([
            ("source_port", json!(source_port)),
            ("dest_port", json!(dest_port)),
            ("tcp_flags", json!(flags)),
        ]),
        Transport::Udp { source_port, dest_port } => {
            row([("source_port", json!(source_port)), ("dest_port", json!(dest_port))])
        }
        Transport::Icmp { kind, code } => row([("icmp_type", json!(kind)), ("icmp_code", json!(code))]),
    });
    if let Some(vlan) = packet.vlans.first() {
        expected.insert("vlan_id".to_owned(), json!(vlan));
    }
    expected
}

fn expected_of_sample(sample: &FlowSample, frame_bytes: u32) -> Row {
    let rate = i64::from(sample.sampling_rate);
    row([
        ("record_type", json!("flow")),
        ("sampling_rate", json!(rate)),
        ("input_interface", json!(sample.input)),
        ("output_interface", json!(sample.output)),
        ("bytes", json!(frame_bytes)),
        ("packets", json!(1)),
        ("bytes_scaled", json!(i64::from(frame_bytes) * rate)),
        ("packets_scaled", json!(rate)),
        ("sample_pool", json!(sample.sample_pool)),
        ("drops", json!(sample.drops)),
    ])
}

proptest! {
    #[test]
    fn packets_come_out_as_they_went_in(
        samples in prop::collection::vec((sample(), packet(), any::<bool>()), 1..6),
    ) {
        let (mut encoded, mut expected) = (Vec::new(), Vec::new());
        for (mut sample, packet, is_expanded) in samples {
            let (record, frame_bytes) = raw_header(&packet);
            sample.records.push(record);
            let mut row = expected_of_sample(&sample, frame_bytes);
            row.extend(expected_of_packet(&packet));
            expected.push(row);
            encoded.push(if is_expanded { Sample::ExpandedFlow(sample) } else { Sample::Flow(sample) });
        }
        assert_holds(&read("sflow", &[datagram(encoded)]), &expected);
    }

    #[test]
    fn what_the_agent_knows_beside_the_packet(
        sample in sample(),
        packet in packet(),
        hop: [u8; 4],
        masks in prop::array::uniform2(0_u32..=32),
        ases in prop::array::uniform3(1_u32..),
        path in prop::collection::vec(1_u32.., 1..5),
        vlans in prop::array::uniform2(1_u32..4_095),
        user in "[a-z]{1,12}",
    ) {
        // A tag of the packet's own would be its VLAN.
        let (mut sample, packet) = (sample, Packet { vlans: vec![], ..packet });
        let hop = Ipv4Addr::from(hop);
        sample.records = vec![
            raw_header(&packet).0,
            FlowRecord::ExtendedSwitch {
                source_vlan: vlans[0],
                source_priority: 0,
                dest_vlan: vlans[1],
                dest_priority: 0,
            },
            FlowRecord::ExtendedRouter(Router {
                next_hop: hop.into(),
                source_mask: masks[0],
                dest_mask: masks[1],
            }),
            FlowRecord::ExtendedGateway(Gateway {
                next_hop: hop.into(),
                own_as: ases[0],
                source_as: ases[1],
                source_peer_as: ases[2],
                dest_path: path.clone(),
                communities: vec![],
                local_preference: 100,
            }),
            FlowRecord::ExtendedUser { source_user: user.clone(), dest_user: String::new() },
        ];
        let rows = read("sflow", &[datagram(vec![Sample::Flow(sample)])]);
        let expected = row([
            ("vlan_id", json!(vlans[0])),
            ("next_hop", json!(hop)),
            ("source_mask", json!(masks[0])),
            ("dest_mask", json!(masks[1])),
            ("bgp_next_hop", json!(hop)),
            ("source_as", json!(ases[1])),
            ("dest_as", json!(path[path.len() - 1])),
        ]);
        assert_holds(&rows, &[expected]);
        let values: Vec<String> = rows[0].values().map(Json::to_string).collect();
        prop_assert!(values.iter().any(|value| value.contains(&user)), "{values:?}");
    }

    #[test]
    fn counters_come_out_as_they_went_in(
        numbers: [u64; 3],
        in_counts: [u32; 6],
        out_counts: [u32; 5],
        errors: [u32; 13],
        is_expanded: bool,
    ) {
        // What no column of integers holds is tested elsewhere; all ones mean "not known".
        let numbers = numbers.map(|number| number >> 1);
        let counts = |counts: &[u32]| counts.iter().map(|count| count & 0x7fff_ffff).collect::<Vec<_>>();
        let (ins, outs, errors) = (counts(&in_counts), counts(&out_counts), counts(&errors));
        let interface = InterfaceCounters {
            index: 7,
            kind: 6,
            speed: numbers[0],
            direction: 1,
            status: 3,
            in_octets: numbers[1],
            in_counts: ins.clone().try_into().unwrap(),
            out_octets: numbers[2],
            out_counts: outs.clone().try_into().unwrap(),
            promiscuous: 0,
        };
        let sample = CounterSample {
            sequence: 4,
            source: SourceId { kind: 0, index: 7 },
            records: vec![
                CounterRecord::Interface(interface),
                CounterRecord::Ethernet(EthernetCounters(errors.clone().try_into().unwrap())),
                CounterRecord::Vlan(VlanCounters { vlan_id: 100, octets: numbers[1], counts: [1, 2, 3, 4] }),
            ],
        };
        let sample = if is_expanded { Sample::ExpandedCounters(sample) } else { Sample::Counters(sample) };
        let expected = [
            row([
                ("record_type", json!("if_counters")),
                ("if_index", json!(7)),
                ("if_speed", json!(numbers[0])),
                ("if_in_octets", json!(numbers[1])),
                ("if_in_ucast_pkts", json!(ins[0])),
                ("if_in_errors", json!(ins[4])),
                ("if_in_unknown_protos", json!(ins[5])),
                ("if_out_octets", json!(numbers[2])),
                ("if_out_ucast_pkts", json!(outs[0])),
                ("if_out_errors", json!(outs[4])),
            ]),
            row([
                ("record_type", json!("ethernet_counters")),
                ("dot3_stats_alignment_errors", json!(errors[0])),
                ("dot3_stats_symbol_errors", json!(errors[12])),
            ]),
            row([("record_type", json!("vlan_counters")), ("vlan_id", json!(100)), ("octets", json!(numbers[1]))]),
        ];
        assert_holds(&read("sflow", &[datagram(vec![sample])]), &expected);
    }

    #[test]
    fn a_structure_that_nobody_knows_does_not_disturb_the_others(
        sample in sample(),
        packet in packet(),
        format in (32_473_u32 << 12)..(32_473 << 12 | 0xfff),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut sample = sample;
        let (record, frame_bytes) = raw_header(&packet);
        sample.records = vec![FlowRecord::Other { format, bytes: bytes.clone() }, record];
        let mut expected = expected_of_sample(&sample, frame_bytes);
        expected.extend(expected_of_packet(&packet));
        let samples = vec![Sample::Other { format, bytes }, Sample::Flow(sample)];
        let rows = read("sflow", &[datagram(samples)]);
        assert_holds(&rows[rows.len() - 1..], &[expected]);
    }
}

#[test]
fn a_discarded_packet_says_why() {
    let network = Network::V4 { source: Ipv4Addr::new(192, 0, 2, 1), dest: Ipv4Addr::new(192, 0, 2, 2) };
    let packet = Packet {
        source_mac: [2; 6],
        dest_mac: [4; 6],
        vlans: vec![],
        mpls: vec![],
        network,
        tos: 0,
        ttl: 1,
        transport: Transport::Udp { source_port: 1, dest_port: 2 },
        payload_bytes: 10,
    };
    let discarded = DiscardedPacket {
        sequence: 1,
        source: SourceId { kind: 0, index: 1 },
        drops: 0,
        input: 3,
        output: 0,
        reason: 262,
        records: vec![raw_header(&packet).0],
    };
    let rows = read("sflow", &[datagram(vec![Sample::Discarded(discarded)])]);
    let expected = row([
        ("record_type", json!("discarded_packet")),
        ("drop_reason", json!(262)),
        ("source_ip", json!("192.0.2.1")),
        ("dest_port", json!(2)),
    ]);
    assert_holds(&rows, &[expected]);
}

#[test]
fn an_agent_may_have_an_address_of_ipv6() {
    let agent = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let samples = vec![Sample::Counters(CounterSample {
        sequence: 1,
        source: SourceId { kind: 0, index: 1 },
        records: vec![CounterRecord::Interface(InterfaceCounters::default())],
    })];
    let datagram =
        encode(&Datagram { agent: agent.into(), sub_agent: 0, sequence: 1, uptime_ms: 1, samples });
    let rows = read("sflow", &[datagram]);
    assert_eq!(rows[0]["exporter_ip"], json!(agent));
}
