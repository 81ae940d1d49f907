//! The fields of AWS VPC flow logs, and of transit gateway flow logs, by their names.

use crate::cut::ColumnType;

/// What a field's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    /// Seconds since 1970.
    Seconds,
    /// An IANA number, which has a name too.
    Protocol,
}

impl Kind {
    pub(super) fn column_type(self) -> ColumnType {
        match self {
            Self::Text => ColumnType::String,
            Self::Integer | Self::Protocol => ColumnType::Int64,
            Self::Seconds => ColumnType::Timestamp,
        }
    }
}

/// A field of a record: its column and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) column: String,
    pub(super) kind: Kind,
}

/// The fields of version 2, which is what is sent where nobody chose others.
pub(super) const DEFAULT_FORMAT: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets \
    bytes start end action log-status";

/// Fields whose column is another one than their name, or whose values are no text.
#[rustfmt::skip]
const KNOWN: [(&str, &str, Kind); 21] = [
    ("version", "version", Kind::Integer),
    ("srcaddr", "source_ip", Kind::Text),
    ("dstaddr", "dest_ip", Kind::Text),
    ("srcport", "source_port", Kind::Integer),
    ("dstport", "dest_port", Kind::Integer),
    ("protocol", "protocol", Kind::Protocol),
    ("packets", "packets", Kind::Integer),
    ("bytes", "bytes", Kind::Integer),
    ("start", "start_time", Kind::Seconds),
    ("end", "end_time", Kind::Seconds),
    ("tcp-flags", "tcp_flags", Kind::Integer),
    ("type", "traffic_type", Kind::Text),
    ("pkt-srcaddr", "packet_source_ip", Kind::Text),
    ("pkt-dstaddr", "packet_dest_ip", Kind::Text),
    ("pkt-src-aws-service", "packet_source_aws_service", Kind::Text),
    ("pkt-dst-aws-service", "packet_dest_aws_service", Kind::Text),
    ("traffic-path", "traffic_path", Kind::Integer),
    ("packets-lost-no-route", "packets_lost_no_route", Kind::Integer),
    ("packets-lost-blackhole", "packets_lost_blackhole", Kind::Integer),
    ("packets-lost-mtu-exceeded", "packets_lost_mtu_exceeded", Kind::Integer),
    ("packets-lost-ttl-expired", "packets_lost_ttl_expired", Kind::Integer),
];

/// Fields that are text under their own names.
#[rustfmt::skip]
const TEXTS: [&str; 47] = [
    "account-id", "interface-id", "action", "log-status", "vpc-id", "subnet-id", "instance-id", "region", "az-id",
    "sublocation-type", "sublocation-id", "flow-direction", "ecs-cluster-arn", "ecs-cluster-name",
    "ecs-container-instance-arn", "ecs-container-instance-id", "ecs-container-id", "ecs-second-container-id",
    "ecs-service-name", "ecs-task-definition-arn", "ecs-task-arn", "ecs-task-id", "reject-reason", "resource-id",
    "encryption-status", "resource-type", "tgw-id", "tgw-attachment-id", "tgw-src-vpc-account-id",
    "tgw-dst-vpc-account-id", "tgw-src-vpc-id", "tgw-dst-vpc-id", "tgw-src-subnet-id", "tgw-dst-subnet-id",
    "tgw-src-eni", "tgw-dst-eni", "tgw-src-az-id", "tgw-dst-az-id", "tgw-pair-attachment-id", "src-vpc-id", "dst-vpc-id",
    "src-subnet-id", "dst-subnet-id", "src-eni", "dst-eni", "flow-log-id", "next-hop-redirect-type",
];

/// Whether a word is the name of a field that AWS documents.
fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|(known, ..)| *known == name) || TEXTS.contains(&name)
}

/// The name as the documentation has it: files in the form of Athena tables have `_`, and a format string `${}`.
fn canonical(word: &str) -> String {
    let word = word.strip_prefix("${").and_then(|word| word.strip_suffix('}')).unwrap_or(word);
    word.replace('_', "-")
}

/// Whether words are the names of fields: a record never is, since all of its values would have to be.
pub(super) fn are_names<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    words.all(|word| is_known(&canonical(word)))
}

/// The field of a name, whether it is known or not.
pub(super) fn field(word: &str) -> Field {
    let name = canonical(word);
    match KNOWN.iter().find(|(known, ..)| *known == name) {
        Some((_, column, kind)) => Field { column: (*column).to_owned(), kind: *kind },
        None => Field { column: name, kind: Kind::Text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_values() {
        assert!(are_names(DEFAULT_FORMAT.split(' ')));
        assert!(are_names(["${version}", "account_id", "pkt-srcaddr"].into_iter()));
        assert!(!are_names(["version", "123456789010"].into_iter()));
        assert_eq!(field("pkt-src-aws-service").column, "packet_source_aws_service");
        assert_eq!(field("end"), Field { column: "end_time".into(), kind: Kind::Seconds });
        assert_eq!(field("new-thing"), Field { column: "new-thing".into(), kind: Kind::Text });
    }
}
