//! Which bytes of a text can be no part of a key, and which are equals signs.

use crate::decode::byte_masks::{MASK_BYTES, PairMasks, pair_masks};

/// The marks of a text; its memory is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Marks {
    words: Vec<PairMasks>,
    length: usize,
}

impl Marks {
    /// Marks the bytes of a text.
    pub(super) fn read(&mut self, text: &[u8]) {
        self.length = text.len();
        self.words.clear();
        let (whole, rest) = text.as_chunks::<MASK_BYTES>();
        self.words.extend(whole.iter().map(pair_masks));
        if rest.is_empty() {
            return;
        }
        let word = match text.last_chunk::<MASK_BYTES>() {
            // The last 64 bytes, without those that have been marked.
            Some(last) => {
                let (word, marked) = (pair_masks(last), MASK_BYTES - rest.len());
                PairMasks { equals: word.equals >> marked, not_key: word.not_key >> marked }
            }
            None => {
                let mut padded = [b'a'; MASK_BYTES];
                padded[..rest.len()].copy_from_slice(rest);
                pair_masks(&padded)
            }
        };
        self.words.push(word);
    }

    /// The first equals sign from `from` on.
    #[inline]
    pub(super) fn next_equals(&self, from: usize) -> Option<usize> {
        let found = self.next(from, |word| word.equals);
        (found < self.length).then_some(found)
    }

    /// The first byte from `from` on that is no part of a key, or the end of the text.
    #[inline]
    pub(super) fn next_not_key(&self, from: usize) -> usize {
        self.next(from, |word| word.not_key)
    }

    #[inline]
    fn next(&self, from: usize, marks: impl Fn(&PairMasks) -> u64) -> usize {
        let mut number = from / MASK_BYTES;
        let Some(first) = self.words.get(number) else { return self.length };
        let mut bits = marks(first) & (u64::MAX << (from % MASK_BYTES));
        while bits == 0 {
            number += 1;
            let Some(word) = self.words.get(number) else { return self.length };
            bits = marks(word);
        }
        number * MASK_BYTES + bits.trailing_zeros() as usize
    }

    /// How many key bytes stand right before `end`, counted to 64 and not beyond the beginning of the text.
    #[inline]
    pub(super) fn key_bytes_before(&self, end: usize) -> usize {
        let (number, bit) = (end / MASK_BYTES, end % MASK_BYTES);
        let marks = |number: usize| self.words.get(number).map_or(0, |word| word.not_key);
        // The 64 marks before `end`, the last one in the highest bit.
        let mut before = if bit == 0 { 0 } else { marks(number) << (MASK_BYTES - bit) };
        if number > 0 {
            before |= marks(number - 1) >> bit;
        }
        (before.leading_zeros() as usize).min(end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::byte_masks::is_key_byte;

    proptest! {
        #[test]
        fn marks_find_what_a_look_at_each_byte_finds(
            text in prop::collection::vec(prop::sample::select(b"abc=, \xc3-".to_vec()), 0..300),
            long_key in 0usize..200,
        ) {
            let text = [text.as_slice(), &vec![b'k'; long_key], b"=1"].concat();
            let mut marks = Marks::default();
            marks.read(&text);
            for at in 0..=text.len() {
                let equals = text[at..].iter().position(|byte| *byte == b'=').map(|found| at + found);
                prop_assert_eq!(marks.next_equals(at), equals);
                let not_key = text[at..].iter().position(|byte| !is_key_byte(*byte));
                prop_assert_eq!(marks.next_not_key(at), not_key.map_or(text.len(), |found| at + found));
                let key_bytes = text[..at].iter().rev().take(64).take_while(|byte| is_key_byte(**byte)).count();
                prop_assert_eq!(marks.key_bytes_before(at), key_bytes);
            }
        }
    }
}
