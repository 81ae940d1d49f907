//! The usual form of an event: one object of scalars without an escape in them, as most programs write their logs. It is read
//! without a tape and without a copy; everything else is left to [`super::reader`], which gives the same fields.

use super::mend::DOUBLE_DIGITS;
use crate::batch::Value;
use crate::decode::byte_masks::{MASK_BYTES, json_masks};

/// Digits of a whole number that 64 bits always hold.
const INTEGER_DIGITS: usize = 18;

/// A member of the object.
#[derive(Debug, Clone, Copy)]
struct Member {
    name: Span,
    value: Scalar,
}

/// Bytes of the text.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy)]
enum Scalar {
    Text(Span),
    Int64(i64),
    Double(f64),
    Boolean(bool),
    Null,
}

/// Reads objects; its memory is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct UsualObject {
    /// Which bytes of the text are quotes.
    quotes: Vec<u64>,
    members: Vec<Member>,
}

impl UsualObject {
    /// Reads a text; `false` where it has another form, or is no JSON.
    pub(super) fn read(&mut self, text: &str) -> bool {
        self.members.clear();
        if u32::try_from(text.len()).is_err() || !text.starts_with('{') || !text.ends_with('}') {
            return false;
        }
        self.mark_quotes(text.as_bytes()) && self.read_members(text.as_bytes()).is_some()
    }

    /// The members of the text that was read last.
    #[inline]
    pub(super) fn fields<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        self.members.iter().filter_map(move |member| {
            let value = match member.value {
                Scalar::Text(span) => Value::Text(span.of(text)?),
                Scalar::Int64(number) => Value::Int64(number),
                Scalar::Double(number) => Value::Double(number),
                Scalar::Boolean(truth) => Value::Boolean(truth),
                Scalar::Null => return None,
            };
            Some((member.name.of(text)?, value))
        })
    }

    /// Marks the quotes; `false` where there is a backslash or a control character.
    fn mark_quotes(&mut self, text: &[u8]) -> bool {
        self.quotes.clear();
        let (whole, rest) = text.as_chunks::<MASK_BYTES>();
        let mut escapes = 0;
        for bytes in whole {
            let masks = json_masks(bytes);
            escapes |= masks.escape;
            self.quotes.push(masks.quote);
        }
        if !rest.is_empty() {
            let mut padded = [b' '; MASK_BYTES];
            padded[..rest.len()].copy_from_slice(rest);
            let masks = json_masks(&padded);
            escapes |= masks.escape;
            self.quotes.push(masks.quote);
        }
        escapes == 0
    }

    /// The first quote from `from` on.
    #[inline]
    fn next_quote(&self, from: usize) -> Option<usize> {
        let mut number = from / MASK_BYTES;
        let mut bits = self.quotes.get(number)? & (u64::MAX << (from % MASK_BYTES));
        while bits == 0 {
            number += 1;
            bits = *self.quotes.get(number)?;
        }
        Some(number * MASK_BYTES + bits.trailing_zeros() as usize)
    }

    /// The text between the quote at `at` and the next one.
    #[inline]
    fn string(&self, text: &[u8], at: usize) -> Option<Span> {
        if text.get(at) != Some(&b'"') {
            return None;
        }
        let end = self.next_quote(at + 1)?;
        Some(Span { start: at as u32 + 1, end: end as u32 })
    }

    fn read_members(&mut self, text: &[u8]) -> Option<()> {
        let mut at = after_spaces(text, 1);
        loop {
            let name = self.string(text, at)?;
            at = after_spaces(text, name.end as usize + 1);
            if text.get(at) != Some(&b':') {
                return None;
            }
            at = after_spaces(text, at + 1);
            let (value, end) = self.scalar(text, at)?;
            self.members.push(Member { name, value });
            at = after_spaces(text, end);
            match text.get(at)? {
                b',' => at = after_spaces(text, at + 1),
                b'}' => return (at + 1 == text.len()).then_some(()),
                _ => return None,
            }
        }
    }

    /// The scalar at a place, and where it ends.
    #[inline]
    fn scalar(&self, text: &[u8], at: usize) -> Option<(Scalar, usize)> {
        let rest = text.get(at..)?;
        match rest.first()? {
            b'"' => {
                let span = self.string(text, at)?;
                Some((Scalar::Text(span), span.end as usize + 1))
            }
            b'0'..=b'9' | b'-' => {
                let (value, length) = number(rest)?;
                Some((value, at + length))
            }
            b't' if rest.starts_with(b"true") => Some((Scalar::Boolean(true), at + 4)),
            b'f' if rest.starts_with(b"false") => Some((Scalar::Boolean(false), at + 5)),
            b'n' if rest.starts_with(b"null") => Some((Scalar::Null, at + 4)),
            _ => None,
        }
    }
}

impl Span {
    #[inline]
    fn of(self, text: &str) -> Option<&str> {
        text.get(self.start as usize..self.end as usize)
    }
}

#[inline]
fn after_spaces(text: &[u8], mut at: usize) -> usize {
    while text.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

/// The number that a text begins with and the bytes it takes (RFC 8259 section 6); `None` for one with an exponent, for one
/// that has more digits than 64 bits always hold, and for what is none.
#[inline]
fn number(text: &[u8]) -> Option<(Scalar, usize)> {
    let is_negative = text.first() == Some(&b'-');
    let start = usize::from(is_negative);
    let (value, digits) = leading_digits(text.get(start..)?);
    let mut at = start + digits;
    let has_leading_zero = digits > 1 && text.get(start) == Some(&b'0');
    if digits == 0 || digits > INTEGER_DIGITS || has_leading_zero {
        return None;
    }
    match text.get(at) {
        Some(b'.') => {}
        Some(b'e' | b'E') => return None,
        _ => return Some((Scalar::Int64(if is_negative { -value } else { value }), at)),
    }
    let (_, fraction_digits) = leading_digits(text.get(at + 1..)?);
    at += 1 + fraction_digits;
    if fraction_digits == 0 || digits + fraction_digits > DOUBLE_DIGITS {
        return None;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        return None;
    }
    let number = str::from_utf8(text.get(..at)?).ok()?.parse().ok()?;
    Some((Scalar::Double(number), at))
}

/// The value of the digits that a text begins with, of which at most one more than [`INTEGER_DIGITS`] are looked at, and how
/// many they are.
#[inline]
fn leading_digits(text: &[u8]) -> (i64, usize) {
    let (mut value, mut digits) = (0, 0);
    while let Some(byte @ b'0'..=b'9') = text.get(digits)
        && digits <= INTEGER_DIGITS
    {
        // 19 digits at the most: below 2^63 * 2, and what is above 18 is not taken.
        value = value * 10 + u64::from(byte - b'0');
        digits += 1;
    }
    (value as i64, digits)
}
