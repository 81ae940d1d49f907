//! The sampling rate of each record of a set.

use super::plan::Plan;
use super::records::Records;
use super::sampling::{Rate, RateSource, Samplers};
use super::values;

/// What tells a rate, beside the records themselves.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SamplingOf<'a> {
    /// What the dataset says of the exporter.
    pub(super) set: Option<Rate>,
    /// What the header says (v5).
    pub(super) header: Option<Rate>,
    /// What options said of the domain, and of the exporter as a whole (domain 0).
    pub(super) options: [Option<&'a Samplers>; 2],
    pub(super) template_id: u16,
}

impl SamplingOf<'_> {
    /// The rate by options, else by the header.
    fn told(&self, sampler: Option<u64>, interface: Option<u64>) -> Option<(Rate, RateSource)> {
        let mut options = self.options.iter().flatten();
        let by_options = options.find_map(|samplers| samplers.rate(sampler, interface, self.template_id));
        let by_options = by_options.map(|rate| (rate, RateSource::Options));
        by_options.or_else(|| self.header.map(|rate| (rate, RateSource::Header)))
    }
}

/// The rates of the records of a set.
#[derive(Debug, Default)]
pub(super) struct Rates {
    same: Option<(Rate, RateSource)>,
    /// One for each record, where they may differ.
    each: Vec<Option<(Rate, RateSource)>>,
}

impl Rates {
    /// Finds them: what the dataset sets, else what the record says, else options, else the header.
    pub(super) fn find(&mut self, sampling: &SamplingOf<'_>, plan: &Plan, records: &Records<'_>) {
        self.each.clear();
        self.same = sampling.set.map(|rate| (rate, RateSource::Override));
        if self.same.is_some() {
            return;
        }
        let depends_on_record = plan.roles.rate.any()
            || sampling.options.iter().flatten().any(|samplers| samplers.depends_on_record());
        if !depends_on_record {
            self.same = sampling.told(None, None);
            return;
        }
        for record in 0..records.count() {
            let by_record = rate_of(plan, records, record).map(|rate| (rate, RateSource::Record));
            let number = |position: Option<usize>| number(plan, records, position, record);
            let rate = by_record.or_else(|| {
                // 0 stands for no sampler.
                let sampler = number(plan.roles.sampler).filter(|sampler| *sampler != 0);
                sampling.told(sampler, number(plan.roles.input_interface))
            });
            self.each.push(rate);
        }
    }

    /// Whether no rate is known.
    pub(super) fn are_none(&self) -> bool {
        self.same.is_none() && self.each.iter().all(Option::is_none)
    }

    /// The rate of all records, where it is the same.
    pub(super) fn same(&self) -> Option<(Rate, RateSource)> {
        self.same
    }

    /// The rate of each of `count` records.
    pub(super) fn of_each(&self, count: usize) -> impl Iterator<Item = Option<(Rate, RateSource)>> + '_ {
        (0..count).map(|record| self.same.or_else(|| self.each.get(record).copied().flatten()))
    }
}

/// The rate that a record tells (RFC 5477 section 8.2; 34 and 50 of RFC 3954 section 8).
pub(super) fn rate_of(plan: &Plan, records: &Records<'_>, record: usize) -> Option<Rate> {
    let fields = &plan.roles.rate;
    let number = |position: Option<usize>| number(plan, records, position, record);
    if let Some(rate) = number(fields.interval).and_then(Rate::one_in) {
        return Some(rate);
    }
    if let Some(taken) = number(fields.packet_interval)
        && let Some(rate) = Rate::new(taken.saturating_add(number(fields.packet_space).unwrap_or(0)), taken)
    {
        return Some(rate);
    }
    if let (Some(size), Some(population)) = (number(fields.size), number(fields.population))
        && let Some(rate) = Rate::new(population, size)
    {
        return Some(rate);
    }
    let position = fields.probability?;
    Rate::of_probability(values::float(records.cell(plan.fields.get(position)?, position, record)))
}

/// The number in a field of a record.
pub(super) fn number(
    plan: &Plan,
    records: &Records<'_>,
    position: Option<usize>,
    record: usize,
) -> Option<u64> {
    let position = position?;
    let cell = records.cell(plan.fields.get(position)?, position, record);
    (!cell.is_empty()).then(|| values::unsigned(cell))
}
