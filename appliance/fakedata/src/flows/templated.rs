//! Datagrams of NetFlow v9 and IPFIX: what both do with their templates.

use super::ipfix_templates;
use super::ring::{Datagram, Ring, header, runs};
use super::stamp::{Stamp, What};
use super::v9_templates;
use crate::templated::{EncodeError, Set, Template, VARIABLE_LENGTH, Value};
use crate::traffic::{Family, Flow, ICMP, Traffic, WEB};
use crate::{ipfix, netflow::v9};

/// Which conversations a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    V4,
    V6,
    Icmp,
    Web,
}

/// A time of a flow as a stamp.
pub(super) type Time = fn(&Flow) -> What;

/// A template of flows, and what is written by it.
#[derive(Debug)]
pub(super) struct FlowTemplate {
    pub(super) wanted: Wanted,
    /// How many of ten datagrams it is used for, beside the others.
    pub(super) weight: u32,
    pub(super) template: Template,
    /// The value of each field; what a stamp writes over is 0.
    pub(super) values: fn(&Flow) -> Vec<Value>,
    /// Places of times, in bytes from the start of a record, and what stands there.
    pub(super) times: Vec<(usize, Time)>,
}

/// What a version has: its templates, and how a message is made of sets.
pub(super) struct Dialect {
    pub(super) flows: Vec<FlowTemplate>,
    pub(super) options: Vec<Template>,
    /// The records of each template of options, for a domain.
    pub(super) option_records: fn(u16) -> Vec<Vec<Vec<Value>>>,
    header_bytes: usize,
    header: fn() -> Vec<Stamp>,
    encode: fn(&[Set]) -> Result<Vec<u8>, EncodeError>,
    /// Whether the sequence counts data records, and not datagrams.
    counts_records: bool,
}

/// Bytes in front of the records of a set.
const SET_HEADER_BYTES: usize = 4;

pub(super) fn ring_v9(traffic: &mut Traffic, datagrams: usize, domains: u16, size: usize) -> Ring {
    let dialect = Dialect {
        flows: v9_templates::flows(),
        options: v9_templates::options(),
        option_records: v9_templates::option_records,
        header_bytes: v9::HEADER_BYTES,
        header: || {
            header(&[(4, What::UptimeMs(0)), (8, What::Seconds(0)), (12, What::Sequence), (16, What::Domain)])
        },
        encode: |sets| v9::encode(&v9::Header::default(), sets),
        counts_records: false,
    };
    ring(&dialect, traffic, datagrams, domains, size)
}

pub(super) fn ring_ipfix(traffic: &mut Traffic, datagrams: usize, domains: u16, size: usize) -> Ring {
    let dialect = Dialect {
        flows: ipfix_templates::flows(),
        options: ipfix_templates::options(),
        option_records: ipfix_templates::option_records,
        header_bytes: ipfix::HEADER_BYTES,
        header: || header(&[(4, What::Seconds(0)), (8, What::Sequence), (12, What::Domain)]),
        encode: |sets| ipfix::encode(&ipfix::Header::default(), sets),
        counts_records: true,
    };
    ring(&dialect, traffic, datagrams, domains, size)
}

fn ring(dialect: &Dialect, traffic: &mut Traffic, datagrams: usize, domains: u16, size: usize) -> Ring {
    let weights: Vec<u32> = dialect.flows.iter().map(|template| template.weight).collect();
    let datagrams = runs(datagrams, domains, &weights)
        .into_iter()
        .map(|(kind, domain)| dialect.data(&dialect.flows[kind], traffic, domain, size))
        .collect();
    let announcements =
        (0..domains).map(|domain| dialect.announcement(&dialect.flows[0], traffic, domain)).collect();
    Ring { datagrams, announcements }
}

/// Records of one template on their way into a set.
#[derive(Default)]
struct Records {
    bytes: Vec<u8>,
    stamps: Vec<Stamp>,
    count: u16,
}

impl Records {
    /// Adds a flow, unless it would make the records longer than `size`; returns whether it did.
    fn add(&mut self, template: &FlowTemplate, flow: &Flow, size: usize) -> bool {
        let start = self.bytes.len();
        let encoded = template.template.encode_record(&(template.values)(flow), &mut self.bytes);
        debug_assert!(encoded.is_ok(), "the values are made for the template: {encoded:?}");
        if encoded.is_err() || (start > 0 && self.bytes.len() > size) {
            self.bytes.truncate(start);
            return false;
        }
        self.stamps.extend(template.times.iter().map(|(at, what)| Stamp::new(start + at, what(flow))));
        self.count += 1;
        true
    }
}

impl Dialect {
    /// A datagram of flows of one template.
    fn data(&self, template: &FlowTemplate, traffic: &mut Traffic, domain: u16, size: usize) -> Datagram {
        let overhead = self.header_bytes + SET_HEADER_BYTES;
        // The padding of v9 is at most three bytes.
        let room = size.saturating_sub(overhead + 3);
        let mut records = Records::default();
        'full: loop {
            for flow in conversation(template.wanted, traffic) {
                if !records.add(template, &flow, room) {
                    break 'full;
                }
            }
        }
        self.datagram(Vec::new(), template, records, 0, domain)
    }

    /// A datagram with all templates, the options, and a conversation.
    fn announcement(&self, template: &FlowTemplate, traffic: &mut Traffic, domain: u16) -> Datagram {
        let templates = self.flows.iter().map(|flows| flows.template.clone()).collect();
        let mut sets = vec![Set::Templates(templates), Set::OptionsTemplates(self.options.clone())];
        let mut options = 0;
        for (template, records) in self.options.iter().zip((self.option_records)(domain)) {
            let set = Set::of_records(template, &records, 0);
            debug_assert!(set.is_ok(), "the options are made for their template: {set:?}");
            sets.extend(set);
            options += records.len() as u32;
        }
        let mut records = Records::default();
        for flow in conversation(template.wanted, traffic) {
            records.add(template, &flow, usize::MAX);
        }
        self.datagram(sets, template, records, options, domain)
    }

    /// A datagram of `sets` and of a set of flows behind them.
    fn datagram(
        &self,
        mut sets: Vec<Set>,
        template: &FlowTemplate,
        records: Records,
        options: u32,
        domain: u16,
    ) -> Datagram {
        let before = (self.encode)(&sets).map_or(self.header_bytes, |bytes| bytes.len());
        let mut stamps = (self.header)();
        stamps.extend(
            records
                .stamps
                .iter()
                .map(|stamp| Stamp { at: stamp.at + (before + SET_HEADER_BYTES) as u32, what: stamp.what }),
        );
        let count = u32::from(records.count);
        sets.push(Set::Data {
            template: template.template.id,
            records: records.count,
            bytes: records.bytes,
            padding: 0,
        });
        let bytes = (self.encode)(&sets);
        debug_assert!(bytes.is_ok(), "a datagram is shorter than its length field can say: {bytes:?}");
        Datagram {
            bytes: bytes.unwrap_or_default(),
            stamps,
            records: count,
            sequence_step: if self.counts_records { count + options } else { 1 },
            domain,
        }
    }
}

fn conversation(wanted: Wanted, traffic: &mut Traffic) -> [Flow; 2] {
    match wanted {
        Wanted::V4 => traffic.conversation(Family::V4),
        Wanted::V6 => traffic.conversation(Family::V6),
        Wanted::Icmp => traffic.conversation_with(ICMP, Family::V4),
        Wanted::Web => traffic.conversation_with(WEB, Family::V4),
    }
}

/// Where the `element`s stand in a record; they come before every field of variable length.
pub(super) fn offset_of(template: &Template, element: u16) -> usize {
    let mut offset = 0;
    for field in &template.fields {
        if field.element == element && field.enterprise.is_none() {
            break;
        }
        debug_assert_ne!(field.length, VARIABLE_LENGTH, "times stand before what has no fixed length");
        offset += usize::from(field.length);
    }
    offset
}
