//! Information elements of Juniper Networks, enterprise 2636.

use super::ElementType::*;
use super::{Row, row};

pub(super) static ELEMENTS: &[Row] = &[
    // Six bits that say which property, and its value (inline monitoring, common properties).
    row(137, "juniper_common_properties_id", Unsigned),
];
