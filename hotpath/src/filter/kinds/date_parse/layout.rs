//! A time's form, part by part, and the reading of a text by it.

use chrono::Datelike;
use chrono::format::{Fixed, Item, Numeric, Parsed, parse_and_remainder};

use crate::decode::instants::{Instants, WallTime, fraction, offset_of_word};

/// A part of a time's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// This text; a space stands for one or more of them.
    Text(String),
    /// A number or a name.
    Item(Item<'static>),
    /// A point or comma and digits of a second, or nothing.
    Fraction,
    /// Digits of a second.
    FractionDigits,
    /// `CET`, `UTC+2`, `+01:00`.
    ZoneName,
    /// `Mon` or `Monday`, which nothing depends on.
    Weekday,
}

/// The form of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    parts: Vec<Part>,
}

impl Layout {
    /// The form that has these parts. Behind seconds a fraction is taken whether the form has one or not.
    pub(super) fn new(written: Vec<Part>) -> Result<Self, String> {
        if !written.iter().any(says_day) {
            return Err("names no day of the month".to_owned());
        }
        let mut parts = Vec::with_capacity(written.len() + 1);
        let mut written = written.into_iter().peekable();
        while let Some(part) = written.next() {
            let ends_seconds =
                matches!(part, Part::Item(Item::Numeric(Numeric::Second | Numeric::Timestamp, _)));
            parts.push(part);
            if ends_seconds && !matches!(written.peek(), Some(Part::Fraction | Part::FractionDigits)) {
                parts.push(Part::Fraction);
            }
        }
        Ok(Self { parts })
    }

    /// The instant that a whole text of this form says, in microseconds since 1970.
    pub(super) fn read(&self, text: &str, instants: &mut Instants, received_us: i64) -> Option<i64> {
        let mut reading =
            Reading { rest: text.trim_ascii(), parsed: Parsed::new(), micros: 0, is_odd_zone: false };
        for part in &self.parts {
            reading.take(part)?;
        }
        if !reading.rest.is_empty() {
            return None;
        }
        if let Some(seconds) = reading.parsed.timestamp() {
            return seconds.checked_mul(1_000_000)?.checked_add(i64::from(reading.micros));
        }
        let time = reading.wall_time()?;
        instants.of_wall_time(&time, received_us)
    }
}

fn says_day(part: &Part) -> bool {
    let Part::Item(item) = part else { return false };
    matches!(
        item,
        Item::Numeric(Numeric::Day | Numeric::Ordinal | Numeric::IsoWeek | Numeric::Timestamp, _)
            | Item::Fixed(Fixed::RFC2822 | Fixed::RFC3339)
    )
}

/// A text that is being read.
struct Reading<'t> {
    rest: &'t str,
    parsed: Parsed,
    micros: u32,
    /// The zone is named by letters that mean several.
    is_odd_zone: bool,
}

impl Reading<'_> {
    fn take(&mut self, part: &Part) -> Option<()> {
        match part {
            Part::Text(expected) => self.take_text(expected)?,
            Part::Item(item) => {
                self.rest = parse_and_remainder(&mut self.parsed, self.rest, std::iter::once(item)).ok()?;
            }
            Part::Fraction => {
                let (micros, length) = fraction(self.rest);
                self.micros = micros;
                self.rest = self.rest.get(length..)?;
            }
            Part::FractionDigits => {
                let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
                let (digits, rest) = self.rest.split_at(digits);
                (self.micros, _) = fraction(&format!(".{digits}"));
                self.rest = rest;
            }
            Part::ZoneName => {
                let is_zone =
                    |character: char| character.is_ascii_alphanumeric() || "+-:".contains(character);
                let end = self.rest.find(|character| !is_zone(character)).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                match offset_of_word(word)? {
                    Some(offset_s) => self.parsed.set_offset(i64::from(offset_s)).ok()?,
                    None => self.is_odd_zone = true,
                };
                self.rest = rest;
            }
            Part::Weekday => {
                let letters = self.rest.chars().take_while(|character| character.is_alphabetic());
                let length = letters.map(char::len_utf8).sum();
                self.rest = self.rest.get(length..).filter(|_| length > 0)?;
            }
        }
        Some(())
    }

    fn take_text(&mut self, expected: &str) -> Option<()> {
        let mut expected = expected.chars().peekable();
        while let Some(character) = expected.next() {
            if character != ' ' {
                self.rest = self.rest.strip_prefix(character)?;
                continue;
            }
            while expected.next_if_eq(&' ').is_some() {}
            let after = self.rest.trim_start_matches(' ');
            if after.len() == self.rest.len() {
                return None;
            }
            self.rest = after;
        }
        Some(())
    }

    fn wall_time(&self) -> Option<WallTime> {
        let parsed = &self.parsed;
        let has_year = [parsed.year(), parsed.year_mod_100(), parsed.isoyear(), parsed.isoyear_mod_100()];
        let (year, month, day) = if has_year.iter().any(Option::is_some) {
            let date = parsed.to_naive_date().ok()?;
            (Some(date.year()), date.month(), date.day())
        } else {
            (None, parsed.month()?, parsed.day()?)
        };
        // Of a time that says no hours it is midnight; of one of twelve hours that says no half it is the first.
        let hour = parsed.hour_mod_12().unwrap_or(0) + 12 * parsed.hour_div_12().unwrap_or(0);
        let seconds_of_day = hour * 3600 + parsed.minute().unwrap_or(0) * 60 + parsed.second().unwrap_or(0);
        let offset_s = parsed.offset().filter(|_| !self.is_odd_zone);
        // The standard forms have a fraction of their own.
        let micros = if self.micros > 0 { self.micros } else { parsed.nanosecond().unwrap_or(0) / 1000 };
        Some(WallTime { year, month, day, seconds_of_day, micros, offset_s })
    }
}
