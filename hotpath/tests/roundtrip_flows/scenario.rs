//! A random life of an exporter: templates, records, refreshes, new definitions, withdrawals; and the rows it must give.

use bytefreezer_fakedata::templated::{Field, Set, Template, VARIABLE_LENGTH, Value};
use bytefreezer_fakedata::{ipfix, netflow::v9};
use hotpath::limits::FLOW_BYTES_PER_ROW_MIN;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::elements::{
    BOTH, DESTS, EXPORTED_US, Element, HOPS, IPFIX_ONLY, IPFIX_TIMES, SOURCES, UPTIME_MS, V9_TIMES,
};
use super::rows::Row;

/// The formats with templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V9,
    Ipfix,
}

/// A template, and the elements of its fields.
#[derive(Debug, Clone)]
struct Known {
    template: Template,
    elements: Vec<Element>,
}

/// What an exporter sends, and what must come of it.
#[derive(Debug)]
pub struct Scenario {
    pub datagrams: Vec<Vec<u8>>,
    /// The rows of each datagram.
    pub expected: Vec<Vec<Row>>,
}

/// Makes a scenario step by step.
pub struct Exporter {
    pub version: Version,
    pub domain: u32,
    rng: SmallRng,
    known: Vec<Known>,
    /// Numbers of templates that were taken back, or never told.
    unknown: Vec<u16>,
    datagrams: u32,
    records: u32,
}

const TEMPLATES: u16 = 3;

impl Scenario {
    /// What follows from a seed.
    pub fn random(seed: u64, version: Version) -> Self {
        let mut exporter = Exporter::new(seed, version);
        let mut scenario = Self { datagrams: Vec::new(), expected: Vec::new() };
        for _ in 0..exporter.rng.random_range(1..12) {
            let (datagram, rows) = exporter.datagram();
            scenario.datagrams.push(datagram);
            scenario.expected.push(rows);
        }
        scenario
    }

    /// The rows of all datagrams.
    pub fn rows(&self) -> Vec<Row> {
        self.expected.iter().flatten().cloned().collect()
    }
}

impl Exporter {
    pub fn new(seed: u64, version: Version) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let domain = rng.random();
        Self {
            version,
            domain,
            rng,
            known: Vec::new(),
            unknown: (256..256 + TEMPLATES).collect(),
            datagrams: 0,
            records: 0,
        }
    }

    /// Some sets, and their rows.
    fn datagram(&mut self) -> (Vec<u8>, Vec<Row>) {
        let (mut sets, mut rows) = (Vec::new(), Vec::new());
        for _ in 0..self.rng.random_range(1..5) {
            let set = self.set(&mut rows);
            sets.push(set);
        }
        if rows.is_empty() {
            // A datagram without records says that it was there.
            rows.push(Row::from([("record_type".to_owned(), json!("template"))]));
        }
        let datagram = self.message(&sets);
        self.records += rows.iter().filter(|row| row["record_type"] == "flow").count() as u32;
        (datagram, rows)
    }

    /// Datagrams that tell one template and send records by it, apart; and the rows of the second.
    pub fn template_and_data(&mut self) -> (Vec<u8>, Vec<u8>, Vec<Row>) {
        let mut rows = Vec::new();
        let known = self.define();
        let templates = [Set::Templates(vec![known.template.clone()])];
        let data = loop {
            let set = self.data(&known, &mut rows);
            if !rows.is_empty() {
                break set;
            }
        };
        let told = self.message(&templates);
        let records = self.message(&[data]);
        self.records += rows.len() as u32;
        (told, records, rows)
    }

    /// Templates where there are none yet; else now and then something about templates, and mostly data.
    fn set(&mut self, rows: &mut Vec<Row>) -> Set {
        let choice = if self.known.is_empty() { 0 } else { self.rng.random_range(0..10) };
        match choice {
            0 => {
                let defined: Vec<Template> =
                    (0..self.rng.random_range(1..3)).map(|_| self.define().template).collect();
                Set::Templates(defined)
            }
            // A refresh: all of them again, as they are.
            1 => Set::Templates(self.known.iter().map(|known| known.template.clone()).collect()),
            2 if self.version == Version::Ipfix => self.withdraw(),
            _ => {
                let index = self.rng.random_range(0..self.known.len());
                let known = self.known[index].clone();
                self.data(&known, rows)
            }
        }
    }

    /// A new definition: of a number without one, or where there is none of a number that has one.
    fn define(&mut self) -> Known {
        let id = match self.unknown.pop() {
            Some(id) => id,
            None => {
                let index = self.rng.random_range(0..self.known.len());
                self.known.remove(index).template.id
            }
        };
        let (elements, fields) = self.random_fields();
        let known = Known { template: Template::new(id, fields), elements };
        self.known.push(known.clone());
        known
    }

    /// Fields of a template whose records are as long as the decoder wants them to be: shorter ones could be more rows
    /// than their datagram may give.
    fn random_fields(&mut self) -> (Vec<Element>, Vec<Field>) {
        let is_ipfix = self.version == Version::Ipfix;
        loop {
            let elements = self.random_elements();
            let fields: Vec<Field> =
                elements.iter().map(|element| element.random_field(is_ipfix, &mut self.rng)).collect();
            let length =
                |field: &Field| if field.length == VARIABLE_LENGTH { 1 } else { usize::from(field.length) };
            if fields.iter().map(length).sum::<usize>() >= FLOW_BYTES_PER_ROW_MIN {
                return (elements, fields);
            }
        }
    }

    fn withdraw(&mut self) -> Set {
        if self.rng.random_range(0..4) == 0 {
            self.unknown.extend(self.known.drain(..).map(|known| known.template.id));
            return Set::Withdrawal { options: false, templates: Vec::new() };
        }
        let index = self.rng.random_range(0..self.known.len());
        let id = self.known.remove(index).template.id;
        self.unknown.push(id);
        Set::Withdrawal { options: false, templates: vec![id] }
    }

    fn random_elements(&mut self) -> Vec<Element> {
        let rng = &mut self.rng;
        let mut elements = Vec::new();
        for choices in [SOURCES, DESTS, HOPS] {
            if rng.random_range(0..5) > 0 {
                elements.extend(choices.choose(rng));
            }
        }
        let times = if self.version == Version::V9 { V9_TIMES } else { IPFIX_TIMES };
        if rng.random_range(0..5) > 0 {
            elements.extend(times.choose(rng).into_iter().flatten());
        }
        let wanted = rng.random_range(1..14);
        let more = if self.version == Version::V9 { &[] } else { IPFIX_ONLY };
        let pool: Vec<Element> = BOTH.iter().chain(more).copied().collect();
        elements.extend(pool.choose_multiple(rng, wanted).copied());
        // Their order means nothing.
        for index in (1..elements.len()).rev() {
            elements.swap(index, rng.random_range(0..=index));
        }
        elements
    }

    /// Records of a template, with zeros behind them that cannot be one.
    fn data(&mut self, known: &Known, rows: &mut Vec<Row>) -> Set {
        let mut records = Vec::new();
        for _ in 0..self.rng.random_range(0..8) {
            let (values, row) = self.record(known);
            records.push(values);
            rows.push(row);
        }
        let shortest: usize = known
            .template
            .fields
            .iter()
            .map(|field| if field.length == u16::MAX { 1 } else { usize::from(field.length) })
            .sum();
        // NetFlow v9 pads to four bytes by itself: a record of three bytes or less would be taken for one.
        let padding = if self.version == Version::V9 { 0 } else { self.rng.random_range(0..shortest.min(4)) };
        Set::of_records(&known.template, &records, padding as u16).unwrap()
    }

    fn record(&mut self, known: &Known) -> (Vec<Value>, Row) {
        let mut values = Vec::new();
        let mut row = Row::from([
            ("record_type".to_owned(), json!("flow")),
            ("template_id".to_owned(), json!(known.template.id)),
            ("observation_domain_id".to_owned(), json!(self.domain)),
            (
                "flow_format".to_owned(),
                json!(if self.version == Version::V9 { "netflow_v9" } else { "ipfix" }),
            ),
        ]);
        for (element, field) in known.elements.iter().zip(&known.template.fields) {
            let (value, expected) = element.random_value(field, &mut self.rng);
            values.push(value);
            row.insert(element.column.to_owned(), expected);
        }
        (values, row)
    }

    fn message(&mut self, sets: &[Set]) -> Vec<u8> {
        let unix_seconds = (EXPORTED_US / 1_000_000) as u32;
        let (datagrams, records) = (self.datagrams, self.records);
        self.datagrams += 1;
        match self.version {
            Version::V9 => {
                let header = v9::Header {
                    uptime_ms: UPTIME_MS,
                    unix_seconds,
                    sequence: datagrams,
                    source_id: self.domain,
                };
                v9::encode(&header, sets).unwrap()
            }
            Version::Ipfix => {
                let header =
                    ipfix::Header { export_time: unix_seconds, sequence: records, domain: self.domain };
                ipfix::encode(&header, sets).unwrap()
            }
        }
    }
}
