//! Messages from a ring of templates: copied, and the time, the number and some digits patched.

use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};

use super::template::{NUMBER_DIGITS, Template};
use super::time_text::{PAIRS, TimeText, write_digits};
use super::{LineKind, Rendered};
use crate::generator::Generator;
use crate::limits::{MESSAGE_NUMBER_MIN, RING_BYTES_MAX, RING_TEMPLATES_MAX};

/// An event lies up to this long before the time it is made at, in microseconds; a power of two.
const JITTER_US: u64 = 512;

/// Makes lines without end. The same seed and the same times give the same lines.
#[derive(Debug)]
pub struct LineGenerator {
    templates: Arc<Vec<Template>>,
    /// Messages of one length that stand together.
    group: usize,
    at: usize,
    rng: SmallRng,
    time_text: TimeText,
    number: u64,
}

impl LineGenerator {
    /// Messages of `kind` with `size` bytes on average.
    pub fn new(seed: u64, kind: impl LineKind, size: usize) -> Self {
        Self::with_ring(seed, kind, size, 1, None)
    }

    /// The same, but `group` messages in a row have one length, as UDP segmentation offload needs it; and of a run of
    /// `count` messages no more than these are made ready.
    pub(crate) fn with_ring(
        seed: u64,
        kind: impl LineKind,
        size: usize,
        group: usize,
        count: Option<u64>,
    ) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let count = count.map_or(RING_TEMPLATES_MAX, |count| count.min(RING_TEMPLATES_MAX as u64) as usize);
        let groups = (RING_BYTES_MAX / size.max(1)).min(count).div_ceil(group).max(1);
        let templates = Arc::new(ring(kind, size, group, groups, &mut rng));
        Self { templates, group, at: 0, rng, time_text: TimeText::new(), number: MESSAGE_NUMBER_MIN }
    }

    /// A generator with the same ring, that starts elsewhere in it and draws other digits.
    pub fn sibling(&self, index: usize) -> Self {
        let templates = Arc::clone(&self.templates);
        let at = (templates.len() / 7 * index / self.group * self.group) % templates.len();
        let mut rng = self.rng.clone();
        let rng = SmallRng::seed_from_u64(rng.next_u64() ^ index as u64);
        Self { templates, group: self.group, at, rng, time_text: TimeText::new(), number: self.number }
    }
}

impl Generator for LineGenerator {
    fn next_len(&self) -> usize {
        self.templates[self.at].bytes.len()
    }

    fn group_left(&self) -> usize {
        self.group - self.at % self.group
    }

    /// Numbers have twelve digits.
    fn set_number(&mut self, number: u64) {
        self.number = number;
    }

    fn append_next(&mut self, now_us: i64, out: &mut Vec<u8>) -> u64 {
        let template = &self.templates[self.at];
        self.at = if self.at + 1 == self.templates.len() { 0 } else { self.at + 1 };
        let number = self.number;
        self.number += 1;

        let start = out.len();
        out.extend_from_slice(&template.bytes);
        let message = &mut out[start..];
        let mut random = self.rng.next_u64();
        let event_us = now_us - (random % JITTER_US) as i64;
        for (time_at, style) in &template.times {
            self.time_text.write(*style, event_us, &mut message[*time_at..]);
        }
        write_digits(number, &mut message[template.number_at..template.number_at + NUMBER_DIGITS]);
        for (index, &pair_at) in template.pairs.iter().enumerate() {
            if index % 8 == 0 {
                random = self.rng.next_u64();
            }
            message[pair_at..pair_at + 2].copy_from_slice(&PAIRS[(random & 0xff) as usize % 100]);
            random >>= 8;
        }
        1
    }
}

/// Templates in groups of equal length, `size` bytes on average.
fn ring(kind: impl LineKind, size: usize, group: usize, groups: usize, rng: &mut SmallRng) -> Vec<Template> {
    let mut templates = Vec::with_capacity(groups * group);
    // Bytes that the messages so far are above what was asked: what a kind cannot do without is made up for by the next.
    let mut excess = 0_i64;
    for _ in 0..groups {
        let mut members: Vec<Template> =
            (0..group).map(|_| kind.render(rng)).map(|Rendered(template)| template).collect();
        let spread = (size / 10) as i64;
        let wish = size as i64 + rng.random_range(-spread..=spread) - excess.clamp(-spread, size as i64);
        let longest = members.iter().map(|member| member.bytes.len()).max().unwrap_or(0);
        let length = longest.max(wish.max(0) as usize);
        for member in &mut members {
            member.lengthen(length, rng);
        }
        excess += length as i64 - size as i64;
        templates.append(&mut members);
    }
    templates
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::limits::GSO_SEGMENTS_MAX;
    use crate::lines::SyslogKind;

    const NOW_US: i64 = 1_763_616_896_500_000;
    const KINDS: [SyslogKind; 5] =
        [SyslogKind::Rfc5424, SyslogKind::Rfc3164, SyslogKind::Firewall, SyslogKind::Json, SyslogKind::Mixed];

    fn generator(seed: u64, kind: SyslogKind, size: usize) -> LineGenerator {
        LineGenerator::with_ring(seed, kind, size, 1, Some(1_000))
    }

    fn messages(generator: &mut LineGenerator, count: usize) -> Vec<String> {
        let mut messages = Vec::new();
        for _ in 0..count {
            let mut out = Vec::new();
            generator.append_next(NOW_US, &mut out);
            messages.push(String::from_utf8(out).unwrap());
        }
        messages
    }

    #[test]
    fn the_same_seed_makes_the_same_messages() {
        for kind in KINDS {
            let one = messages(&mut generator(7, kind, 250), 500);
            assert_eq!(one, messages(&mut generator(7, kind, 250), 500));
            assert_ne!(one, messages(&mut generator(8, kind, 250), 500));
        }
    }

    #[test]
    fn each_message_carries_its_number_once() {
        for kind in KINDS {
            for (index, message) in messages(&mut generator(1, kind, 250), 1_000).iter().enumerate() {
                let number = (MESSAGE_NUMBER_MIN + index as u64).to_string();
                assert_eq!(message.matches(&number).count(), 1, "{message}");
                assert!(message.contains("seq="), "{message}");
            }
        }
    }

    #[test]
    fn the_average_size_is_the_one_asked_for() {
        for kind in KINDS {
            for size in [260, 500, 4_000] {
                let messages = messages(&mut generator(3, kind, size), 2_000);
                let mean = messages.iter().map(String::len).sum::<usize>() as f64 / messages.len() as f64;
                assert!((mean / size as f64 - 1.0).abs() < 0.02, "{kind:?}: {mean} bytes for {size}");
            }
        }
    }

    #[test]
    fn messages_of_a_group_have_one_length() {
        let mut generator =
            LineGenerator::with_ring(3, SyslogKind::Mixed, 250, GSO_SEGMENTS_MAX, Some(3_200));
        let mut lengths = HashSet::new();
        for _ in 0..50 {
            let length = generator.next_len();
            assert_eq!(generator.group_left(), GSO_SEGMENTS_MAX);
            for message in messages(&mut generator, GSO_SEGMENTS_MAX) {
                assert_eq!(message.len(), length);
            }
            lengths.insert(length);
        }
        assert!(lengths.len() > 1);
    }

    #[test]
    fn a_message_is_one_line_of_text_with_its_time() {
        for kind in KINDS {
            for message in messages(&mut generator(5, kind, 300), 1_000) {
                assert!(message.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{message}");
                assert!(!message.ends_with(' '));
                assert!(
                    message.contains("2025-11-20T05:34:56.49")
                        || message.contains(">Nov 20 05:34:56 ")
                        || message.contains("2025-11-20T05:34:56.50"),
                    "{message}"
                );
            }
        }
    }

    #[test]
    fn the_body_of_the_kind_json_is_json() {
        for message in messages(&mut generator(5, SyslogKind::Json, 300), 1_000) {
            let (_, body) = message.split_once("] ").unwrap();
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert!(body["status"].is_i64() && body["took_ms"].is_f64());
        }
    }

    #[test]
    fn siblings_send_other_messages() {
        let mut first = generator(5, SyslogKind::Firewall, 250);
        let mut second = first.sibling(1);
        assert_ne!(messages(&mut first, 1), messages(&mut second, 1));
    }
}
