//! A MaxMind database, and the values of its records.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use maxminddb::{LookupResult, MaxMindDbError, PathElement, Reader};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::filter::limits::MAX_DATABASE_BYTES;
use crate::filter::resources::Parsed;

/// A database in memory.
pub(super) struct Database {
    reader: Reader<Vec<u8>>,
}

/// The record of an address.
pub(super) struct Record<'a> {
    found: LookupResult<'a, Vec<u8>>,
    /// Where it lies in the database: many addresses have one record.
    pub(super) offset: usize,
}

/// The database does not hold together at a place.
#[derive(Debug)]
pub(super) struct Damaged;

impl Parsed for Database {
    type Options = ();
    const BYTES_MAX: usize = MAX_DATABASE_BYTES;

    fn parse(bytes: Vec<u8>, (): &()) -> Result<Self, String> {
        match Reader::from_source(bytes) {
            Ok(reader) => Ok(Self { reader }),
            Err(error) => Err(format!("it is no MaxMind database: {error}")),
        }
    }
}

impl Database {
    /// The record of `address`; none where the database has none. An IPv4 database has none of an IPv6 address.
    pub(super) fn record(&self, address: IpAddr) -> Result<Option<Record<'_>>, Damaged> {
        match self.reader.lookup(address.to_canonical()) {
            Ok(found) => Ok(found.offset().map(|offset| Record { found, offset })),
            Err(MaxMindDbError::InvalidInput { .. }) => Ok(None),
            Err(_) => Err(Damaged),
        }
    }
}

impl<'a> Record<'a> {
    /// The value at the first of `paths` that has one.
    pub(super) fn value(&self, paths: &[&[PathElement<'_>]]) -> Result<Option<GeoValue<'a>>, Damaged> {
        for path in paths {
            match self.found.decode_path(path) {
                // Records of another form have something else there, or something else than a map on the way.
                Ok(None | Some(GeoValue::Other)) | Err(MaxMindDbError::Decoding { .. }) => {}
                Ok(Some(value)) => return Ok(Some(value)),
                Err(_) => return Err(Damaged),
            }
        }
        Ok(None)
    }
}

/// A value of a record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum GeoValue<'a> {
    Text(&'a str),
    Integer(i64),
    Double(f64),
    /// A map, a list, a truth value, an empty text: nothing that a column takes.
    Other,
}

impl<'a> GeoValue<'a> {
    pub(super) fn as_text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Integer(integer) => Some(Cow::Owned(integer.to_string())),
            Self::Double(_) | Self::Other => None,
        }
    }

    /// An integer, also one that is written as text, `AS64500` among them.
    pub(super) fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Text(text) => text.strip_prefix("AS").unwrap_or(text).parse().ok(),
            Self::Integer(integer) => Some(*integer),
            Self::Double(_) | Self::Other => None,
        }
    }

    pub(super) fn as_double(&self) -> Option<f64> {
        match self {
            Self::Text(text) => text.parse().ok().filter(|double: &f64| double.is_finite()),
            Self::Integer(integer) => Some(*integer as f64),
            Self::Double(double) => Some(*double),
            Self::Other => None,
        }
    }
}

impl<'de> Deserialize<'de> for GeoValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GeoVisitor)
    }
}

struct GeoVisitor;

impl<'de> Visitor<'de> for GeoVisitor {
    type Value = GeoValue<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of a database")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(if text.is_empty() { GeoValue::Other } else { GeoValue::Text(text) })
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<Self::Value, E> {
        Ok(GeoValue::Integer(integer))
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(integer).map_or(GeoValue::Other, GeoValue::Integer))
    }

    fn visit_u128<E: Error>(self, _integer: u128) -> Result<Self::Value, E> {
        Ok(GeoValue::Other)
    }

    fn visit_f32<E: Error>(self, float: f32) -> Result<Self::Value, E> {
        // By way of its digits: 51.51 is to be 51.51 and not 51.5099983215332.
        let double = float.to_string().parse().ok();
        Ok(double.filter(|double: &f64| double.is_finite()).map_or(GeoValue::Other, GeoValue::Double))
    }

    fn visit_f64<E: Error>(self, double: f64) -> Result<Self::Value, E> {
        Ok(if double.is_finite() { GeoValue::Double(double) } else { GeoValue::Other })
    }

    fn visit_bool<E: Error>(self, _boolean: bool) -> Result<Self::Value, E> {
        Ok(GeoValue::Other)
    }

    fn visit_bytes<E: Error>(self, _bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(GeoValue::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(GeoValue::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(GeoValue::Other)
    }
}
