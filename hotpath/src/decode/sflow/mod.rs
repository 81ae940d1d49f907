//! sFlow version 5 (sflow.org/sflow_version_5.txt), with the structures that were added to it later. See
//! `docs/protocols/sflow.md`.

mod application_counters;
mod counter_sample;
mod datagram;
mod fields;
mod flow_sample;
mod host_counters;
mod interface_counters;
mod names;
mod packet_columns;
mod packet_records;
mod sample;
mod sampled_packet;
mod structure;
mod transaction_records;
mod unknown;
mod xdr;

use super::Decoder;
use crate::batch::BatchBuilder;
use crate::block::Event;
use application_counters::APPLICATION_COUNTERS;
use datagram::{Datagram, DatagramColumns, Header};
use flow_sample::FlowColumns;
use host_counters::HOST_COUNTERS;
use interface_counters::INTERFACE_COUNTERS;
use packet_columns::PacketColumns;
use packet_records::PACKET_RECORDS;
use sample::SampleColumns;
use structure::{Catalog, Scratch, tag};
use transaction_records::TRANSACTION_RECORDS;
use unknown::UnknownStructures;
use xdr::Xdr;

/// Kinds of sample_data.
const FLOW_SAMPLE: u32 = tag(0, 1);
const COUNTERS_SAMPLE: u32 = tag(0, 2);
const FLOW_SAMPLE_EXPANDED: u32 = tag(0, 3);
const COUNTERS_SAMPLE_EXPANDED: u32 = tag(0, 4);
const DISCARDED_PACKET: u32 = tag(0, 5);

/// Decodes sFlow datagrams: a row for each flow sample, for each record of a counter sample and for each discarded
/// packet. Its memory is used again from datagram to datagram.
#[derive(Debug)]
pub struct SflowDecoder {
    datagram: DatagramColumns,
    sample: SampleColumns,
    flow: FlowColumns,
    packet: PacketColumns,
    flow_records: Catalog,
    counters: Catalog,
    unknown: UnknownStructures,
    scratch: Scratch,
}

impl SflowDecoder {
    /// A decoder that writes to `rows`.
    pub fn new(rows: &mut BatchBuilder) -> Self {
        Self {
            datagram: DatagramColumns::define(rows),
            sample: SampleColumns::define(rows),
            flow: FlowColumns::define(rows),
            packet: PacketColumns::define(rows),
            flow_records: Catalog::new(&[&PACKET_RECORDS, &TRANSACTION_RECORDS]),
            counters: Catalog::new(&[&INTERFACE_COUNTERS, &HOST_COUNTERS, &APPLICATION_COUNTERS]),
            unknown: UnknownStructures::define(rows),
            scratch: Scratch::default(),
        }
    }

    /// "sample_datagram_v5": the samples behind the header.
    fn decode_samples(
        &mut self,
        samples: u32,
        mut xdr: Xdr<'_>,
        datagram: &mut Datagram<'_>,
        rows: &mut BatchBuilder,
    ) {
        for _ in 0..samples {
            let Some((tag, data)) = xdr.tagged() else {
                datagram.begin_row("datagram", &self.datagram, rows);
                datagram.fault("an sflow datagram that ends before its samples do", rows);
                rows.end_row();
                return;
            };
            match tag {
                FLOW_SAMPLE => self.decode_flow_sample(data, false, datagram, rows),
                FLOW_SAMPLE_EXPANDED => self.decode_flow_sample(data, true, datagram, rows),
                COUNTERS_SAMPLE => self.decode_counters_sample(data, false, datagram, rows),
                COUNTERS_SAMPLE_EXPANDED => self.decode_counters_sample(data, true, datagram, rows),
                DISCARDED_PACKET => self.decode_discarded_packet(data, datagram, rows),
                _ => self.keep_unknown_sample(tag, data, datagram, rows),
            }
        }
    }

    fn keep_unknown_sample(
        &mut self,
        tag: u32,
        data: &[u8],
        datagram: &mut Datagram<'_>,
        rows: &mut BatchBuilder,
    ) {
        datagram.begin_row(self.unknown.name("sample_data", tag), &self.datagram, rows);
        self.unknown.put(data, &mut self.scratch, rows);
        self.unknown.end_row(rows);
        rows.end_row();
    }
}

impl Decoder for SflowDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let mut xdr = Xdr::new(event.bytes);
        let (header, fault) = match Header::read(&mut xdr) {
            Ok(header) => (header, None),
            Err(reason) => (Header::default(), Some(reason)),
        };
        let samples = header.samples;
        let mut datagram = Datagram::new(event, header);
        if samples == 0 || fault.is_some() {
            datagram.begin_row("datagram", &self.datagram, rows);
            if let Some(reason) = fault {
                datagram.fault(reason, rows);
            }
            rows.end_row();
            return;
        }
        self.decode_samples(samples, xdr, &mut datagram, rows);
    }
}

#[cfg(test)]
mod tests;
