//! The predefined attributes of LEEF whose values are no text.

use crate::cut::ColumnType;

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Truth,
    /// `sev`, which has the column that CEF's severity has.
    Severity,
}

impl Kind {
    /// The type of the key's column.
    pub(super) fn column_type(self) -> ColumnType {
        match self {
            Self::Text | Self::Severity => ColumnType::String,
            Self::Integer => ColumnType::Int64,
            Self::Truth => ColumnType::Boolean,
        }
    }
}

/// The kind of a key; capitals matter, as the format says.
pub(super) fn kind(key: &str) -> Kind {
    match key {
        "sev" => Kind::Severity,
        "srcPort" | "dstPort" | "srcPreNATPort" | "dstPreNATPort" | "srcPostNATPort" | "dstPostNATPort"
        | "srcBytes" | "dstBytes" | "totalBytes" | "srcPackets" | "dstPackets" | "totalPackets" => {
            Kind::Integer
        }
        "isLoginEvent" | "isLogoutEvent" => Kind::Truth,
        _ => Kind::Text,
    }
}
