//! The format of a dataset's events by its name, as the decoders have it.

use std::borrow::Cow;

use hotpath::decode::Format;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serializer, de};

/// The names that there are decoders for.
pub(super) fn json_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Format::names().collect::<Vec<_>>() })
}

pub(super) fn serialize<S: Serializer>(format: &Option<Format>, serializer: S) -> Result<S::Ok, S::Error> {
    match format {
        Some(format) => serializer.serialize_str(format.name()),
        None => serializer.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Format>, D::Error> {
    let Some(name) = Option::<Cow<'de, str>>::deserialize(deserializer)? else { return Ok(None) };
    name.parse().map(Some).map_err(de::Error::custom)
}
