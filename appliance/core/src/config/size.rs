//! Sizes in bytes, written as a number or with a unit.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::problem::Complaint;

/// A number of bytes. Written `1048576`, `64 KiB`, `256MiB`, `10 GiB`, `2 TiB`, or decimal `500 MB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// Units, largest first; the ones that are powers of two are used when writing.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

impl ByteSize {
    /// `count` KiB.
    pub const fn kibibytes(count: u64) -> Self {
        Self(count << 10)
    }

    /// `count` MiB.
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }

    /// `count` GiB.
    pub const fn gibibytes(count: u64) -> Self {
        Self(count << 30)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Reads a size as a person writes it.
    ///
    /// # Errors
    /// When it is not a whole number with or without a known unit, or does not fit 64 bits.
    pub fn parse(text: &str) -> Result<Self, Complaint> {
        let text = text.trim();
        let unit_start = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at(unit_start);
        let unit = unit.trim();
        let factor = match unit {
            "" => Some(1),
            unit => UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor),
        };
        let size = match (digits.parse::<u64>(), factor) {
            (Ok(count), Some(factor)) => count.checked_mul(factor),
            _ => None,
        };
        size.map(Self).ok_or_else(|| {
            let reason = format!("`{text}` is not a size");
            Complaint::advise(reason, "write a whole number of bytes or one with a unit, as in `64 MiB`")
        })
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = |(_, factor): &&(&str, u64)| self.0 >= *factor && self.0.is_multiple_of(*factor);
        match UNITS[..4].iter().find(exact) {
            Some((name, factor)) => write!(formatter, "{} {name}", self.0 / factor),
            None => write!(formatter, "{}", self.0),
        }
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(bytes) => Ok(Self(bytes)),
            Written::Text(text) => {
                Self::parse(&text).map_err(|complaint| serde::de::Error::custom(complaint.reason))
            }
        }
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "format": "byte-size",
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^[0-9]+ *([KkMmGgTt]?[Ii]?[Bb])?$" },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let table = [
            ("0", 0),
            ("1048576", 1 << 20),
            ("64 KiB", 64 << 10),
            ("64KiB", 64 << 10),
            ("256 mib", 256 << 20),
            ("10 GiB", 10 << 30),
            ("2TiB", 2 << 40),
            ("500 MB", 500_000_000),
            (" 7 B ", 7),
        ];
        for (text, bytes) in table {
            assert_eq!(ByteSize::parse(text).unwrap().bytes(), bytes, "{text}");
        }
        for text in ["", "MiB", "1.5 GiB", "-1", "1 XiB", "99999999999 GiB", "1 2"] {
            assert!(ByteSize::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for bytes in [0, 1, 1000, 1024, 1536, 1 << 20, (1 << 20) + 1, 10 << 30, u64::MAX] {
            let size = ByteSize(bytes);
            assert_eq!(ByteSize::parse(&size.to_string()).unwrap(), size);
        }
        assert_eq!(ByteSize::mebibytes(64).to_string(), "64 MiB");
    }
}
