//! Information elements of enterprise 6876, as of 2026-11-21. Made by `scripts/flow-elements.py 6876 REGISTRY`.

use super::ElementType::*;
use super::{Row, row};

pub(super) static ELEMENTS: &[Row] = &[
    row(880, "tenant_protocol", Unsigned),
    row(881, "tenant_source_ipv4", Ipv4Address),
    row(882, "tenant_dest_ipv4", Ipv4Address),
    row(883, "tenant_source_ipv6", Ipv6Address),
    row(884, "tenant_dest_ipv6", Ipv6Address),
    row(886, "tenant_source_port", Unsigned),
    row(887, "tenant_dest_port", Unsigned),
    row(888, "egress_interface_attr", Unsigned),
    row(889, "vxlan_export_role", Unsigned),
    row(890, "ingress_interface_attr", Unsigned),
    row(898, "virtual_obs_id", String),
    row(950, "rule_id", Unsigned),
    row(951, "vm_uuid", String),
    row(952, "vnic_index", Unsigned),
    row(953, "session_flags", Unsigned),
    row(954, "flow_direction", Unsigned),
    row(955, "alg_control_flow_id", Unsigned),
    row(956, "alg_type", Unsigned),
    row(957, "alg_flow_type", Unsigned),
    row(958, "average_latency", Unsigned),
    row(959, "retransmission_count", Unsigned),
    row(960, "vif_uuid", OctetArray),
    row(961, "vif_id", String),
];
