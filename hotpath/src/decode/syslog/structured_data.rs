//! STRUCTURED-DATA (RFC 5424 section 6.3) as a JSON object.

use std::ops::Range;

use crate::batch::push_json_text;
use crate::decode::byte_set::ByteSet;
use crate::decode::text::{itself, unescape};
use crate::limits::STRUCTURED_DATA_PARAMS_MAX;

/// Longest SD-NAME (section 6.3.2 and ABNF in section 6).
const SD_NAME_BYTES_MAX: usize = 32;

/// Bytes that need no second look in a name, and in a value: nothing there is escaped here or in JSON.
static PLAIN_NAME: ByteSet = ByteSet::of(b"").with_range(b'!', b'~').without(b"\"\\]=");
static PLAIN_VALUE: ByteSet = ByteSet::of(b"").with_range(b' ', 0xff).without(b"\"\\]");

/// What is wrong with structured data.
pub(in crate::decode) type Fault = &'static str;

/// Where one PARAM lies in the text.
#[derive(Debug)]
struct Param {
    /// Index of its SD-ID.
    element: usize,
    name: Range<usize>,
    /// Between the quotes, with escapes.
    value: Range<usize>,
    /// Another one of the same name comes after it.
    has_repeat: bool,
    /// One of the same name came before it.
    is_repeat: bool,
}

/// Parses structured data; its memory is used again for the next event.
#[derive(Debug, Default)]
pub(super) struct StructuredData {
    /// Each SD-ID once.
    elements: Vec<Range<usize>>,
    params: Vec<Param>,
    /// Each name of one element, where all is plain.
    names: Vec<Range<usize>>,
    json: String,
    unescaped: String,
}

impl StructuredData {
    /// Parses the elements that the text begins with. Returns the bytes they take, and what was let pass.
    ///
    /// # Errors
    /// What keeps the text from being structured data.
    pub(super) fn parse(&mut self, text: &str) -> Result<(usize, Option<Fault>), Fault> {
        match self.parse_plain(text) {
            Some(bytes) => Ok((bytes, None)),
            None => self.parse_any(text),
        }
    }

    /// The way of nearly all structured data: names and values that JSON has as they are, and nothing twice. `None`
    /// where it is anything else.
    fn parse_plain(&mut self, text: &str) -> Option<usize> {
        let Self { elements, names, json, .. } = self;
        let bytes = text.as_bytes();
        elements.clear();
        json.clear();
        let mut at = 0;
        while bytes.get(at) == Some(&b'[') {
            let id = plain_name(bytes, at + 1)?;
            at = id.end;
            json.push_str(if elements.is_empty() { "{\"" } else { ",\"" });
            json.push_str(&text[id.clone()]);
            json.push_str("\":{");
            push_new(elements, id, bytes)?;
            names.clear();
            while bytes.get(at) == Some(&b' ') {
                let name = plain_name(bytes, at + 1)?;
                let value = plain_value(bytes, name.end)?;
                at = value.end;
                json.push_str(if names.is_empty() { "\"" } else { ",\"" });
                json.push_str(&text[name.clone()]);
                json.push_str("\":");
                json.push_str(&text[value]);
                push_new(names, name, bytes)?;
            }
            if bytes.get(at) != Some(&b']') {
                return None;
            }
            at += 1;
            json.push('}');
        }
        json.push('}');
        (at > 0).then_some(at)
    }

    /// Any structured data that is taken.
    fn parse_any(&mut self, text: &str) -> Result<(usize, Option<Fault>), Fault> {
        self.elements.clear();
        self.params.clear();
        let mut liberty = None;
        let mut at = 0;
        while text.as_bytes().get(at) == Some(&b'[') {
            at = self.element(text.as_bytes(), at + 1, &mut liberty)?;
        }
        if at == 0 {
            return Err("no structured data where RFC 5424 section 6.3 has it");
        }
        self.write_json(text);
        Ok((at, liberty))
    }

    /// The JSON object of the text parsed last: `{"id":{"name":"value"}}`, a name that stands more than once
    /// (section 6.3.3 allows it) with the list of its values.
    pub(super) fn json(&self) -> &str {
        &self.json
    }

    /// One SD-ELEMENT from the byte after its bracket; returns the position after it.
    fn element(&mut self, text: &[u8], start: usize, liberty: &mut Option<Fault>) -> Result<usize, Fault> {
        let mut at = start + name_bytes(&text[start..]);
        let id = check_name(start..at, liberty)?;
        let known = self.elements.iter().position(|other| text[other.clone()] == text[id.clone()]);
        if known.is_some() {
            *liberty = Some("an id stands twice in structured data (RFC 5424 section 6.3.2)");
        }
        let element = known.unwrap_or_else(|| {
            self.elements.push(id);
            self.elements.len() - 1
        });
        loop {
            match text.get(at) {
                Some(b']') => return Ok(at + 1),
                Some(b' ') if text.get(at + 1) == Some(&b']') => {
                    *liberty = Some("a space at the end of a structured data element");
                    at += 1;
                }
                Some(b' ') => at = self.param(text, at + 1, element, liberty)?,
                _ => return Err("a structured data element that does not end"),
            }
            if self.elements.len() + self.params.len() > STRUCTURED_DATA_PARAMS_MAX {
                return Err("more structured data than is taken apart");
            }
        }
    }

    /// One SD-PARAM; returns the position after its closing quote.
    fn param(
        &mut self,
        text: &[u8],
        start: usize,
        element: usize,
        liberty: &mut Option<Fault>,
    ) -> Result<usize, Fault> {
        let name_end = start + name_bytes(&text[start..]);
        let name = check_name(start..name_end, liberty)?;
        if text.get(name_end) != Some(&b'=') || text.get(name_end + 1) != Some(&b'"') {
            return Err("a structured data parameter that is not name=\"value\"");
        }
        let value_start = name_end + 2;
        let mut at = value_start;
        loop {
            let Some(found) = memchr::memchr3(b'"', b'\\', b']', &text[at..]) else {
                return Err("a structured data value that does not end");
            };
            at += found;
            match text[at] {
                b'"' => break,
                // Whatever follows is part of the value (section 6.3.3).
                b'\\' => at = (at + 2).min(text.len()),
                _ => {
                    *liberty =
                        Some("a bracket in structured data that is not escaped (RFC 5424 section 6.3.3)");
                    at += 1;
                }
            }
        }
        let same =
            |other: &&mut Param| other.element == element && text[other.name.clone()] == text[name.clone()];
        let first = self.params.iter_mut().find(same);
        let is_repeat = first.map(|first| first.has_repeat = true).is_some();
        self.params.push(Param { element, name, value: value_start..at, has_repeat: false, is_repeat });
        Ok(at + 1)
    }

    fn write_json(&mut self, text: &str) {
        let Self { elements, params, json, unescaped, .. } = self;
        json.clear();
        for (number, id) in elements.iter().enumerate() {
            json.push(if number == 0 { '{' } else { ',' });
            push_json_text(&text[id.clone()], json);
            json.push_str(":{");
            let mut separator = "";
            for param in params.iter().filter(|param| param.element == number && !param.is_repeat) {
                json.push_str(separator);
                separator = ",";
                push_json_text(&text[param.name.clone()], json);
                json.push(':');
                if !param.has_repeat {
                    push_value(&text[param.value.clone()], unescaped, json);
                    continue;
                }
                let all = params.iter().filter(|other| {
                    other.element == number && text[other.name.clone()] == text[param.name.clone()]
                });
                for (position, other) in all.enumerate() {
                    json.push(if position == 0 { '[' } else { ',' });
                    push_value(&text[other.value.clone()], unescaped, json);
                }
                json.push(']');
            }
            json.push('}');
        }
        json.push('}');
    }
}

/// Ids, and names of an element, that plain structured data has at the most: each is compared with those before it.
const PLAIN_NAMES_MAX: usize = 12;
// As many names as are taken of any structured data, or fewer.
const _: () = assert!(PLAIN_NAMES_MAX * (PLAIN_NAMES_MAX + 1) <= STRUCTURED_DATA_PARAMS_MAX);

/// Adds a name, `None` where it is not new or the last one too many.
#[inline]
fn push_new(names: &mut Vec<Range<usize>>, name: Range<usize>, text: &[u8]) -> Option<()> {
    let is_new = names.len() < PLAIN_NAMES_MAX
        && names.iter().all(|other| other.len() != name.len() || text[other.clone()] != text[name.clone()]);
    names.push(name);
    is_new.then_some(())
}

/// The SD-NAME at a position, where it has nothing that JSON escapes.
#[inline]
fn plain_name(text: &[u8], start: usize) -> Option<Range<usize>> {
    let length = text.get(start..)?.iter().position(|byte| !PLAIN_NAME.has(*byte))?;
    (length > 0 && length <= SD_NAME_BYTES_MAX).then_some(start..start + length)
}

/// The PARAM-VALUE behind the `=` at a position, with its quotes, where it has nothing that is escaped here or in JSON.
#[inline]
fn plain_value(text: &[u8], equals: usize) -> Option<Range<usize>> {
    let start = equals + 1;
    if text.get(equals..=start)? != b"=\"" {
        return None;
    }
    let length = text[start + 1..].iter().position(|byte| !PLAIN_VALUE.has(*byte))?;
    let quote = start + 1 + length;
    (text[quote] == b'"').then_some(start..quote + 1)
}

/// Bytes of the SD-NAME that the text begins with: printable ASCII but `=`, space, `]` and `"`.
#[inline]
fn name_bytes(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_graphic() && !matches!(byte, b'=' | b']' | b'"')).count()
}

fn check_name(name: Range<usize>, liberty: &mut Option<Fault>) -> Result<Range<usize>, Fault> {
    if name.is_empty() {
        return Err("structured data without an id or a name");
    }
    if name.len() > SD_NAME_BYTES_MAX {
        *liberty = Some("an id or a name in structured data is longer than 32 (RFC 5424 section 6.3.2)");
    }
    Ok(name)
}

/// Writes a PARAM-VALUE without its escapes. Only `\"`, `\\` and `\]` are escapes, any other backslash is itself
/// (section 6.3.3).
fn push_value(value: &str, unescaped: &mut String, json: &mut String) {
    push_json_text(unescape(value, itself(b"\"\\]"), unescaped), json);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(text: &str) -> (String, usize, bool) {
        let mut data = StructuredData::default();
        let (length, liberty) = data.parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        (data.json().to_owned(), length, liberty.is_some())
    }

    /// RFC 5424 section 6.3.5, example 2.
    #[test]
    fn elements_become_members() {
        let text =
            r#"[exampleSDID@32473 iut="3" eventSource="Application"][examplePriority@32473 class="high"] x"#;
        let expected = concat!(
            r#"{"exampleSDID@32473":{"iut":"3","eventSource":"Application"},"#,
            r#""examplePriority@32473":{"class":"high"}}"#
        );
        assert_eq!(json(text), (expected.to_owned(), text.len() - 2, false));
        assert_eq!(json("[id]").0, r#"{"id":{}}"#);
        assert_eq!(json(r#"[id pk=""]"#).0, r#"{"id":{"pk":""}}"#);
    }

    #[test]
    fn only_three_escapes_are_escapes() {
        assert_eq!(json(r#"[a b="q\"b\\k\]n\n\u2318"]"#).0, r#"{"a":{"b":"q\"b\\k]n\\n\\u2318"}}"#);
        assert_eq!(json("[a b=\"line\nbreak\u{1}\"]").0, r#"{"a":{"b":"line\nbreak\u0001"}}"#);
    }

    #[test]
    fn repeated_names_keep_every_value() {
        assert_eq!(
            json(r#"[a ip="1" x="0" ip="2"]"#),
            (r#"{"a":{"ip":["1","2"],"x":"0"}}"#.to_owned(), 23, false)
        );
        let (twice, _, liberty) = json(r#"[a b="1"][c][a b="2" d="3"]"#);
        assert_eq!(twice, r#"{"a":{"b":["1","2"],"d":"3"},"c":{}}"#);
        assert!(liberty);
    }

    proptest! {
        #[test]
        fn plain_structured_data_is_read_as_any_other(
            parts in prop::collection::vec(
                prop::sample::select(vec!["[", "]", " ", "a", "bc", "=", "\"", "d=\"e\"", "[f g=\"\"]", "\\", "\u{e9}", "\n"]),
                0..12,
            ),
        ) {
            let text = parts.concat();
            let (mut data, mut expected) = (StructuredData::default(), StructuredData::default());
            let plain = data.parse_plain(&text);
            let any = expected.parse_any(&text);
            if let Some(bytes) = plain {
                prop_assert_eq!(any, Ok((bytes, None)));
                prop_assert_eq!(data.json(), expected.json());
            }
        }
    }

    #[test]
    fn what_is_no_structured_data_is_refused() {
        for text in [
            "",
            "-",
            "[",
            "[]",
            "[ ]",
            "[a",
            "[a b]",
            "[a b=c]",
            "[a b=\"c]",
            "[a b=\"c\\",
            "[a=]",
            "[a  b=\"\"]",
        ] {
            assert!(StructuredData::default().parse(text).is_err(), "{text}");
        }
        let many = format!("[a{}]", r#" b="""#.repeat(STRUCTURED_DATA_PARAMS_MAX + 1));
        assert!(StructuredData::default().parse(&many).is_err());
    }
}
