//! A map of bounded size that keeps what has been asked for lately.

use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// A map of at most so many entries. Each time that half as many have been asked for as it may have, those not among
/// them are forgotten.
#[derive(Debug)]
pub(in crate::filter) struct Recent<K, V> {
    young: HashMap<K, V, RandomState>,
    old: HashMap<K, V, RandomState>,
    young_max: usize,
}

impl<K: Hash + Eq, V> Recent<K, V> {
    /// A map of at most `entries_max` entries, which are 2 or more.
    pub(in crate::filter) fn new(entries_max: usize) -> Self {
        Self { young: HashMap::default(), old: HashMap::default(), young_max: (entries_max / 2).max(1) }
    }

    /// The value of `key`, made where there is none.
    pub(in crate::filter) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let is_young = self.young.contains_key(&key);
        let remembered = if is_young { None } else { self.old.remove(&key) };
        if !is_young && self.young.len() >= self.young_max {
            // The maps change places, so that their memory is used again.
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.entry(key).or_insert_with(|| remembered.unwrap_or_else(make))
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_forgotten() {
        let mut recent = Recent::new(4);
        let mut made = 0;
        let mut ask = |key: u32| {
            *recent.get_or_insert_with(key, || {
                made += 1;
                made
            })
        };
        assert_eq!([ask(1), ask(2), ask(1)], [1, 2, 1]);
        assert_eq!([ask(3), ask(1)], [3, 1]);
        assert_eq!([ask(4), ask(1), ask(5), ask(1)], [4, 1, 5, 1]);
        assert_eq!(ask(2), 6, "2 was not asked for while 3, 1, 4 and 5 were");
    }

    #[test]
    fn it_never_holds_more_than_it_may() {
        let mut recent = Recent::new(10);
        for key in 0..1000_u32 {
            recent.get_or_insert_with(key % 37, || ());
            assert!(recent.young.len() + recent.old.len() <= 10);
        }
    }
}
