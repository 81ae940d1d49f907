//! The keys of the CEF extension dictionary whose values are no text.

use crate::cut::ColumnType;

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Double,
    /// A time; `Some` for those that may stand for the event's, the first in rank before the others.
    Time(Option<TimeRank>),
}

/// Which of an event's times is its own: what the device says it took it in, before what began and ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TimeRank {
    Received,
    Start,
    End,
}

impl Kind {
    /// The type of the key's column.
    pub(super) fn column_type(self) -> ColumnType {
        match self {
            Self::Text => ColumnType::String,
            Self::Integer => ColumnType::Int64,
            Self::Double => ColumnType::Double,
            Self::Time(_) => ColumnType::Timestamp,
        }
    }
}

/// The kind of a key, by its short or its full name as the dictionary spells it.
pub(super) fn kind(key: &str) -> Kind {
    match key {
        "cnt"
        | "in"
        | "out"
        | "spt"
        | "dpt"
        | "spid"
        | "dpid"
        | "dvcpid"
        | "fsize"
        | "oldFileSize"
        | "sourceTranslatedPort"
        | "destinationTranslatedPort"
        | "cn1"
        | "cn2"
        | "cn3"
        | "flexNumber1"
        | "flexNumber2"
        | "baseEventCount"
        | "bytesIn"
        | "bytesOut"
        | "sourcePort"
        | "destinationPort"
        | "sourceProcessId"
        | "destinationProcessId"
        | "deviceProcessId"
        | "fileSize"
        | "deviceCustomNumber1"
        | "deviceCustomNumber2"
        | "deviceCustomNumber3" => Kind::Integer,
        "cfp1"
        | "cfp2"
        | "cfp3"
        | "cfp4"
        | "slat"
        | "slong"
        | "dlat"
        | "dlong"
        | "sourceGeoLatitude"
        | "sourceGeoLongitude"
        | "destinationGeoLatitude"
        | "destinationGeoLongitude"
        | "deviceCustomFloatingPoint1"
        | "deviceCustomFloatingPoint2"
        | "deviceCustomFloatingPoint3"
        | "deviceCustomFloatingPoint4" => Kind::Double,
        "rt" | "deviceReceiptTime" => Kind::Time(Some(TimeRank::Received)),
        "start" | "startTime" => Kind::Time(Some(TimeRank::Start)),
        "end" | "endTime" => Kind::Time(Some(TimeRank::End)),
        "art"
        | "mrt"
        | "agentReceiptTime"
        | "managerReceiptTime"
        | "deviceCustomDate1"
        | "deviceCustomDate2"
        | "flexDate1"
        | "fileCreateTime"
        | "fileModificationTime"
        | "oldFileCreateTime"
        | "oldFileModificationTime" => Kind::Time(None),
        _ => Kind::Text,
    }
}
