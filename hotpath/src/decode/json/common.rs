//! The columns that several formats have, and what the fields of one mean for them.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::profile::{Meaning, Profile};
use crate::batch::{BatchBuilder, ColumnIndex, Value};
use crate::cut::ColumnType;
use crate::decode::packet::ip_protocol_name;

/// Names of ICMP for IPv6 beside IANA's.
const IPV6_ICMP: [&str; 3] = ["icmpv6", "icmp6", "ipv6_icmp"];
const IPV6_ICMP_NUMBER: u8 = 58;

/// Where the value of a field goes beside its own column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Destination {
    column: ColumnIndex,
    meaning: Meaning,
}

/// Puts common columns.
#[derive(Debug)]
pub(super) struct CommonColumns {
    /// The destinations of all of the format's fields, those of one field together.
    destinations: Vec<Destination>,
    /// Those that a column of the event has, as a part of `destinations`.
    by_name: HashMap<&'static str, Run, foldhash::fast::RandomState>,
    protocol_name: Option<ColumnIndex>,
    process_name: Option<ColumnIndex>,
    event_type: Option<ColumnIndex>,
    /// The program of this event.
    program: String,
    scratch: String,
}

/// Destinations of one field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Run {
    start: u16,
    end: u16,
}

impl CommonColumns {
    pub(super) fn new(profile: &'static Profile, rows: &mut BatchBuilder) -> Self {
        let mut sorted: Vec<_> = profile.common.iter().collect();
        sorted.sort_by_key(|common| common.from);
        let mut by_name: HashMap<&'static str, Run, foldhash::fast::RandomState> = HashMap::default();
        let mut destinations = Vec::new();
        let mut optional: [Option<ColumnIndex>; 2] = [None; 2];
        for common in sorted {
            let column_type = match common.meaning {
                Meaning::Integer | Meaning::Protocol => ColumnType::Int64,
                _ => ColumnType::String,
            };
            match common.meaning {
                Meaning::Protocol => optional[0] = Some(rows.define("protocol_name", ColumnType::String)),
                Meaning::Program => optional[1] = Some(rows.define("process_name", ColumnType::String)),
                _ => {}
            }
            let start = destinations.len() as u16;
            destinations
                .push(Destination { column: rows.define(common.to, column_type), meaning: common.meaning });
            by_name.entry(common.from).or_insert(Run { start, end: start }).end += 1;
        }
        let [protocol_name, process_name] = optional;
        let event_type =
            (!profile.event_objects.is_empty()).then(|| rows.define("event_type", ColumnType::String));
        Self {
            destinations,
            by_name,
            protocol_name,
            process_name,
            event_type,
            program: String::new(),
            scratch: String::new(),
        }
    }

    /// Where the values of a column go too.
    pub(super) fn run_of(&self, column: &str) -> Option<Run> {
        self.by_name.get(column).copied()
    }

    /// The columns of the event that have a destination.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'static str, Run)> {
        self.by_name.iter().map(|(name, run)| (*name, *run))
    }

    /// Forgets what belongs to the event before.
    pub(super) fn begin_event(&mut self) {
        self.program.clear();
    }

    /// What the event is called by the name of the object that it is.
    pub(super) fn put_event_type(&self, name: &str, rows: &mut BatchBuilder) {
        if let Some(column) = self.event_type {
            rows.put_text(column, name);
        }
    }

    /// Puts a field's value to its destinations. Returns whether one of them is its own column, and took all of it.
    pub(super) fn put(
        &mut self,
        run: Run,
        own: Option<ColumnIndex>,
        value: &Value<'_>,
        rows: &mut BatchBuilder,
    ) -> bool {
        let mut is_own = false;
        for number in run.start..run.end {
            let Some(destination) = self.destinations.get(usize::from(number)).copied() else { continue };
            let is_put = self.put_one(destination, value, rows);
            let column = match destination.meaning {
                // The path is in the column beside.
                Meaning::Program if self.process_name == own => own,
                _ => Some(destination.column),
            };
            is_own |= is_put && column == own;
        }
        is_own
    }

    fn put_one(&mut self, to: Destination, value: &Value<'_>, rows: &mut BatchBuilder) -> bool {
        if rows.has_value(to.column) {
            return false;
        }
        match (to.meaning, value) {
            (Meaning::Says(text), _) => rows.put_text(to.column, text),
            // Senders write an empty text for what they do not know.
            (_, Value::Text("")) => return false,
            (Meaning::Text, Value::Text(text)) => rows.put_text(to.column, text),
            (Meaning::Text, Value::Int64(number)) => rows.put_text(to.column, &number.to_string()),
            (Meaning::Address, Value::Text(text)) if text.parse::<IpAddr>().is_ok() => {
                rows.put_text(to.column, text);
            }
            (Meaning::Integer, Value::Int64(number)) => rows.put_i64(to.column, *number),
            (Meaning::Integer, Value::Text(digits)) => {
                let Some(number) = integer_of(digits) else { return false };
                rows.put_i64(to.column, number);
            }
            (Meaning::Protocol, _) => return self.put_protocol(to.column, value, rows),
            (Meaning::Program, Value::Text(path)) => return self.put_program(to.column, path, rows),
            (Meaning::Arguments, Value::Text(arguments)) => {
                self.scratch.clear();
                self.scratch.extend([self.program.as_str(), " ", arguments]);
                rows.put_text(to.column, self.scratch.trim_start());
            }
            (Meaning::ContainerId, Value::Text(id)) => {
                let id = id.split_once("://").map_or(*id, |(_, id)| id);
                rows.put_text(to.column, id);
            }
            _ => return false,
        }
        true
    }

    fn put_protocol(&self, column: ColumnIndex, value: &Value<'_>, rows: &mut BatchBuilder) -> bool {
        let number = match value {
            Value::Int64(number) => u8::try_from(*number).ok(),
            Value::Text(text) => number_of_protocol(text),
            _ => None,
        };
        let Some(number) = number else { return false };
        rows.put_i64(column, i64::from(number));
        if let (Some(column), Some(name)) = (self.protocol_name, ip_protocol_name(number)) {
            rows.put_text(column, name);
        }
        true
    }

    fn put_program(&mut self, column: ColumnIndex, path: &str, rows: &mut BatchBuilder) -> bool {
        let Some((_, name)) = path.rsplit_once(['/', '\\']) else { return false };
        rows.put_text(column, path);
        self.program.clear();
        self.program.push_str(path);
        if let Some(column) = self.process_name
            && !name.is_empty()
        {
            rows.put_text(column, name);
        }
        true
    }
}

/// The number that digits write. One that would be written in another way is none, since its text says more.
fn integer_of(digits: &str) -> Option<i64> {
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return i64::from_str_radix(hexadecimal, 16).ok();
    }
    let is_plain = !digits.starts_with('+') && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|_| is_plain)
}

/// The number of a protocol by its number or IANA's keyword, in any case, or as the constant of C.
fn number_of_protocol(text: &str) -> Option<u8> {
    if let Some(number) = integer_of(text) {
        return u8::try_from(number).ok();
    }
    let text = text.strip_prefix("IPPROTO_").unwrap_or(text);
    if IPV6_ICMP.iter().any(|name| name.eq_ignore_ascii_case(text)) {
        return Some(IPV6_ICMP_NUMBER);
    }
    (0..=u8::MAX).find(|number| ip_protocol_name(*number).is_some_and(|name| name.eq_ignore_ascii_case(text)))
}
