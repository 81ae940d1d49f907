//! `cidr`: the name of the network that an address is in.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};
use serde_json::Value;

use crate::filter::columns::{Columns, FieldName, as_texts};
use crate::filter::condition::{NetworkText, read_network};
use crate::filter::config::FilterConfig;
use crate::filter::distinct::Distinct;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::{MAX_FIELD_VALUE_BYTES, MAX_LABELLED_NETWORKS};
use crate::filter::mask::Mask;
use crate::filter::prefixes::PrefixTable;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "cidr",
    description: "Names the network that an address is in; of several, the one with the longest prefix.",
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
            default: "<field>_network",
            example: "\"source_zone\"",
            description: "The column that takes the name.",
        },
        FilterKey {
            name: "networks",
            value_type: "object",
            default: "",
            example: "{\"office\": [\"10.1.0.0/16\", \"2001:db8:1::/48\"], \"dmz\": [\"192.0.2.0/24\"]}",
            description: "The networks and addresses of each name.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct Cidr {
    source: FieldName,
    target: String,
    names: Vec<String>,
    /// Networks, with the place of their name.
    networks: PrefixTable<u32>,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let field = config.source_field()?;
    let target = config.column_prefix(&format!("{field}_network"))?;
    let Some(Value::Object(named)) = config.value("networks") else {
        let reason = "is needed: an object of names with lists of networks, {\"office\": [\"10.1.0.0/16\"]}";
        return Err(config.key_error("networks", reason));
    };
    let wrong = |reason: String| config.key_error("networks", reason);
    let mut filter =
        Cidr { source: FieldName::new(field), target, names: Vec::new(), networks: PrefixTable::default() };
    let mut count = 0;
    for (name, texts) in named {
        if name.is_empty() || name.len() > MAX_FIELD_VALUE_BYTES {
            return Err(wrong(format!("a name has 1 to {MAX_FIELD_VALUE_BYTES} bytes")));
        }
        let number = filter.names.len() as u32;
        filter.names.push(name.clone());
        for text in config.items("networks", texts)? {
            let Value::String(text) = text else {
                return Err(wrong(format!("expected networks of `{name}`, found {text}")));
            };
            let network = match read_network(text) {
                NetworkText::Network(network) => network,
                NetworkText::Wrong(reason) => return Err(wrong(reason)),
                NetworkText::Other => {
                    return Err(wrong(format!("`{text}` of `{name}` is neither a network nor an address")));
                }
            };
            match filter.networks.insert(network, number) {
                Some(other) if other != number => {
                    let other = &filter.names[other as usize];
                    return Err(wrong(format!("{text} is named twice: `{other}` and `{name}`")));
                }
                _ => count += 1,
            }
        }
    }
    if count == 0 || count > MAX_LABELLED_NETWORKS {
        return Err(wrong(format!("1 to {MAX_LABELLED_NETWORKS} networks are taken, these are {count}")));
    }
    Ok(Box::new(filter))
}

impl Filter for Cidr {
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
        let distinct = Distinct::of(&texts, &rows);
        let addresses: Vec<Option<IpAddr>> = distinct.texts(&texts).map(|text| text.parse().ok()).collect();
        let no_address = distinct.rows_where(batch.num_rows(), |number| addresses[number].is_none());
        events.fault(&no_address, "not an address");
        let name_of =
            |address: &Option<IpAddr>| Some(self.names[*self.networks.get((*address)?)? as usize].as_str());
        let names: ArrayRef = Arc::new(StringViewArray::from_iter(addresses.iter().map(name_of)));
        let mut columns = Columns::of(&batch);
        columns.set_where_present(&self.target, &distinct.spread(&names, batch.num_rows())?)?;
        events.replace(columns.into_batch()?);
        Ok(())
    }
}
