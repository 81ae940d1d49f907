//! Flow datagrams from a ring: copied, and the times, the sequence and the counters written anew.

mod fixed;
mod ipfix_templates;
mod packets;
mod ring;
mod sflow;
mod stamp;
mod templated;
mod v9_templates;

use std::sync::Arc;

use crate::generator::Generator;
use crate::limits::{FLOW_DOMAINS_MAX, FLOW_RING_DATAGRAMS_MAX, GSO_SEGMENTS_MAX};
use crate::traffic::Traffic;
use ring::{Datagram, Ring};
use stamp::Exporter;

/// What the flows are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowFormat {
    /// NetFlow v5.
    Netflow5,
    /// NetFlow v9.
    Netflow9,
    /// IPFIX.
    Ipfix,
    /// sFlow version 5.
    Sflow,
}

/// What the datagrams of a run are like.
#[derive(Debug, Clone, Copy)]
pub struct FlowPlan {
    /// What the flows are written as.
    pub format: FlowFormat,
    /// The same seed makes the same flows.
    pub seed: u64,
    /// Bytes of a datagram, at most.
    pub datagram_bytes: usize,
    /// Observation domains, source ids, engines or sub-agents of one sender; up to [`FLOW_DOMAINS_MAX`].
    pub domains: u16,
    /// Templates are sent again after so many datagrams of their domain.
    pub templates_every: u32,
}

/// Makes flow datagrams without end, as the exporters of one address. Templates come first.
#[derive(Debug)]
pub struct FlowGenerator {
    ring: Arc<Ring>,
    at: usize,
    exporters: Vec<Exporter>,
    templates_every: u32,
    first_domain: u32,
    /// When the exporters started, in microseconds since 1970; known with the first datagram.
    boot_us: Option<i64>,
}

/// How long the exporters have been up when the first datagram is made, in microseconds.
const UPTIME_US: i64 = 40 * 86_400 * 1_000_000;

impl FlowGenerator {
    /// Datagrams as `plan` says; of a run of `count` no more than these are made ready.
    pub fn new(plan: &FlowPlan, count: Option<u64>) -> Self {
        let datagrams = count.unwrap_or(u64::MAX).clamp(1, FLOW_RING_DATAGRAMS_MAX as u64) as usize;
        let domains = plan.domains.clamp(1, FLOW_DOMAINS_MAX);
        let mut traffic = Traffic::new(plan.seed);
        let size = plan.datagram_bytes;
        let ring = match plan.format {
            FlowFormat::Netflow5 => fixed::ring(&mut traffic, datagrams, domains, size),
            FlowFormat::Netflow9 => templated::ring_v9(&mut traffic, datagrams, domains, size),
            FlowFormat::Ipfix => templated::ring_ipfix(&mut traffic, datagrams, domains, size),
            FlowFormat::Sflow => sflow::ring(&mut traffic, datagrams, domains, size, plan.seed),
        };
        Self::over(Arc::new(ring), domains, plan.templates_every, 0)
    }

    fn over(ring: Arc<Ring>, domains: u16, templates_every: u32, index: usize) -> Self {
        let at = ring.datagrams.len() / 7 * index % ring.datagrams.len().max(1);
        Self {
            ring,
            at,
            exporters: vec![Exporter::default(); usize::from(domains)],
            templates_every: templates_every.max(1),
            first_domain: 1 + (index * usize::from(domains)) as u32,
            boot_us: None,
        }
    }

    /// A generator with the same ring that starts elsewhere in it, whose domains have other numbers.
    pub fn sibling(&self, index: usize) -> Self {
        Self::over(Arc::clone(&self.ring), self.exporters.len() as u16, self.templates_every, index)
    }

    /// The next datagram: that of the ring, or the templates of its domain when they are due.
    fn next(&self) -> (&Datagram, bool) {
        let datagram = &self.ring.datagrams[self.at];
        let domain = usize::from(datagram.domain);
        match self.ring.announcements.get(domain) {
            Some(announcement) if self.exporters[domain].templates_due == 0 => (announcement, true),
            _ => (datagram, false),
        }
    }
}

impl Generator for FlowGenerator {
    fn next_len(&self) -> usize {
        self.next().0.bytes.len()
    }

    /// Data of one template comes in runs; an announcement stands alone.
    fn group_left(&self) -> usize {
        let (datagram, is_announcement) = self.next();
        if is_announcement {
            return 1;
        }
        let mut left = 0;
        let mut due: Vec<u32> = self.exporters.iter().map(|exporter| exporter.templates_due).collect();
        for following in self.ring.datagrams[self.at..].iter().take(GSO_SEGMENTS_MAX) {
            let due = &mut due[usize::from(following.domain)];
            let announces = !self.ring.announcements.is_empty() && *due == 0;
            if announces || following.bytes.len() != datagram.bytes.len() {
                break;
            }
            *due = due.saturating_sub(1);
            left += 1;
        }
        left.max(1)
    }

    fn set_number(&mut self, _number: u64) {}

    fn append_next(&mut self, now_us: i64, out: &mut Vec<u8>) -> u64 {
        let boot_us = *self.boot_us.get_or_insert(now_us - UPTIME_US);
        let (datagram, is_announcement) = self.next();
        let start = out.len();
        out.extend_from_slice(&datagram.bytes);
        let (records, step, domain) =
            (datagram.records, datagram.sequence_step, usize::from(datagram.domain));
        let exporter = &mut self.exporters[domain];
        let datagram =
            if is_announcement { &self.ring.announcements[domain] } else { &self.ring.datagrams[self.at] };
        let number = self.first_domain + domain as u32;
        exporter.write(&datagram.stamps, number, now_us, boot_us, &mut out[start..]);
        exporter.sequence = exporter.sequence.wrapping_add(step);
        if is_announcement {
            exporter.templates_due = self.templates_every;
        } else {
            exporter.templates_due = exporter.templates_due.saturating_sub(1);
            self.at = if self.at + 1 == self.ring.datagrams.len() { 0 } else { self.at + 1 };
        }
        u64::from(records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::{INTERFACES, SERVICES};

    fn plan(format: FlowFormat) -> FlowPlan {
        FlowPlan { format, seed: 5, datagram_bytes: 1_464, domains: 2, templates_every: 50 }
    }

    const FORMATS: [FlowFormat; 4] =
        [FlowFormat::Netflow5, FlowFormat::Netflow9, FlowFormat::Ipfix, FlowFormat::Sflow];
    const NOW_US: i64 = 1_763_616_896_500_000;

    fn datagrams(format: FlowFormat, count: usize) -> Vec<(Vec<u8>, u64)> {
        let mut generator = FlowGenerator::new(&plan(format), Some(count as u64));
        (0..count)
            .map(|_| {
                let mut out = Vec::new();
                let expected = generator.next_len();
                let records = generator.append_next(NOW_US, &mut out);
                assert_eq!(out.len(), expected);
                (out, records)
            })
            .collect()
    }

    fn word(datagram: &[u8], at: usize) -> u32 {
        u32::from_be_bytes(datagram[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn the_same_seed_makes_the_same_datagrams() {
        for format in FORMATS {
            assert_eq!(datagrams(format, 200), datagrams(format, 200));
        }
    }

    #[test]
    fn datagrams_are_as_long_as_asked_at_most_and_well_filled() {
        for format in FORMATS {
            for (index, (datagram, records)) in datagrams(format, 300).into_iter().enumerate() {
                let is_announcement = records == 2 && format != FlowFormat::Sflow;
                assert!(datagram.len() <= 1_464 || is_announcement, "{format:?} {index}: {}", datagram.len());
                assert!(
                    datagram.len() > 900 || is_announcement,
                    "{format:?} {index}: {} bytes",
                    datagram.len()
                );
            }
        }
    }

    #[test]
    fn sequences_count_what_the_format_counts() {
        type Step = fn(&[u8], u64) -> u32;
        // Where the domain and the sequence stand, and by what it moves on.
        let rules: [(FlowFormat, usize, usize, Step); 3] = [
            (FlowFormat::Netflow9, 16, 12, |_, _| 1),
            // Data records, and those of options behind templates.
            (FlowFormat::Ipfix, 12, 8, |datagram, records| {
                let announces = datagram[16..18] == [0, 2];
                records as u32 + if announces { 1 + (INTERFACES.len() + SERVICES.len()) as u32 } else { 0 }
            }),
            (FlowFormat::Sflow, 12, 16, |_, _| 1),
        ];
        for (format, domain_at, sequence_at, step) in rules {
            let mut next = std::collections::HashMap::new();
            for (datagram, records) in datagrams(format, 300) {
                let expected = next.entry(word(&datagram, domain_at)).or_insert(0);
                let sequence = word(&datagram, sequence_at);
                assert_eq!(sequence, *expected, "{format:?}");
                *expected += step(&datagram, records);
            }
            assert_eq!(next.len(), 2);
        }
    }

    #[test]
    fn templates_come_first_and_again() {
        for format in [FlowFormat::Netflow9, FlowFormat::Ipfix] {
            let template_set = if format == FlowFormat::Ipfix { [0, 2] } else { [0, 0] };
            let (header, domain_at) = if format == FlowFormat::Ipfix { (16, 12) } else { (20, 16) };
            let mut since = std::collections::HashMap::new();
            let mut announced = 0;
            for (datagram, _) in datagrams(format, 300) {
                let since = since.entry(word(&datagram, domain_at)).or_insert(50);
                if datagram[header..header + 2] == template_set {
                    assert_eq!(*since, 50, "{format:?}");
                    *since = 0;
                    announced += 1;
                } else {
                    *since += 1;
                    assert!(*since <= 50, "{format:?}");
                }
            }
            assert!(announced >= 6, "{format:?}: {announced}");
        }
    }

    #[test]
    fn runs_of_one_length_are_announced_as_such() {
        for format in FORMATS {
            let mut generator = FlowGenerator::new(&plan(format), None);
            let (mut groups, mut made) = (0, 0);
            while made < 2_000 {
                let (length, count) = (generator.next_len(), generator.group_left());
                for _ in 0..count {
                    let mut out = Vec::new();
                    generator.append_next(NOW_US, &mut out);
                    assert_eq!(out.len(), length, "{format:?}");
                }
                (groups, made) = (groups + 1, made + count);
            }
            let most = if format == FlowFormat::Sflow { made } else { made / 4 };
            assert!(groups <= most, "{format:?}: {groups} groups of {made} datagrams");
        }
    }

    #[test]
    fn siblings_have_domains_of_their_own() {
        let first = FlowGenerator::new(&plan(FlowFormat::Ipfix), Some(100));
        let mut domains = std::collections::BTreeSet::new();
        for index in 0..3 {
            let mut sibling = first.sibling(index);
            for _ in 0..100 {
                let mut out = Vec::new();
                sibling.append_next(NOW_US, &mut out);
                domains.insert(word(&out, 12));
            }
        }
        assert_eq!(domains.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    }
}
