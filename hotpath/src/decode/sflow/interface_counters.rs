//! Counters of interfaces and of the device that has them.

use super::names::{INTERFACE_DIRECTIONS, INTERFACE_TYPES};
use super::structure::{Kind, Structure, field, tag};

/// The four octets of dot3adAggPortState.
const LAG_PORT_STATE: [&str; 4] = [
    "dot3ad_agg_port_actor_admin_state",
    "dot3ad_agg_port_actor_oper_state",
    "dot3ad_agg_port_partner_admin_state",
    "dot3ad_agg_port_partner_oper_state",
];

/// The fields of a lane of an optical module.
const LANE_FIELDS: [&str; 10] = [
    "lane_index",
    "lane_tx_bias_current",
    "lane_tx_power",
    "lane_tx_power_min",
    "lane_tx_power_max",
    "lane_tx_wavelength",
    "lane_rx_power",
    "lane_rx_power_min",
    "lane_rx_power_max",
    "lane_rx_wavelength",
];

/// Sorted by tag.
pub(super) const INTERFACE_COUNTERS: [Structure; 15] = [
    // RFC 2233 (ifTable, ifXTable).
    Structure::new(
        tag(0, 1),
        "if_counters",
        &[
            field("if_index", Kind::Number),
            field("if_type", Kind::Named(INTERFACE_TYPES)),
            field("if_speed", Kind::Hyper),
            field("if_direction", Kind::Named(INTERFACE_DIRECTIONS)),
            field("if_status", Kind::InterfaceStatus),
            field("if_in_octets", Kind::HyperCounter),
            field("if_in_ucast_pkts", Kind::Counter),
            field("if_in_multicast_pkts", Kind::Counter),
            field("if_in_broadcast_pkts", Kind::Counter),
            field("if_in_discards", Kind::Counter),
            field("if_in_errors", Kind::Counter),
            field("if_in_unknown_protos", Kind::Counter),
            field("if_out_octets", Kind::HyperCounter),
            field("if_out_ucast_pkts", Kind::Counter),
            field("if_out_multicast_pkts", Kind::Counter),
            field("if_out_broadcast_pkts", Kind::Counter),
            field("if_out_discards", Kind::Counter),
            field("if_out_errors", Kind::Counter),
            field("if_promiscuous_mode", Kind::Number),
        ],
    ),
    // RFC 2358.
    Structure::new(
        tag(0, 2),
        "ethernet_counters",
        &[
            field("dot3_stats_alignment_errors", Kind::Counter),
            field("dot3_stats_fcs_errors", Kind::Counter),
            field("dot3_stats_single_collision_frames", Kind::Counter),
            field("dot3_stats_multiple_collision_frames", Kind::Counter),
            field("dot3_stats_sqe_test_errors", Kind::Counter),
            field("dot3_stats_deferred_transmissions", Kind::Counter),
            field("dot3_stats_late_collisions", Kind::Counter),
            field("dot3_stats_excessive_collisions", Kind::Counter),
            field("dot3_stats_internal_mac_transmit_errors", Kind::Counter),
            field("dot3_stats_carrier_sense_errors", Kind::Counter),
            field("dot3_stats_frame_too_longs", Kind::Counter),
            field("dot3_stats_internal_mac_receive_errors", Kind::Counter),
            field("dot3_stats_symbol_errors", Kind::Counter),
        ],
    ),
    // RFC 1748.
    Structure::new(
        tag(0, 3),
        "tokenring_counters",
        &[
            field("dot5_stats_line_errors", Kind::Counter),
            field("dot5_stats_burst_errors", Kind::Counter),
            field("dot5_stats_ac_errors", Kind::Counter),
            field("dot5_stats_abort_trans_errors", Kind::Counter),
            field("dot5_stats_internal_errors", Kind::Counter),
            field("dot5_stats_lost_frame_errors", Kind::Counter),
            field("dot5_stats_receive_congestions", Kind::Counter),
            field("dot5_stats_frame_copied_errors", Kind::Counter),
            field("dot5_stats_token_errors", Kind::Counter),
            field("dot5_stats_soft_errors", Kind::Counter),
            field("dot5_stats_hard_errors", Kind::Counter),
            field("dot5_stats_signal_loss", Kind::Counter),
            field("dot5_stats_transmit_beacons", Kind::Counter),
            field("dot5_stats_recoverys", Kind::Counter),
            field("dot5_stats_lobe_wires", Kind::Counter),
            field("dot5_stats_removes", Kind::Counter),
            field("dot5_stats_singles", Kind::Counter),
            field("dot5_stats_freq_errors", Kind::Counter),
        ],
    ),
    // RFC 2020.
    Structure::new(
        tag(0, 4),
        "vg_counters",
        &[
            field("dot12_in_high_priority_frames", Kind::Counter),
            field("dot12_in_high_priority_octets", Kind::HyperCounter),
            field("dot12_in_norm_priority_frames", Kind::Counter),
            field("dot12_in_norm_priority_octets", Kind::HyperCounter),
            field("dot12_in_ipm_errors", Kind::Counter),
            field("dot12_in_oversize_frame_errors", Kind::Counter),
            field("dot12_in_data_errors", Kind::Counter),
            field("dot12_in_null_addressed_frames", Kind::Counter),
            field("dot12_out_high_priority_frames", Kind::Counter),
            field("dot12_out_high_priority_octets", Kind::HyperCounter),
            field("dot12_transition_into_trainings", Kind::Counter),
            field("dot12_hc_in_high_priority_octets", Kind::HyperCounter),
            field("dot12_hc_in_norm_priority_octets", Kind::HyperCounter),
            field("dot12_hc_out_high_priority_octets", Kind::HyperCounter),
        ],
    ),
    Structure::new(
        tag(0, 5),
        "vlan_counters",
        &[
            field("vlan_id", Kind::Number),
            field("octets", Kind::HyperCounter),
            field("ucast_pkts", Kind::Counter),
            field("multicast_pkts", Kind::Counter),
            field("broadcast_pkts", Kind::Counter),
            field("discards", Kind::Counter),
        ],
    ),
    // sFlow 802.11 Structures.
    Structure::new(
        tag(0, 6),
        "ieee80211_counters",
        &[
            field("dot11_transmitted_fragment_count", Kind::Counter),
            field("dot11_multicast_transmitted_frame_count", Kind::Counter),
            field("dot11_failed_count", Kind::Counter),
            field("dot11_retry_count", Kind::Counter),
            field("dot11_multiple_retry_count", Kind::Counter),
            field("dot11_frame_duplicate_count", Kind::Counter),
            field("dot11_rts_success_count", Kind::Counter),
            field("dot11_rts_failure_count", Kind::Counter),
            field("dot11_ack_failure_count", Kind::Counter),
            field("dot11_received_fragment_count", Kind::Counter),
            field("dot11_multicast_received_frame_count", Kind::Counter),
            field("dot11_fcs_error_count", Kind::Counter),
            field("dot11_transmitted_frame_count", Kind::Counter),
            field("dot11_wep_undecryptable_count", Kind::Counter),
            field("dot11_qos_discarded_fragment_count", Kind::Counter),
            field("dot11_associated_station_count", Kind::Counter),
            field("dot11_qos_cf_polls_received_count", Kind::Counter),
            field("dot11_qos_cf_polls_unused_count", Kind::Counter),
            field("dot11_qos_cf_polls_unusable_count", Kind::Counter),
            field("dot11_qos_cf_polls_lost_count", Kind::Counter),
        ],
    ),
    // sFlow LAG Counters Structure; IEEE8023-LAG-MIB.
    Structure::new(
        tag(0, 7),
        "lag_port_stats",
        &[
            field("dot3ad_agg_port_actor_system_id", Kind::Mac),
            field("dot3ad_agg_port_partner_oper_system_id", Kind::Mac),
            field("dot3ad_agg_port_attached_agg_id", Kind::Number),
            field("dot3ad_agg_port_state", Kind::Octets(LAG_PORT_STATE)),
            field("dot3ad_agg_port_stats_lacpdus_rx", Kind::Counter),
            field("dot3ad_agg_port_stats_marker_pdus_rx", Kind::Counter),
            field("dot3ad_agg_port_stats_marker_response_pdus_rx", Kind::Counter),
            field("dot3ad_agg_port_stats_unknown_rx", Kind::Counter),
            field("dot3ad_agg_port_stats_illegal_rx", Kind::Counter),
            field("dot3ad_agg_port_stats_lacpdus_tx", Kind::Counter),
            field("dot3ad_agg_port_stats_marker_pdus_tx", Kind::Counter),
            field("dot3ad_agg_port_stats_marker_response_pdus_tx", Kind::Counter),
        ],
    ),
    // Packets that a switch handled in software.
    Structure::new(
        tag(0, 8),
        "slow_path_counts",
        &[
            field("unknown", Kind::Counter),
            field("other", Kind::Counter),
            field("cam_miss", Kind::Counter),
            field("cam_full", Kind::Counter),
            field("no_hw_support", Kind::Counter),
            field("cntrl", Kind::Counter),
        ],
    ),
    // sFlow InfiniBand Structures.
    Structure::new(
        tag(0, 9),
        "ib_counters",
        &[
            field("port_xmit_pkts", Kind::HyperCounter),
            field("port_rcv_pkts", Kind::HyperCounter),
            field("symbol_error_counter", Kind::Counter),
            field("link_error_recovery_counter", Kind::Counter),
            field("link_downed_counter", Kind::Counter),
            field("port_rcv_errors", Kind::Counter),
            field("port_rcv_remote_physical_errors", Kind::Counter),
            field("port_rcv_switch_relay_errors", Kind::Counter),
            field("port_xmit_discards", Kind::Counter),
            field("port_xmit_constraint_errors", Kind::Counter),
            field("port_rcv_constraint_errors", Kind::Counter),
            field("local_link_integrity_errors", Kind::Counter),
            field("excessive_buffer_overrun_errors", Kind::Counter),
            field("vl15_dropped", Kind::Counter),
        ],
    ),
    // sFlow Optical Interface Structures: millivolts, thousandths of a degree Celsius, microamperes, microwatts, nanometres.
    Structure::new(
        tag(0, 10),
        "sfp",
        &[
            field("module_id", Kind::Number),
            field("module_num_lanes", Kind::Number),
            field("module_supply_voltage", Kind::Number),
            field("module_temperature", Kind::Signed),
            field("lanes", Kind::Records(&LANE_FIELDS)),
        ],
    ),
    Structure::new(
        tag(0, 1001),
        "processor",
        &[
            field("_5s_cpu", Kind::Percentage),
            field("_1m_cpu", Kind::Percentage),
            field("_5m_cpu", Kind::Percentage),
            field("total_memory", Kind::Hyper),
            field("free_memory", Kind::Hyper),
        ],
    ),
    // sFlow 802.11 Structures, in milliseconds.
    Structure::new(
        tag(0, 1002),
        "radio_utilization",
        &[
            field("elapsed_time", Kind::Counter),
            field("on_channel_time", Kind::Counter),
            field("on_channel_busy_time", Kind::Counter),
        ],
    ),
    // Packets by the length of the queue they met.
    Structure::new(
        tag(0, 1003),
        "queue_length",
        &[
            field("queue_index", Kind::Number),
            field("segment_size", Kind::Number),
            field("queue_segments", Kind::Number),
            field("queue_length0", Kind::Counter),
            field("queue_length1", Kind::Counter),
            field("queue_length2", Kind::Counter),
            field("queue_length4", Kind::Counter),
            field("queue_length8", Kind::Counter),
            field("queue_length32", Kind::Counter),
            field("queue_length128", Kind::Counter),
            field("queue_length1024", Kind::Counter),
            field("queue_length_more", Kind::Counter),
            field("dropped", Kind::Counter),
        ],
    ),
    // sFlow OpenFlow Structures.
    Structure::new(
        tag(0, 1004),
        "of_port",
        &[field("datapath_id", Kind::Fixed(8)), field("port_no", Kind::Number)],
    ),
    Structure::new(tag(0, 1005), "port_name", &[field("name", Kind::Text)]),
];
