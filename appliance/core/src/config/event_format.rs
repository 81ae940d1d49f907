//! The format of a dataset's events by its name, as the decoders have it.

use std::borrow::Cow;

use hotpath::decode::Format;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serializer, de};

/// The names that there are decoders for.
pub(super) fn json_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Format::names().collect::<Vec<_>>() })
}

pub(super) fn serialize<S: Serializer>(format: &Format, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(format.name())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
    let name: Cow<'de, str> = Cow::deserialize(deserializer)?;
    name.parse().map_err(de::Error::custom)
}
