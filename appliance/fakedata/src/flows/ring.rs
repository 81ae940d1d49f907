//! Datagrams made ready.

use super::stamp::{Stamp, What};

/// A datagram, and the places in it that are written anew each time.
#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) bytes: Vec<u8>,
    pub(super) stamps: Vec<Stamp>,
    /// Records in it: what gives a row each.
    pub(super) records: u32,
    /// How far it moves its domain's sequence.
    pub(super) sequence_step: u32,
    /// Which of the domains sends it.
    pub(super) domain: u16,
}

/// The datagrams in the order of sending.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) datagrams: Vec<Datagram>,
    /// Templates and options of each domain; none for a format without templates.
    pub(super) announcements: Vec<Datagram>,
}

/// Datagrams of one kind and domain that stand together, so that they can be sent with segmentation offload.
pub(super) const RUN: usize = 16;

/// The kind and the domain of each datagram: runs of kinds drawn in proportion to `weights`, of domains in turn.
pub(super) fn runs(datagrams: usize, domains: u16, weights: &[u32]) -> Vec<(usize, u16)> {
    let mut runs = Vec::with_capacity(datagrams);
    let total: u32 = weights.iter().sum();
    // Each kind's share so far, in weights times runs: the one that is furthest behind is next.
    let mut owed = vec![0_i64; weights.len()];
    let mut run = 0;
    // A short ring has every kind too.
    let length = RUN.min(datagrams / (2 * weights.len())).max(1);
    while runs.len() < datagrams {
        for (owed, weight) in owed.iter_mut().zip(weights) {
            *owed += i64::from(*weight);
        }
        let kind = (0..weights.len()).max_by_key(|kind| (owed[*kind], weights.len() - kind)).unwrap_or(0);
        owed[kind] -= i64::from(total);
        let domain = (run % usize::from(domains)) as u16;
        runs.extend(std::iter::repeat_n((kind, domain), length.min(datagrams - runs.len())));
        run += 1;
    }
    runs
}

/// The stamps of a header that has only these.
pub(super) fn header(places: &[(usize, What)]) -> Vec<Stamp> {
    places.iter().map(|(at, what)| Stamp::new(*at, *what)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_in_runs_and_in_proportion() {
        let runs = runs(1_600, 2, &[3, 1]);
        assert_eq!(runs.len(), 1_600);
        assert_eq!(runs.iter().filter(|(kind, _)| *kind == 1).count(), 400);
        assert_eq!(runs.iter().filter(|(_, domain)| *domain == 1).count(), 800);
        assert!(runs[..RUN].iter().all(|run| *run == runs[0]));
    }

    #[test]
    fn a_short_ring_has_every_kind() {
        let kinds: std::collections::BTreeSet<usize> =
            runs(10, 1, &[7, 2, 1]).iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds.len(), 3);
    }
}
