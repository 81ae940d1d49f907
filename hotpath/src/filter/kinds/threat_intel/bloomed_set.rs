//! A large set that is mostly asked for what it does not have.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Bits of the bloom filter for each item. With three bits set in one word, it lets one in a hundred strangers through.
const BITS_PER_ITEM: usize = 16;

/// A set with a bloom filter before it: most of what it does not have costs one look at one word, however large it is.
pub(super) struct BloomedSet<T> {
    hasher: RandomState,
    /// A power of two of words.
    words: Vec<u64>,
    items: HashTable<T>,
}

impl<T: Hash + Eq> BloomedSet<T> {
    pub(super) fn new(items: Vec<T>) -> Self {
        let word_count = (items.len() * BITS_PER_ITEM).div_ceil(64).next_power_of_two();
        let hasher = RandomState::default();
        let mut set =
            Self { hasher, words: vec![0; word_count], items: HashTable::with_capacity(items.len()) };
        for item in items {
            let hash = set.hasher.hash_one(&item);
            let (word, bits) = set.place(hash);
            set.words[word] |= bits;
            let entry = set.items.entry(hash, |known| *known == item, |known| set.hasher.hash_one(known));
            entry.or_insert(item);
        }
        set
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn contains<Q>(&self, item: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(item);
        let (word, bits) = self.place(hash);
        if self.words[word] & bits != bits {
            return false;
        }
        self.items.find(hash, |known| known.borrow() == item).is_some()
    }

    /// The word of a hash, and its bits there.
    fn place(&self, hash: u64) -> (usize, u64) {
        let word = (hash >> 32) as usize & (self.words.len() - 1);
        (word, 1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::BloomedSet;

    #[test]
    fn it_has_what_was_put_in_and_nothing_else() {
        let items: Vec<Box<str>> = (0..1000).map(|number| format!("item {}", number % 900).into()).collect();
        let set = BloomedSet::new(items);
        assert_eq!(set.len(), 900);
        for number in 0..2000 {
            assert_eq!(set.contains(format!("item {number}").as_str()), number < 900, "{number}");
        }
        assert!(!BloomedSet::<Box<str>>::new(Vec::new()).contains(""));
    }
}
