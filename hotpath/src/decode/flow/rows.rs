//! From records to rows: column by column over all records of a set.

use std::fmt::Write;

use crate::batch::{BatchBuilder, ColumnIndex, RowRun, ShortText, Value};
use crate::block::Event;

use super::columns::{Columns, FLOW, OPTIONS};
use super::domains::Domain;
use super::header::Header;
use super::lists::ListWriter;
use super::plan::{Kind, Plan, PlanField, Target};
use super::protocol;
use super::rates::{Rates, SamplingOf};
use super::records::Records;
use super::roles::OneOfTwo;
use super::sampling::Rate;
use super::set_times::SetTimes;
use super::values;

/// What holds for all records of a set.
pub(super) struct SetOf<'a> {
    pub(super) event: &'a Event<'a>,
    pub(super) header: &'a Header,
    pub(super) template_id: Option<u16>,
    /// What is missing before the datagram, told in the first row of it.
    pub(super) gap: u32,
    pub(super) domain: Option<&'a Domain>,
    /// What holds for the exporter as a whole: domain 0.
    pub(super) whole: Option<&'a Domain>,
    pub(super) sampling: SamplingOf<'a>,
}

/// Writes the rows of records. Its memory is used again from set to set.
#[derive(Debug)]
pub(super) struct RowWriter {
    pub(super) columns: Columns,
    times: SetTimes,
    rates: Rates,
    numbers: Vec<u64>,
    protocols: Vec<u64>,
    written: String,
}

impl RowWriter {
    pub(super) fn new(columns: Columns) -> Self {
        Self {
            columns,
            times: SetTimes::default(),
            rates: Rates::default(),
            numbers: Vec::new(),
            protocols: Vec::new(),
            written: String::new(),
        }
    }

    /// The rows of all records.
    pub(super) fn put(
        &mut self,
        set: &SetOf<'_>,
        plan: &Plan,
        records: &Records<'_>,
        rows: &mut BatchBuilder,
    ) {
        if records.count() == 0 {
            return;
        }
        self.times.read(set, plan, records, rows);
        let mut run = rows.begin_rows(set.event, records.count());
        self.put_header(set, if plan.is_options { OPTIONS } else { FLOW }, &mut run);
        for (position, field) in plan.fields.iter().enumerate() {
            if let Target::Column(column) = field.target {
                self.put_field(set, field, column, position, records, &mut run);
            }
        }
        if !plan.is_options {
            self.put_derived(set, plan, records, &mut run);
        }
        if plan.has_named {
            self.put_named(set, plan, records, &mut run);
        }
        run.end(self.times.of_events());
    }

    /// The columns that say where the records come from.
    fn put_header(&self, set: &SetOf<'_>, record_type: ShortText, run: &mut RowRun<'_>) {
        let (columns, header) = (&self.columns, set.header);
        run.fill_short(columns.record_type, record_type);
        run.fill_short(columns.flow_format, header.version.name());
        run.fill_peer_ip(columns.exporter_ip);
        for (column, number) in [
            (columns.observation_domain_id, header.domain),
            (columns.template_id, set.template_id.map(u32::from)),
            (columns.sequence_number, header.sequence),
            (columns.engine_type, header.engine.map(|(kind, _)| u32::from(kind))),
            (columns.engine_id, header.engine.map(|(_, slot)| u32::from(slot))),
        ] {
            if let Some(number) = number {
                run.fill_number(column, i64::from(number));
            }
        }
        if let Some((mode, 1..)) = header.sampling {
            run.fill_number(columns.sampling_mode, i64::from(mode));
        }
        if set.gap > 0 {
            run.number(0, columns.sequence_gap, i64::from(set.gap));
        }
    }

    /// Puts the values of a field into a column.
    fn put_field(
        &mut self,
        set: &SetOf<'_>,
        field: &PlanField,
        column: ColumnIndex,
        position: usize,
        records: &Records<'_>,
        run: &mut RowRun<'_>,
    ) {
        let is_put = match records.fixed() {
            Some((bytes, stride)) => put_fixed(field, column, bytes, stride, run),
            None => {
                let cells = (0..records.count()).map(|record| records.cell(field, position, record));
                put_cells(field, column, cells, run)
            }
        };
        if is_put {
            return;
        }
        for record in 0..records.count() {
            let cell = records.cell(field, position, record);
            if let Some(value) = read(field.kind, cell, set.domain, &mut self.written) {
                run.put(record, column, &value);
            }
        }
    }

    /// The columns that are made of several fields.
    fn put_derived(&mut self, set: &SetOf<'_>, plan: &Plan, records: &Records<'_>, run: &mut RowRun<'_>) {
        let roles = &plan.roles;
        for pair in &roles.one_of_two {
            let column = super::plan::column_of(pair.common, &self.columns);
            self.put_one_of_two(plan, *pair, column, records, run);
        }
        for (position, copies, column) in [
            (roles.bytes, roles.copies_bytes, self.columns.bytes),
            (roles.packets, roles.copies_packets, self.columns.packets),
        ] {
            if copies
                && let Some(position) = position
                && let Some(field) = plan.fields.get(position)
            {
                self.put_field(set, field, column, position, records, run);
            }
        }
        self.protocols.clear();
        if let Some(position) = roles.protocol {
            numbers_of(plan, position, records, &mut self.protocols);
            run.short_texts(
                self.columns.protocol_name,
                self.protocols.iter().map(|number| protocol::name(*number)),
            );
        }
        self.times.put(&self.columns, run);
        self.put_icmp(plan, records, run);
        self.put_sampling(set, plan, records, run);
        self.put_names(set, plan, records, run);
    }

    /// The names that options told of numbers in the records.
    fn put_names(&mut self, set: &SetOf<'_>, plan: &Plan, records: &Records<'_>, run: &mut RowRun<'_>) {
        let told = [set.domain, set.whole].map(|domain| domain.map(|domain| &domain.names));
        if told.iter().flatten().all(|names| names.is_empty()) {
            return;
        }
        for (kind, position, column) in &plan.names {
            numbers_of(plan, *position, records, &mut self.numbers);
            for (record, number) in self.numbers.iter().enumerate() {
                if let Some(name) = told.iter().flatten().find_map(|names| names.get((*kind, *number))) {
                    run.put(record, *column, &Value::Text(name));
                }
            }
        }
    }

    /// Of two fields the first that is not all zeros.
    fn put_one_of_two(
        &mut self,
        plan: &Plan,
        pair: OneOfTwo,
        column: ColumnIndex,
        records: &Records<'_>,
        run: &mut RowRun<'_>,
    ) {
        let (Some(first), Some(second)) = (plan.fields.get(pair.first), plan.fields.get(pair.second)) else {
            return;
        };
        let is_zero = |cell: &[u8]| cell.iter().all(|byte| *byte == 0);
        for record in 0..records.count() {
            let one = records.cell(first, pair.first, record);
            let other = records.cell(second, pair.second, record);
            let takes_first = !is_zero(one) || (is_zero(other) && pair.is_ipv4_first);
            let (kind, cell) = if takes_first { (first.kind, one) } else { (second.kind, other) };
            if let Some(value) = values::read(kind, cell, &mut self.written) {
                run.put(record, column, &value);
            }
        }
    }

    /// Type and code of ICMP messages: from their own elements, or from the port, where NetFlow puts them.
    fn put_icmp(&mut self, plan: &Plan, records: &Records<'_>, run: &mut RowRun<'_>) {
        let roles = &plan.roles;
        let number = |position: Option<usize>, record| {
            let position = position?;
            let cell = records.cell(plan.fields.get(position)?, position, record);
            (!cell.is_empty()).then(|| values::unsigned(cell))
        };
        let has_elements = [roles.icmp_v4, roles.icmp_v6]
            .iter()
            .any(|fields| fields.type_code.is_some() || fields.kind.is_some() || fields.code.is_some());
        let is_icmp = |protocol: u64| protocol == protocol::ICMP || protocol == protocol::ICMP_V6;
        let may_be = if self.protocols.is_empty() {
            has_elements
        } else {
            self.protocols.iter().any(|of| is_icmp(*of))
        };
        if !may_be {
            return;
        }
        for record in 0..records.count() {
            let protocol = self.protocols.get(record).copied();
            if protocol.is_some_and(|protocol| !is_icmp(protocol)) {
                continue;
            }
            let is_v6 = protocol == Some(protocol::ICMP_V6);
            let families =
                if is_v6 { [roles.icmp_v6, roles.icmp_v4] } else { [roles.icmp_v4, roles.icmp_v6] };
            let (mut kind, mut code) = (None, None);
            for fields in families {
                let both = number(fields.type_code, record);
                kind = kind.or_else(|| number(fields.kind, record)).or(both.map(|both| both >> 8));
                code = code.or_else(|| number(fields.code, record)).or(both.map(|both| both & 0xFF));
            }
            if !has_elements {
                let both = number(roles.dest_port, record);
                (kind, code) = (both.map(|both| both >> 8), both.map(|both| both & 0xFF));
            }
            for (column, number) in [(self.columns.icmp_type, kind), (self.columns.icmp_code, code)] {
                if let Some(number) = number.and_then(|number| i64::try_from(number).ok()) {
                    run.number(record, column, number);
                }
            }
        }
    }

    /// The sampling rate of each record, and its counters times the rate.
    fn put_sampling(&mut self, set: &SetOf<'_>, plan: &Plan, records: &Records<'_>, run: &mut RowRun<'_>) {
        self.rates.find(&set.sampling, plan, records);
        if self.rates.are_none() {
            return;
        }
        let columns = self.columns;
        if let Some((rate, source)) = self.rates.same() {
            run.fill_number(columns.sampling_rate, rate.rounded());
            run.fill_short(columns.sampling_source, source.name());
        } else {
            let rates = || self.rates.of_each(records.count());
            run.optional_numbers(columns.sampling_rate, rates().map(|rate| Some(rate?.0.rounded())));
            run.short_texts(columns.sampling_source, rates().map(|rate| Some(rate?.1.name())));
        }
        for (position, column) in
            [(plan.roles.bytes, columns.bytes_scaled), (plan.roles.packets, columns.packets_scaled)]
        {
            if let Some(position) = position
                && plan.fields.get(position).is_some_and(|field| field.kind == Kind::Unsigned)
            {
                numbers_of(plan, position, records, &mut self.numbers);
                self.put_scaled(column, run);
            }
        }
    }

    /// Puts `numbers` times their rates.
    fn put_scaled(&mut self, column: ColumnIndex, run: &mut RowRun<'_>) {
        let count = self.numbers.len();
        let mut has_large = false;
        let rates = self.rates.of_each(count);
        let scaled = self.numbers.iter().zip(rates).map(|(number, rate)| {
            let (rate, _) = rate?;
            let scaled = i64::try_from(*number).ok().and_then(|number| rate.scale(number));
            has_large |= scaled.is_none();
            scaled
        });
        run.optional_numbers(column, scaled);
        if !has_large {
            return;
        }
        for (record, (number, rate)) in self.numbers.iter().zip(self.rates.of_each(count)).enumerate() {
            let Some((Rate { numerator, denominator }, _)) = rate else { continue };
            // Both have at most 64 bits.
            let scaled = u128::from(*number) * u128::from(numerator) / u128::from(denominator);
            if i64::try_from(scaled).is_err() {
                self.written.clear();
                // Writing to a String cannot fail.
                let _ = write!(self.written, "{scaled}");
                run.put(record, column, &Value::Text(&self.written));
            }
        }
    }

    /// The fields that have no column for their type.
    fn put_named(&mut self, set: &SetOf<'_>, plan: &Plan, records: &Records<'_>, run: &mut RowRun<'_>) {
        for record in 0..records.count() {
            run.fields(record, |rows| {
                for (position, field) in plan.fields.iter().enumerate() {
                    let Target::Named(name) = &field.target else { continue };
                    let cell = records.cell(field, position, record);
                    if let Some(value) = read(field.kind, cell, set.domain, &mut self.written) {
                        rows.field(name, &value);
                    }
                }
            });
        }
    }
}

/// Reads a value, or writes a list as JSON.
fn read<'a>(
    kind: Kind,
    cell: &'a [u8],
    domain: Option<&Domain>,
    written: &'a mut String,
) -> Option<Value<'a>> {
    if cell.is_empty()
        || !matches!(kind, Kind::BasicList | Kind::SubTemplateList | Kind::SubTemplateMultiList)
    {
        return values::read(kind, cell, written);
    }
    ListWriter { domain, out: written }.write(kind, cell);
    Some(Value::Text(written))
}

/// Puts a field of records that have all the same length, the usual lengths of numbers each by its own loop.
fn put_fixed(
    field: &PlanField,
    column: ColumnIndex,
    bytes: &[u8],
    stride: usize,
    run: &mut RowRun<'_>,
) -> bool {
    let (offset, length) = (field.offset, field.length.unwrap_or(0));
    match (field.kind, length) {
        (Kind::Unsigned, 1) => run.numbers(column, numbers::<1>(bytes, stride, offset).map(|of| of as i64)),
        (Kind::Unsigned, 2) => run.numbers(column, numbers::<2>(bytes, stride, offset).map(|of| of as i64)),
        (Kind::Unsigned, 4) => run.numbers(column, numbers::<4>(bytes, stride, offset).map(|of| of as i64)),
        (Kind::Ipv4, 4) => run.ipv4(column, numbers::<4>(bytes, stride, offset).map(|of| of as u32)),
        _ => {
            let cells = bytes
                .chunks_exact(stride)
                .map(|record| record.get(offset..offset + length).unwrap_or_default());
            return put_cells(field, column, cells, run);
        }
    }
    true
}

/// Puts the values of a field whose records all have it with one length; `false`, and nothing is put, where values
/// have to be looked at one by one.
fn put_cells<'a>(
    field: &PlanField,
    column: ColumnIndex,
    cells: impl Iterator<Item = &'a [u8]> + Clone,
    run: &mut RowRun<'_>,
) -> bool {
    let Some(length) = field.length else { return false };
    match (field.kind, length) {
        (Kind::Unsigned, 1..=7) => run.numbers(column, cells.map(|cell| values::unsigned(cell) as i64)),
        (Kind::Unsigned, 8) if cells.clone().all(|cell| cell.first().is_some_and(|first| *first < 0x80)) => {
            run.numbers(column, cells.map(|cell| values::unsigned(cell) as i64));
        }
        (Kind::Ipv4, _) => run.ipv4(column, cells.map(|cell| values::unsigned(cell) as u32)),
        (Kind::Ipv6, _) => {
            run.ipv6(column, cells.map(|cell| cell.first_chunk().copied().unwrap_or_default()));
        }
        _ => return false,
    }
    true
}

/// The numbers of `N` bytes at an offset of each record.
#[inline]
fn numbers<const N: usize>(bytes: &[u8], stride: usize, offset: usize) -> impl Iterator<Item = u64> + Clone {
    bytes.chunks_exact(stride).map(move |record| {
        let found: Option<&[u8; N]> = record.get(offset..).and_then(|rest| rest.first_chunk());
        let mut number = [0; 8];
        if let (Some(found), Some((_, last))) = (found, number.split_last_chunk_mut::<N>()) {
            *last = *found;
        }
        u64::from_be_bytes(number)
    })
}

/// Reads the numbers of a field, one for each record.
pub(super) fn numbers_of(plan: &Plan, position: usize, records: &Records<'_>, out: &mut Vec<u64>) {
    out.clear();
    let Some(field) = plan.fields.get(position) else { return };
    if let Some((bytes, stride)) = records.fixed() {
        match field.length {
            Some(1) => return out.extend(numbers::<1>(bytes, stride, field.offset)),
            Some(4) => return out.extend(numbers::<4>(bytes, stride, field.offset)),
            Some(8) => return out.extend(numbers::<8>(bytes, stride, field.offset)),
            _ => {}
        }
    }
    out.extend((0..records.count()).map(|record| values::unsigned(records.cell(field, position, record))));
}
