//! Small databases, tables and lists for the filters that look things up.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;

use crate::mmdb::{Double, Map, Text, U32, database};

/// Names of the resources, as the cases have them.
pub const DATABASE: &str = "city.mmdb";
pub const TABLE: &str = "networks.csv";
pub const LIST: &str = "addresses.txt";

/// Writes them into `folder`: records for all of IPv4 in networks of 12 bits, a table of 256 networks, a list of 10,000
/// addresses.
pub fn write(folder: &Path) -> anyhow::Result<()> {
    let names: Vec<String> = (0..256)
        .flat_map(|first| (0..256).step_by(16).map(move |second| format!("{first}.{second}.0.0/12")))
        .collect();
    let record = Map(vec![
        ("city", Map(vec![("names", Map(vec![("en", Text("Example City"))]))])),
        ("country", Map(vec![("iso_code", Text("EX")), ("names", Map(vec![("en", Text("Example"))]))])),
        (
            "location",
            Map(vec![
                ("latitude", Double(48.5)),
                ("longitude", Double(9.25)),
                ("time_zone", Text("Europe/Berlin")),
            ]),
        ),
        ("autonomous_system_number", U32(64_500)),
        ("autonomous_system_organization", Text("Example AS")),
    ]);
    let networks: Vec<_> = names.iter().map(|name| (name.as_str(), record.clone())).collect();
    let mut table = "network,owner,zone\n".to_owned();
    for first in 0..256 {
        writeln!(table, "{first}.0.0.0/8,team-{},zone-{}", first % 16, first % 4)?;
    }
    let mut list = String::new();
    for number in 0..10_000_u32 {
        let [_, a, b, c] = number.wrapping_mul(2_654_435_761).to_be_bytes();
        writeln!(list, "{}.{a}.{b}.{c}", 1 + number % 223)?;
    }
    // A host of the log, so that the list has some of its addresses.
    list.push_str("83.149.9.216\n");
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).with_context(|| format!("write {name}"))
    };
    put(DATABASE, &database(4, &networks))?;
    put(TABLE, table.as_bytes())?;
    put(LIST, list.as_bytes())
}
