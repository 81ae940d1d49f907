//! Gaps in the sequence numbers of an exporter: what was lost on the way.
//!
//! v9 counts datagrams (RFC 3954 section 5.1), IPFIX the data records before this message (RFC 7011 section 3.1), v5
//! and v7 the flows before this datagram.

use hashbrown::HashMap;

use super::domains::DomainKey;
use crate::limits::FLOW_SEQUENCES_MAX;

/// A number further ahead or behind is that of an exporter that began anew.
const GAP_MAX: u32 = 1 << 20;

/// The number that each exporter's domain should come with next.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    next: HashMap<DomainKey, u32, foldhash::fast::RandomState>,
}

impl Sequences {
    /// Takes note of a datagram: its number, and by how much the next one is larger (`None` where that is not known).
    /// Returns how many datagrams, flows or records are missing before it.
    pub(super) fn note(&mut self, key: DomainKey, number: u32, step: Option<u32>) -> u32 {
        let gap = self.gap(key, number);
        self.expect(key, number, step);
        gap
    }

    /// How many datagrams, flows or records are missing before the one of this number.
    pub(super) fn gap(&self, key: DomainKey, number: u32) -> u32 {
        let ahead = self.next.get(&key).map_or(0, |expected| number.wrapping_sub(*expected));
        if ahead <= GAP_MAX { ahead } else { 0 }
    }

    /// Takes note of the number that should come next.
    pub(super) fn expect(&mut self, key: DomainKey, number: u32, step: Option<u32>) {
        let known = self.next.get(&key).copied();
        let behind = known.map_or(0, |expected| expected.wrapping_sub(number));
        if (1..=GAP_MAX).contains(&behind) {
            // It comes late, and was counted as missing when the one behind it came.
            return;
        }
        match step {
            None => drop(self.next.remove(&key)),
            Some(step) => {
                if known.is_none() && self.next.len() >= FLOW_SEQUENCES_MAX {
                    self.next.clear();
                }
                self.next.insert(key, number.wrapping_add(step));
            }
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.next.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::flow::header::Version;

    #[test]
    fn gaps_are_counted_by_exporter_and_domain() {
        let key = |domain| DomainKey { exporter: [192, 0, 2, 1].into(), version: Version::V9, domain };
        let mut sequences = Sequences::default();
        assert_eq!(sequences.note(key(0), 100, Some(1)), 0, "the first one");
        assert_eq!(sequences.note(key(0), 101, Some(1)), 0);
        assert_eq!(sequences.note(key(1), 7, Some(30)), 0, "another domain");
        assert_eq!(sequences.note(key(0), 105, Some(1)), 3);
        assert_eq!(sequences.note(key(0), 103, Some(1)), 0, "late");
        assert_eq!(sequences.note(key(0), 106, Some(1)), 0);
        assert_eq!(sequences.note(key(1), 37, Some(2)), 0);
        assert_eq!(sequences.note(key(1), 40, None), 1);
        assert_eq!(sequences.note(key(1), 90, Some(1)), 0, "nobody knows how many there were before");
        assert_eq!(sequences.note(key(0), u32::MAX, Some(1)), 0, "a restart");
        assert_eq!(sequences.note(key(0), 0, Some(1)), 0, "numbers wrap around");
    }
}
