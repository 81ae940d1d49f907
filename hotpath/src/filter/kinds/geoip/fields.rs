//! What databases know of an address, and where it lies in their records.

use maxminddb::PathElement::{self, Index, Key};

use crate::filter::error::suggestion;

/// A column of `geoip`.
#[derive(Debug)]
pub(super) struct GeoColumn {
    pub(super) name: String,
    pub(super) kind: GeoKind,
    /// Where the value lies: in MaxMind's nested records first, then in flat ones.
    pub(super) paths: &'static [&'static [PathElement<'static>]],
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GeoKind {
    Text,
    Integer,
    Double,
}

/// What can be looked up: the names that it goes by.
struct GeoField {
    names: &'static [&'static str],
    kind: GeoKind,
    paths: &'static [&'static [PathElement<'static>]],
}

/// What is looked up when nothing is named.
pub(super) const DEFAULT_FIELDS: [&str; 10] =
    ["country", "country_code", "region", "city", "lat", "lon", "continent", "timezone", "asn", "as_org"];

const LATITUDE: &[&[PathElement<'static>]] =
    &[&[Key("location"), Key("latitude")], &[Key("latitude")], &[Key("lat")]];
const LONGITUDE: &[&[PathElement<'static>]] =
    &[&[Key("location"), Key("longitude")], &[Key("longitude")], &[Key("lon")], &[Key("lng")]];

static FIELDS: [GeoField; 15] = [
    GeoField {
        names: &["country", "country_name"],
        kind: GeoKind::Text,
        paths: &[&[Key("country"), Key("names"), Key("en")], &[Key("country_name")], &[Key("country")]],
    },
    GeoField {
        names: &["country_code", "country_code2"],
        kind: GeoKind::Text,
        paths: &[&[Key("country"), Key("iso_code")], &[Key("country_code")]],
    },
    GeoField {
        names: &["region", "region_name"],
        kind: GeoKind::Text,
        paths: &[
            &[Key("subdivisions"), Index(0), Key("names"), Key("en")],
            &[Key("state1")],
            &[Key("region_name")],
            &[Key("region")],
        ],
    },
    GeoField {
        names: &["region_code"],
        kind: GeoKind::Text,
        paths: &[&[Key("subdivisions"), Index(0), Key("iso_code")], &[Key("region_code")]],
    },
    GeoField {
        names: &["city", "city_name"],
        kind: GeoKind::Text,
        paths: &[&[Key("city"), Key("names"), Key("en")], &[Key("city")], &[Key("city_name")]],
    },
    GeoField { names: &["lat", "latitude"], kind: GeoKind::Double, paths: LATITUDE },
    GeoField { names: &["lon", "longitude"], kind: GeoKind::Double, paths: LONGITUDE },
    GeoField {
        names: &["continent", "continent_name"],
        kind: GeoKind::Text,
        paths: &[&[Key("continent"), Key("names"), Key("en")], &[Key("continent_name")], &[Key("continent")]],
    },
    GeoField {
        names: &["continent_code"],
        kind: GeoKind::Text,
        paths: &[&[Key("continent"), Key("code")], &[Key("continent_code")]],
    },
    GeoField {
        names: &["timezone"],
        kind: GeoKind::Text,
        paths: &[&[Key("location"), Key("time_zone")], &[Key("timezone")], &[Key("time_zone")]],
    },
    GeoField {
        names: &["postal_code"],
        kind: GeoKind::Text,
        paths: &[&[Key("postal"), Key("code")], &[Key("postcode")], &[Key("postal_code")]],
    },
    GeoField {
        names: &["metro_code"],
        kind: GeoKind::Integer,
        paths: &[&[Key("location"), Key("metro_code")], &[Key("metro_code")]],
    },
    GeoField {
        names: &["accuracy_radius"],
        kind: GeoKind::Integer,
        paths: &[&[Key("location"), Key("accuracy_radius")], &[Key("accuracy_radius")]],
    },
    GeoField {
        names: &["asn"],
        kind: GeoKind::Integer,
        paths: &[&[Key("autonomous_system_number")], &[Key("asn")]],
    },
    GeoField {
        names: &["as_org"],
        kind: GeoKind::Text,
        paths: &[&[Key("autonomous_system_organization")], &[Key("as_org")], &[Key("as_name")]],
    },
];

/// The columns that `name` gives. The error says what to write instead.
pub(super) fn columns_of(name: &str, prefix: &str) -> Result<Vec<GeoColumn>, String> {
    let column = |name: &str, kind, paths| GeoColumn { name: format!("{prefix}_{name}"), kind, paths };
    if name == "location" {
        return Ok(vec![
            column("location_lat", GeoKind::Double, LATITUDE),
            column("location_lon", GeoKind::Double, LONGITUDE),
        ]);
    }
    if name == "country_code3" {
        return Err("the databases have no code of three letters: write `country_code`".to_owned());
    }
    if let Some(field) = FIELDS.iter().find(|field| field.names.contains(&name)) {
        return Ok(vec![column(name, field.kind, field.paths)]);
    }
    let mut known: Vec<&str> = FIELDS.iter().flat_map(|field| field.names).copied().collect();
    known.push("location");
    Err(format!("unknown field `{name}`{}; known: {}", suggestion(name, &known), known.join(", ")))
}
