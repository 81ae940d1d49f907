//! Names of the numbers in structures, as their definitions have them, in lower case.

use super::structure::Names;

/// header_protocol of `sampled_header`.
pub(super) const HEADER_PROTOCOLS: Names = &[
    (1, "ethernet"),
    (2, "token_bus"),
    (3, "token_ring"),
    (4, "fddi"),
    (5, "frame_relay"),
    (6, "x25"),
    (7, "ppp"),
    (8, "smds"),
    (9, "aal5"),
    (10, "aal5_ip"),
    (11, "ipv4"),
    (12, "ipv6"),
    (13, "mpls"),
    (14, "pos"),
    (15, "ieee80211_mac"),
    (16, "ieee80211_ampdu"),
    (17, "ieee80211_amsdu_subframe"),
    (18, "infiniband"),
];

/// drop_reason of `discarded_packet` (sFlow Dropped Packet Notification Structures). Those up to 262 are also in an output
/// interface of the format "packet discarded" (sFlow version 5, "Input/output port information").
pub(super) const DROP_REASONS: Names = &[
    (0, "net_unreachable"),
    (1, "host_unreachable"),
    (2, "protocol_unreachable"),
    (3, "port_unreachable"),
    (4, "frag_needed"),
    (5, "src_route_failed"),
    (6, "dst_net_unknown"),
    (7, "dst_host_unknown"),
    (8, "src_host_isolated"),
    (9, "dst_net_prohibited"),
    (10, "dst_host_prohibited"),
    (11, "dst_net_tos_unreachable"),
    (12, "dst_host_tos_unreachable"),
    (13, "comm_admin_prohibited"),
    (14, "host_precedence_violation"),
    (15, "precedence_cutoff"),
    (256, "unknown"),
    (257, "ttl_exceeded"),
    (258, "acl"),
    (259, "no_buffer_space"),
    (260, "red"),
    (261, "traffic_shaping"),
    (262, "pkt_too_big"),
    (263, "src_mac_is_multicast"),
    (264, "vlan_tag_mismatch"),
    (265, "ingress_vlan_filter"),
    (266, "ingress_spanning_tree_filter"),
    (267, "port_list_is_empty"),
    (268, "port_loopback_filter"),
    (269, "blackhole_route"),
    (270, "non_ip"),
    (271, "uc_dip_over_mc_dmac"),
    (272, "dip_is_loopback_address"),
    (273, "sip_is_mc"),
    (274, "sip_is_loopback_address"),
    (275, "ip_header_corrupted"),
    (276, "ipv4_sip_is_limited_bc"),
    (277, "ipv6_mc_dip_reserved_scope"),
    (278, "ipv6_mc_dip_interface_local_scope"),
    (279, "unresolved_neigh"),
    (280, "mc_reverse_path_forwarding"),
    (281, "non_routable_packet"),
    (282, "decap_error"),
    (283, "overlay_smac_is_mc"),
    (284, "unknown_l2"),
    (285, "unknown_l3"),
    (286, "unknown_l3_exception"),
    (287, "unknown_buffer"),
    (288, "unknown_tunnel"),
    (289, "unknown_l4"),
    (290, "sip_is_unspecified"),
    (291, "mlag_port_isolation"),
    (292, "blackhole_arp_neigh"),
    (293, "src_mac_is_dmac"),
    (294, "dmac_is_reserved"),
    (295, "sip_is_class_e"),
    (296, "mc_dmac_mismatch"),
    (297, "sip_is_dip"),
    (298, "dip_is_local_network"),
    (299, "dip_is_link_local"),
    (300, "overlay_smac_is_dmac"),
    (301, "egress_vlan_filter"),
    (302, "uc_reverse_path_forwarding"),
    (303, "split_horizon"),
];

/// IANAifType, those that devices with sFlow have.
pub(super) const INTERFACE_TYPES: Names = &[
    (1, "other"),
    (6, "ethernet_csmacd"),
    (7, "iso88023_csmacd"),
    (9, "iso88025_token_ring"),
    (15, "fddi"),
    (18, "ds1"),
    (22, "prop_point_to_point_serial"),
    (23, "ppp"),
    (24, "software_loopback"),
    (28, "slip"),
    (30, "ds3"),
    (32, "frame_relay"),
    (37, "atm"),
    (39, "sonet"),
    (49, "aal5"),
    (53, "prop_virtual"),
    (54, "prop_multiplexor"),
    (55, "ieee80212"),
    (56, "fibre_channel"),
    (62, "fast_ether"),
    (69, "fast_ether_fx"),
    (71, "ieee80211"),
    (94, "adsl"),
    (97, "vdsl"),
    (108, "ppp_multilink_bundle"),
    (117, "gigabit_ethernet"),
    (127, "docs_cable_maclayer"),
    (131, "tunnel"),
    (135, "l2vlan"),
    (136, "l3ipvlan"),
    (142, "ip_forward"),
    (150, "mpls_tunnel"),
    (157, "prop_wireless_p2p"),
    (161, "ieee8023ad_lag"),
    (166, "mpls"),
    (171, "pos"),
    (199, "infiniband"),
    (209, "bridge"),
    (229, "ieee8021_te_link"),
    (237, "ieee80216_wman"),
    (243, "wwan_pp"),
    (244, "wwan_pp2"),
    (246, "pip"),
    (249, "virtual_ip_address"),
    (250, "gpon"),
];

/// ifDirection of `if_counters` (RFC 2668).
pub(super) const INTERFACE_DIRECTIONS: Names =
    &[(0, "unknown"), (1, "full_duplex"), (2, "half_duplex"), (3, "in"), (4, "out")];

/// machine_type of `host_descr`.
pub(super) const MACHINE_TYPES: Names = &[
    (0, "unknown"),
    (1, "other"),
    (2, "x86"),
    (3, "x86_64"),
    (4, "ia64"),
    (5, "sparc"),
    (6, "alpha"),
    (7, "powerpc"),
    (8, "m68k"),
    (9, "mips"),
    (10, "arm"),
    (11, "hppa"),
    (12, "s390"),
];

/// os_name of `host_descr`.
pub(super) const OS_NAMES: Names = &[
    (0, "unknown"),
    (1, "other"),
    (2, "linux"),
    (3, "windows"),
    (4, "darwin"),
    (5, "hpux"),
    (6, "aix"),
    (7, "dragonfly"),
    (8, "freebsd"),
    (9, "netbsd"),
    (10, "openbsd"),
    (11, "osf"),
    (12, "solaris"),
];

/// virDomainState of libvirt, in `virt_cpu`.
pub(super) const DOMAIN_STATES: Names = &[
    (0, "no_state"),
    (1, "running"),
    (2, "blocked"),
    (3, "paused"),
    (4, "shutdown"),
    (5, "shutoff"),
    (6, "crashed"),
];

/// url_direction of `extended_url`: which address is the server.
pub(super) const URL_DIRECTIONS: Names = &[(1, "src"), (2, "dst")];

/// ieee80211_version.
pub(super) const WIFI_VERSIONS: Names = &[(1, "a"), (2, "b"), (3, "g"), (4, "n")];

/// direction of `extended_acl`.
pub(super) const ACL_DIRECTIONS: Names = &[(0, "unknown"), (1, "ingress"), (2, "egress")];

/// service_direction of `transaction`.
pub(super) const SERVICE_DIRECTIONS: Names = &[(1, "client"), (2, "server")];

/// status_value of `transaction`.
pub(super) const TRANSACTION_STATUS: Names =
    &[(0, "succeeded"), (1, "generic_failure"), (2, "outofmemory"), (3, "timeout"), (4, "notpermitted")];

/// packet_direction of `extended_tcp_info`.
pub(super) const PACKET_DIRECTIONS: Names = &[(0, "unknown"), (1, "received"), (2, "sent")];

/// http_method of `http_request`.
pub(super) const HTTP_METHODS: Names = &[
    (0, "OTHER"),
    (1, "OPTIONS"),
    (2, "GET"),
    (3, "HEAD"),
    (4, "POST"),
    (5, "PUT"),
    (6, "DELETE"),
    (7, "TRACE"),
    (8, "CONNECT"),
];

/// status of `app_operation`.
pub(super) const APP_STATUS: Names = &[
    (0, "success"),
    (1, "other"),
    (2, "timeout"),
    (3, "internal_error"),
    (4, "bad_request"),
    (5, "forbidden"),
    (6, "too_large"),
    (7, "not_implemented"),
    (8, "not_found"),
    (9, "unavailable"),
    (10, "unauthorized"),
];

/// memcache_protocol of `memcache_operation`.
pub(super) const MEMCACHE_PROTOCOLS: Names = &[(0, "other"), (1, "ascii"), (2, "binary")];

/// memcache_cmd of `memcache_operation`.
pub(super) const MEMCACHE_COMMANDS: Names = &[
    (0, "other"),
    (1, "set"),
    (2, "add"),
    (3, "replace"),
    (4, "append"),
    (5, "prepend"),
    (6, "cas"),
    (7, "get"),
    (8, "gets"),
    (9, "incr"),
    (10, "decr"),
    (11, "delete"),
    (12, "stats"),
    (13, "flush"),
    (14, "version"),
    (15, "quit"),
    (16, "touch"),
];

/// memcache_status of `memcache_operation`.
pub(super) const MEMCACHE_STATUS: Names = &[
    (0, "unknown"),
    (1, "ok"),
    (2, "error"),
    (3, "client_error"),
    (4, "server_error"),
    (5, "stored"),
    (6, "not_stored"),
    (7, "exists"),
    (8, "not_found"),
    (9, "deleted"),
];
