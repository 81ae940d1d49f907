//! `geoip`: the place and the network of an address, out of MaxMind databases.

mod answers;
mod database;
mod fields;

use std::any::Any;
use std::sync::Arc;

use answers::Answers;
use database::Database;
use fields::{DEFAULT_FIELDS, GeoColumn, columns_of};

use crate::filter::columns::{Columns, FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::distinct::Distinct;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::MAX_DATABASES;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use crate::filter::resources::Held;

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "geoip",
    description: "Looks an address up in MaxMind databases: country, city, coordinates, autonomous system.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "",
            example: "\"source_ip\"",
            description: "The field with the address.",
        },
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"source_ip\"",
            description: "The same for short.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "<field>_geo",
            example: "\"source_geo\"",
            description: "What the names of the new columns begin with.",
        },
        FilterKey {
            name: "database",
            value_type: "string[]",
            default: "GeoLite2-City.mmdb, and GeoLite2-ASN.mmdb where it is there",
            example: "[\"GeoLite2-City.mmdb\", \"GeoLite2-ASN.mmdb\"]",
            description: "One database or several; of those that know a field of an address, the first counts.",
        },
        FilterKey {
            name: "fields",
            value_type: "string[]",
            default: "country, country_code, region, city, lat, lon, continent, timezone, asn, as_org",
            example: "[\"country_name\", \"city_name\"]",
            description: "What is looked up; each gives the column <target_field>_<name>.",
        },
    ],
    compile,
};

/// The databases that are asked when none is named. Only the first must be there.
const DEFAULT_DATABASES: [&str; 2] = ["GeoLite2-City.mmdb", "GeoLite2-ASN.mmdb"];

#[derive(Debug)]
struct GeoIp {
    source: FieldName,
    databases: Vec<NamedDatabase>,
    columns: Vec<GeoColumn>,
}

#[derive(Debug)]
struct NamedDatabase {
    held: Arc<Held<Database>>,
    /// Whether events say so while it is not there.
    is_needed: bool,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let field = config.source_field()?;
    let prefix = config.column_prefix(&format!("{field}_geo"))?;
    let names = match config.fields("fields")? {
        Some(names) => names,
        None => DEFAULT_FIELDS.to_vec(),
    };
    let mut columns = Vec::new();
    for name in names {
        columns.extend(columns_of(name, &prefix).map_err(|reason| config.key_error("fields", reason))?);
    }
    let databases = open_databases(config)?;
    Ok(Box::new(GeoIp { source: FieldName::new(field), databases, columns }))
}

fn open_databases(config: &FilterConfig<'_>) -> Result<Vec<NamedDatabase>, FilterError> {
    let mut databases = Vec::new();
    if let Some(names) = config.texts("database", MAX_DATABASES)? {
        for name in names {
            let held = config.resource("database", name, &())?;
            databases.push(NamedDatabase { held, is_needed: true });
        }
        return Ok(databases);
    }
    let [needed, optional] = DEFAULT_DATABASES;
    databases.push(NamedDatabase { held: config.resource("database", needed, &())?, is_needed: true });
    let held = config.surroundings().resources.open_awaited(optional, &());
    let held = held.map_err(|reason| config.key_error("database", reason))?;
    databases.push(NamedDatabase { held, is_needed: false });
    Ok(databases)
}

impl Filter for GeoIp {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let batch = events.batch().clone();
        let Some(column) = self.source.column_in(&batch) else {
            return Ok(());
        };
        let rows = rows.with_value(column);
        let Some(texts) = as_texts(column) else {
            events.fault(&rows, "a list is no address");
            return Ok(());
        };
        let mut versions = Vec::with_capacity(self.databases.len());
        for database in &self.databases {
            match database.held.now() {
                Some(version) => versions.push(version),
                None if !database.is_needed => {}
                None => events.failure(&rows, &database.held.missing().unwrap_or_default()),
            }
        }
        let distinct = Distinct::of(&texts, &rows);
        let databases: Vec<&Database> = versions.iter().map(|version| &version.value).collect();
        let answers = Answers::of(distinct.texts(&texts), &databases, &self.columns);

        let row_count = batch.num_rows();
        events
            .fault(&distinct.rows_where(row_count, |number| answers.is_no_address(number)), "not an address");
        let damaged = distinct.rows_where(row_count, |number| answers.is_damaged(number));
        events.fault(&damaged, "the database is damaged where this address should be");
        let mut columns = Columns::of(&batch);
        for (place, column) in self.columns.iter().enumerate() {
            let values = distinct.spread(&answers.column(place, column), row_count)?;
            columns.set_where_present(&column.name, &values)?;
        }
        events.replace(columns.into_batch()?);
        Ok(())
    }
}
