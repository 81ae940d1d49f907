//! The CEF header: `CEF:Version|Device Vendor|Device Product|Device Version|Signature ID|Name|Severity|`.

use super::extension;
use crate::decode::syslog::BYTE_ORDER_MARK;

/// What a CEF message begins with.
pub(super) const MARKER: &str = "CEF:";
/// Fields behind the version.
pub(super) const FIELDS: usize = 6;
/// Digits and points of a version.
const VERSION_BYTES_MAX: usize = 16;

/// Where a CEF message lies in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Position of `CEF:`.
    pub(super) start: usize,
    /// Position behind the bar that ends the version.
    pub(super) fields_start: usize,
}

/// A field between two bars, without its outer spaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) text: &'a str,
    /// It has a backslash.
    pub(super) escaped: bool,
}

/// The header's fields in their order, and what follows them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) fields: [Field<'a>; FIELDS],
    pub(super) extension: &'a str,
    /// Fewer fields than the format has.
    pub(super) incomplete: bool,
}

/// The first place where `CEF:`, a version and a bar stand at the beginning of a word. Spaces before the version,
/// which some devices send, are let pass.
pub(super) fn find(text: &str) -> Option<Place> {
    for start in memchr::memmem::find_iter(text.as_bytes(), MARKER) {
        let begins_word = match text.get(..start)?.chars().next_back() {
            None => true,
            // A PRI, a tag or structured data may touch it.
            Some(before) => {
                before.is_ascii_whitespace() || matches!(before, '>' | ':' | ']' | BYTE_ORDER_MARK)
            }
        };
        let version_start = start + MARKER.len();
        if begins_word && let Some(length) = version_bytes(text.as_bytes().get(version_start..)?) {
            return Some(Place { start, fields_start: version_start + length });
        }
    }
    None
}

/// Bytes of spaces, a version (`0`, `1`, `0.1`) and its bar.
fn version_bytes(text: &[u8]) -> Option<usize> {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    let version = &text[spaces..];
    let length = version
        .iter()
        .take(VERSION_BYTES_MAX)
        .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
        .count();
    let starts_with_digit = version.first().is_some_and(u8::is_ascii_digit);
    (starts_with_digit && version.get(length) == Some(&b'|')).then_some(spaces + length + 1)
}

/// Takes apart what follows the version. The bar behind the last field may be missing.
pub(super) fn parse(text: &str) -> Header<'_> {
    let mut header = Header::default();
    let mut rest = text;
    for number in 0..FIELDS {
        let (end, escaped) = field_end(rest.as_bytes());
        // A bar is ASCII, so that both sides are text.
        let (field, after) = (&rest[..end], rest.get(end + 1..));
        if after.is_none() && extension::has_pair(field) {
            header.extension = field;
            header.incomplete = true;
            return header;
        }
        header.fields[number] = Field { text: field.trim_ascii(), escaped };
        let Some(after) = after else {
            header.incomplete = number + 1 < FIELDS;
            return header;
        };
        rest = after;
    }
    header.extension = rest;
    header
}

/// Where the next bar without a backslash stands, or the text ends; and whether there is a backslash before it.
fn field_end(text: &[u8]) -> (usize, bool) {
    let mut at = 0;
    let mut escaped = false;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(b'|', b'\\', rest)) {
        at += found;
        if text[at] == b'|' {
            return (at, escaped);
        }
        escaped = true;
        at += 2;
    }
    (text.len(), escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_where_its_word_begins() {
        for (text, start) in [
            ("CEF:0|a", Some(0)),
            ("CEF: 0|a", Some(0)),
            ("CEF:0.1|a", Some(0)),
            ("<13>CEF:1|a", Some(4)),
            ("host tag:CEF:0|a", Some(9)),
            ("\u{feff}CEF:0|a", Some(3)),
            ("what is CEF: and what CEF:0|a", Some(22)),
            ("NOTCEF:0|a", None),
            (r#"{"message":"CEF:0|a"}"#, None),
            ("CEF:x|a", None),
            ("CEF:|a", None),
            ("CEF:.|a", None),
            ("CEF:0", None),
            ("CEF:", None),
            ("", None),
        ] {
            assert_eq!(find(text).map(|place| place.start), start, "{text}");
        }
    }

    #[test]
    fn fields_end_at_bars_without_a_backslash() {
        let header = parse(r"a\|b|c\\|| d ||5|e=1|2");
        assert_eq!(header.fields.map(|field| field.text), [r"a\|b", r"c\\", "", "d", "", "5"]);
        assert_eq!(header.fields.map(|field| field.escaped), [true, true, false, false, false, false]);
        assert_eq!((header.extension, header.incomplete), ("e=1|2", false));
    }

    #[test]
    fn a_header_that_ends_early_gives_what_it_has() {
        let header = parse("a|b|c|d|e|5");
        assert_eq!((header.fields[5].text, header.extension, header.incomplete), ("5", "", false));
        let header = parse("a|b|c|d");
        assert_eq!((header.fields[3].text, header.incomplete), ("d", true));
        let header = parse("a|b|c|d|e|src=1 dst=2");
        assert_eq!((header.fields[5].text, header.extension, header.incomplete), ("", "src=1 dst=2", true));
        let header = parse("a|b\\");
        assert_eq!((header.fields[1].text, header.incomplete), ("b\\", true));
    }
}
