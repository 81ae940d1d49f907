//! What options tell of the flows to come: sampling rates, and when the exporter started.

use super::domains::{DomainKey, Domains};
use super::plan::Plan;
use super::rates::{number, rate_of};
use super::records::Records;
use super::sampling::Sampled;
use super::times;

/// Takes note of what the records of options tell.
pub(super) fn learn(key: DomainKey, plan: &Plan, records: &Records<'_>, domains: &mut Domains) {
    let roles = &plan.roles;
    if !plan.is_options || !(roles.rate.any() || roles.started.is_some()) {
        return;
    }
    for record in 0..records.count() {
        let number = |position: Option<usize>| number(plan, records, position, record);
        let mut is_news = false;
        if let Some(rate) = rate_of(plan, records, record) {
            // 0 stands for no sampler.
            let sampler = number(roles.sampler).filter(|sampler| *sampler != 0).map(Sampled::Sampler);
            let sampled = sampler
                .or_else(|| number(roles.scope_interface).map(Sampled::Interface))
                .or_else(|| number(roles.scope_template).map(Sampled::Template))
                .unwrap_or(Sampled::Whole);
            is_news |= domains.entry(key).samplers.learn(sampled, rate);
        }
        let started_us =
            number(roles.started).filter(|started| *started > 0).and_then(times::of_milliseconds);
        if let Some(started_us) = started_us {
            is_news |= domains.entry(key).started_us.replace(started_us) != Some(started_us);
        }
        if is_news {
            domains.note_change();
        }
    }
}
