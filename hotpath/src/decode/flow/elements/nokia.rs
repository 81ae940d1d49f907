//! Information elements of Nokia (formerly Alcatel-Lucent), enterprise 637: address translation on an ISA.

use super::ElementType::*;
use super::{Row, row};

pub(super) static ELEMENTS: &[Row] = &[
    row(91, "alu_inside_service_id", Unsigned),
    row(92, "alu_outside_service_id", Unsigned),
    row(93, "alu_nat_sub_string", String),
];
