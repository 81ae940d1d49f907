//! NetFlow v1, v5, v7, v9 (RFC 3954) and IPFIX (RFC 7011, 7012, 6313, 5103): one decoder, because the first two bytes of
//! each datagram say which it is. See `docs/protocols/netflow.md` and `docs/protocols/ipfix.md`.

mod columns;
mod domains;
pub mod elements;
mod fixed;
mod header;
mod hold;
mod learn;
mod lists;
mod names;
mod options;
mod plan;
mod protocol;
mod rates;
mod reader;
mod records;
mod roles;
mod rows;
mod sampling;
mod sequence;
mod set_times;
mod sets;
mod state;
mod template;
mod times;
mod values;

use std::fmt::Write;

use super::{Decoder, StateError};
use crate::batch::{BatchBuilder, Value};
use crate::block::Event;
use crate::limits::FLOW_HELD_SETS_MAX;
use columns::{Columns, TEMPLATE};
use domains::{DomainKey, Domains};
use fixed::FixedPlans;
use header::{Header, Version};
use hold::{Held, HeldSet, Hold};
use options::Overrides;
pub use options::{FlowOptions, SamplingOverride};
use reader::Reader;
use records::Place;
use rows::RowWriter;
use sequence::Sequences;

/// Decodes NetFlow and IPFIX: a row for each flow, and for each record of options. Its memory is used again from event
/// to event.
#[derive(Debug)]
pub struct FlowDecoder {
    columns: Columns,
    writer: RowWriter,
    places: Vec<Place>,
    fixed: FixedPlans,
    overrides: Overrides,
    domains: Domains,
    hold: Hold,
    sequences: Sequences,
}

/// What came of a datagram so far.
#[derive(Debug, Default)]
struct Outcome {
    /// Rows of its own.
    rows: usize,
    /// The first thing that is wrong with it.
    fault: Option<String>,
    /// Templates that it told or withdrew.
    template_ids: Vec<u16>,
    /// Sets without their template.
    waiting: Vec<(DomainKey, HeldSet)>,
    /// What was missing before it, until a row has told so.
    gap: u32,
}

impl Outcome {
    fn fault(&mut self, reason: impl Into<String>) {
        if self.fault.is_none() {
            self.fault = Some(reason.into());
        }
    }

    /// Takes note of a set without its template.
    fn wait(&mut self, key: DomainKey, set: HeldSet) {
        if self.waiting.len() < FLOW_HELD_SETS_MAX {
            self.waiting.push((key, set));
        } else {
            self.fault("more sets without their templates than are held");
        }
    }
}

impl FlowDecoder {
    /// A decoder that writes to `rows`.
    pub fn new(options: &FlowOptions, rows: &mut BatchBuilder) -> Self {
        let columns = Columns::define(rows);
        Self {
            columns,
            writer: RowWriter::new(columns),
            places: Vec::new(),
            fixed: FixedPlans::new(&columns, rows),
            overrides: Overrides::new(options),
            domains: Domains::default(),
            hold: Hold::default(),
            sequences: Sequences::default(),
        }
    }

    /// Takes a datagram apart, which may be several messages.
    fn decode_messages(
        &mut self,
        event: &Event<'_>,
        outcome: &mut Outcome,
        rows: &mut BatchBuilder,
    ) -> Option<Header> {
        let mut first_header = None;
        let mut start = 0;
        while let Some(bytes) = event.bytes.get(start..).filter(|bytes| start == 0 || !bytes.is_empty()) {
            let mut reader = Reader::new(bytes);
            let Some(number) = reader.u16() else {
                outcome.fault("shorter than the version number of NetFlow");
                break;
            };
            let Some(version) = Version::of(number) else {
                outcome.fault(if start == 0 {
                    format!("netflow version {number} is not known")
                } else {
                    "bytes behind the message".to_owned()
                });
                break;
            };
            let mut reader = Reader::new(bytes);
            let Some(header) = Header::read(version, &mut reader) else {
                outcome.fault("shorter than its header");
                break;
            };
            first_header = first_header.or(Some(header));
            if !matches!(version, Version::V9 | Version::Ipfix) {
                self.decode_fixed(event, &header, reader.rest(), outcome, rows);
                break;
            }
            start += self.decode_sets(event, &header, start, outcome, rows);
        }
        first_header
    }

    /// The row of a datagram that gave no other, or that something is wrong with.
    fn put_own_row(
        &self,
        event: &Event<'_>,
        header: Option<&Header>,
        outcome: &Outcome,
        rows: &mut BatchBuilder,
    ) {
        let columns = &self.columns;
        rows.begin_row(event);
        rows.put_text(columns.exporter_ip, &event.peer.ip.to_string());
        if let Some(header) = header {
            rows.put_short(columns.flow_format, header.version.name());
            for (column, number) in
                [(columns.observation_domain_id, header.domain), (columns.sequence_number, header.sequence)]
            {
                if let Some(number) = number {
                    rows.put_i64(column, i64::from(number));
                }
            }
            rows.set_event_time(header.export_us);
        }
        if outcome.gap > 0 {
            rows.put_i64(columns.sequence_gap, i64::from(outcome.gap));
        }
        if outcome.fault.is_none() && !event.truncated {
            rows.put_short(columns.record_type, TEMPLATE);
            let ids: Vec<_> =
                outcome.template_ids.iter().map(|id| Some(Value::Int64(i64::from(*id)))).collect();
            rows.put(columns.template_ids, &Value::List(&ids));
        }
        if let Some(reason) = &outcome.fault {
            rows.parse_error(reason);
        }
        if outcome.fault.is_some() || event.truncated {
            rows.put_raw(event.bytes);
        }
        rows.end_row();
    }

    /// Gives up datagrams that are held for too long, or are too many.
    fn give_up_held(&mut self, now_us: i64, rows: &mut BatchBuilder) {
        while let Some(held) = self.hold.take_over(now_us) {
            let mut reason = String::from("no template came for sets of data: ");
            let mut ids: Vec<u16> = held.sets.iter().map(|(_, set)| set.template_id).collect();
            ids.sort_unstable();
            ids.dedup();
            for (number, id) in ids.iter().take(8).enumerate() {
                // Writing to a String cannot fail.
                let _ = write!(reason, "{}{id}", if number == 0 { "" } else { ", " });
            }
            let outcome = Outcome { fault: Some(reason), ..Outcome::default() };
            let event = held.event();
            let version =
                event.bytes.first_chunk().and_then(|number| Version::of(u16::from_be_bytes(*number)));
            let header = version.and_then(|version| Header::read(version, &mut Reader::new(event.bytes)));
            self.put_own_row(&event, header.as_ref(), &outcome, rows);
        }
    }
}

impl Decoder for FlowDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        self.give_up_held(event.received_us, rows);
        let mut outcome = Outcome::default();
        let header = self.decode_messages(event, &mut outcome, rows);
        let is_faulty = outcome.fault.is_some() || event.truncated;
        if is_faulty || (outcome.rows == 0 && outcome.waiting.is_empty()) {
            self.put_own_row(event, header.as_ref(), &outcome, rows);
            outcome.rows += 1;
        }
        if !outcome.waiting.is_empty() {
            self.hold.push(Held {
                bytes: event.bytes.into(),
                received_us: event.received_us,
                peer: event.peer,
                truncated: event.truncated,
                has_rows: outcome.rows > 0,
                sets: outcome.waiting,
            });
            self.give_up_held(event.received_us, rows);
        }
    }

    fn held_events(&self) -> u64 {
        self.hold.without_rows()
    }

    fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        let is_changed = [self.domains.take_changed(), self.hold.take_changed()];
        is_changed.contains(&true).then(|| state::write(&self.domains, &self.hold))
    }

    fn restore_state(&mut self, state: &[u8]) -> Result<(), StateError> {
        self.domains = Domains::default();
        self.hold.clear();
        self.sequences.clear();
        if state.is_empty() {
            return Ok(());
        }
        let Some((domains, hold)) = state::read(state) else {
            return Err(StateError("not a state of flows, or one of another version"));
        };
        (self.domains, self.hold) = (domains, hold);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
