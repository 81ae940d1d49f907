//! Datagrams as RFC 3954, RFC 7011 and their companions have them, and what must become of them.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};

use super::*;
use crate::batch::{ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::decode_block;
use crate::limits::FLOW_HELD_US_MAX;

const RECEIVED_US: i64 = 1_700_000_060_000_000;
const EXPORT_S: u32 = 1_700_000_000;
const EXPORT_US: i64 = EXPORT_S as i64 * 1_000_000;

/// Bytes that are put together number by number.
#[derive(Debug, Clone, Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn u8(mut self, number: u8) -> Self {
        self.0.push(number);
        self
    }

    fn u16s(mut self, numbers: &[u16]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        self
    }

    fn u32s(mut self, numbers: &[u32]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        self
    }

    fn u64s(mut self, numbers: &[u64]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        self
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

/// A set with its header.
#[expect(clippy::needless_pass_by_value, reason = "bodies are made where they are given")]
fn set(id: u16, body: Bytes) -> Bytes {
    Bytes::default().u16s(&[id, body.0.len() as u16 + 4]).raw(&body.0)
}

fn ipfix(sequence: u32, domain: u32, sets: &[Bytes]) -> Vec<u8> {
    let body: Vec<u8> = sets.iter().flat_map(|set| set.0.clone()).collect();
    let length = body.len() as u16 + 16;
    Bytes::default().u16s(&[10, length]).u32s(&[EXPORT_S, sequence, domain]).raw(&body).0
}

fn v9(sequence: u32, source: u32, sets: &[Bytes]) -> Vec<u8> {
    let body: Vec<u8> = sets.iter().flat_map(|set| set.0.clone()).collect();
    Bytes::default().u16s(&[9, sets.len() as u16]).u32s(&[1_000_000, EXPORT_S, sequence, source]).raw(&body).0
}

/// A template set of IPFIX with fields of (id, length).
fn template(id: u16, fields: &[(u16, u16)]) -> Bytes {
    let specs: Vec<u16> = fields.iter().flat_map(|(id, length)| [*id, *length]).collect();
    set(2, Bytes::default().u16s(&[id, fields.len() as u16]).u16s(&specs))
}

fn v9_template(id: u16, fields: &[(u16, u16)]) -> Bytes {
    let mut set = template(id, fields);
    set.0[1] = 0;
    set
}

/// An options template of IPFIX.
fn options_template(id: u16, scope: &[(u16, u16)], fields: &[(u16, u16)]) -> Bytes {
    let specs: Vec<u16> = scope.iter().chain(fields).flat_map(|(id, length)| [*id, *length]).collect();
    let counts = [id, (scope.len() + fields.len()) as u16, scope.len() as u16];
    set(3, Bytes::default().u16s(&counts).u16s(&specs))
}

fn v9_options_template(id: u16, scope: &[(u16, u16)], fields: &[(u16, u16)]) -> Bytes {
    let specs: Vec<u16> = scope.iter().chain(fields).flat_map(|(id, length)| [*id, *length]).collect();
    let lengths = [id, 4 * scope.len() as u16, 4 * fields.len() as u16];
    set(1, Bytes::default().u16s(&lengths).u16s(&specs))
}

/// A decoder and its rows.
struct Collector {
    rows: BatchBuilder,
    decoder: FlowDecoder,
    peer: Peer,
    received_us: i64,
}

impl Collector {
    fn new() -> Self {
        Self::with(&FlowOptions::default(), RowOptions::default())
    }

    fn with(options: &FlowOptions, row_options: RowOptions) -> Self {
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), row_options);
        let decoder = FlowDecoder::new(options, &mut rows);
        let peer = Peer::new("192.0.2.1:2055".parse().unwrap(), SourceType::Netflow);
        Self { rows, decoder, peer, received_us: RECEIVED_US }
    }

    fn take(&mut self, datagrams: &[Vec<u8>]) -> Rows {
        let bytes = datagrams.iter().map(Vec::len).sum::<usize>().max(4_096);
        let mut block = Block::new(BlockMemory::unpooled(bytes), RECEIVED_US);
        for datagram in datagrams {
            block.push(datagram, &self.peer, self.received_us, false).unwrap();
        }
        Rows(decode_block(&block.seal(), &mut self.decoder, &mut self.rows))
    }
}

fn decode(datagrams: &[Vec<u8>]) -> Rows {
    Collector::new().take(datagrams)
}

struct Rows(RecordBatch);

impl Rows {
    fn count(&self) -> usize {
        self.0.num_rows()
    }

    fn has(&self, name: &str) -> bool {
        self.0.column_by_name(name).is_some()
    }

    fn text(&self, name: &str, row: usize) -> Option<&str> {
        let column = self.0.column_by_name(name)?.as_string_view();
        column.is_valid(row).then(|| column.value(row))
    }

    fn number(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.0.column_by_name(name)?.as_primitive::<Int64Type>();
        column.is_valid(row).then(|| column.value(row))
    }

    fn time(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.0.column_by_name(name)?.as_primitive::<TimestampMicrosecondType>();
        column.is_valid(row).then(|| column.value(row))
    }

    fn numbers(&self, name: &str) -> Vec<Option<i64>> {
        (0..self.count()).map(|row| self.number(name, row)).collect()
    }

    fn texts(&self, name: &str) -> Vec<Option<&str>> {
        (0..self.count()).map(|row| self.text(name, row)).collect()
    }
}

fn v5_record(protocol: u8, dest_port: u16) -> Bytes {
    Bytes::default()
        .u32s(&[0xC000_0201, 0xC633_6402, 0xCB00_71FE])
        .u16s(&[3, 4])
        .u32s(&[10, 1_000, 940_000, 1_000_000])
        .u16s(&[40_000, dest_port])
        .raw(&[0, 0x1B, protocol, 0x28])
        .u16s(&[64_500, 64_501])
        .raw(&[24, 16, 0, 0])
}

fn v5(records: &[Bytes], sampling: u16) -> Vec<u8> {
    let header =
        Bytes::default().u16s(&[5, records.len() as u16]).u32s(&[1_000_000, EXPORT_S, 500_000_000, 77]);
    let header = header.raw(&[1, 2]).u16s(&[sampling]);
    records.iter().fold(header, |bytes, record| bytes.raw(&record.0)).0
}

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

/// RFC 7011 appendix A: the templates and records of the examples.
#[test]
fn the_examples_of_rfc_7011() {
    let fields = [(8, 4), (12, 4), (15, 4), (2, 4), (1, 4)];
    let record = |source: u32, dest: u32, next: u32, packets, bytes| {
        Bytes::default().u32s(&[source, dest, next, packets, bytes]).0
    };
    let records = Bytes::default()
        .raw(&record(0xC000_020C, 0xC000_02FE, 0xC000_0201, 5_009, 5_344_385))
        .raw(&record(0xC000_021B, 0xC000_0217, 0xC000_0202, 748, 388_934))
        .raw(&record(0xC000_0238, 0xC000_0241, 0xC000_0203, 5, 6_534));
    // A.4.1 and A.4.2: line cards and what they exported.
    let options = Bytes::default().u32s(&[1]).u16s(&[345, 10_201]).u32s(&[2]).u16s(&[690, 20_402]);
    let rows = decode(&[ipfix(
        0,
        0,
        &[
            template(256, &fields),
            set(256, records),
            options_template(258, &[(141, 4)], &[(41, 2), (42, 2)]),
            set(258, options),
        ],
    )]);
    assert_eq!(rows.numbers("bytes")[..3], [Some(5_344_385), Some(388_934), Some(6_534)]);
    assert_eq!(rows.numbers("packets")[..3], [Some(5_009), Some(748), Some(5)]);
    assert_eq!(rows.texts("next_hop")[..3], [Some("192.0.2.1"), Some("192.0.2.2"), Some("192.0.2.3")]);
    assert_eq!(rows.texts("record_type")[2..], [Some("flow"), Some("options"), Some("options")]);
    assert_eq!(rows.numbers("scope_line_card_id")[3..], [Some(1), Some(2)]);
    assert_eq!(rows.numbers("exported_message_total_count")[3..], [Some(345), Some(690)]);
    assert_eq!(rows.numbers("exported_flow_record_total_count")[3..], [Some(10_201), Some(20_402)]);
    assert_eq!(rows.numbers("bytes")[3..], [None, None]);
    assert_eq!(rows.time("event_time", 0), Some(EXPORT_US));
}

#[test]
fn reduced_sizes_variable_lengths_and_padding() {
    // RFC 7011 sections 6.2 and 7: a counter in three bytes; a name with a length in one and in three bytes.
    let fields = [(1, 3), (82, VARIABLE), (7, 2)];
    let long = "x".repeat(300);
    let body = Bytes::default()
        .raw(&[1, 0, 0, 4])
        .raw(b"eth0")
        .u16s(&[80])
        .raw(&[0, 0, 9, 255])
        .u16s(&[300])
        .raw(long.as_bytes())
        .u16s(&[443])
        .raw(&[0, 0, 0]);
    let rows = decode(&[ipfix(0, 0, &[template(256, &fields), set(256, body)])]);
    assert_eq!(rows.count(), 2);
    assert_eq!(rows.numbers("bytes"), [Some(65_536), Some(9)]);
    assert_eq!(rows.texts("interface_name"), [Some("eth0"), Some(long.as_str())]);
    assert_eq!(rows.numbers("source_port"), [Some(80), Some(443)]);
    assert!(!rows.has("parse_error"));
}

const VARIABLE: u16 = u16::MAX;

#[test]
fn elements_of_enterprises_and_reverse_elements() {
    // RFC 5103 section 6.1; an enterprise that nobody knows; an IANA number that nobody knows; the same element twice.
    let specs = Bytes::default()
        .u16s(&[256, 6, 1, 4, 0x8001, 4])
        .u32s(&[29_305])
        .u16s(&[0x8007, 2])
        .u32s(&[4_000_000])
        .u16s(&[32_000, 2, 7, 2, 7, 2]);
    let body = Bytes::default().u32s(&[100, 7]).u16s(&[0xABCD, 0x0102, 80, 81]);
    let rows = decode(&[ipfix(0, 0, &[set(2, specs), set(256, body)])]);
    assert_eq!((rows.number("bytes", 0), rows.number("reverse_octet_delta_count", 0)), (Some(100), Some(7)));
    assert_eq!((rows.text("ie_4000000_7", 0), rows.text("ie_0_32000", 0)), (Some("abcd"), Some("0102")));
    assert_eq!(
        (rows.number("source_port", 0), rows.number("source_transport_port", 0)),
        (Some(80), Some(81))
    );
}

#[test]
fn all_types_of_values() {
    let fields = [(27, 16), (56, 6), (276, 1), (311, 8), (1, 8), (94, 4), (32, 2), (4, 1), (210, 3), (58, 2)];
    let mut source = [0; 16];
    (source[0], source[1], source[15]) = (0x20, 0x01, 0x42);
    let body = Bytes::default()
        .raw(&source)
        .raw(&[0, 1, 2, 0xAA, 0xBB, 0xCC, 1])
        .raw(&0.25f64.to_be_bytes())
        .u64s(&[u64::MAX])
        .raw(b"ab\0\0")
        .u16s(&[0x0301])
        .raw(&[1, 9, 9, 9])
        .u16s(&[100]);
    let rows = decode(&[ipfix(0, 0, &[template(256, &fields), set(256, body)])]);
    assert_eq!(
        (rows.text("source_ip", 0), rows.text("source_mac", 0)),
        (Some("2001::42"), Some("00:01:02:aa:bb:cc"))
    );
    assert!(rows.0.column_by_name("data_records_reliability").unwrap().as_boolean().value(0));
    let probability = rows.0.column_by_name("sampling_probability").unwrap().as_primitive::<Float64Type>();
    assert_eq!(probability.value(0), 0.25);
    assert_eq!(
        (rows.number("bytes", 0), rows.text("bytes__string", 0)),
        (None, Some("18446744073709551615"))
    );
    assert_eq!(rows.text("bytes_scaled__string", 0), Some("73786976294838206460"));
    assert_eq!((rows.number("sampling_rate", 0), rows.text("sampling_source", 0)), (Some(4), Some("record")));
    assert_eq!(rows.text("application_description", 0), Some("ab"));
    assert_eq!((rows.number("icmp_type", 0), rows.number("icmp_code", 0)), (Some(3), Some(1)));
    assert_eq!((rows.number("icmp_type_code_ipv4", 0), rows.number("vlan_id", 0)), (Some(0x0301), Some(100)));
    assert!(!rows.has("padding_octets"));
}

#[test]
fn times_in_all_their_forms() {
    const NTP_S: u64 = EXPORT_S as u64 + 2_208_988_800;
    let half = NTP_S << 32 | 1 << 31;
    for (fields, body, start, end) in [
        ([(150, 4), (151, 4)], Bytes::default().u32s(&[EXPORT_S - 9, EXPORT_S]), -9_000_000, 0),
        (
            [(152, 8), (153, 8)],
            Bytes::default().u64s(&[u64::from(EXPORT_S) * 1_000 - 1, u64::from(EXPORT_S) * 1_000]),
            -1_000,
            0,
        ),
        ([(154, 8), (155, 8)], Bytes::default().u64s(&[NTP_S << 32, half]), 0, 500_000),
        ([(156, 8), (157, 8)], Bytes::default().u64s(&[NTP_S << 32, half]), 0, 500_000),
        ([(158, 4), (159, 4)], Bytes::default().u32s(&[3_000, 1_000]), -3_000, -1_000),
        ([(150, 4), (161, 4)], Bytes::default().u32s(&[EXPORT_S, 2_000]), 0, 2_000_000),
    ] {
        let rows = decode(&[ipfix(0, 0, &[template(256, &fields), set(256, body)])]);
        assert_eq!(rows.time("start_time", 0), Some(EXPORT_US + start), "{fields:?}");
        assert_eq!(rows.time("end_time", 0), Some(EXPORT_US + end), "{fields:?}");
        assert_eq!(rows.time("event_time", 0), Some(EXPORT_US + end), "{fields:?}");
    }
}

#[test]
fn uptimes_of_ipfix_need_the_start_of_the_exporter() {
    let started_ms = (u64::from(EXPORT_S) - 1_000) * 1_000;
    let flow = || set(256, Bytes::default().u32s(&[990_000, 995_000]));
    let flows = || template(256, &[(22, 4), (21, 4)]);
    let rows = decode(&[
        ipfix(0, 0, &[flows(), flow()]),
        ipfix(1, 0, &[options_template(300, &[(144, 4)], &[(160, 8)])]),
        ipfix(1, 0, &[set(300, Bytes::default().u32s(&[1]).u64s(&[started_ms]))]),
        ipfix(2, 0, &[flow()]),
        ipfix(
            3,
            1,
            &[
                template(256, &[(22, 4), (21, 4), (160, 8)]),
                set(256, Bytes::default().u32s(&[990_000, 995_000]).u64s(&[started_ms])),
            ],
        ),
    ]);
    assert_eq!((rows.number("flow_start_sys_up_time", 0), rows.time("start_time", 0)), (Some(990_000), None));
    assert_eq!(rows.time("event_time", 0), Some(EXPORT_US));
    for row in [3, 4] {
        assert_eq!(rows.time("start_time", row), Some(EXPORT_US - 10_000_000));
        assert_eq!(rows.time("end_time", row), Some(EXPORT_US - 5_000_000));
        assert_eq!(rows.number("flow_start_sys_up_time", row), None);
    }
}

#[test]
fn sampling_by_sampler_by_interface_and_for_all() {
    // NetFlow v9: samplers by their id.
    let flows = [(1, 4), (48, 1), (10, 2)];
    let samplers = v9_options_template(300, &[(1, 4)], &[(48, 1), (49, 1), (50, 4)]);
    let told = set(300, Bytes::default().u32s(&[1]).raw(&[1, 2]).u32s(&[100, 1]).raw(&[2, 2]).u32s(&[200]));
    let records =
        Bytes::default().u32s(&[7]).u8(1).u16s(&[5]).u32s(&[7]).u8(2).u16s(&[5]).u32s(&[7]).u8(3).u16s(&[5]);
    let rows = decode(&[v9(0, 9, &[samplers, told, v9_template(256, &flows), set(256, records)])]);
    assert_eq!(rows.numbers("sampling_rate")[2..], [Some(100), Some(200), None]);
    assert_eq!(rows.numbers("bytes_scaled")[2..], [Some(700), Some(1_400), None]);
    assert_eq!(rows.texts("sampling_source")[2..], [Some("options"), Some("options"), None]);
    assert_eq!(rows.numbers("scope_system")[..2], [Some(1), Some(1)]);
    assert_eq!(rows.numbers("sampler_id"), [1, 2, 1, 2, 3].map(Some));

    // By interface, and else one for all; what options say of source 0 holds for every source.
    let by_interface = v9_options_template(301, &[(2, 2)], &[(34, 4)]);
    let for_all = v9_options_template(302, &[(1, 4)], &[(34, 4), (35, 1)]);
    let rows = decode(&[
        v9(0, 0, &[by_interface, set(301, Bytes::default().u16s(&[5]).u32s(&[50]))]),
        v9(1, 0, &[for_all, set(302, Bytes::default().u32s(&[0, 10]).u8(1))]),
        v9(
            0,
            7,
            &[
                v9_template(256, &[(1, 4), (10, 2)]),
                set(256, Bytes::default().u32s(&[7]).u16s(&[5]).u32s(&[7]).u16s(&[6])),
            ],
        ),
    ]);
    assert_eq!(rows.numbers("sampling_rate"), [None, None, Some(50), Some(10)]);

    // IPFIX (RFC 5477): selectors, so many packets taken and so many left out.
    let selectors = options_template(300, &[(302, 4)], &[(304, 2), (305, 4), (306, 4)]);
    let told = set(300, Bytes::default().u32s(&[1]).u16s(&[1]).u32s(&[1, 99]));
    let rows = decode(&[ipfix(
        0,
        0,
        &[selectors, told, template(256, &[(1, 4), (302, 4)]), set(256, Bytes::default().u32s(&[7, 1]))],
    )]);
    assert_eq!((rows.number("sampling_rate", 1), rows.number("bytes_scaled", 1)), (Some(100), Some(700)));
}

#[test]
fn what_the_dataset_says_of_sampling_counts() {
    let network = "192.0.2.0/24".parse().unwrap();
    let options = FlowOptions { sampling_overrides: vec![SamplingOverride { network, rate: 5 }] };
    let mut collector = Collector::with(&options, RowOptions::default());
    let rows = collector.take(&[v5(&[v5_record(6, 443)], 1 << 14 | 100)]);
    assert_eq!(
        (rows.number("sampling_rate", 0), rows.text("sampling_source", 0)),
        (Some(5), Some("override"))
    );
    assert_eq!(rows.number("bytes_scaled", 0), Some(5_000));
    collector.peer = Peer::new("198.51.100.1:2055".parse().unwrap(), SourceType::Netflow);
    assert_eq!(collector.take(&[v5(&[v5_record(6, 443)], 100)]).number("sampling_rate", 0), Some(100));
}

#[test]
fn templates_are_kept_by_exporter_version_and_domain() {
    let mut collector = Collector::new();
    let body = || set(256, Bytes::default().u32s(&[7]));
    collector.take(&[ipfix(0, 1, &[template(256, &[(1, 4)])]), ipfix(0, 2, &[template(256, &[(2, 4)])])]);
    let rows = collector.take(&[ipfix(0, 1, &[body()]), ipfix(0, 2, &[body()]), v9(0, 1, &[body()])]);
    assert_eq!((rows.numbers("bytes"), rows.numbers("packets")), (vec![Some(7), None], vec![None, Some(7)]));
    collector.peer = Peer::new("192.0.2.2:2055".parse().unwrap(), SourceType::Netflow);
    assert_eq!(collector.take(&[ipfix(0, 1, &[body()])]).count(), 0);
    assert_eq!(collector.decoder.held_events(), 2);
}

#[test]
fn templates_alone_give_a_row_that_says_so() {
    let rows =
        decode(&[ipfix(5, 3, &[template(256, &[(1, 4)]), template(257, &[(2, 4)])]), ipfix(5, 3, &[])]);
    assert_eq!(rows.texts("record_type"), [Some("template"), Some("template")]);
    let ids = rows.0.column_by_name("template_ids").unwrap().as_list::<i32>();
    assert_eq!(ids.value(0).as_primitive::<Int64Type>().values().as_ref(), &[256, 257]);
    assert_eq!(ids.value(1).len(), 0);
    assert_eq!(rows.numbers("observation_domain_id"), [Some(3), Some(3)]);
    assert_eq!(rows.numbers("sequence_number"), [Some(5), Some(5)]);
}

#[test]
fn withdrawn_templates_are_known_no_more() {
    let data = |id| ipfix(0, 0, &[set(id, Bytes::default().u32s(&[7]))]);
    let all = || {
        ipfix(
            0,
            0,
            &[template(256, &[(1, 4)]), template(257, &[(1, 4)]), options_template(258, &[(1, 4)], &[])],
        )
    };
    let held_after = |withdrawal: Bytes| {
        let mut collector = Collector::new();
        collector.take(&[all(), ipfix(0, 0, &[withdrawal])]);
        [256, 257, 258].map(|id| {
            collector.take(&[data(id)]);
            std::mem::take(&mut collector.decoder.hold).without_rows() == 1
        })
    };
    // RFC 7011 section 8.1.
    assert_eq!(held_after(set(2, Bytes::default().u16s(&[256, 0]))), [true, false, false]);
    assert_eq!(held_after(set(3, Bytes::default().u16s(&[258, 0]))), [false, false, true]);
    assert_eq!(held_after(set(2, Bytes::default().u16s(&[2, 0]))), [true, true, false]);
    assert_eq!(held_after(set(3, Bytes::default().u16s(&[3, 0]))), [false, false, true]);
}

#[test]
fn data_waits_for_its_template() {
    let mut collector = Collector::new();
    let data = |id, number| set(id, Bytes::default().u32s(&[number]));
    let rows = collector.take(&[ipfix(0, 0, &[data(256, 1)]), ipfix(0, 0, &[data(257, 2), data(256, 3)])]);
    assert_eq!((rows.count(), collector.decoder.held_events()), (0, 2));
    collector.received_us += 1_000_000;
    let rows = collector.take(&[ipfix(0, 0, &[template(256, &[(1, 4)]), data(256, 4)])]);
    assert_eq!(rows.numbers("bytes"), [Some(1), Some(3), Some(4)], "in the order of receipt");
    assert_eq!(rows.time("ingest_time", 1), Some(RECEIVED_US), "with their own time");
    assert_eq!(rows.time("ingest_time", 2), Some(RECEIVED_US + 1_000_000));
    assert_eq!(collector.decoder.held_events(), 0, "the second one has rows, and waits for 257");
    let rows = collector.take(&[ipfix(0, 0, &[template(257, &[(2, 4)])])]);
    assert_eq!(rows.numbers("packets"), [Some(2), None]);
    assert_eq!(rows.texts("record_type"), [Some("flow"), Some("template")]);
}

#[test]
fn data_may_stand_before_its_template_in_one_message() {
    let rows = decode(&[ipfix(0, 0, &[set(256, Bytes::default().u32s(&[7])), template(256, &[(1, 4)])])]);
    assert_eq!((rows.count(), rows.number("bytes", 0)), (1, Some(7)));
}

#[test]
fn data_whose_template_never_comes_is_kept_with_a_reason() {
    let mut collector = Collector::new();
    let datagram = ipfix(0, 0, &[set(256, Bytes::default().u32s(&[7]))]);
    collector.take(std::slice::from_ref(&datagram));
    collector.received_us += FLOW_HELD_US_MAX + 1;
    let rows = collector.take(&[v5(&[v5_record(6, 443)], 0)]);
    assert_eq!(rows.text("parse_error", 0), Some("no template came for sets of data: 256"));
    assert_eq!(rows.time("ingest_time", 0), Some(RECEIVED_US));
    let mut raw = String::new();
    crate::batch::escape_invalid_utf8(&datagram, &mut raw);
    assert_eq!(rows.text("raw", 0), Some(raw.as_str()));
    assert_eq!((rows.count(), collector.decoder.held_events()), (2, 0));
}

#[test]
fn a_restored_decoder_makes_the_same_rows() {
    let mut collector = Collector::new();
    let samplers = options_template(300, &[(302, 4)], &[(34, 4)]);
    collector.take(&[
        ipfix(
            0,
            0,
            &[template(256, &[(1, 4), (302, 4)]), samplers, set(300, Bytes::default().u32s(&[1, 100]))],
        ),
        v9(0, 3, &[set(400, Bytes::default().u32s(&[9]))]),
    ]);
    let state = collector.decoder.take_changed_state().unwrap();
    assert_eq!(collector.decoder.take_changed_state(), None);
    let later = [
        ipfix(1, 0, &[template(256, &[(1, 4), (302, 4)]), set(256, Bytes::default().u32s(&[7, 1]))]),
        v9(1, 3, &[v9_template(400, &[(2, 4)])]),
    ];
    let mut restored = Collector::new();
    restored.decoder.restore_state(&state).unwrap();
    assert_eq!((restored.decoder.held_events(), restored.decoder.take_changed_state()), (1, None));
    let rows = restored.take(&later[..1]);
    assert_eq!(rows.number("bytes_scaled", 0), Some(700));
    assert_eq!(restored.decoder.take_changed_state(), None, "the same template is no news");
    assert_eq!(collector.take(&later[..1]).0, rows.0);
    assert_eq!(collector.take(&later[1..]).0, restored.take(&later[1..]).0);
    assert_eq!(collector.decoder.take_changed_state(), restored.decoder.take_changed_state());

    for length in 0..state.len() {
        let is_state = restored.decoder.restore_state(&state[..length]).is_ok();
        assert_eq!(is_state, length == 0, "{length} bytes");
        assert_eq!(restored.decoder.held_events(), 0);
    }
    assert!(restored.decoder.restore_state(&[&state[..], &[0]].concat()).is_err());
}

#[test]
fn gaps_of_sequence_numbers_are_told_once() {
    let data = || set(256, Bytes::default().u32s(&[7, 8]));
    let rows = decode(&[
        ipfix(0, 0, &[template(256, &[(1, 4)]), data()]),
        // RFC 7011 section 3.1: the number of the first data record.
        ipfix(2, 0, &[data()]),
        ipfix(9, 0, &[data()]),
        v9(1, 0, &[v9_template(256, &[(1, 4)])]),
        v9(4, 0, &[data()]),
        v9(5, 0, &[data()]),
    ]);
    let gaps: Vec<i64> = rows.numbers("sequence_gap").into_iter().map(Option::unwrap_or_default).collect();
    assert_eq!(gaps, [0, 0, 0, 0, 5, 0, 0, 2, 0, 0, 0]);
}

#[test]
fn lists_are_json() {
    // RFC 6313 section 4.5: a basic list, a sub-template list, a multi list whose second template is not known.
    let inner = template(257, &[(8, 4), (82, VARIABLE)]);
    let basic = Bytes::default().u8(3).u16s(&[10, 2, 1, 2, 3]).0;
    let record = Bytes::default().u32s(&[0xC000_0201]).u8(2).raw(b"lo").0;
    let sub = Bytes::default().u8(4).u16s(&[257]).raw(&record).raw(&record).0;
    let multi = Bytes::default().u8(255).u16s(&[257, 4 + record.len() as u16]).raw(&record);
    let multi = multi.u16s(&[999, 6, 0xABCD]).0;
    let body = [&basic, &sub, &multi]
        .iter()
        .fold(Bytes::default().u32s(&[7]), |body, list| body.u8(list.len() as u8).raw(list));
    let fields = [(1, 4), (291, VARIABLE), (292, VARIABLE), (293, VARIABLE)];
    let rows = decode(&[ipfix(0, 0, &[inner, template(256, &fields), set(256, body)])]);
    assert_eq!(rows.text("basic_list", 0), Some(r#"{"semantic":"all_of","ingress_interface":[1,2,3]}"#));
    let one = r#"{"source_ipv4_address":"192.0.2.1","interface_name":"lo"}"#;
    let expected = format!(r#"{{"semantic":"ordered","template_id":257,"records":[{one},{one}]}}"#);
    assert_eq!(rows.text("sub_template_list", 0), Some(expected.as_str()));
    let known = format!(r#"{{"template_id":257,"records":[{one}]}}"#);
    let unknown = r#"{"template_id":999,"octets":"abcd"}"#;
    let expected = format!(r#"{{"semantic":"undefined","lists":[{known},{unknown}]}}"#);
    assert_eq!(rows.text("sub_template_multi_list", 0), Some(expected.as_str()));
    assert_eq!(rows.number("bytes", 0), Some(7));
}

#[test]
fn lists_in_lists_end_at_a_depth_and_broken_ones_are_octets() {
    let mut list = vec![3, 0, 10, 0, 2, 0, 1];
    for _ in 0..8 {
        let header = Bytes::default().u8(3).u16s(&[291, VARIABLE]).u8(list.len() as u8);
        list = header.raw(&list).0;
    }
    let body = Bytes::default().u8(list.len() as u8).raw(&list).u8(2).raw(&[3, 0]);
    let rows = decode(&[ipfix(0, 0, &[template(256, &[(291, VARIABLE)]), set(256, body)])]);
    let json = rows.text("basic_list", 0).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(json).unwrap();
    assert!(parsed["basic_list"][0]["basic_list"][0]["basic_list"][0]["basic_list"][0].is_string(), "{json}");
    assert_eq!(rows.text("basic_list", 1), Some("\"0300\""));
}

#[test]
fn both_families_in_one_template() {
    let fields = [(8, 4), (27, 16), (12, 4), (28, 16)];
    let v4 = Bytes::default().u32s(&[0xC000_0201]).raw(&[0; 16]).u32s(&[0]).raw(&[0; 16]).0;
    let v6 = Bytes::default().u32s(&[0]).raw(&[0x20; 16]).u32s(&[0]).raw(&[0x30; 16]).0;
    let rows = decode(&[ipfix(0, 0, &[template(256, &fields), set(256, Bytes(v4).raw(&v6))])]);
    assert_eq!(rows.texts("source_ip"), [Some("192.0.2.1"), Some("2020:2020:2020:2020:2020:2020:2020:2020")]);
    assert_eq!(rows.texts("dest_ip"), [Some("0.0.0.0"), Some("3030:3030:3030:3030:3030:3030:3030:3030")]);
}

#[test]
fn events_of_firewalls() {
    // Cisco NSEL: counters of both directions, and the time of the event.
    let fields = [(231, 4), (232, 4), (298, 4), (233, 1), (323, 8), (152, 8)];
    let event_ms = u64::from(EXPORT_S) * 1_000 - 5;
    let body = Bytes::default().u32s(&[500, 900, 3]).u8(2).u64s(&[event_ms, event_ms - 1_000]);
    let rows = decode(&[v9(0, 0, &[v9_template(256, &fields), set(256, body)])]);
    assert_eq!((rows.number("bytes", 0), rows.number("packets", 0)), (Some(500), Some(3)));
    assert_eq!(
        (rows.number("initiator_octets", 0), rows.number("responder_octets", 0)),
        (Some(500), Some(900))
    );
    assert_eq!(rows.number("firewall_event", 0), Some(2));
    assert_eq!(rows.time("event_time", 0), Some(EXPORT_US - 5_000));
    assert_eq!(rows.time("start_time", 0), Some(EXPORT_US - 1_005_000));
}

#[test]
fn a_datagram_may_have_several_messages() {
    let one = ipfix(0, 0, &[template(256, &[(1, 4)])]);
    let two = ipfix(0, 0, &[set(256, Bytes::default().u32s(&[7]))]);
    let rows = decode(&[[one, two].concat()]);
    assert_eq!((rows.count(), rows.number("bytes", 0)), (1, Some(7)));
    let rows = decode(&[[ipfix(0, 0, &[template(256, &[(1, 4)])]), vec![1, 2, 3]].concat()]);
    assert_eq!(rows.text("parse_error", 0), Some("bytes behind the message"));
}

#[test]
fn small_datagrams_do_not_become_many_rows() {
    let rows = decode(&[ipfix(0, 0, &[template(256, &[(4, 1)]), set(256, Bytes(vec![6; 4_000]))])]);
    let limit = (16 + 12 + 4 + 4_000) / crate::limits::FLOW_BYTES_PER_ROW_MIN;
    assert_eq!(rows.count(), limit + 1);
    assert_eq!(rows.text("parse_error", limit), Some("more records than a datagram of this size may have"));
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
