//! What stands between the attributes: the tab, or what a LEEF 2.0 header says.

use super::attributes::has_attribute;
use crate::decode::marked::field_end;

/// Digits of a delimiter that is written as a number.
const HEX_DIGITS_MAX: usize = 4;
/// The tab as rsyslog writes it where it escapes control characters.
const ESCAPED_TAB: &str = "#011";

/// What stands between two attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    Character(char),
    EscapedTab,
    /// White space: a value goes on to the next key.
    Spaces,
}

/// The delimiter, and the attributes behind it. The field of LEEF 2.0 may be empty or left out.
pub(super) fn split<'a>(rest: &'a str, version: &str) -> (Delimiter, &'a str) {
    if version.starts_with('1') {
        return (usual(rest), rest);
    }
    let (end, _) = field_end(rest.as_bytes());
    // The bar itself may be the delimiter: `|||src=`.
    let end = if rest.starts_with("||") && !rest.starts_with("||=") && is_bar(rest) { 1 } else { end };
    let (field, after) = (rest.get(..end).unwrap_or(rest), rest.get(end + 1..));
    match (character(field), after) {
        // Between spaces a value may have some: it goes on to the next key.
        (Some(' '), Some(after)) => (Delimiter::Spaces, after),
        (Some(character), Some(after)) => (Delimiter::Character(character), after),
        (None, Some(after)) if field.trim_ascii().is_empty() => (usual(after), after),
        _ => (usual(rest), rest),
    }
}

/// `||` and attributes between bars.
fn is_bar(rest: &str) -> bool {
    rest.get(2..).is_some_and(|after| {
        !after.contains(['\t', '^']) && after.split_once('|').is_some_and(|(first, _)| has_attribute(first))
    })
}

/// The character that the field names: itself, or `x09`, `0x09`, `x5E`.
fn character(field: &str) -> Option<char> {
    let mut characters = field.chars();
    if let (Some(character), None) = (characters.next(), characters.next()) {
        return Some(character);
    }
    let field = field.trim_ascii();
    let digits = field.strip_prefix("0x").or_else(|| field.strip_prefix("0X"));
    let digits = digits.or_else(|| field.strip_prefix(['x', 'X']))?;
    if digits.is_empty()
        || digits.len() > HEX_DIGITS_MAX
        || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return match field {
            r"\t" => Some('\t'),
            _ => None,
        };
    }
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

/// What devices use where they say nothing: the tab, and what relays make of it.
fn usual(attributes: &str) -> Delimiter {
    if attributes.contains('\t') {
        return Delimiter::Character('\t');
    }
    if attributes.split_once('^').is_some_and(|(_, after)| has_attribute(after)) {
        return Delimiter::Character('^');
    }
    if attributes.contains(ESCAPED_TAB) {
        return Delimiter::EscapedTab;
    }
    Delimiter::Spaces
}

impl Delimiter {
    /// Where the text has it next, and its bytes.
    pub(super) fn find(self, text: &str) -> Option<(usize, usize)> {
        match self {
            Self::Character(character) => text.find(character).map(|at| (at, character.len_utf8())),
            Self::EscapedTab => text.find(ESCAPED_TAB).map(|at| (at, ESCAPED_TAB.len())),
            Self::Spaces => None,
        }
    }

    /// The delimiter where it is one byte that a backslash may stand before.
    pub(super) fn byte(self) -> Option<u8> {
        match self {
            Self::Character(character) if character.is_ascii_graphic() => u8::try_from(character).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_of_version_2_in_its_forms() {
        use Delimiter::{Character, EscapedTab, Spaces};
        for (rest, delimiter, attributes) in [
            ("^|a=1^b=2", Character('^'), "a=1^b=2"),
            ("x5E|a=1^b=2", Character('^'), "a=1^b=2"),
            ("0x5e|a=1^b=2", Character('^'), "a=1^b=2"),
            ("x09|a=1\tb=2", Character('\t'), "a=1\tb=2"),
            ("0x0009|a=1\tb=2", Character('\t'), "a=1\tb=2"),
            ("\t|a=1\tb=2", Character('\t'), "a=1\tb=2"),
            ("x|a=1xb=2", Character('x'), "a=1xb=2"),
            ("\u{a6}|a=1\u{a6}b=2", Character('\u{a6}'), "a=1\u{a6}b=2"),
            ("x20|a=1 2 b=2", Spaces, "a=1 2 b=2"),
            (" |a=1 2 b=2", Spaces, "a=1 2 b=2"),
            ("||a=1|b=2", Character('|'), "a=1|b=2"),
            ("|a=1\tb=2", Character('\t'), "a=1\tb=2"),
            ("|a=1^b=2", Character('^'), "a=1^b=2"),
            ("a=1\tb=2|3", Character('\t'), "a=1\tb=2|3"),
            ("a=1^b=2", Character('^'), "a=1^b=2"),
            ("a=1#011b=2", EscapedTab, "a=1#011b=2"),
            ("a=1 b=2 ^ 3", Spaces, "a=1 b=2 ^ 3"),
            ("", Spaces, ""),
        ] {
            assert_eq!(split(rest, "2.0"), (delimiter, attributes), "{rest}");
        }
    }

    #[test]
    fn version_1_has_no_delimiter_field() {
        assert_eq!(split("a=^|b\tc=1", "1.0"), (Delimiter::Character('\t'), "a=^|b\tc=1"));
    }
}
