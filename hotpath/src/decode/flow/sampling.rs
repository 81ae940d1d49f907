//! How many packets one sampled packet stands for, and who says so.

use std::collections::BTreeMap;

use crate::batch::ShortText;

/// A sampling rate: `numerator` packets of which `denominator` were looked at. Neither is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) numerator: u64,
    pub(super) denominator: u64,
}

impl Rate {
    /// One of so many; `None` for 0, which says nothing.
    pub(super) fn one_in(numerator: u64) -> Option<Self> {
        Self::new(numerator, 1)
    }

    /// `None` for a rate that is none: a 0, or more packets looked at than there were.
    pub(super) fn new(numerator: u64, denominator: u64) -> Option<Self> {
        let is_rate = denominator > 0 && numerator >= denominator && i64::try_from(numerator).is_ok();
        is_rate.then_some(Self { numerator, denominator })
    }

    /// The rate of a probability (samplingProbability, RFC 5477 section 8.2.7).
    pub(super) fn of_probability(probability: f64) -> Option<Self> {
        const STEPS: f64 = 1e9;
        if !(probability > 0.0 && probability <= 1.0) {
            return None;
        }
        let denominator = (probability * STEPS).round() as u64;
        Self::new(STEPS as u64, denominator)
    }

    /// The rate as a whole number, as near as can be.
    pub(super) fn rounded(self) -> i64 {
        // Both are below 2^63, see `new`.
        ((self.numerator + self.denominator / 2) / self.denominator) as i64
    }

    /// A counter times the rate; `None` beyond 63 bits.
    #[inline]
    pub(super) fn scale(self, counter: i64) -> Option<i64> {
        if self.denominator == 1 {
            return counter.checked_mul(self.numerator as i64);
        }
        i64::try_from(i128::from(counter) * i128::from(self.numerator) / i128::from(self.denominator)).ok()
    }
}

/// Who said what the rate is; the text of the column `sampling_source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RateSource {
    Header,
    Record,
    Options,
    Override,
}

impl RateSource {
    pub(super) fn name(self) -> ShortText {
        const HEADER: ShortText = ShortText::new("header");
        const RECORD: ShortText = ShortText::new("record");
        const OPTIONS: ShortText = ShortText::new("options");
        const OVERRIDE: ShortText = ShortText::new("override");
        match self {
            Self::Header => HEADER,
            Self::Record => RECORD,
            Self::Options => OPTIONS,
            Self::Override => OVERRIDE,
        }
    }
}

/// What a rate that options tell of holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sampled {
    /// All flows of the domain.
    Whole,
    /// Flows that name this sampler (FLOW_SAMPLER_ID) or selector (selectorId).
    Sampler(u64),
    /// Flows that came in by this interface.
    Interface(u64),
    /// Flows of this template.
    Template(u64),
}

/// The rates that the options of a domain told of.
#[derive(Debug, Default)]
pub(super) struct Samplers {
    rates: BTreeMap<Sampled, Rate>,
    /// The rate of the one sampler that there is.
    only_sampler: Option<Rate>,
}

impl Samplers {
    /// Takes note of a rate, where there is room for one that is not known yet; returns whether that is news.
    pub(super) fn learn(&mut self, sampled: Sampled, rate: Rate, has_room: bool) -> bool {
        let known = self.rates.get(&sampled);
        if known == Some(&rate) || (known.is_none() && !has_room) {
            return false;
        }
        self.rates.insert(sampled, rate);
        let mut samplers = self
            .rates
            .iter()
            .filter(|(sampled, _)| matches!(sampled, Sampled::Sampler(_)))
            .map(|(_, rate)| *rate);
        self.only_sampler = samplers.next().filter(|_| samplers.next().is_none());
        true
    }

    pub(super) fn len(&self) -> usize {
        self.rates.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rates.is_empty()
    }

    /// Whether the rate may differ from flow to flow of a template.
    pub(super) fn depends_on_record(&self) -> bool {
        self.rates.keys().any(|sampled| matches!(sampled, Sampled::Sampler(_) | Sampled::Interface(_)))
    }

    /// The rate of a flow: of its sampler, else of its interface, its template, of all flows. A flow that names no
    /// sampler has the rate of the only one there is.
    pub(super) fn rate(&self, sampler: Option<u64>, interface: Option<u64>, template: u16) -> Option<Rate> {
        if self.rates.is_empty() {
            return None;
        }
        let of = |sampled: Option<Sampled>| self.rates.get(&sampled?).copied();
        of(sampler.map(Sampled::Sampler))
            .or_else(|| of(interface.map(Sampled::Interface)))
            .or_else(|| of(Some(Sampled::Template(u64::from(template)))))
            .or_else(|| of(Some(Sampled::Whole)))
            .or_else(|| self.only_sampler.filter(|_| sampler.is_none()))
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (Sampled, Rate)> + '_ {
        self.rates.iter().map(|(sampled, rate)| (*sampled, *rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_scaled_by_the_exact_rate() {
        let thousand = Rate::one_in(1_000).unwrap();
        assert_eq!(
            (thousand.scale(7), thousand.scale(i64::MAX / 2), thousand.rounded()),
            (Some(7_000), None, 1_000)
        );
        let two_of_three = Rate::new(3, 2).unwrap();
        assert_eq!((two_of_three.scale(9), two_of_three.rounded()), (Some(13), 2));
        assert_eq!(Rate::of_probability(0.001).unwrap().rounded(), 1_000);
        for none in [Rate::one_in(0), Rate::new(1, 2), Rate::new(0, 0), Rate::one_in(u64::MAX)] {
            assert_eq!(none, None);
        }
        assert!([0.0, -1.0, f64::NAN, 1.5, 1e-12].iter().all(|p| Rate::of_probability(*p).is_none()));
    }

    #[test]
    fn the_nearest_rate_counts() {
        let mut samplers = Samplers::default();
        let rate = |number| Rate::one_in(number).unwrap();
        assert!(samplers.learn(Sampled::Sampler(1), rate(10), true));
        assert!(!samplers.learn(Sampled::Sampler(1), rate(10), true), "no news");
        assert_eq!(samplers.rate(None, None, 256), Some(rate(10)), "the only sampler");
        assert_eq!(samplers.rate(Some(2), None, 256), None, "another sampler");
        samplers.learn(Sampled::Sampler(2), rate(20), true);
        assert_eq!(samplers.rate(None, None, 256), None, "one of two samplers");
        samplers.learn(Sampled::Whole, rate(5), true);
        samplers.learn(Sampled::Interface(3), rate(30), true);
        samplers.learn(Sampled::Template(300), rate(40), true);
        assert_eq!(samplers.rate(Some(2), Some(3), 300), Some(rate(20)));
        assert_eq!(samplers.rate(Some(9), Some(3), 300), Some(rate(30)));
        assert_eq!(samplers.rate(None, Some(4), 300), Some(rate(40)));
        assert_eq!(samplers.rate(None, None, 256), Some(rate(5)));
        assert!(!samplers.learn(Sampled::Sampler(3), rate(1), false), "there is no room");
        assert!(samplers.learn(Sampled::Whole, rate(6), false), "it takes the place of the old one");
    }
}
