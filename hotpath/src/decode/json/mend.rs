//! What simd-json would refuse or change, written so that it does neither: numbers that 64 bits do not hold become marked
//! texts of their digits, and half of a surrogate pair becomes U+FFFD.

use memchr::memchr2;

/// Shortest number that may be beyond 64 bits, or be one whose end simd-json does not look at: 19 digits, or a point
/// among 18.
const LONG_NUMBER_BYTES: usize = 19;
/// Digits of a decimal that a double always gives back.
pub(super) const DOUBLE_DIGITS: usize = 17;
/// Stands before the digits of a number that became a text. No other text of the event has it.
const MARK: char = '\u{f8ff}';
/// The same as an escape, without its beginning.
const MARK_ESCAPED: &str = "f8ff";
/// Bytes of `\u` and four digits.
const ESCAPE_BYTES: usize = 6;
const REPLACEMENT: &str = "\\ufffd";

/// What was done to a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mended {
    pub(super) is_changed: bool,
    /// What stands before the digits of numbers that became texts, where it can be told from the event's own texts.
    pub(super) mark: Option<char>,
    pub(super) has_lone_surrogate: bool,
}

/// Something that begins as a number does and is none: the text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoNumber;

fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E')
}

/// Whether the text has a run of number bytes that may be a long number, be it in a text or not.
pub(super) fn has_long_number(bytes: &[u8]) -> bool {
    // A run that is as long covers one of these places.
    let mut at = LONG_NUMBER_BYTES - 1;
    while let Some(byte) = bytes.get(at) {
        if is_number_byte(*byte) {
            let before = bytes[..at].iter().rev().take(LONG_NUMBER_BYTES);
            let before = before.take_while(|byte| is_number_byte(**byte)).count();
            let from = bytes[at..].iter().take(LONG_NUMBER_BYTES);
            let from = from.take_while(|byte| is_number_byte(**byte)).count();
            if before + from >= LONG_NUMBER_BYTES {
                return true;
            }
        }
        at += LONG_NUMBER_BYTES;
    }
    false
}

/// Whether the text has the escape of a surrogate.
pub(super) fn has_surrogate(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', bytes).any(|at| matches!(bytes.get(at + 1..), Some([b'u', b'd' | b'D', ..])))
}

/// Writes the mended text to `out`, where there is something to mend.
///
/// # Errors
/// [`NoNumber`] where the text is no JSON because of a number. The rest is for simd-json to find.
pub(super) fn mend(text: &str, out: &mut String) -> Result<Mended, NoNumber> {
    out.clear();
    let mark = (!text.contains(MARK) && !text.to_ascii_lowercase().contains(MARK_ESCAPED)).then_some(MARK);
    let mut copy = Copy { text, out, copied: 0, mended: Mended { mark, ..Mended::default() } };
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'"' => copy.string(at + 1),
            b'-' | b'0'..=b'9' => copy.number(at)?,
            _ => at + 1,
        };
    }
    Ok(copy.finish())
}

/// A text that is being copied, as far as it has to be.
struct Copy<'a> {
    text: &'a str,
    out: &'a mut String,
    /// Bytes of the text that are in `out`, in this form or another.
    copied: usize,
    mended: Mended,
}

impl Copy<'_> {
    /// Puts other text for that from `start` to `end`, which are boundaries of characters.
    fn replace(&mut self, start: usize, end: usize, with: &[&str]) {
        self.out.push_str(self.text.get(self.copied..start).unwrap_or_default());
        self.out.extend(with.iter().copied());
        self.copied = end;
        self.mended.is_changed = true;
    }

    fn finish(self) -> Mended {
        if self.mended.is_changed {
            self.out.push_str(self.text.get(self.copied..).unwrap_or_default());
        }
        self.mended
    }

    /// Goes through a string from behind its opening quote to behind its closing one.
    fn string(&mut self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            at += found;
            if bytes[at] == b'"' {
                return at + 1;
            }
            at = self.escape(at);
        }
        bytes.len()
    }

    /// Goes over the escape that begins at a backslash.
    fn escape(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        match escaped_unit(bytes, at) {
            // RFC 8259 section 7: a character beyond U+FFFF is a pair, the high half first.
            Some(0xd800..=0xdbff) => match escaped_unit(bytes, at + ESCAPE_BYTES) {
                Some(0xdc00..=0xdfff) => at + 2 * ESCAPE_BYTES,
                _ => self.replace_half(at),
            },
            Some(0xdc00..=0xdfff) => self.replace_half(at),
            _ => at + 2,
        }
    }

    fn replace_half(&mut self, at: usize) -> usize {
        self.replace(at, at + ESCAPE_BYTES, &[REPLACEMENT]);
        self.mended.has_lone_surrogate = true;
        at + ESCAPE_BYTES
    }

    /// Goes over a number.
    fn number(&mut self, at: usize) -> Result<usize, NoNumber> {
        let rest = self.text.get(at..).unwrap_or_default();
        let length = rest.bytes().take_while(|byte| is_number_byte(*byte)).count();
        let token = &rest[..length];
        let is_ended = matches!(
            rest.as_bytes().get(length),
            None | Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}')
        );
        if !is_ended || !is_number(token) {
            return Err(NoNumber);
        }
        if !is_held(token) {
            let mut mark = [0; 4];
            let mark = self.mended.mark.map_or("", |mark_char| mark_char.encode_utf8(&mut mark));
            self.replace(at, at + length, &["\"", mark, token, "\""]);
        }
        Ok(at + length)
    }
}

/// The UTF-16 unit that `\uXXXX` at a place writes.
fn escaped_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + ESCAPE_BYTES)?;
    let digits = escape.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | value as u16)
    })
}

/// Whether a text is a number (RFC 8259 section 6).
fn is_number(token: &str) -> bool {
    let digits_of = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    let whole_digits = digits_of(unsigned);
    if whole_digits == 0 || (whole_digits > 1 && unsigned.starts_with('0')) {
        return false;
    }
    let mut rest = &unsigned[whole_digits..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = digits_of(fraction);
        if digits == 0 {
            return false;
        }
        rest = &fraction[digits..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        return digits_of(exponent) > 0 && digits_of(exponent) == exponent.len();
    }
    rest.is_empty()
}

/// Whether 64 bits hold the number: as an integer, or as a double that says the same.
fn is_held(token: &str) -> bool {
    if !token.contains(['.', 'e', 'E']) {
        return token.parse::<i64>().is_ok();
    }
    let mantissa = token.split(['e', 'E']).next().unwrap_or_default();
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let Some(first) = digits.iter().position(|digit| *digit != b'0') else { return true };
    let last = digits.iter().rposition(|digit| *digit != b'0').unwrap_or(first);
    let is_in_range = token.parse::<f64>().is_ok_and(|number| number.is_finite() && number != 0.0);
    last - first < DOUBLE_DIGITS && is_in_range
}

/// Whether a number is a whole one, by its digits.
pub(super) fn is_whole(digits: &str) -> bool {
    !digits.contains(['.', 'e', 'E'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mended(text: &str) -> Option<String> {
        let mut out = String::new();
        mend(text, &mut out).ok().map(|mended| if mended.is_changed { out } else { text.to_owned() })
    }

    #[test]
    fn numbers_that_64_bits_do_not_hold_become_marked_texts() {
        for (token, is_held) in [
            ("9223372036854775807", true),
            ("-9223372036854775808", true),
            ("9223372036854775808", false),
            ("18446744073709551615", false),
            ("0.1", true),
            ("0.10000000000000000000", true),
            ("123456789.12345678", true),
            ("1234567890.12345678", false),
            ("3.14159265358979323846", false),
            ("1e400", false),
            ("1e-400", false),
            ("0e-400", true),
            ("1.5E+10", true),
        ] {
            let text = format!("[{token}]");
            let expected = if is_held { text.clone() } else { format!("[\"{MARK}{token}\"]") };
            assert_eq!(mended(&text), Some(expected), "{token}");
        }
    }

    #[test]
    fn what_touches_a_number_or_is_none_makes_the_text_no_json() {
        for text in ["[1a]", "[12345678901234567890abc]", "[1.]", "[-]", "[01]", "[1e]", "[1.5e+]", "[1\"\"]"]
        {
            assert_eq!(mended(text), None, "{text}");
        }
        assert_eq!(
            mended(r#"["1a 01 1.", 1]"#).as_deref(),
            Some(r#"["1a 01 1.", 1]"#),
            "texts are left alone"
        );
    }

    #[test]
    fn half_of_a_surrogate_pair_is_replaced() {
        for (text, expected) in [
            (r#"["\ud83d\ude00"]"#, r#"["\ud83d\ude00"]"#),
            (r#"["\uD83D!"]"#, r#"["\ufffd!"]"#),
            (r#"["\ude00\ud83d"]"#, r#"["\ufffd\ufffd"]"#),
            (r#"["\ud83d\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#),
            (r#"["\\ud83d"]"#, r#"["\\ud83d"]"#),
            (r#"["\ud83"]"#, r#"["\ud83"]"#),
        ] {
            assert_eq!(mended(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_text_that_has_the_mark_itself_is_not_taken_for_a_number() {
        for text in ["[\"\u{f8ff}1\",99999999999999999999]", "[\"\\uF8FF1\",99999999999999999999]"] {
            assert_eq!(mend(text, &mut String::new()).unwrap().mark, None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_run_that_is_long_enough_is_found(before in "[a-z]{0,40}", run in "[0-9.eE+-]{0,40}", after in "[a-z]{0,40}") {
            let (before, after) = (before.replace('e', "x"), after.replace('e', "x"));
            let text = format!("{before}{run}{after}");
            prop_assert_eq!(has_long_number(text.as_bytes()), run.len() >= LONG_NUMBER_BYTES);
        }

        #[test]
        fn a_number_is_what_serde_takes_for_one(token in "-?[0-9]{0,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?") {
            let is_json = serde_json::from_str::<serde_json::Value>(&token).is_ok();
            prop_assert_eq!(is_number(&token), is_json, "{}", token);
        }
    }
}
