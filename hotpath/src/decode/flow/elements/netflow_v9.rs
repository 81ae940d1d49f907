//! What NetFlow v9 numbers otherwise than IPFIX, and is not an element of Cisco or ntop with their offset.
//!
//! RFC 3954 section 8 has 1 to 89, and the IANA registry keeps those and what Cisco added up to 127; above that
//! exporters use the IANA's numbers. Vendors take numbers of their own as they like.

use super::ElementType::*;
use super::{Row, row};

pub(super) static ELEMENTS: &[Row] = &[
    // Streamcore StreamGroomer.
    row(8192, "streamcore_wan_rtt", Unsigned),
    row(8193, "streamcore_net_app_resp_time", Unsigned),
    row(8194, "streamcore_total_app_resp_time", Unsigned),
    row(8195, "streamcore_tcp_retrans_rate", Unsigned),
    row(8196, "streamcore_call_direction", Unsigned),
    row(8256, "streamcore_hostname", String),
    row(8257, "streamcore_url", String),
    row(8258, "streamcore_ssl_cn", String),
    row(8259, "streamcore_ssl_org", String),
    row(8320, "streamcore_mos_lq", Unsigned),
    row(8321, "streamcore_net_delay", Unsigned),
    row(8322, "streamcore_net_loss", Unsigned),
    row(8323, "streamcore_net_jitter", Unsigned),
    row(8324, "streamcore_net_discard", Unsigned),
    row(8325, "streamcore_rtp_clockrate_in", Unsigned),
    row(8326, "streamcore_rtp_clockrate_out", Unsigned),
    row(8327, "streamcore_codec_in", Unsigned),
    row(8328, "streamcore_codec_out", Unsigned),
    row(8384, "streamcore_id_rule_1", Unsigned),
    row(8385, "streamcore_id_rule_2", Unsigned),
    row(8386, "streamcore_id_rule_3", Unsigned),
    row(8387, "streamcore_id_rule_4", Unsigned),
    row(8388, "streamcore_id_rule_5", Unsigned),
    row(8389, "streamcore_id_rule_6", Unsigned),
    row(8390, "streamcore_id_rule_7", Unsigned),
    row(8391, "streamcore_id_rule_8", Unsigned),
    row(8392, "streamcore_id_rule_9", Unsigned),
    row(8393, "streamcore_id_rule_10", Unsigned),
    // Cisco's log of address translations (NEL) before the IANA registered its fields.
    row(24628, "nat_log_context_id", Unsigned),
    row(24629, "nat_log_context_name", String),
    row(24630, "nat_log_assign_time", DateTimeSeconds),
    row(24631, "nat_log_unassign_time", DateTimeSeconds),
    row(24632, "nat_log_ipv4_internal_address", Ipv4Address),
    row(24633, "nat_log_ipv4_external_address", Ipv4Address),
    row(24634, "nat_log_external_port_first", Unsigned),
    row(24635, "nat_log_external_port_last", Unsigned),
    // Palo Alto Networks PAN-OS.
    row(56701, "app_id", String),
    row(56702, "user_id", String),
];
