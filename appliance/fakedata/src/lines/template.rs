//! A message written once, and the places in it that are different each time it is sent.

use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;

use super::time_text::TimeStyle;
use super::words::FILLER;
use crate::limits::VARYING_PAIRS_MAX;

/// Digits of a message's number.
pub(crate) const NUMBER_DIGITS: usize = 12;

/// A message with its time, its number and some digits still to be filled in.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) bytes: Vec<u8>,
    /// Where its time stands, and how it is written there.
    pub(crate) times: Vec<(usize, TimeStyle)>,
    pub(crate) number_at: usize,
    /// Where two digits stand that are drawn for each message.
    pub(crate) pairs: Vec<usize>,
    /// Where text may be put in to make the message longer; everything to be filled in stands before it.
    filler_at: usize,
    /// Between the words put in.
    joiner: u8,
}

impl Template {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            times: Vec::new(),
            number_at: 0,
            pairs: Vec::new(),
            filler_at: 0,
            joiner: b' ',
        }
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// The time.
    pub(crate) fn time(&mut self, style: TimeStyle) -> &mut Self {
        self.times.push((self.bytes.len(), style));
        self.text(style.placeholder())
    }

    /// The message's number.
    pub(crate) fn number(&mut self) -> &mut Self {
        self.number_at = self.bytes.len();
        self.text(&"0".repeat(NUMBER_DIGITS))
    }

    /// A number whose first digits are `lead` and whose others, two for each pair, differ from message to message.
    pub(crate) fn varying(&mut self, lead: u32, pairs: usize) -> &mut Self {
        self.text(&lead.to_string());
        for _ in 0..pairs {
            if self.pairs.len() < VARYING_PAIRS_MAX {
                self.pairs.push(self.bytes.len());
            }
            self.text("00");
        }
        self
    }

    /// The end of the text that may be made longer, by words with `joiner` between them.
    pub(crate) fn filler(&mut self, joiner: u8) -> &mut Self {
        self.filler_at = self.bytes.len();
        self.joiner = joiner;
        self
    }

    /// Makes the message `length` bytes long, or leaves it when it is longer.
    pub(crate) fn lengthen(&mut self, length: usize, rng: &mut SmallRng) {
        let last_pair = self.pairs.iter().max().copied().unwrap_or(0);
        debug_assert!(
            self.filler_at >= last_pair.max(self.number_at),
            "what is filled in stands before the filler"
        );
        let missing = length.saturating_sub(self.bytes.len());
        if missing == 0 {
            return;
        }
        let mut filler = Vec::with_capacity(missing + 16);
        while filler.len() < missing {
            filler.push(self.joiner);
            filler.extend_from_slice(FILLER.choose(rng).unwrap_or(&"x").as_bytes());
        }
        filler.truncate(missing);
        if filler.ends_with(&[self.joiner]) {
            filler.pop();
            filler.push(b'a' + rng.random_range(0..26));
        }
        self.bytes.splice(self.filler_at..self.filler_at, filler);
    }
}
