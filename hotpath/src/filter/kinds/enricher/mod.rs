//! `enricher`: the columns of a table, found by a key.

mod table;

use std::any::Any;
use std::sync::Arc;

use arrow::array::UInt32Array;
use arrow::compute::take;
use table::{Table, TableOptions};

use crate::filter::columns::{Columns, FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::distinct::Distinct;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use crate::filter::resources::Held;

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "enricher",
    description: "Looks a field up in a table (CSV) and adds the table's columns.",
    keys: &[
        FilterKey {
            name: "enrichment",
            value_type: "string",
            default: "",
            example: "\"assets.csv\"",
            description: "The table: CSV in UTF-8 whose first row names the columns.",
        },
        FilterKey {
            name: "enricher_id",
            value_type: "string",
            default: "",
            example: "\"assets.csv\"",
            description: "The same under its other name.",
        },
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "",
            example: "\"source_ip\"",
            description: "The field that is looked up.",
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
            default: "<field>",
            example: "\"source_asset\"",
            description: "What the names of the new columns begin with.",
        },
        FilterKey {
            name: "key",
            value_type: "string",
            default: "the first column",
            example: "\"address\"",
            description: "The table's column that is searched: texts, or addresses and networks (10.0.0.0/8).",
        },
        FilterKey {
            name: "columns",
            value_type: "string[]",
            default: "all but the key",
            example: "[\"owner\", \"site\"]",
            description: "The table's columns that are added.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct Enricher {
    source: FieldName,
    prefix: String,
    table: Arc<Held<Table>>,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let field = config.source_field()?;
    let prefix = config.column_prefix(field)?;
    // A table may get a column `time` at any time.
    config.check_changeable("target_field", &format!("{prefix}_time"))?;
    let name_key = config.one_of(&["enrichment", "enricher_id"])?;
    let name = config.text(name_key)?.unwrap_or_default();
    let columns = config.fields("columns")?.map(|names| names.into_iter().map(str::to_owned).collect());
    let options = TableOptions { key: config.text("key")?.map(str::to_owned), columns };
    let table = config.resource(name_key, name, &options)?;
    Ok(Box::new(Enricher { source: FieldName::new(field), prefix, table }))
}

impl Filter for Enricher {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let batch = events.batch().clone();
        let Some(column) = self.source.column_in(&batch) else {
            return Ok(());
        };
        let rows = rows.with_value(column);
        let Some(texts) = as_texts(column) else {
            events.fault(&rows, "a list is no key of a table");
            return Ok(());
        };
        let Some(version) = self.table.now() else {
            events.failure(&rows, &self.table.missing().unwrap_or_default());
            return Ok(());
        };
        let table = &version.value;
        let distinct = Distinct::of(&texts, &rows);
        let table_rows: UInt32Array = distinct.texts(&texts).map(|text| table.row(text)).collect();
        let mut columns = Columns::of(&batch);
        for (name, values) in table.columns() {
            let found = take(values, &table_rows, None)?;
            let found = distinct.spread(&found, batch.num_rows())?;
            columns.set_where_present(&format!("{}_{name}", self.prefix), &found)?;
        }
        events.replace(columns.into_batch()?);
        Ok(())
    }
}
