//! Where a CEF or LEEF message begins in a text.

use crate::decode::syslog::BYTE_ORDER_MARK;

/// Digits and points of a version.
const VERSION_BYTES_MAX: usize = 16;

/// Which of the formats a message has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) enum Kind {
    Cef,
    Leef,
}

impl Kind {
    /// What its messages begin with.
    pub(in crate::decode) fn marker(self) -> &'static str {
        match self {
            Self::Cef => "CEF:",
            Self::Leef => "LEEF:",
        }
    }

    /// The kind of a message that begins here, if it is one.
    fn of(text: &[u8]) -> Option<Self> {
        match text {
            [b'C', b'E', b'F', b':', ..] => Some(Self::Cef),
            [b'L', b'E', b'E', b'F', b':', ..] => Some(Self::Leef),
            _ => None,
        }
    }
}

/// Where a message lies in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) struct Place {
    pub(in crate::decode) kind: Kind,
    /// Position of the marker.
    pub(in crate::decode) start: usize,
    /// Position of the version, behind the marker and its spaces.
    pub(in crate::decode) version_start: usize,
    /// Position behind the bar that ends the version.
    pub(in crate::decode) fields_start: usize,
}

impl Place {
    /// The first place where a marker, a version and a bar stand at the beginning of a word. Spaces before the
    /// version, which some devices send, are let pass.
    pub(in crate::decode) fn find(text: &str) -> Option<Self> {
        for end in memchr::memmem::find_iter(text.as_bytes(), "EF:") {
            let start = match text.as_bytes().get(..end) {
                Some([.., b'C']) => end - 1,
                Some([.., b'L', b'E']) => end - 2,
                _ => continue,
            };
            let begins_word = match text.get(..start)?.chars().next_back() {
                None => true,
                // A PRI, a tag or structured data may touch it.
                Some(before) => {
                    before.is_ascii_whitespace() || matches!(before, '>' | ':' | ']' | BYTE_ORDER_MARK)
                }
            };
            if begins_word && let Some(place) = Self::at(text, start) {
                return Some(place);
            }
        }
        None
    }

    /// The message that the text begins with, spaces before it let pass.
    #[inline]
    pub(in crate::decode) fn at_start(text: &str) -> Option<Self> {
        // Most messages are something else: one look is all they pay.
        if !matches!(text.as_bytes().first(), Some(b'C' | b'L' | b' ')) {
            return None;
        }
        let spaces = text.bytes().take_while(|byte| *byte == b' ').count();
        Self::at(text, spaces)
    }

    /// The message that begins at a position.
    fn at(text: &str, start: usize) -> Option<Self> {
        let message = text.as_bytes().get(start..)?;
        let kind = Kind::of(message)?;
        let rest = &message[kind.marker().len()..];
        let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
        let version = version_bytes(&rest[spaces..])?;
        let version_start = start + kind.marker().len() + spaces;
        Some(Self { kind, start, version_start, fields_start: version_start + version + 1 })
    }

    /// The version as it was sent.
    pub(in crate::decode) fn version<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.version_start..self.fields_start.saturating_sub(1)).unwrap_or("")
    }
}

/// Bytes of a version (`0`, `1.0`) that a bar ends.
fn version_bytes(text: &[u8]) -> Option<usize> {
    let is_part = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
    let length = text.iter().take(VERSION_BYTES_MAX).take_while(is_part).count();
    let starts_with_digit = text.first().is_some_and(u8::is_ascii_digit);
    (starts_with_digit && text.get(length) == Some(&b'|')).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_where_its_word_begins() {
        for (text, expected) in [
            ("CEF:0|a", Some((0, "0"))),
            ("CEF: 0|a", Some((0, "0"))),
            ("CEF:0.1|a", Some((0, "0.1"))),
            ("LEEF:1.0|a", Some((0, "1.0"))),
            ("LEEF: 2.0|a", Some((0, "2.0"))),
            ("<13>CEF:1|a", Some((4, "1"))),
            ("host tag:LEEF:2.0|a", Some((9, "2.0"))),
            ("\u{feff}CEF:0|a", Some((3, "0"))),
            ("what is CEF: and what CEF:0|a", Some((22, "0"))),
            ("NOTCEF:0|a", None),
            ("xLEEF:1.0|a", None),
            (r#"{"message":"CEF:0|a"}"#, None),
            ("CEF:x|a", None),
            ("CEF:|a", None),
            ("CEF:.|a", None),
            ("CEF:0", None),
            ("LEEF:", None),
            ("EF:1|", None),
            ("EEF:1|", None),
            ("", None),
        ] {
            let place = Place::find(text);
            assert_eq!(place.map(|place| (place.start, place.version(text))), expected, "{text}");
            let is_at_start = Place::at_start(text).is_some();
            assert_eq!(is_at_start, expected.is_some_and(|(start, _)| start == 0), "{text}");
        }
        assert_eq!(Place::at_start("  LEEF:1.0|a").map(|place| place.start), Some(2));
    }
}
