//! The patterns that have a name, by the programs that write what they match.
//!
//! In a name of a field, what stands before `|` is the field of the Elastic Common Schema and what stands behind it the
//! one that configurations without that schema know; where one is empty, the part is not caught.

mod basic;
mod cisco;
mod cloud;
mod databases;
mod firewalls;
mod java;
mod nagios;
mod servers;
mod syslog;
mod time;
mod web;
mod zeek;

use std::collections::HashMap;
use std::sync::LazyLock;

static FAMILIES: [&[(&str, &str)]; 12] = [
    basic::PATTERNS,
    time::PATTERNS,
    syslog::PATTERNS,
    web::PATTERNS,
    java::PATTERNS,
    databases::PATTERNS,
    cloud::PATTERNS,
    servers::PATTERNS,
    nagios::PATTERNS,
    zeek::PATTERNS,
    firewalls::PATTERNS,
    cisco::PATTERNS,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| FAMILIES.iter().flat_map(|family| family.iter().copied()).collect());

/// The text of a pattern.
pub(super) fn definition(name: &str) -> Option<&'static str> {
    BY_NAME.get(name).copied()
}

/// The names of all patterns.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.iter().map(|(name, _)| *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_there_twice() {
        assert_eq!(names().count(), BY_NAME.len());
    }
}
