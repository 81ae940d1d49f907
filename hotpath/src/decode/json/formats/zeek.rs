//! Zeek logs in JSON.

use crate::decode::json::profile::{Common, Profile, address, integer, protocol};

/// See `docs/protocols/zeek.md`.
pub(in crate::decode::json) const ZEEK: Profile = Profile { times: &["ts"], common: COMMON, ..Profile::JSON };

const COMMON: &[Common] = &[
    address("id_orig_h", "source_ip"),
    integer("id_orig_p", "source_port"),
    address("id_resp_h", "dest_ip"),
    integer("id_resp_p", "dest_port"),
    protocol("proto"),
];
