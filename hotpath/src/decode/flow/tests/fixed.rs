//! NetFlow v1, v5 and v7, and what is none of them.

use super::*;

#[test]
fn netflow_v5_has_all_its_fields() {
    let rows = decode(&[v5(&[v5_record(6, 443), v5_record(1, 0x0800)], 0)]);
    assert_eq!(rows.count(), 2);
    for (name, expected) in [
        ("record_type", "flow"),
        ("flow_format", "netflow_v5"),
        ("exporter_ip", "192.0.2.1"),
        ("source_ip", "192.0.2.1"),
        ("dest_ip", "198.51.100.2"),
        ("next_hop", "203.0.113.254"),
        ("protocol_name", "tcp"),
    ] {
        assert_eq!(rows.text(name, 0), Some(expected), "{name}");
    }
    for (name, expected) in [
        ("source_port", 40_000),
        ("dest_port", 443),
        ("protocol", 6),
        ("bytes", 1_000),
        ("packets", 10),
        ("tcp_flags", 0x1B),
        ("tos", 0x28),
        ("input_interface", 3),
        ("output_interface", 4),
        ("source_as", 64_500),
        ("dest_as", 64_501),
        ("source_mask", 24),
        ("dest_mask", 16),
        ("engine_type", 1),
        ("engine_id", 2),
        ("sequence_number", 77),
    ] {
        assert_eq!(rows.number(name, 0), Some(expected), "{name}");
    }
    assert_eq!(rows.time("start_time", 0), Some(EXPORT_US + 500_000 - 60_000_000));
    assert_eq!(rows.time("end_time", 0), Some(EXPORT_US + 500_000));
    assert_eq!(rows.time("event_time", 0), rows.time("end_time", 0));
    assert_eq!((rows.number("icmp_type", 0), rows.number("icmp_type", 1)), (None, Some(8)));
    assert_eq!((rows.number("icmp_code", 1), rows.text("protocol_name", 1)), (Some(0), Some("icmp")));
    assert!(!rows.has("sampling_rate") && !rows.has("bytes_scaled") && !rows.has("parse_error"));
}

#[test]
fn netflow_v5_tells_sampling_in_its_header() {
    let rows = decode(&[v5(&[v5_record(6, 443)], 1 << 14 | 100)]);
    assert_eq!(
        (rows.number("sampling_rate", 0), rows.text("sampling_source", 0)),
        (Some(100), Some("header"))
    );
    assert_eq!(
        (rows.number("bytes_scaled", 0), rows.number("packets_scaled", 0)),
        (Some(100_000), Some(1_000))
    );
    assert_eq!((rows.number("bytes", 0), rows.number("sampling_mode", 0)), (Some(1_000), Some(1)));
}

#[test]
fn netflow_v1_and_v7() {
    let record = Bytes::default()
        .u32s(&[0xC000_0201, 0xC633_6402, 0])
        .u16s(&[3, 4])
        .u32s(&[10, 1_000, 940_000, 1_000_000])
        .u16s(&[53, 40_000, 0])
        .raw(&[17, 8, 0x10, 0, 0, 0])
        .u32s(&[0, 0]);
    let v1 = Bytes::default().u16s(&[1, 1]).u32s(&[1_000_000, EXPORT_S, 0]).raw(&record.0).0;
    let v7 = Bytes::default().u16s(&[7, 1]).u32s(&[1_000_000, EXPORT_S, 0, 9, 0]).raw(&v5_record(17, 53).0);
    let rows = decode(&[v1, v7.u32s(&[0xC000_0263]).0]);
    assert_eq!(rows.texts("flow_format"), [Some("netflow_v1"), Some("netflow_v7")]);
    assert_eq!(rows.numbers("bytes"), [Some(1_000), Some(1_000)]);
    assert_eq!(rows.numbers("protocol"), [Some(17), Some(17)]);
    assert_eq!((rows.number("tcp_flags", 0), rows.number("tos", 0)), (Some(0x10), Some(8)));
    assert_eq!(rows.texts("router_sc"), [None, Some("192.0.2.99")]);
    assert_eq!(rows.time("start_time", 0), Some(EXPORT_US - 60_000_000));
}

#[test]
fn the_number_of_records_must_be_that_of_the_header() {
    let whole = v5(&[v5_record(6, 443), v5_record(6, 80)], 0);
    let rows = decode(&[
        whole[..whole.len() - 1].to_vec(),
        [&whole[..], &[1]].concat(),
        [&whole[..], &[0; 9]].concat(),
    ]);
    assert_eq!(rows.count(), 1 + 1 + 2 + 1 + 2);
    assert_eq!(rows.text("parse_error", 1), Some("2 records are told and 1 are there"));
    assert_eq!(rows.text("parse_error", 4), Some("bytes behind the last record"));
    assert!(rows.text("raw", 1).is_some() && rows.text("raw", 0).is_none());
    assert_eq!(rows.text("record_type", 1), None);
}

#[test]
fn a_version_that_is_not_known_is_kept() {
    let rows = decode(&[
        vec![0, 6, 1, 2],
        vec![0],
        vec![],
        b"<13>hello".to_vec(),
        vec![0, 9],
        vec![0, 10, 0, 16, 1],
    ]);
    assert_eq!(
        rows.texts("parse_error"),
        [
            "netflow version 6 is not known",
            "shorter than the version number of NetFlow",
            "shorter than the version number of NetFlow",
            "netflow version 15409 is not known",
            "shorter than its header",
            "shorter than its header"
        ]
        .map(Some)
    );
    assert_eq!(rows.text("raw", 3), Some("<13>hello"));
}

#[test]
fn what_was_cut_says_so_and_is_kept() {
    let mut collector = Collector::new();
    let mut block = Block::new(BlockMemory::unpooled(4_096), RECEIVED_US);
    block.push(&v5(&[v5_record(6, 443)], 0), &collector.peer, RECEIVED_US, true).unwrap();
    let rows = Rows(decode_block(&block.seal(), &mut collector.decoder, &mut collector.rows));
    assert_eq!((rows.count(), rows.number("bytes", 0)), (2, Some(1_000)));
    assert!(rows.text("parse_error", 1).unwrap().starts_with("message cut") && rows.text("raw", 1).is_some());
}
