#[path = "../../../tests/sflow_support/encoder.rs"]
mod encoder;
mod round_trip;
mod structures;

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};

use super::*;
use crate::batch::{ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::decode_block;
use crate::limits::SFLOW_UNKNOWN_STRUCTURES_MAX;
use encoder::*;

fn decode(datagrams: &[Vec<u8>]) -> RecordBatch {
    decode_with(RowOptions::default(), datagrams)
}

fn decode_with(options: RowOptions, datagrams: &[Vec<u8>]) -> RecordBatch {
    let mut block = Block::new(BlockMemory::unpooled(1 << 16), 0);
    let peer = Peer::new("192.0.2.9:6343".parse().unwrap(), SourceType::Sflow);
    for datagram in datagrams {
        block.push(datagram, &peer, 5, false).unwrap();
    }
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), options);
    let mut decoder = SflowDecoder::new(&mut rows);
    decode_block(&block.seal(), &mut decoder, &mut rows)
}

fn decode_one(datagram: Vec<u8>) -> RecordBatch {
    decode(&[datagram])
}

fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
    let column = batch.column_by_name(name)?.as_string_view();
    column.is_valid(row).then(|| column.value(row))
}

fn number(batch: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(name)?.as_primitive::<Int64Type>();
    column.is_valid(row).then(|| column.value(row))
}

fn number_list(batch: &RecordBatch, name: &str, row: usize) -> Vec<i64> {
    let column = batch.column_by_name(name).unwrap().as_list::<i32>().value(row);
    column.as_primitive::<Int64Type>().values().to_vec()
}

fn record_types(batch: &RecordBatch) -> Vec<&str> {
    (0..batch.num_rows()).map(|row| text(batch, "record_type", row).unwrap()).collect()
}

fn errors(batch: &RecordBatch) -> Vec<&str> {
    (0..batch.num_rows()).filter_map(|row| text(batch, "parse_error", row)).collect()
}

#[track_caller]
fn assert_numbers(batch: &RecordBatch, row: usize, expected: &[(&str, i64)]) {
    for (name, value) in expected {
        assert_eq!(number(batch, name, row), Some(*value), "{name}");
    }
}

#[track_caller]
fn assert_texts(batch: &RecordBatch, row: usize, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(text(batch, name, row), Some(*value), "{name}");
    }
}

#[test]
fn a_flow_sample_is_a_row_with_the_headers_of_its_packet() {
    let batch = decode_one(datagram(&[flow_sample(&[sampled_header(1, &tcp_frame())])]));
    assert_eq!(record_types(&batch), ["flow"]);
    assert_texts(
        &batch,
        0,
        &[
            ("flow_format", "sflow_v5"),
            ("exporter_ip", "192.0.2.1"),
            ("peer_ip", "192.0.2.9"),
            ("source_ip", "198.51.100.1"),
            ("dest_ip", "203.0.113.2"),
            ("protocol_name", "tcp"),
            ("source_mac", "02:00:00:00:00:01"),
            ("dest_mac", "02:00:00:00:00:02"),
            ("sampling_source", "record"),
            ("header_protocol_name", "ethernet"),
        ],
    );
    assert_numbers(
        &batch,
        0,
        &[
            ("sub_agent_id", 7),
            ("sequence_number", 42),
            ("sys_uptime", 1_000_000),
            ("sample_sequence_number", 100),
            ("source_id_type", 0),
            ("source_id_index", 3),
            ("sampling_rate", 512),
            ("sample_pool", 51_200),
            ("drops", 1),
            ("input_interface", 3),
            ("output_interface", 4),
            ("source_port", 8080),
            ("dest_port", 443),
            ("protocol", 6),
            ("tcp_flags", 0x18),
            ("tos", 0x20),
            ("ip_ttl", 63),
            ("ip_total_length", 1500),
            ("vlan_id", 100),
            ("dot1q_priority", 3),
            ("ethertype", 0x0800),
            ("bytes", 1518),
            ("packets", 1),
            ("bytes_scaled", 1518 * 512),
            ("packets_scaled", 512),
            ("header_protocol", 1),
            ("stripped", 4),
        ],
    );
    for absent in ["parse_error", "raw", "sampled_header", "output_interface_kind", "drop_reason"] {
        assert!(batch.column_by_name(absent).is_none(), "{absent}");
    }
}

#[test]
fn interfaces_say_of_what_kind_they_are() {
    let packet = [sampled_header(1, &tcp_frame())];
    let batch = decode_one(datagram(&[
        expanded_flow_sample((0, 0x3FFF_FFFF), (0, 1 << 24), &packet),
        expanded_flow_sample((0, 7), (1, 258), &packet),
        expanded_flow_sample((0, 7), (2, 5), &packet),
    ]));
    assert_eq!(record_types(&batch), ["flow"; 3]);
    assert_texts(&batch, 0, &[("input_interface_kind", "internal")]);
    assert_numbers(&batch, 0, &[("input_interface", 0x3FFF_FFFF), ("output_interface", 1 << 24)]);
    assert_eq!(text(&batch, "output_interface_kind", 0), None);
    assert_texts(&batch, 1, &[("output_interface_kind", "discarded"), ("drop_reason_name", "acl")]);
    assert_numbers(&batch, 1, &[("drop_reason", 258)]);
    assert_eq!(number(&batch, "output_interface", 1), None);
    assert_texts(&batch, 2, &[("output_interface_kind", "multiple")]);
    assert_numbers(&batch, 2, &[("output_interface_count", 5)]);
}

#[test]
fn the_compact_form_has_the_kind_of_an_interface_in_its_upper_bits() {
    let fields = |output: u32| numbers(&[1, 1 << 24 | 20, 100, 0, 0, 1, output, 0]);
    let batch = decode_one(datagram(&[
        record(0, 1, &fields(0x4000_0102)),
        record(0, 1, &fields(0x8000_0000)),
        record(0, 1, &fields(0x3FFF_FFFF)),
    ]));
    assert_texts(&batch, 0, &[("output_interface_kind", "discarded"), ("drop_reason_name", "acl")]);
    assert_numbers(&batch, 0, &[("source_id_type", 1), ("source_id_index", 20), ("packets", 1)]);
    assert_numbers(&batch, 1, &[("output_interface_count", 0)]);
    assert_texts(&batch, 2, &[("output_interface_kind", "internal")]);
    assert_eq!(number(&batch, "bytes", 0), None, "no record says how long the packet is");
}

#[test]
fn all_records_of_a_flow_sample_are_in_its_row() {
    let batch = decode_one(mixed_datagram());
    assert_numbers(
        &batch,
        0,
        &[
            ("src_vlan", 100),
            ("dst_vlan", 200),
            ("source_mask", 24),
            ("dest_mask", 16),
            ("router_as", 64_500),
            ("source_as", 64_501),
            ("source_peer_as", 64_502),
            ("dest_peer_as", 64_510),
            ("dest_as", 64_521),
            ("local_pref", 100),
        ],
    );
    assert_texts(
        &batch,
        0,
        &[
            ("next_hop", "192.0.2.254"),
            ("bgp_next_hop", "192.0.2.253"),
            ("dst_as_path_segments", "64510 64511 {64520,64521}"),
        ],
    );
    assert_eq!(number_list(&batch, "dst_as_path", 0), [64_510, 64_511, 64_520, 64_521]);
    let communities = batch.column_by_name("communities").unwrap().as_list::<i32>().value(0);
    let communities: Vec<_> = communities.as_string_view().iter().map(Option::unwrap).collect();
    assert_eq!(communities, ["64500:80", "64500:443"]);
}

#[test]
fn a_datagram_gives_a_row_for_each_sample_and_each_counter_record() {
    let batch = decode_one(mixed_datagram());
    let expected = [
        "flow",
        "if_counters",
        "port_name",
        "discarded_packet",
        "sample_data_4300_1002",
        "ethernet_counters",
    ];
    assert_eq!(record_types(&batch), expected);
    assert_eq!(errors(&batch), [""; 0]);
    assert_texts(&batch, 4, &[("sample_data_4300_1002", "01020304")]);
    assert_numbers(&batch, 5, &[("dot3_stats_alignment_errors", 1), ("dot3_stats_symbol_errors", 13)]);
    assert_texts(&batch, 2, &[("name", "eth0")]);
    for row in 0..batch.num_rows() {
        assert_texts(&batch, row, &[("exporter_ip", "192.0.2.1"), ("flow_format", "sflow_v5")]);
    }
}

#[test]
fn counters_have_the_names_of_their_structure() {
    let batch = decode_one(datagram(&[counters_sample(&[if_counters()])]));
    assert_numbers(
        &batch,
        0,
        &[
            ("sample_sequence_number", 200),
            ("source_id_index", 3),
            ("if_index", 3),
            ("if_type", 6),
            ("if_speed", 10_000_000_000),
            ("if_direction", 1),
            ("if_status", 3),
            ("if_in_octets", 1 << 40),
            ("if_in_ucast_pkts", 11),
            ("if_in_errors", 15),
            ("if_out_errors", 25),
            ("if_promiscuous_mode", 2),
        ],
    );
    assert_texts(
        &batch,
        0,
        &[
            ("if_type_name", "ethernet_csmacd"),
            ("if_direction_name", "full_duplex"),
            ("if_admin_status", "up"),
            ("if_oper_status", "up"),
        ],
    );
    assert_eq!(number(&batch, "if_in_unknown_protos", 0), None, "a counter that is not available");
    assert_eq!(number(&batch, "if_out_octets", 0), None, "a counter that is not available");
    assert_eq!(number(&batch, "packets", 0), None);
}

#[test]
fn a_number_beyond_the_integers_is_text_beside_its_column() {
    let mut data = numbers(&[1]);
    data.extend(hyper(u64::MAX - 1));
    data.extend(numbers(&[1, 2, 3, 4]));
    let batch = decode_one(datagram(&[counters_sample(&[record(0, 5, &data)])]));
    assert_texts(&batch, 0, &[("octets__string", "18446744073709551614")]);
    assert_numbers(&batch, 0, &[("vlan_id", 1), ("discards", 4)]);
}

#[test]
fn hosts_are_described() {
    let mut host = opaque(b"web-1\0\0");
    host.extend([
        0x36, 0x38, 0x39, 0x35, 0x34, 0x31, 0x53, 0x55, 0x45, 0x30, 0x33, 0x31, 0x34, 0x37, 0x6B, 0x32,
    ]);
    host.extend(numbers(&[3, 2]));
    host.extend(opaque(b""));
    let mut adapters = numbers(&[2, 2, 1]);
    adapters.extend(mac([2, 0, 0, 0, 0, 1]));
    adapters.extend(numbers(&[3, 0]));
    let mut cpu = numbers(&[0.05f32.to_bits(), 1.25f32.to_bits(), f32::NAN.to_bits()]);
    cpu.extend(numbers(&(4..18).collect::<Vec<u32>>()));
    let batch = decode_one(datagram(&[counters_sample(&[
        record(0, 2000, &host),
        record(0, 2001, &adapters),
        record(0, 2003, &cpu),
    ])]));
    assert_eq!(record_types(&batch), ["host_descr", "host_adapters", "host_cpu"]);
    assert_eq!(errors(&batch), [""; 0]);
    assert_texts(
        &batch,
        0,
        &[
            ("hostname", "web-1"),
            ("uuid", "36383935-3431-5355-4530-333134376b32"),
            ("machine_type_name", "x86_64"),
            ("os_name_name", "linux"),
        ],
    );
    assert_eq!(text(&batch, "os_release", 0), None, "an empty string is unknown");
    let json = r#"[{"if_index":2,"mac_addresses":["02:00:00:00:00:01"]},{"if_index":3,"mac_addresses":[]}]"#;
    assert_texts(&batch, 1, &[("adapters", json)]);
    let load = batch.column_by_name("load_one").unwrap().as_primitive::<Float64Type>();
    assert_eq!(load.value(2), 0.05);
    assert_numbers(&batch, 2, &[("proc_run", 4), ("contexts", 17)]);
    assert_eq!(number(&batch, "cpu_steal", 2), None, "the first edition ends before it");
}

#[test]
fn a_discarded_packet_has_its_reason() {
    let batch = decode_one(mixed_datagram());
    assert_texts(&batch, 3, &[("drop_reason_name", "acl"), ("source_ip", "198.51.100.1")]);
    assert_numbers(
        &batch,
        3,
        &[("drop_reason", 258), ("drops", 9), ("input_interface", 3), ("egress_queue", 5), ("bytes", 1518)],
    );
    assert_eq!(number(&batch, "bytes_scaled", 3), None, "nothing was sampled");
}

#[test]
fn packets_may_come_without_their_header() {
    let mut ethernet = numbers(&[64]);
    ethernet.extend(mac([2, 0, 0, 0, 0, 1]));
    ethernet.extend(mac([2, 0, 0, 0, 0, 2]));
    ethernet.extend(numbers(&[0x0800]));
    let mut ipv4 = numbers(&[46, 6]);
    ipv4.extend([198, 51, 100, 1, 203, 0, 113, 2]);
    ipv4.extend(numbers(&[8080, 443, 0x12, 0x20]));
    let mut ipv6 = numbers(&[100, 58]);
    ipv6.extend("2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap().octets());
    ipv6.extend("2001:db8::2".parse::<std::net::Ipv6Addr>().unwrap().octets());
    ipv6.extend(numbers(&[0, 0, 0, 7]));
    let batch = decode_one(datagram(&[
        flow_sample(&[record(0, 2, &ethernet), record(0, 3, &ipv4)]),
        flow_sample(&[record(0, 4, &ipv6)]),
    ]));
    assert_texts(&batch, 0, &[("source_mac", "02:00:00:00:00:01"), ("source_ip", "198.51.100.1")]);
    assert_numbers(
        &batch,
        0,
        &[("bytes", 64), ("ip_total_length", 46), ("dest_port", 443), ("tcp_flags", 0x12), ("tos", 0x20)],
    );
    assert_texts(&batch, 1, &[("dest_ip", "2001:db8::2"), ("protocol_name", "ipv6-icmp")]);
    assert_numbers(&batch, 1, &[("bytes", 100), ("bytes_scaled", 51_200), ("tos", 7)]);
    assert_eq!(number(&batch, "source_port", 1), None);
}

#[test]
fn a_header_in_which_no_ip_packet_was_found_is_kept() {
    let arp = [&[0xFF; 6][..], &[2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0]].concat();
    let batch = decode_one(datagram(&[
        flow_sample(&[sampled_header(1, &arp)]),
        flow_sample(&[sampled_header(7, b"\xff\x03")]),
    ]));
    assert_numbers(&batch, 0, &[("ethertype", 0x0806), ("bytes", 1518)]);
    assert_texts(
        &batch,
        0,
        &[("dest_mac", "ff:ff:ff:ff:ff:ff"), ("sampled_header", "ffffffffffff020000000001080600010800")],
    );
    assert_texts(&batch, 1, &[("header_protocol_name", "ppp"), ("sampled_header", "ff03")]);
    let ipv4 = &tcp_frame()[18..];
    let batch = decode_one(datagram(&[flow_sample(&[sampled_header(11, ipv4)])]));
    assert_texts(&batch, 0, &[("dest_ip", "203.0.113.2"), ("header_protocol_name", "ipv4")]);
    assert!(batch.column_by_name("sampled_header").is_none());
}

#[test]
fn the_vlan_of_the_switch_stands_in_for_a_tag_that_was_stripped() {
    let mut untagged = tcp_frame();
    untagged.drain(12..16);
    let switch = record(0, 1001, &numbers(&[33, 0, 44, 0]));
    let batch = decode_one(datagram(&[
        flow_sample(&[switch.clone(), sampled_header(1, &untagged)]),
        flow_sample(&[switch, sampled_header(1, &tcp_frame())]),
    ]));
    assert_numbers(&batch, 0, &[("vlan_id", 33), ("dst_vlan", 44)]);
    assert_numbers(&batch, 1, &[("vlan_id", 100), ("src_vlan", 33)]);
}

#[test]
fn structures_without_a_definition_are_kept_with_their_numbers() {
    let batch = decode_one(datagram(&[
        flow_sample(&[sampled_header(1, &tcp_frame()), record(0, 1016, &[1, 2, 3, 4]), record(9, 7, b"x")]),
        counters_sample(&[record(4300, 2, &[0xAB; 4])]),
    ]));
    assert_eq!(record_types(&batch), ["flow", "counter_data_4300_2"]);
    assert_texts(&batch, 0, &[("flow_data_0_1016", "01020304"), ("flow_data_9_7", "78")]);
    assert_texts(&batch, 1, &[("counter_data_4300_2", "abababab")]);
    assert_eq!(errors(&batch), [""; 0]);
}

#[test]
fn senders_cannot_use_up_the_columns_of_a_dataset() {
    let many: Vec<_> =
        (0..SFLOW_UNKNOWN_STRUCTURES_MAX as u32 + 2).map(|format| record(77, format, &[1])).collect();
    let batch = decode_one(datagram(&[flow_sample(&many)]));
    assert_texts(&batch, 0, &[("flow_data_77_0", "01"), ("flow_data_77_63", "01")]);
    assert_texts(&batch, 0, &[("other_structures", r#"{"flow_data_77_64":"01","flow_data_77_65":"01"}"#)]);
}

#[test]
fn a_datagram_without_samples_is_a_row() {
    let batch = decode_one(datagram(&[]));
    assert_eq!(record_types(&batch), ["datagram"]);
    assert_eq!(errors(&batch), [""; 0]);
    assert_numbers(&batch, 0, &[("sequence_number", 42)]);
    let batch = decode_one(datagram(&[counters_sample(&[])]));
    assert_eq!(record_types(&batch), ["counters_sample"]);
    assert_eq!(errors(&batch), [""; 0]);
}

#[test]
fn an_agent_may_have_an_ipv6_address_or_none() {
    let rest = numbers(&[0, 1, 2, 0]);
    let mut ipv6 = numbers(&[5, 2]);
    ipv6.extend("2001:db8::5".parse::<std::net::Ipv6Addr>().unwrap().octets());
    let batch = decode(&[[ipv6, rest.clone()].concat(), [numbers(&[5, 0]), rest].concat()]);
    assert_eq!(text(&batch, "exporter_ip", 0), Some("2001:db8::5"));
    assert_eq!(text(&batch, "exporter_ip", 1), None);
    assert_eq!(errors(&batch), [""; 0]);
}

#[test]
fn other_versions_are_kept_whole() {
    let version = |number: u32| [numbers(&[number]), datagram(&[])[4..].to_vec()].concat();
    let datagrams = [version(2), version(4), version(9), b"<13>text".to_vec(), vec![0, 0], vec![]];
    let batch = decode(&datagrams);
    let reasons = [
        "sflow version 2 is not decoded",
        "sflow version 4 is not decoded",
        "not sflow: it does not begin with version 5",
        "not sflow: it does not begin with version 5",
        "not sflow: too short for a version",
        "not sflow: too short for a version",
    ];
    assert_eq!(errors(&batch), reasons);
    assert_eq!(text(&batch, "raw", 3), Some("<13>text"));
    for row in 0..datagrams.len() {
        assert!(text(&batch, "raw", row).is_some());
        assert_eq!(text(&batch, "flow_format", row), None);
    }
}

#[test]
fn a_broken_datagram_is_kept_in_one_of_its_rows() {
    let short = record(0, 1, &numbers(&[3]));
    let batch = decode_one(datagram(&[counters_sample(&[short.clone(), if_counters(), short])]));
    let reason = "an sflow if_counters structure that is shorter than its fields";
    assert_eq!(errors(&batch), [reason; 2]);
    assert_eq!(number(&batch, "if_index", 0), Some(3), "what was there");
    assert!(text(&batch, "raw", 0).is_some());
    assert_eq!(
        number(&batch, "if_type", 1),
        Some(6),
        "the next record is found by the length of the one before"
    );
    assert_eq!(text(&batch, "raw", 2), None);
}

#[test]
fn a_dataset_that_keeps_what_was_received_keeps_it_once() {
    let options = RowOptions { keep_raw: true, ..RowOptions::default() };
    let batch = decode_with(options, &[mixed_datagram(), datagram(&[])]);
    let kept: Vec<_> = (0..batch.num_rows()).filter(|row| text(&batch, "raw", *row).is_some()).collect();
    assert_eq!(kept, [0, batch.num_rows() - 1], "the first row of each datagram");
}

#[test]
fn a_datagram_that_is_cut_anywhere_gives_rows_and_says_so() {
    let whole = mixed_datagram();
    let complete = decode_one(whole.clone());
    for end in 0..whole.len() {
        let batch = decode_one(whole[..end].to_vec());
        assert!(batch.num_rows() > 0);
        let errors = errors(&batch);
        assert_eq!(errors.len(), 1, "cut at {end}: {errors:?}");
        let row = (0..batch.num_rows()).find(|row| text(&batch, "raw", *row).is_some());
        assert_eq!(row, Some(batch.num_rows() - 1), "cut at {end}");
        // Whole samples before the cut are as they are without it.
        for row in 0..batch.num_rows() - 1 {
            assert_eq!(text(&batch, "record_type", row), text(&complete, "record_type", row));
        }
    }
}

#[test]
fn no_number_in_a_datagram_can_do_harm() {
    let whole = mixed_datagram();
    for position in (0..whole.len()).step_by(4) {
        for wrong in [0, 1, 2, 3, 5, 0xFF, 0xFFFF, 1 << 20, 0x7FFF_FFFF, 0x8000_0000, u32::MAX - 3, u32::MAX]
        {
            let mut datagram = whole.clone();
            datagram[position..position + 4].copy_from_slice(&wrong.to_be_bytes());
            let batch = decode_one(datagram);
            assert!(batch.num_rows() > 0 && batch.num_rows() < 20);
        }
    }
}
