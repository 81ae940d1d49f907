//! AWS CloudTrail: a file's object of records, one record, or one in an event of EventBridge.

use crate::decode::json::profile::{Common, Profile, address, text};

/// See `docs/protocols/cloudtrail.md`.
pub(in crate::decode::json) const CLOUDTRAIL: Profile =
    Profile { records: &["Records"], transparent: &["detail"], common: COMMON, ..Profile::JSON };

#[rustfmt::skip]
const COMMON: &[Common] = &[
    // A service that acts by itself has its name here.
    address("source_ip_address", "source_ip"),
    text("user_identity_user_name", "user_name"),
    text("user_identity_session_context_session_issuer_user_name", "user_name"),
];
