//! What is encoded is what is decoded, whatever the values.

use proptest::prelude::*;

use super::*;
use crate::decode::address_text::ipv4_text;

/// Numbers near the ends of their range, and any others.
fn any_number() -> impl Strategy<Value = u32> {
    prop_oneof![3 => any::<u32>(), 1 => Just(0), 1 => Just(u32::MAX), 1 => Just(0x3FFF_FFFF)]
}

/// A counter as it stands in its column: the largest one is none.
fn counter(sent: u32) -> Option<i64> {
    (sent != u32::MAX).then_some(i64::from(sent))
}

/// An Ethernet frame with these VLAN tags, and IPv4 with TCP.
fn frame(tags: &[u16], source: [u8; 4], destination: [u8; 4], ports: (u16, u16), flags: u8) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    for tag in tags {
        frame.extend([0x81, 0]);
        frame.extend(tag.to_be_bytes());
    }
    frame.extend([8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0]);
    frame.extend([source, destination].concat());
    frame.extend([ports.0.to_be_bytes(), ports.1.to_be_bytes()].concat());
    frame.extend([0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0, 0, 0, 0, 0, 0]);
    frame
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn flow_samples(fields in prop::array::uniform6(any_number()), output in (0u32..3, any_number())) {
        let [sequence, source_index, rate, pool, drops, input] = fields;
        let header = numbers(&[sequence, 1, source_index, rate, pool, drops, 0, input, output.0, output.1, 1]);
        let packet = sampled_header(1, &tcp_frame());
        let batch = decode_one(datagram(&[record(0, 3, &[header, packet].concat())]));
        let expected = [
            ("sample_sequence_number", sequence),
            ("source_id_type", 1),
            ("source_id_index", source_index),
            ("sampling_rate", rate),
            ("sample_pool", pool),
            ("drops", drops),
            ("input_interface", input),
            (["output_interface", "drop_reason", "output_interface_count"][output.0 as usize], output.1),
        ];
        for (name, value) in expected {
            prop_assert_eq!(number(&batch, name, 0), Some(i64::from(value)), "{}", name);
        }
        let scaled = (rate > 0).then_some(1518 * i64::from(rate));
        prop_assert_eq!(number(&batch, "bytes_scaled", 0), scaled);
        prop_assert_eq!(errors(&batch), [""; 0]);
    }

    #[test]
    fn counters(values in prop::array::uniform13(any_number())) {
        let batch = decode_one(datagram(&[counters_sample(&[record(0, 2, &numbers(&values))])]));
        let columns = INTERFACE_COUNTERS.iter().find(|structure| structure.tag == tag(0, 2)).unwrap().fields;
        for (field, sent) in columns.iter().zip(values) {
            prop_assert_eq!(number(&batch, field.name, 0), counter(sent), "{}", field.name);
        }
    }

    #[test]
    fn packets(
        tags in prop::collection::vec(any::<u16>(), 0..4),
        source: [u8; 4],
        destination: [u8; 4],
        ports: (u16, u16),
        flags: u8,
    ) {
        let frame = frame(&tags, source, destination, ports, flags);
        let batch = decode_one(datagram(&[flow_sample(&[sampled_header(1, &frame)])]));
        let (source_text, destination_text) = (ipv4_text(source), ipv4_text(destination));
        prop_assert_eq!(text(&batch, "source_ip", 0), Some(source_text.as_str()));
        prop_assert_eq!(text(&batch, "dest_ip", 0), Some(destination_text.as_str()));
        let expected = [
            ("source_port", Some(i64::from(ports.0))),
            ("dest_port", Some(i64::from(ports.1))),
            ("tcp_flags", Some(i64::from(flags))),
            ("vlan_id", tags.first().map(|tag| i64::from(tag & 0xFFF))),
            ("dot1q_customer_vlan_id", tags.get(1).map(|tag| i64::from(tag & 0xFFF))),
        ];
        for (name, value) in expected {
            prop_assert_eq!(number(&batch, name, 0), value, "{}", name);
        }
        prop_assert_eq!(batch.column_by_name("vlan_ids").is_some(), tags.len() > 2);
    }

    #[test]
    fn as_paths(segments in prop::collection::vec((1u32..3, prop::collection::vec(any::<u32>(), 0..5)), 0..5)) {
        let mut gateway = [ipv4_address([192, 0, 2, 1]), numbers(&[1, 2, 3, segments.len() as u32])].concat();
        for (kind, members) in &segments {
            gateway.extend([numbers(&[*kind]), list(members)].concat());
        }
        gateway.extend([list(&[]), numbers(&[9])].concat());
        let batch = decode_one(datagram(&[flow_sample(&[record(0, 1003, &gateway)])]));
        prop_assert_eq!(errors(&batch), [""; 0]);
        prop_assert_eq!(number(&batch, "local_pref", 0), Some(9));
        let all: Vec<i64> = segments.iter().flat_map(|(_, members)| members).map(|number| i64::from(*number)).collect();
        prop_assert_eq!(number(&batch, "dest_as", 0), all.last().copied());
        prop_assert_eq!(number(&batch, "dest_peer_as", 0), all.first().copied());
        if !all.is_empty() {
            prop_assert_eq!(number_list(&batch, "dst_as_path", 0), all);
        }
        let has_sets = segments.iter().any(|(kind, _)| *kind == 1);
        prop_assert_eq!(text(&batch, "dst_as_path_segments", 0).is_some(), has_sets);
    }

    #[test]
    fn texts(name in ".{0,40}") {
        let batch = decode_one(datagram(&[counters_sample(&[record(0, 1005, &opaque(name.as_bytes()))])]));
        let expected = name.trim_end_matches('\0');
        prop_assert_eq!(text(&batch, "name", 0), (!expected.is_empty()).then_some(expected));
    }

    #[test]
    fn any_bytes_give_rows(bytes in prop::collection::vec(any::<u8>(), 0..200), behind_a_header: bool) {
        let datagram = if behind_a_header { [datagram(&[])[..24].to_vec(), numbers(&[3]), bytes].concat() } else { bytes };
        let batch = decode_one(datagram);
        prop_assert!(batch.num_rows() > 0);
    }
}
