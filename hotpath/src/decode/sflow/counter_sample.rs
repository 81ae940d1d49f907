//! Counter samples: a row for each of their records.

use super::SflowDecoder;
use super::datagram::Datagram;
use super::sample::SampleNumber;
use super::structure::Read;
use super::xdr::Xdr;
use crate::batch::BatchBuilder;

/// The record type of a counter sample that has no record, or is broken.
const NO_RECORD: &str = "counters_sample";

impl SflowDecoder {
    /// "counters_sample" and "counters_sample_expanded".
    pub(super) fn decode_counters_sample(
        &mut self,
        data: &[u8],
        expanded: bool,
        datagram: &mut Datagram<'_>,
        rows: &mut BatchBuilder,
    ) {
        let mut xdr = Xdr::new(data);
        let number = SampleNumber::read(&mut xdr, expanded);
        let Some((number, records)) = number.zip(xdr.u32()) else {
            datagram.begin_row(NO_RECORD, &self.datagram, rows);
            datagram.fault("an sflow counter sample that is shorter than its header", rows);
            rows.end_row();
            return;
        };
        for _ in 0..records {
            let Some((tag, data)) = xdr.tagged() else {
                datagram.begin_row(NO_RECORD, &self.datagram, rows);
                self.sample.put(number, rows);
                datagram.fault("an sflow counter sample that ends before its records do", rows);
                rows.end_row();
                return;
            };
            self.decode_counters(tag, data, number, datagram, rows);
        }
        if records == 0 {
            datagram.begin_row(NO_RECORD, &self.datagram, rows);
            self.sample.put(number, rows);
            rows.end_row();
        }
    }

    /// "counter_record".
    fn decode_counters(
        &mut self,
        tag: u32,
        data: &[u8],
        number: SampleNumber,
        datagram: &mut Datagram<'_>,
        rows: &mut BatchBuilder,
    ) {
        if let Some(structure) = self.counters.find(tag) {
            let name = structure.name();
            datagram.begin_row(name, &self.datagram, rows);
            self.sample.put(number, rows);
            if structure.put(data, &mut self.scratch, rows) == Read::Short {
                datagram.short_structure(name, rows);
            }
        } else {
            datagram.begin_row(self.unknown.name("counter_data", tag), &self.datagram, rows);
            self.sample.put(number, rows);
            self.unknown.put(data, &mut self.scratch, rows);
            self.unknown.end_row(rows);
        }
        rows.end_row();
    }
}
