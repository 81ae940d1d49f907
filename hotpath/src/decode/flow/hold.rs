//! Datagrams that wait for their templates (RFC 3954 section 9, RFC 7011 section 8: data may come first).

use std::collections::{BTreeMap, VecDeque};

use super::domains::DomainKey;
use crate::block::{Event, Peer};
use crate::limits::{FLOW_HELD_BYTES_MAX, FLOW_HELD_DATAGRAMS_MAX, FLOW_HELD_US_MAX};

/// What a noted set counts for in bytes, beside those of its datagram.
const SET_BYTES: usize = 64;
/// The same of a datagram.
const DATAGRAM_BYTES: usize = 128;

/// A set of data without its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeldSet {
    pub(super) template_id: u16,
    /// Where its message begins in the datagram.
    pub(super) message_start: u32,
    /// Where its records lie in the datagram.
    pub(super) start: u32,
    pub(super) length: u32,
}

/// A datagram with such sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) bytes: Box<[u8]>,
    pub(super) received_us: i64,
    pub(super) peer: Peer,
    pub(super) truncated: bool,
    /// It gave rows already, for other sets.
    pub(super) has_rows: bool,
    pub(super) sets: Vec<(DomainKey, HeldSet)>,
}

impl Held {
    /// The event that it came as.
    pub(super) fn event(&self) -> Event<'_> {
        Event::new(&self.bytes, self.received_us, self.peer, self.truncated)
    }

    fn size(&self) -> usize {
        self.bytes.len() + self.sets.len() * SET_BYTES + DATAGRAM_BYTES
    }
}

/// All of them, in the order of receipt.
#[derive(Debug, Default)]
pub(super) struct Hold {
    held: BTreeMap<u64, Held>,
    /// The numbers of the datagrams that wait for a template.
    waiting: BTreeMap<(DomainKey, u16), VecDeque<u64>>,
    received: u64,
    bytes: usize,
    without_rows: u64,
    changed: bool,
}

impl Hold {
    /// Whether any came or went since this was asked last.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Datagrams that gave no rows yet.
    pub(super) fn without_rows(&self) -> u64 {
        self.without_rows
    }

    /// All of them, in the order of receipt.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Held> {
        self.held.values()
    }

    /// Holds a datagram. Then [`Hold::take_over`] must be asked for those that are too many.
    pub(super) fn push(&mut self, held: Held) {
        self.received += 1;
        self.put(self.received, held);
    }

    fn put(&mut self, number: u64, held: Held) {
        let mut ids: Vec<_> = held.sets.iter().map(|(key, set)| (*key, set.template_id)).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            self.waiting.entry(id).or_default().push_back(number);
        }
        self.bytes += held.size();
        self.without_rows += u64::from(!held.has_rows);
        self.held.insert(number, held);
        self.changed = true;
    }

    fn remove(&mut self, number: u64) -> Option<Held> {
        let held = self.held.remove(&number)?;
        self.bytes -= held.size();
        self.without_rows -= u64::from(!held.has_rows);
        self.changed = true;
        Some(held)
    }

    /// The oldest datagram, where there are more than are held, or it has waited too long at `now_us`.
    pub(super) fn take_over(&mut self, now_us: i64) -> Option<Held> {
        let (number, oldest) = self.held.first_key_value()?;
        let is_too_many = self.held.len() > FLOW_HELD_DATAGRAMS_MAX || self.bytes > FLOW_HELD_BYTES_MAX;
        if !is_too_many && now_us.saturating_sub(oldest.received_us) <= FLOW_HELD_US_MAX {
            return None;
        }
        let number = *number;
        let held = self.remove(number)?;
        for (key, set) in &held.sets {
            self.no_longer_waits(number, (*key, set.template_id));
        }
        Some(held)
    }

    /// The oldest datagram waits for a template no more.
    fn no_longer_waits(&mut self, number: u64, id: (DomainKey, u16)) {
        let Some(numbers) = self.waiting.get_mut(&id) else { return };
        // It is the oldest of all, and so the first of those.
        if numbers.front() == Some(&number) {
            numbers.pop_front();
        }
        if numbers.is_empty() {
            self.waiting.remove(&id);
        }
    }

    /// Whether any waits for a template.
    pub(super) fn is_waiting(&self, key: DomainKey, template_id: u16) -> bool {
        self.waiting.contains_key(&(key, template_id))
    }

    /// Gives the sets that waited for a template to `put`, datagram by datagram in the order of receipt. It has given
    /// rows then; one that waits for nothing else is held no longer.
    pub(super) fn release(
        &mut self,
        key: DomainKey,
        template_id: u16,
        mut put: impl FnMut(&Held, &[HeldSet]),
    ) {
        let mut released = Vec::new();
        for number in self.waiting.remove(&(key, template_id)).unwrap_or_default() {
            let Some(mut held) = self.remove(number) else { continue };
            released.clear();
            held.sets.retain(|(of, set)| {
                let is_released = *of == key && set.template_id == template_id;
                if is_released {
                    released.push(*set);
                }
                !is_released
            });
            put(&held, &released);
            if held.sets.is_empty() {
                continue;
            }
            held.has_rows = true;
            self.bytes += held.size();
            self.held.insert(number, held);
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::SourceType;
    use crate::decode::flow::header::Version;

    fn key() -> DomainKey {
        DomainKey { exporter: [192, 0, 2, 1].into(), version: Version::V9, domain: 0 }
    }

    fn held(received_us: i64, size: usize, ids: &[u16]) -> Held {
        let set = |id: &u16| HeldSet { template_id: *id, message_start: 0, start: 0, length: 4 };
        Held {
            bytes: vec![received_us as u8; size].into(),
            received_us,
            peer: Peer::new("192.0.2.1:2055".parse().unwrap(), SourceType::Netflow),
            truncated: false,
            has_rows: false,
            sets: ids.iter().map(|id| (key(), set(id))).collect(),
        }
    }

    #[test]
    fn sets_are_released_in_the_order_of_receipt() {
        let mut hold = Hold::default();
        for (time, ids) in [(1, &[256, 257][..]), (2, &[257, 257]), (3, &[256])] {
            hold.push(held(time, 10, ids));
        }
        assert_eq!((hold.without_rows(), hold.is_waiting(key(), 257)), (3, true));
        let mut seen = Vec::new();
        hold.release(key(), 257, |held, sets| seen.push((held.received_us, sets.len())));
        assert_eq!(seen, [(1, 1), (2, 2)]);
        assert_eq!((hold.without_rows(), hold.is_waiting(key(), 257)), (1, false));
        assert_eq!(hold.iter().map(|held| held.received_us).collect::<Vec<_>>(), [1, 3]);
        hold.release(key(), 256, |_, _| {});
        assert_eq!((hold.without_rows(), hold.bytes, hold.iter().len()), (0, 0, 0));
        assert!(hold.waiting.is_empty());
    }

    #[test]
    fn what_is_too_old_or_too_much_goes() {
        let mut hold = Hold::default();
        hold.push(held(0, 10, &[256]));
        hold.push(held(5, 10, &[256]));
        assert!(hold.take_over(FLOW_HELD_US_MAX).is_none());
        assert_eq!(hold.take_over(FLOW_HELD_US_MAX + 1).unwrap().received_us, 0);
        assert!(hold.take_over(FLOW_HELD_US_MAX + 1).is_none());
        hold.push(held(6, FLOW_HELD_BYTES_MAX, &[300]));
        assert_eq!(hold.take_over(6).unwrap().received_us, 5);
        assert_eq!(hold.take_over(6).unwrap().received_us, 6, "larger than all that is held");
        assert!(hold.take_over(6).is_none() && hold.waiting.is_empty());
        for time in 0..=FLOW_HELD_DATAGRAMS_MAX as i64 {
            hold.push(held(time, 1, &[256]));
        }
        assert_eq!(hold.take_over(6).unwrap().received_us, 0);
        assert!(hold.take_over(6).is_none());
    }
}
