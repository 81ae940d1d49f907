//! Information elements of Riverbed (formerly CACE Technologies), enterprise 32622.

use super::ElementType::*;
use super::{Row, row};

pub(super) static ELEMENTS: &[Row] = &[
    row(0, "cace_local_ipv4_address", Ipv4Address),
    row(1, "cace_remote_ipv4_address", Ipv4Address),
    row(2, "cace_local_ipv6_address", Ipv6Address),
    row(3, "cace_remote_ipv6_address", Ipv6Address),
    row(4, "cace_local_transport_port", Unsigned),
    row(5, "cace_remote_transport_port", Unsigned),
    row(6, "cace_local_ipv4_id", Unsigned),
    row(7, "cace_local_icmp_id", Unsigned),
    row(8, "cace_local_process_user_id", Unsigned),
    row(9, "cace_local_process_id", Unsigned),
    row(10, "cace_local_process_user_name", String),
    row(11, "cace_local_process_command", String),
];
