//! The tables are sound, and say what the registries say.

use std::collections::HashMap;

use super::ElementType::*;
use super::{ENTERPRISES, Element, ElementType, Row, ipfix_element, netflow_v9, netflow_v9_element};
use crate::batch::column_name;

fn tables() -> impl Iterator<Item = (u32, &'static [Row])> {
    ENTERPRISES.iter().copied().chain([(u32::MAX, netflow_v9::ELEMENTS)])
}

#[test]
fn tables_are_sorted_and_every_number_stands_once() {
    assert!(ENTERPRISES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    for (enterprise, table) in tables() {
        assert!(!table.is_empty(), "{enterprise}");
        for pair in table.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{enterprise}: {pair:?}");
        }
    }
}

#[test]
fn every_number_has_fifteen_bits_in_ipfix() {
    for (enterprise, table) in ENTERPRISES {
        assert!(table.iter().all(|(id, _)| *id < 0x8000), "{enterprise}");
    }
}

#[test]
fn every_name_is_a_column_name() {
    for (enterprise, table) in tables() {
        for (id, element) in table {
            assert_eq!(column_name(element.name).as_deref(), Some(element.name), "{enterprise}/{id}");
        }
    }
}

#[test]
fn a_name_has_one_type_and_within_a_table_one_number() {
    let mut types: HashMap<&str, ElementType> = HashMap::new();
    for (enterprise, table) in tables() {
        let mut numbers: HashMap<&str, u16> = HashMap::new();
        for (id, element) in table {
            assert_eq!(numbers.insert(element.name, *id), None, "{enterprise}: {}", element.name);
            let known = *types.entry(element.name).or_insert(element.element_type);
            assert_eq!(known, element.element_type, "{enterprise}/{id}: {}", element.name);
        }
    }
}

fn assert_ipfix(enterprise: u32, id: u16, name: &'static str, element_type: ElementType) {
    assert_eq!(ipfix_element(enterprise, id), Some(&Element { name, element_type }), "{enterprise}/{id}");
}

#[test]
fn elements_of_the_iana_are_those_of_the_rfcs() {
    // RFC 5102 and RFC 7012 (the registry)
    assert_ipfix(0, 1, "octet_delta_count", Unsigned);
    assert_ipfix(0, 4, "protocol_identifier", Unsigned);
    assert_ipfix(0, 8, "source_ipv4_address", Ipv4Address);
    assert_ipfix(0, 19, "post_mcast_packet_delta_count", Unsigned);
    assert_ipfix(0, 22, "flow_start_sys_up_time", Unsigned);
    assert_ipfix(0, 27, "source_ipv6_address", Ipv6Address);
    assert_ipfix(0, 56, "source_mac_address", MacAddress);
    assert_ipfix(0, 70, "mpls_top_label_stack_section", OctetArray);
    assert_ipfix(0, 150, "flow_start_seconds", DateTimeSeconds);
    assert_ipfix(0, 152, "flow_start_milliseconds", DateTimeMilliseconds);
    assert_ipfix(0, 154, "flow_start_microseconds", DateTimeMicroseconds);
    assert_ipfix(0, 156, "flow_start_nanoseconds", DateTimeNanoseconds);
    assert_ipfix(0, 225, "post_nat_source_ipv4_address", Ipv4Address);
    assert_ipfix(0, 227, "post_napt_source_transport_port", Unsigned);
    assert_ipfix(0, 276, "data_records_reliability", Boolean);
    assert_ipfix(0, 311, "sampling_probability", Float);
    // RFC 6313
    assert_ipfix(0, 291, "basic_list", BasicList);
    assert_ipfix(0, 292, "sub_template_list", SubTemplateList);
    assert_ipfix(0, 293, "sub_template_multi_list", SubTemplateMultiList);
    // RFC 6759: application information
    assert_ipfix(0, 94, "application_description", String);
    assert_ipfix(0, 95, "application_id", OctetArray);
    assert_ipfix(0, 96, "application_name", String);
    assert_ipfix(0, 101, "classification_engine_id", Unsigned);
    assert_ipfix(0, 288, "p2p_technology", String);
    assert_ipfix(0, 372, "application_category_name", String);
    // RFC 8038, the one signed element
    assert_ipfix(0, 434, "mib_object_value_integer", Signed);
    // RFC 9487, RFC 9740
    assert_ipfix(0, 492, "srh_flags_ipv6", Unsigned);
    assert_ipfix(0, 520, "tcp_options_full", OctetArray);
    assert_eq!(ipfix_element(0, 0), None);
    assert_eq!(ipfix_element(0, 65), None, "kept for NetFlow v9 and never defined");
}

#[test]
fn every_number_of_the_iana_that_is_in_use_is_there() {
    let unused: Vec<u16> = (1..=533).filter(|id| ipfix_element(0, *id).is_none()).collect();
    let reserved: Vec<u16> = (65..=69).chain([97]).chain(105..=127).chain([416, 419]).collect();
    assert_eq!(unused, reserved);
}

#[test]
fn elements_of_enterprises_are_known() {
    assert_ipfix(9, 12236, "client_ipv4_address", Ipv4Address);
    assert_ipfix(637, 93, "alu_nat_sub_string", String);
    assert_ipfix(2636, 137, "juniper_common_properties_id", Unsigned);
    assert_ipfix(3054, 110, "l7_application_id", Unsigned);
    assert_ipfix(3054, 195, "http_sessions", SubTemplateList);
    assert_ipfix(5951, 130, "netscaler_http_req_url", String);
    assert_ipfix(6871, 33, "silk_app_label", Unsigned);
    assert_ipfix(6876, 881, "tenant_source_ipv4", Ipv4Address);
    assert_ipfix(10704, 1, "timestamp", DateTimeSeconds);
    assert_ipfix(13745, 103, "server_hostname", String);
    assert_ipfix(26866, 206, "dns_response_ttl", Unsigned);
    assert_ipfix(35632, 118, "l7_proto", Unsigned);
    assert_ipfix(35632, 489, "ja3c_hash", String);
    assert_eq!(ipfix_element(9, 1), None);
    assert_eq!(ipfix_element(12345, 1), None);
    assert_eq!(ipfix_element(29305, 1), None);
}

#[test]
fn what_cert_calls_reversible_has_its_other_direction() {
    // RFC 5103 section 6.2, as YAF does it: the bit 0x4000 of its own number
    assert_ipfix(6871, 14, "initial_tcp_flags", Unsigned);
    assert_ipfix(6871, 16398, "reverse_initial_tcp_flags", Unsigned);
    assert_ipfix(6871, 16885, "reverse_non_empty_packet_count", Unsigned);
}

fn assert_v9(id: u16, name: &'static str, element_type: ElementType) {
    assert_eq!(netflow_v9_element(id), Some(&Element { name, element_type }), "{id}");
}

#[test]
fn netflow_v9_shares_the_numbers_of_the_iana() {
    // RFC 3954 section 8: IN_BYTES, FIRST_SWITCHED, FLOW_SAMPLER_ID, IF_NAME
    assert_v9(1, "octet_delta_count", Unsigned);
    assert_v9(22, "flow_start_sys_up_time", Unsigned);
    assert_v9(48, "sampler_id", Unsigned);
    assert_v9(82, "interface_name", String);
    assert_v9(225, "post_nat_source_ipv4_address", Ipv4Address);
}

#[test]
fn netflow_v9_has_private_numbers_of_vendors() {
    // Cisco NSEL
    assert_v9(33000, "ingress_acl_id", OctetArray);
    assert_v9(33002, "fw_ext_event", Unsigned);
    assert_v9(40000, "user_name", String);
    assert_v9(40001, "post_nat_source_ipv4_address", Ipv4Address);
    assert_v9(40005, "firewall_event", Unsigned);
    // Cisco TrustSec and AVC: 32768 and the number in IPFIX
    assert_v9(34000, "sgt_source_tag", Unsigned);
    assert_v9(37019, "transport_packets_lost", Unsigned);
    assert_v9(42060, "num_resps_count_delta", Unsigned);
    assert_v9(45004, "client_ipv4_address", Ipv4Address);
    // Palo Alto Networks, ntop
    assert_v9(56701, "app_id", String);
    assert_v9(56702, "user_id", String);
    assert_v9(57590, "l7_proto", Unsigned);
    assert_v9(57591, "l7_proto_name", String);
    assert_v9(8192, "streamcore_wan_rtt", Unsigned);
    assert_eq!(netflow_v9_element(20000), None);
    assert_eq!(netflow_v9_element(u16::MAX), None);
}
