//! GELF 1.1, Graylog's Extended Log Format.

use crate::decode::json::profile::{Common, Profile, integer};

/// See `docs/protocols/gelf.md`.
pub(in crate::decode::json) const GELF: Profile = Profile {
    renamed: &[("host", "hostname"), ("short_message", "message")],
    strips_underscore: true,
    common: COMMON,
    ..Profile::JSON
};

const COMMON: &[Common] = &[
    // GELF's level is the severity of syslog.
    integer("level", "severity"),
];
