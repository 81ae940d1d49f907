//! What options tell of the flows to come: sampling rates, names, and when the exporter started.

use crate::batch::Value;

use super::domains::{DomainKey, Domains};
use super::plan::Plan;
use super::rates::{number, rate_of};
use super::records::Records;
use super::sampling::Sampled;
use super::{times, values};

/// Takes note of what the records of options tell.
pub(super) fn learn(key: DomainKey, plan: &Plan, records: &Records<'_>, domains: &mut Domains) {
    let roles = &plan.roles;
    if !plan.is_options || !(roles.rate.any() || roles.started.is_some() || !roles.told_names.is_empty()) {
        return;
    }
    let mut written = String::new();
    for record in 0..records.count() {
        let number = |position: Option<usize>| number(plan, records, position, record);
        if let Some(rate) = rate_of(plan, records, record) {
            // 0 stands for no sampler.
            let sampler = number(roles.sampler).filter(|sampler| *sampler != 0).map(Sampled::Sampler);
            let sampled = sampler
                .or_else(|| number(roles.scope_interface).map(Sampled::Interface))
                .or_else(|| number(roles.scope_template).map(Sampled::Template))
                .unwrap_or(Sampled::Whole);
            domains.tell(key, |domain, has_room| domain.samplers.learn(sampled, rate, has_room));
        }
        let started_us =
            number(roles.started).filter(|started| *started > 0).and_then(times::of_milliseconds);
        if let Some(started_us) = started_us {
            domains.tell(key, |domain, _| domain.started_us.replace(started_us) != Some(started_us));
        }
        for told in &roles.told_names {
            let Some(field) = plan.fields.get(told.name) else { continue };
            let cell = records.cell(field, told.name, record);
            if let (Some(number), Some(Value::Text(name))) =
                (number(Some(told.number)), values::read(field.kind, cell, &mut written))
            {
                domains.tell(key, |domain, has_room| domain.names.learn((told.kind, number), name, has_room));
            }
        }
    }
}
