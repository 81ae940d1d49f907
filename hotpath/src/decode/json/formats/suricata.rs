//! Suricata's EVE.

use crate::decode::json::profile::{Common, Profile, address, integer, protocol, text};

/// See `docs/protocols/suricata.md`.
pub(in crate::decode::json) const SURICATA: Profile = Profile { common: COMMON, ..Profile::JSON };

#[rustfmt::skip]
const COMMON: &[Common] = &[
    address("src_ip", "source_ip"),
    address("dest_ip", "dest_ip"),
    integer("src_port", "source_port"),
    integer("dest_port", "dest_port"),
    protocol("proto"),
    integer("icmp_type", "icmp_type"),
    integer("icmp_code", "icmp_code"),
    text("ether_src_mac", "source_mac"),
    text("ether_dest_mac", "dest_mac"),
    text("http_http_method", "http_method"),
    integer("http_status", "http_status"),
    text("http_http_user_agent", "user_agent"),
    text("http_http_refer", "http_referer"),
    text("http_http_referer", "http_referer"),
];
