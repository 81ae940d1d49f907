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

/// Longest key of the dictionary that is no text.
const KEY_BYTES: usize = 26;

/// The kind of a key, by its short or its full name in the dictionary. Some devices write `EndTime` for `endTime`,
/// which is the same column: capitals do not matter.
pub(super) fn kind(key: &str) -> Kind {
    let mut lower = [0; KEY_BYTES];
    let Some(lower) = lower.get_mut(..key.len()) else { return Kind::Text };
    lower.copy_from_slice(key.as_bytes());
    lower.make_ascii_lowercase();
    match &*lower {
        b"cnt"
        | b"in"
        | b"out"
        | b"spt"
        | b"dpt"
        | b"spid"
        | b"dpid"
        | b"dvcpid"
        | b"fsize"
        | b"oldfilesize"
        | b"sourcetranslatedport"
        | b"destinationtranslatedport"
        | b"flexnumber1"
        | b"flexnumber2"
        | b"baseeventcount"
        | b"bytesin"
        | b"bytesout"
        | b"sourceport"
        | b"destinationport"
        | b"sourceprocessid"
        | b"destinationprocessid"
        | b"deviceprocessid"
        | b"filesize"
        | b"devicecustomnumber1"
        | b"devicecustomnumber2"
        | b"devicecustomnumber3" => Kind::Integer,
        b"slat"
        | b"slong"
        | b"dlat"
        | b"dlong"
        | b"sourcegeolatitude"
        | b"sourcegeolongitude"
        | b"destinationgeolatitude"
        | b"destinationgeolongitude"
        | b"devicecustomfloatingpoint1"
        | b"devicecustomfloatingpoint2"
        | b"devicecustomfloatingpoint3"
        | b"devicecustomfloatingpoint4" => Kind::Double,
        b"rt" | b"devicereceipttime" => Kind::Time(Some(TimeRank::Received)),
        b"start" | b"starttime" => Kind::Time(Some(TimeRank::Start)),
        b"end" | b"endtime" => Kind::Time(Some(TimeRank::End)),
        b"art"
        | b"mrt"
        | b"agentreceipttime"
        | b"managerreceipttime"
        | b"devicecustomdate1"
        | b"devicecustomdate2"
        | b"flexdate1"
        | b"filecreatetime"
        | b"filemodificationtime"
        | b"oldfilecreatetime"
        | b"oldfilemodificationtime" => Kind::Time(None),
        // The standard has three of one and four of the other; devices count on.
        [b'c', b'n', number @ ..] if is_number(number) => Kind::Integer,
        [b'c', b'f', b'p', number @ ..] if is_number(number) => Kind::Double,
        _ => Kind::Text,
    }
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_short_and_full_name_in_any_capitals() {
        for (key, expected) in [
            ("spt", Kind::Integer),
            ("sourcePort", Kind::Integer),
            ("deviceCustomFloatingPoint4", Kind::Double),
            ("rt", Kind::Time(Some(TimeRank::Received))),
            ("EndTime", Kind::Time(Some(TimeRank::End))),
            ("oldFileModificationTime", Kind::Time(None)),
            ("cs1", Kind::Text),
            ("cn1", Kind::Integer),
            ("cn12", Kind::Integer),
            ("cn", Kind::Text),
            ("cn1Label", Kind::Text),
            ("cfp15", Kind::Double),
            ("cfp", Kind::Text),
            ("", Kind::Text),
            ("deviceCustomFloatingPoint42", Kind::Text),
        ] {
            assert_eq!(kind(key), expected, "{key}");
        }
    }
}
