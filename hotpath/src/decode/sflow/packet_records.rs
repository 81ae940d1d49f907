//! What an agent says of a sampled packet beside its header (sFlow version 5, "Extended Flow Data", and later documents).

use super::names::{ACL_DIRECTIONS, URL_DIRECTIONS, WIFI_VERSIONS};
use super::structure::{Kind, Structure, field, tag};

/// Sorted by tag.
pub(super) const PACKET_RECORDS: [Structure; 42] = [
    Structure::new(
        tag(0, 1001),
        "extended_switch",
        &[
            field("src_vlan", Kind::Number),
            field("src_priority", Kind::Number),
            field("dst_vlan", Kind::Number),
            field("dst_priority", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1002),
        "extended_router",
        &[
            field("next_hop", Kind::Address),
            field("source_mask", Kind::Number),
            field("dest_mask", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1003),
        "extended_gateway",
        &[
            field("bgp_next_hop", Kind::Address),
            field("router_as", Kind::Number),
            field("source_as", Kind::Number),
            field("source_peer_as", Kind::Number),
            field("dst_as_path", Kind::AsPath),
            field("communities", Kind::Communities),
            field("local_pref", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1004),
        "extended_user",
        &[
            field("src_charset", Kind::Number),
            field("src_user", Kind::Text),
            field("dst_charset", Kind::Number),
            field("dst_user", Kind::Text),
        ],
    ),
    Structure::new(
        tag(0, 1005),
        "extended_url",
        &[
            field("url_direction", Kind::Named(URL_DIRECTIONS)),
            field("url", Kind::Text),
            field("host", Kind::Text),
        ],
    ),
    Structure::new(
        tag(0, 1006),
        "extended_mpls",
        &[
            field("mpls_next_hop", Kind::Address),
            field("mpls_in_stack", Kind::Labels),
            field("mpls_out_stack", Kind::Labels),
        ],
    ),
    Structure::new(
        tag(0, 1007),
        "extended_nat",
        &[field("nat_src_address", Kind::Address), field("nat_dst_address", Kind::Address)],
    ),
    Structure::new(
        tag(0, 1008),
        "extended_mpls_tunnel",
        &[
            field("tunnel_lsp_name", Kind::Text),
            field("tunnel_id", Kind::Number),
            field("tunnel_cos", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1009),
        "extended_mpls_vc",
        &[
            field("vc_instance_name", Kind::Text),
            field("vll_vc_id", Kind::Number),
            field("vc_label_cos", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1010),
        "extended_mpls_ftn",
        &[field("mpls_ftn_descr", Kind::Text), field("mpls_ftn_mask", Kind::Number)],
    ),
    Structure::new(
        tag(0, 1011),
        "extended_mpls_ldp_fec",
        &[field("mpls_fec_addr_prefix_length", Kind::Number)],
    ),
    Structure::new(tag(0, 1012), "extended_vlantunnel", &[field("vlan_tunnel_stack", Kind::VlanTags)]),
    // sFlow 802.11 Structures.
    Structure::new(
        tag(0, 1013),
        "extended_80211_payload",
        &[field("cipher_suite", Kind::Fixed(4)), field("ieee80211_payload", Kind::Opaque)],
    ),
    Structure::new(
        tag(0, 1014),
        "extended_80211_rx",
        &[
            field("rx_ssid", Kind::Text),
            field("rx_bssid", Kind::Mac),
            field("rx_version", Kind::Named(WIFI_VERSIONS)),
            field("rx_channel", Kind::Number),
            field("rx_speed", Kind::Hyper),
            field("rx_rsni", Kind::Number),
            field("rx_rcpi", Kind::Number),
            field("rx_packet_duration", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1015),
        "extended_80211_tx",
        &[
            field("tx_ssid", Kind::Text),
            field("tx_bssid", Kind::Mac),
            field("tx_version", Kind::Named(WIFI_VERSIONS)),
            field("tx_transmissions", Kind::Number),
            field("tx_packet_duration", Kind::Number),
            field("tx_retrans_duration", Kind::Number),
            field("tx_channel", Kind::Number),
            field("tx_speed", Kind::Hyper),
            field("tx_power", Kind::Number),
        ],
    ),
    // sFlow OpenFlow Structures.
    Structure::new(
        tag(0, 1017),
        "extended_openflow_v1",
        &[
            field("of_flow_cookie", Kind::Fixed(8)),
            field("of_flow_match", Kind::Number),
            field("of_flow_actions", Kind::Number),
        ],
    ),
    // sFlow, CEE and FCoE.
    Structure::new(
        tag(0, 1018),
        "extended_fc",
        &[
            field("fc_src_mask_len", Kind::Number),
            field("fc_dst_mask_len", Kind::Number),
            field("fc_next_hop", Kind::Number),
            field("fc_metric", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1019),
        "extended_queue_length",
        &[field("queue_index", Kind::Number), field("queue_length", Kind::Number)],
    ),
    // sFlow Port NAT Structures.
    Structure::new(
        tag(0, 1020),
        "extended_nat_port",
        &[field("nat_src_port", Kind::Number), field("nat_dst_port", Kind::Number)],
    ),
    // sFlow Tunnel Structures: the outer headers that come off, or go on.
    Structure::new(
        tag(0, 1021),
        "extended_l2_tunnel_egress",
        &[
            field("l2_tunnel_egress_length", Kind::Number),
            field("l2_tunnel_egress_src_mac", Kind::Mac),
            field("l2_tunnel_egress_dst_mac", Kind::Mac),
            field("l2_tunnel_egress_type", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1022),
        "extended_l2_tunnel_ingress",
        &[
            field("l2_tunnel_ingress_length", Kind::Number),
            field("l2_tunnel_ingress_src_mac", Kind::Mac),
            field("l2_tunnel_ingress_dst_mac", Kind::Mac),
            field("l2_tunnel_ingress_type", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1023),
        "extended_ipv4_tunnel_egress",
        &[
            field("ipv4_tunnel_egress_length", Kind::Number),
            field("ipv4_tunnel_egress_protocol", Kind::Number),
            field("ipv4_tunnel_egress_src_ip", Kind::Ipv4),
            field("ipv4_tunnel_egress_dst_ip", Kind::Ipv4),
            field("ipv4_tunnel_egress_src_port", Kind::Number),
            field("ipv4_tunnel_egress_dst_port", Kind::Number),
            field("ipv4_tunnel_egress_tcp_flags", Kind::Number),
            field("ipv4_tunnel_egress_tos", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1024),
        "extended_ipv4_tunnel_ingress",
        &[
            field("ipv4_tunnel_ingress_length", Kind::Number),
            field("ipv4_tunnel_ingress_protocol", Kind::Number),
            field("ipv4_tunnel_ingress_src_ip", Kind::Ipv4),
            field("ipv4_tunnel_ingress_dst_ip", Kind::Ipv4),
            field("ipv4_tunnel_ingress_src_port", Kind::Number),
            field("ipv4_tunnel_ingress_dst_port", Kind::Number),
            field("ipv4_tunnel_ingress_tcp_flags", Kind::Number),
            field("ipv4_tunnel_ingress_tos", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1025),
        "extended_ipv6_tunnel_egress",
        &[
            field("ipv6_tunnel_egress_length", Kind::Number),
            field("ipv6_tunnel_egress_protocol", Kind::Number),
            field("ipv6_tunnel_egress_src_ip", Kind::Ipv6),
            field("ipv6_tunnel_egress_dst_ip", Kind::Ipv6),
            field("ipv6_tunnel_egress_src_port", Kind::Number),
            field("ipv6_tunnel_egress_dst_port", Kind::Number),
            field("ipv6_tunnel_egress_tcp_flags", Kind::Number),
            field("ipv6_tunnel_egress_priority", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1026),
        "extended_ipv6_tunnel_ingress",
        &[
            field("ipv6_tunnel_ingress_length", Kind::Number),
            field("ipv6_tunnel_ingress_protocol", Kind::Number),
            field("ipv6_tunnel_ingress_src_ip", Kind::Ipv6),
            field("ipv6_tunnel_ingress_dst_ip", Kind::Ipv6),
            field("ipv6_tunnel_ingress_src_port", Kind::Number),
            field("ipv6_tunnel_ingress_dst_port", Kind::Number),
            field("ipv6_tunnel_ingress_tcp_flags", Kind::Number),
            field("ipv6_tunnel_ingress_priority", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1027),
        "extended_decapsulate_egress",
        &[field("decapsulate_egress_offset", Kind::Number)],
    ),
    Structure::new(
        tag(0, 1028),
        "extended_decapsulate_ingress",
        &[field("decapsulate_ingress_offset", Kind::Number)],
    ),
    Structure::new(tag(0, 1029), "extended_vni_egress", &[field("vni_egress", Kind::Number)]),
    Structure::new(tag(0, 1030), "extended_vni_ingress", &[field("vni_ingress", Kind::Number)]),
    // sFlow InfiniBand Structures.
    Structure::new(
        tag(0, 1031),
        "extended_ib_lrh",
        &[
            field("ib_src_vl", Kind::Number),
            field("ib_src_sl", Kind::Number),
            field("ib_src_dlid", Kind::Number),
            field("ib_src_slid", Kind::Number),
            field("ib_src_lnh", Kind::Number),
            field("ib_dst_vl", Kind::Number),
            field("ib_dst_sl", Kind::Number),
            field("ib_dst_dlid", Kind::Number),
            field("ib_dst_slid", Kind::Number),
            field("ib_dst_lnh", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1032),
        "extended_ib_grh",
        &[
            field("ib_flow_label", Kind::Number),
            field("ib_tc", Kind::Number),
            field("ib_s_gid", Kind::Fixed(16)),
            field("ib_d_gid", Kind::Fixed(16)),
            field("ib_next_header", Kind::Number),
            field("ib_length", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 1033),
        "extended_ib_brh",
        &[field("ib_pkey", Kind::Number), field("ib_dst_qp", Kind::Number), field("ib_opcode", Kind::Number)],
    ),
    // sFlow QinQ related statistics.
    Structure::new(tag(0, 1034), "extended_vlanin", &[field("vlan_in_stack", Kind::VlanTags)]),
    Structure::new(tag(0, 1035), "extended_vlanout", &[field("vlan_out_stack", Kind::VlanTags)]),
    // sFlow Dropped Packet Notification Structures.
    Structure::new(tag(0, 1036), "extended_egress_queue", &[field("egress_queue", Kind::Number)]),
    Structure::new(
        tag(0, 1037),
        "extended_acl",
        &[
            field("acl_number", Kind::Number),
            field("acl_name", Kind::Text),
            field("acl_direction", Kind::Named(ACL_DIRECTIONS)),
        ],
    ),
    Structure::new(tag(0, 1038), "extended_function", &[field("function_symbol", Kind::Text)]),
    // sFlow Transit Delay Structures: nanoseconds, bytes.
    Structure::new(tag(0, 1039), "extended_transit", &[field("transit_delay", Kind::Number)]),
    Structure::new(tag(0, 1040), "extended_queue", &[field("queue_depth", Kind::Number)]),
    // host-sflow: devlink and drop_monitor of Linux; nanoseconds since 1970.
    Structure::new(
        tag(0, 1041),
        "extended_hw_trap",
        &[field("hw_trap_group", Kind::Text), field("hw_trap", Kind::Text)],
    ),
    Structure::new(tag(0, 1042), "extended_linux_drop_reason", &[field("linux_drop_reason", Kind::Text)]),
    Structure::new(tag(0, 1043), "extended_timestamp", &[field("timestamp_nanoseconds", Kind::Hyper)]),
];
