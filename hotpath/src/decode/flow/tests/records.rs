//! Records of templates: values, times, lists.

use super::*;

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
