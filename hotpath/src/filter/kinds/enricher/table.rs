//! A table of an `enricher`: CSV whose first row names the columns.

use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewBuilder};
use csv::{Reader, StringRecord};
use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::batch::column_name;
use crate::filter::condition::{NetworkText, read_network};
use crate::filter::limits::{MAX_TABLE_BYTES, MAX_TABLE_COLUMNS, MAX_TABLE_ROWS};
use crate::filter::prefixes::PrefixTable;
use crate::filter::resources::Parsed;

/// How a table is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableOptions {
    /// The column that is searched, as the table or as a column's name writes it; the first when absent.
    pub(super) key: Option<String>,
    /// The columns that are wanted; all but the key when absent.
    pub(super) columns: Option<Vec<String>>,
}

/// A table in memory.
pub(super) struct Table {
    /// The columns that are wanted.
    columns: Vec<(String, ArrayRef)>,
    by_text: HashMap<Box<str>, u32, RandomState>,
    by_network: PrefixTable<u32>,
}

impl Parsed for Table {
    type Options = TableOptions;
    const BYTES_MAX: usize = MAX_TABLE_BYTES;

    fn parse(bytes: Vec<u8>, options: &TableOptions) -> Result<Self, String> {
        let text = simdutf8::basic::from_utf8(&bytes).map_err(|_| "it is no CSV in UTF-8".to_owned())?;
        let mut reader = Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header = reader.headers().map_err(|error| reason(&error))?;
        let names = column_names(header)?;
        let key = match &options.key {
            Some(key) => find(key, header, &names)?,
            None => 0,
        };
        let wanted = match &options.columns {
            Some(columns) => {
                columns.iter().map(|name| find(name, header, &names)).collect::<Result<Vec<_>, _>>()?
            }
            None => (0..names.len()).filter(|place| *place != key).collect(),
        };
        if wanted.is_empty() {
            return Err("the table has no column beside its key".to_owned());
        }
        let mut filling = Filling::new(wanted.len());
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| reason(&error))? {
            filling.add(key, &wanted, &record)?;
        }
        Ok(filling.finish(wanted.into_iter().map(|place| names[place].clone())))
    }
}

impl Table {
    /// The columns that are wanted, and their names.
    pub(super) fn columns(&self) -> &[(String, ArrayRef)] {
        &self.columns
    }

    /// The row whose key is `text`, or else the longest network that the address is in.
    pub(super) fn row(&self, text: &str) -> Option<u32> {
        if let Some(row) = self.by_text.get(text) {
            return Some(*row);
        }
        if self.by_network.is_empty() {
            return None;
        }
        self.by_network.get(text.parse::<IpAddr>().ok()?).copied()
    }
}

/// A table while its rows are read.
struct Filling {
    values: Vec<StringViewBuilder>,
    row_count: usize,
    by_text: HashMap<Box<str>, u32, RandomState>,
    by_network: PrefixTable<u32>,
}

impl Filling {
    fn new(columns: usize) -> Self {
        let values = (0..columns).map(|_| StringViewBuilder::new().with_deduplicate_strings()).collect();
        Self { values, row_count: 0, by_text: HashMap::default(), by_network: PrefixTable::default() }
    }

    /// A row. Of rows with the same key, the last counts; one without a key is left out.
    fn add(&mut self, key: usize, wanted: &[usize], record: &StringRecord) -> Result<(), String> {
        let key = record.get(key).unwrap_or_default().trim();
        if key.is_empty() {
            return Ok(());
        }
        if self.row_count == MAX_TABLE_ROWS {
            return Err(format!("the table has more than {MAX_TABLE_ROWS} rows"));
        }
        let row = self.row_count as u32;
        match read_network(key) {
            NetworkText::Network(network) => {
                self.by_network.insert(network, row);
            }
            NetworkText::Wrong(reason) => return Err(format!("line {}: {reason}", line(record))),
            NetworkText::Other => {
                self.by_text.insert(Box::from(key), row);
            }
        }
        for (values, place) in self.values.iter_mut().zip(wanted) {
            values.append_option(record.get(*place).filter(|value| !value.is_empty()));
        }
        self.row_count += 1;
        Ok(())
    }

    fn finish(self, names: impl Iterator<Item = String>) -> Table {
        let values = self.values.into_iter().map(|mut values| Arc::new(values.finish()) as ArrayRef);
        Table { columns: names.zip(values).collect(), by_text: self.by_text, by_network: self.by_network }
    }
}

/// The names of the columns as the lake has them.
fn column_names(header: &StringRecord) -> Result<Vec<String>, String> {
    if header.len() > MAX_TABLE_COLUMNS {
        return Err(format!("the table has {} columns; at most {MAX_TABLE_COLUMNS} are taken", header.len()));
    }
    let mut names = Vec::with_capacity(header.len());
    for title in header {
        let Some(name) = column_name(title) else {
            return Err(format!("the first row names the columns, and `{title}` is no name"));
        };
        if names.contains(&name) {
            return Err(format!("two columns are called `{name}`"));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err("the table is empty: its first row names the columns".to_owned());
    }
    Ok(names)
}

fn find(wanted: &str, header: &StringRecord, names: &[String]) -> Result<usize, String> {
    let written = header.iter().position(|title| title == wanted);
    let found = written.or_else(|| names.iter().position(|name| name == wanted));
    found.ok_or_else(|| format!("the table has no column `{wanted}`; it has {}", names.join(", ")))
}

fn reason(error: &csv::Error) -> String {
    format!("it is no CSV: {error}")
}

fn line(record: &StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}
