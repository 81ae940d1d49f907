//! NetFlow v1, v5 and v7: records of one format, read by templates of our own.

use std::rc::Rc;

use crate::batch::BatchBuilder;
use crate::block::Event;

use super::columns::Columns;
use super::domains::DomainKey;
use super::header::{Header, Version};
use super::plan::{LOCAL_ENTERPRISE, Plan, ROUTER_SC, compile};
use super::rates::SamplingOf;
use super::records::Records;
use super::rows::SetOf;
use super::sampling::Rate;
use super::sets::row_limit;
use super::template::{FieldSpec, Template};
use super::{FlowDecoder, Outcome};

/// paddingOctets.
const PADDING: u16 = 210;

/// Elements and bytes of a record of v1, 52 in all (Cisco, NetFlow Export Datagram Format, table B-2).
const V1: [(u16, u16); 15] = [
    (8, 4),
    (12, 4),
    (15, 4),
    (10, 2),
    (14, 2),
    (2, 4),
    (1, 4),
    (22, 4),
    (21, 4),
    (7, 2),
    (11, 2),
    (PADDING, 2),
    (4, 1),
    (5, 1),
    (6, 1),
];
/// What fills a record of v1 up.
const V1_REST: u16 = 11;

/// The same of v5, 48 bytes (table B-4).
const V5: [(u16, u16); 20] = [
    (8, 4),
    (12, 4),
    (15, 4),
    (10, 2),
    (14, 2),
    (2, 4),
    (1, 4),
    (22, 4),
    (21, 4),
    (7, 2),
    (11, 2),
    (PADDING, 1),
    (6, 1),
    (4, 1),
    (5, 1),
    (16, 2),
    (17, 2),
    (9, 1),
    (13, 1),
    (PADDING, 2),
];

/// The same of v7, 52 bytes with the router behind them (table B-6); the first padding are flags of what is valid.
const V7_ROUTER_BYTES: u16 = 4;

/// How to read the records of the versions that have one format.
#[derive(Debug)]
pub(super) struct FixedPlans {
    v1: Rc<Plan>,
    v5: Rc<Plan>,
    v7: Rc<Plan>,
}

impl FixedPlans {
    pub(super) fn new(columns: &Columns, rows: &mut BatchBuilder) -> Self {
        let spec = |(id, length)| FieldSpec { enterprise: 0, id, length };
        let mut plan = |version, fields| {
            Rc::new(compile(version, &Template { fields, scope_fields: None }, columns, rows))
        };
        let v5_fields = || V5.into_iter().map(spec);
        let router = FieldSpec { enterprise: LOCAL_ENTERPRISE, id: ROUTER_SC, length: V7_ROUTER_BYTES };
        Self {
            v1: plan(Version::V1, V1.into_iter().chain([(PADDING, V1_REST)]).map(spec).collect()),
            v5: plan(Version::V5, v5_fields().collect()),
            v7: plan(Version::V7, v5_fields().chain([router]).collect()),
        }
    }

    fn of(&self, version: Version) -> Rc<Plan> {
        Rc::clone(match version {
            Version::V1 => &self.v1,
            Version::V7 => &self.v7,
            _ => &self.v5,
        })
    }
}

impl FlowDecoder {
    /// The records behind a header of v1, v5 or v7.
    pub(super) fn decode_fixed(
        &mut self,
        event: &Event<'_>,
        header: &Header,
        body: &[u8],
        outcome: &mut Outcome,
        rows: &mut BatchBuilder,
    ) {
        let plan = self.fixed.of(header.version);
        let told = usize::from(header.count);
        let (records, _) = Records::take(&plan, body, told.min(row_limit(event)), &mut self.places);
        if let Some(sequence) = header.sequence {
            let domain = header.scope();
            let key = DomainKey { exporter: event.peer.ip, version: header.version, domain };
            outcome.gap += self.sequences.note(key, sequence, Some(u32::from(header.count)));
        }
        let header_rate = header.sampling.and_then(|(_, interval)| Rate::one_in(u64::from(interval)));
        let sampling = SamplingOf {
            set: self.overrides.rate(event.peer.ip),
            header: header_rate,
            ..SamplingOf::default()
        };
        let gap = if records.count() > 0 { std::mem::take(&mut outcome.gap) } else { 0 };
        let set = SetOf { event, header, template_id: None, gap, domain: None, whole: None, sampling };
        self.writer.put(&set, &plan, &records, rows);
        outcome.rows += records.count();
        let used = records.count() * plan.record_bytes;
        if records.count() < told {
            outcome.fault(format!("{told} records are told and {} are there", records.count()));
        } else if body.get(used..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0)) {
            outcome.fault("bytes behind the last record");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formats_have_the_bytes_that_they_are_known_for() {
        let bytes = |fields: &[(u16, u16)]| fields.iter().map(|(_, bytes)| bytes).sum::<u16>();
        assert_eq!(bytes(&V1) + V1_REST, 52);
        assert_eq!(bytes(&V5), 48);
        assert_eq!(bytes(&V5) + V7_ROUTER_BYTES, 52);
    }
}
