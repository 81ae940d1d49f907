//! Information elements of Barracuda (audit log), enterprise 10704.

use super::ElementType::*;
use super::{Row, row};

pub(super) static ELEMENTS: &[Row] = &[
    row(1, "timestamp", DateTimeSeconds),
    row(2, "log_op", Unsigned),
    row(3, "traffic_type", Unsigned),
    row(4, "fw_rule", String),
    row(5, "service_name", String),
    row(6, "reason", Unsigned),
    row(7, "reason_text", String),
    row(8, "bind_ipv4_address", Ipv4Address),
    row(9, "bind_transport_port", Unsigned),
    row(10, "conn_ipv4_address", Ipv4Address),
    row(11, "conn_transport_port", Unsigned),
    row(12, "audit_counter", Unsigned),
];
