//! The sets of a message of v9 (RFC 3954 section 5) or IPFIX (RFC 7011 section 3.3).

use crate::batch::BatchBuilder;
use crate::block::Event;
use crate::limits::{FLOW_BYTES_PER_ROW_MIN, FLOW_ROWS_MIN};

use super::domains::DomainKey;
use super::header::{Header, Version};
use super::hold::HeldSet;
use super::learn::learn;
use super::plan::compile;
use super::rates::SamplingOf;
use super::reader::Reader;
use super::records::{Records, Rest};
use super::rows::SetOf;
use super::template::{self, TEMPLATE_ID_MIN, TemplateKind, TemplateRecord};
use super::{FlowDecoder, Outcome};

/// Bytes of the id and the length of a set.
const SET_HEADER_BYTES: usize = 4;

/// How many rows an event may give: a few bytes must not become many rows.
pub(super) fn row_limit(event: &Event<'_>) -> usize {
    (event.bytes.len() / FLOW_BYTES_PER_ROW_MIN).max(FLOW_ROWS_MIN)
}

/// The id of the set that begins some bytes of a message, and its bytes with its header; `None` behind the last one.
/// Of a set that goes on beyond the message it is what is there.
fn next_set(bytes: &[u8], outcome: &mut Outcome) -> Option<(u16, usize)> {
    if bytes.is_empty() {
        return None;
    }
    if bytes.iter().take(SET_HEADER_BYTES).all(|byte| *byte == 0) {
        // Some exporters fill datagrams up with zeros.
        if bytes.iter().any(|byte| *byte != 0) {
            outcome.fault("a set without a length");
        }
        return None;
    }
    let mut reader = Reader::new(bytes);
    let (Some(id), Some(length)) = (reader.u16(), reader.u16()) else {
        outcome.fault("bytes behind the last set");
        return None;
    };
    let length = usize::from(length);
    if length < SET_HEADER_BYTES {
        outcome.fault(format!("a set of {length} bytes, which is less than its header"));
        return None;
    }
    if length > bytes.len() {
        outcome.fault(format!("a set of {length} bytes, of which {} are there", bytes.len()));
    }
    Some((id, length.min(bytes.len())))
}

/// What is in a set.
enum SetKind {
    Templates(TemplateKind),
    Data,
    /// An id without a meaning.
    Reserved,
}

impl SetKind {
    fn of(version: Version, id: u16) -> Self {
        match (version, id) {
            (_, TEMPLATE_ID_MIN..) => Self::Data,
            (Version::V9, 0) | (Version::Ipfix, 2) => Self::Templates(TemplateKind::Flows),
            (Version::V9, 1) | (Version::Ipfix, 3) => Self::Templates(TemplateKind::Options),
            _ => Self::Reserved,
        }
    }
}

/// A message that is being taken apart.
struct Message<'a> {
    event: &'a Event<'a>,
    header: &'a Header,
    key: DomainKey,
    /// Where it begins in the datagram.
    start: usize,
}

impl FlowDecoder {
    /// Decodes the message that begins at `start`; returns its bytes.
    pub(super) fn decode_sets(
        &mut self,
        event: &Event<'_>,
        header: &Header,
        start: usize,
        outcome: &mut Outcome,
        rows: &mut BatchBuilder,
    ) -> usize {
        let received = event.bytes.len() - start;
        let header_bytes = if header.version == Version::V9 { 20 } else { 16 };
        if header.length > received {
            outcome.fault("an IPFIX message longer than what was received");
        } else if header.length < header_bytes {
            // There is no telling where it ends.
            outcome.fault("an IPFIX message shorter than its header");
            return received;
        }
        let length = header.length.min(received);
        let key = DomainKey { exporter: event.peer.ip, version: header.version, domain: header.scope() };
        let message = Message { event, header, key, start };
        let waiting_before = outcome.waiting.len();
        // The gap is told in the first row, but the number of records is known behind the last.
        let records = self.decode_body(&message, header_bytes, length, outcome, rows);
        let knows_all = outcome.waiting.len() == waiting_before && outcome.fault.is_none();
        let step = if header.version == Version::V9 { Some(1) } else { knows_all.then_some(records) };
        if let Some(sequence) = header.sequence {
            self.sequences.expect(key, sequence, step);
        }
        length
    }

    /// The sets of a message; returns how many data records there were, options among them.
    fn decode_body(
        &mut self,
        message: &Message<'_>,
        header_bytes: usize,
        length: usize,
        outcome: &mut Outcome,
        rows: &mut BatchBuilder,
    ) -> u32 {
        if let Some(sequence) = message.header.sequence {
            outcome.gap += self.sequences.gap(message.key, sequence);
        }
        let first_waiting = outcome.waiting.len();
        let mut records = 0;
        let mut position = header_bytes;
        while let Some(bytes) = message.event.bytes.get(message.start + position..message.start + length)
            && let Some((id, set_bytes)) = next_set(bytes, outcome)
        {
            let body = bytes.get(SET_HEADER_BYTES..set_bytes).unwrap_or_default();
            match SetKind::of(message.header.version, id) {
                SetKind::Templates(kind) => self.take_templates(message, kind, body, outcome, rows),
                SetKind::Data => {
                    let set = HeldSet {
                        template_id: id,
                        message_start: message.start as u32,
                        start: (message.start + position + SET_HEADER_BYTES) as u32,
                        length: body.len() as u32,
                    };
                    match self.decode_data(message, set, outcome, rows) {
                        Some(count) => records += count,
                        None => outcome.wait(message.key, set),
                    }
                }
                SetKind::Reserved => outcome.fault(format!("a set with the reserved id {id}")),
            }
            position += set_bytes;
        }
        records + self.decode_early_sets(message, first_waiting, outcome, rows)
    }

    /// Sets that stand before their template in one message; returns how many records they have.
    fn decode_early_sets(
        &mut self,
        message: &Message<'_>,
        first_waiting: usize,
        outcome: &mut Outcome,
        rows: &mut BatchBuilder,
    ) -> u32 {
        let has_templates = !outcome.template_ids.is_empty();
        if !has_templates || outcome.waiting.len() == first_waiting {
            return 0;
        }
        let mut records = 0;
        for (key, set) in outcome.waiting.split_off(first_waiting) {
            match self.decode_data(message, set, outcome, rows) {
                Some(count) => records += count,
                None => outcome.wait(key, set),
            }
        }
        records
    }

    fn take_templates(
        &mut self,
        message: &Message<'_>,
        kind: TemplateKind,
        body: &[u8],
        outcome: &mut Outcome,
        rows: &mut BatchBuilder,
    ) {
        let mut reader = Reader::new(body);
        while let Some(record) = template::next_record(&mut reader, message.header.version, kind) {
            match record {
                Ok(TemplateRecord::Template(id, template)) => {
                    outcome.template_ids.push(id);
                    let is_news = self.domains.learn(message.key, id, template);
                    if is_news && self.hold.is_waiting(message.key, id) {
                        self.release(message.key, id, rows);
                    }
                }
                Ok(TemplateRecord::Withdrawal(id)) => {
                    outcome.template_ids.push(id);
                    self.domains.withdraw(&message.key, id);
                }
                Ok(TemplateRecord::WithdrawalOfAll(is_options)) => {
                    self.domains.withdraw_all(&message.key, is_options);
                }
                Err(reason) => {
                    outcome.fault(reason);
                    return;
                }
            }
        }
    }

    /// The rows of a set of data and how many records it has; `None` where its template is not known.
    fn decode_data(
        &mut self,
        message: &Message<'_>,
        set: HeldSet,
        outcome: &mut Outcome,
        rows: &mut BatchBuilder,
    ) -> Option<u32> {
        let Message { event, header, key, .. } = *message;
        let columns = self.columns;
        let domain = self.domains.get_mut(&key)?;
        let plan =
            domain.plan(set.template_id, |template| compile(header.version, template, &columns, rows))?;
        let (start, length) = (set.start as usize, set.length as usize);
        let body = event.bytes.get(start..start + length).unwrap_or_default();
        let room = row_limit(event).saturating_sub(outcome.rows);
        let (records, rest) = Records::take(&plan, body, room, &mut self.places);
        let domain = self.domains.get(&key);
        let whole = self.domains.get(&DomainKey { domain: 0, ..key });
        let sampling = SamplingOf {
            set: self.overrides.rate(key.exporter),
            header: None,
            options: [domain, whole].map(|of| of.map(|domain| &domain.samplers).filter(|of| !of.is_empty())),
            template_id: set.template_id,
        };
        let gap = if records.count() > 0 { std::mem::take(&mut outcome.gap) } else { 0 };
        let of = SetOf { event, header, template_id: Some(set.template_id), gap, domain, whole, sampling };
        self.writer.put(&of, &plan, &records, rows);
        outcome.rows += records.count();
        let is_empty = records.count() == 0 && body.iter().any(|byte| *byte != 0);
        match rest {
            Rest::Padding if is_empty => outcome.fault("a set of data shorter than a record"),
            Rest::Padding => {}
            Rest::Records => outcome.fault("more records than a datagram of this size may have"),
            Rest::Broken => outcome.fault("a field longer than its set"),
        }
        learn(key, &plan, &records, &mut self.domains);
        u32::try_from(records.count()).ok()
    }

    /// Decodes the sets that waited for a template, with the time at which they came.
    fn release(&mut self, key: DomainKey, template_id: u16, rows: &mut BatchBuilder) {
        let mut hold = std::mem::take(&mut self.hold);
        hold.release(key, template_id, |held, sets| {
            let event = held.event();
            let mut outcome = Outcome::default();
            let mut header = None;
            for set in sets {
                let message_start = set.message_start as usize;
                let mut reader = Reader::new(event.bytes.get(message_start..).unwrap_or_default());
                header = Header::read(key.version, &mut reader);
                let Some(header) = &header else { continue };
                let message = Message { event: &event, header, key, start: message_start };
                self.decode_data(&message, *set, &mut outcome, rows);
            }
            if outcome.fault.is_some() || (outcome.rows == 0 && !held.has_rows) {
                self.put_own_row(&event, header.as_ref(), &outcome, rows);
            }
        });
        self.hold = hold;
    }
}
