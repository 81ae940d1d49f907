//! A YAML text as a tree in which every value knows its line and column.
//!
//! Only what a configuration needs: one document, keys that are plain words, no tags, no aliases.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use serde_json::Value;

use super::problem::{Complaint, Location};
use crate::limits::{CONFIG_DEPTH_MAX, CONFIG_VALUES_MAX};

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) location: Location,
    pub(super) content: Content,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    /// A scalar as written. A plain one (no quotes) may mean a number, a truth value or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_location: Location,
    pub(super) value: Node,
}

/// A complaint about the text itself, with its place.
pub(super) type Misread = (Location, Complaint);

impl Node {
    pub(super) fn empty_map() -> Self {
        Self { location: Location { line: 1, column: 1 }, content: Content::Map(Vec::new()) }
    }

    /// The value without its places. A plain scalar becomes what YAML 1.2 (core schema) says it is; what JSON has no
    /// number for (`.inf`, `.nan`) stays a string.
    pub(super) fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar { text, plain: false } => Value::String(text.clone()),
            Content::Scalar { text, plain: true } => plain_scalar(text),
            Content::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
            ),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if plain_scalar(text).is_null())
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// The place of the setting at `path` (`datasets[0].listen`), or of the nearest thing around it that is in the text.
    pub(super) fn locate(&self, path: &str) -> Location {
        let mut node = self;
        for step in path.split(['.', '[']) {
            let next = match (&node.content, step.strip_suffix(']')) {
                (Content::List(items), Some(index)) => index.parse().ok().and_then(|i: usize| items.get(i)),
                _ => node.get(step),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node.location
    }
}

fn plain_scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Ok(number) = digits.parse::<i64>() {
        return number.into();
    }
    if let Ok(number) = digits.parse::<u64>() {
        return number.into();
    }
    let radix = [("0x", 16), ("0o", 8)].into_iter().find_map(|(prefix, radix)| {
        text.strip_prefix(prefix).and_then(|rest| u64::from_str_radix(rest, radix).ok())
    });
    if let Some(number) = radix {
        return number.into();
    }
    let looks_like_number =
        text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if looks_like_number
        && let Ok(number) = text.parse::<f64>()
        && let Some(number) = serde_json::Number::from_f64(number)
    {
        return Value::Number(number);
    }
    Value::String(text.to_owned())
}

/// Reads a text into a tree. An empty text is an empty map.
pub(super) fn parse(text: &str) -> Result<Node, Misread> {
    let mut reader = Reader { parser: Parser::new_from_str(text), values: 0 };
    let mut root = None;
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => break,
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
            _ if root.is_some() => {
                let reason = "the file has more than one document";
                return Err((place(span), Complaint::advise(reason, "keep one, without `---` after it")));
            }
            event => root = Some(reader.value(event, span, 0)?),
        }
    }
    let root = root.unwrap_or_else(Node::empty_map);
    if root.is_null() {
        return Ok(Node::empty_map());
    }
    Ok(root)
}

struct Reader<'text> {
    parser: Parser<'text, StrInput<'text>>,
    values: usize,
}

impl<'text> Reader<'text> {
    fn next(&mut self) -> Result<(Event<'text>, Span), Misread> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let mark = error.marker();
                let location = Location { line: mark.line(), column: mark.col() + 1 };
                let advice = "look at the indentation, quotes and colons there";
                Err((location, Complaint::advise(format!("not valid yaml: {}", error.info()), advice)))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn value(&mut self, event: Event<'text>, span: Span, depth: usize) -> Result<Node, Misread> {
        let location = place(span);
        self.values += 1;
        if self.values > CONFIG_VALUES_MAX {
            return Err((location, Complaint::new(format!("more than {CONFIG_VALUES_MAX} values"))));
        }
        if depth > CONFIG_DEPTH_MAX {
            return Err((
                location,
                Complaint::new(format!("nested more than {CONFIG_DEPTH_MAX} levels deep")),
            ));
        }
        let content = match event {
            Event::Scalar(text, style, _, None) => {
                Content::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }
            }
            Event::SequenceStart(_, None) => self.list(depth)?,
            Event::MappingStart(_, None) => self.map(depth)?,
            Event::Alias(_) => {
                let reason = "yaml aliases (`*name`) are not supported here";
                return Err((location, Complaint::advise(reason, "write the value out")));
            }
            _ => {
                let reason = "yaml tags (`!name`) are not supported here";
                return Err((location, Complaint::advise(reason, "remove the tag")));
            }
        };
        Ok(Node { location, content })
    }

    fn list(&mut self, depth: usize) -> Result<Content, Misread> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                return Ok(Content::List(items));
            }
            items.push(self.value(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Content, Misread> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let key_location = place(span);
            let key = match event {
                Event::MappingEnd | Event::StreamEnd => return Ok(Content::Map(entries)),
                Event::Scalar(key, _, _, None) => key.into_owned(),
                _ => return Err((key_location, Complaint::new("a key must be a plain word"))),
            };
            if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let line = first.key_location.line;
                let reason = format!("key `{key}` is given twice, the first time in line {line}");
                return Err((key_location, Complaint::advise(reason, "remove one of them")));
            }
            let (event, span) = self.next()?;
            let value = self.value(event, span, depth + 1)?;
            entries.push(Entry { key, key_location, value });
        }
    }
}

fn place(span: Span) -> Location {
    Location { line: span.start.line(), column: span.start.col() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_scalars_mean_what_yaml_1_2_says_and_quoted_ones_are_strings() {
        let tree = parse(
            "a: 1\nb: '1'\nc: yes\nd: true\ne: 1.5\nf: ~\ng: 0x10\nh: 1.2.3.4\ni: 0o17\nj: +7\nk: .inf\nl:\n",
        )
        .unwrap();
        let expected = json!({
            "a": 1, "b": "1", "c": "yes", "d": true, "e": 1.5, "f": null, "g": 16, "h": "1.2.3.4", "i": 15,
            "j": 7, "k": ".inf", "l": null,
        });
        assert_eq!(tree.to_json(), expected);
    }

    #[test]
    fn every_value_knows_its_place() {
        let tree = parse("a:\n  - b: 1\n  - c:\n      d: x\n").unwrap();
        assert_eq!(tree.locate("a[1].c.d"), Location { line: 4, column: 10 });
        assert_eq!(tree.locate("a[0].b"), Location { line: 2, column: 8 });
        // What is not there has the place of what is around it.
        assert_eq!(tree.locate("a[1].c.nothing"), tree.locate("a[1].c"));
        assert_eq!(tree.locate("a[7]"), tree.locate("a"));
    }

    #[test]
    fn a_text_with_nothing_in_it_is_an_empty_map() {
        for text in ["", "\n\n", "# only a comment\n", "---\n", "~"] {
            assert_eq!(parse(text).unwrap().to_json(), json!({}), "{text:?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_before_it_takes_the_stack() {
        let text = "[".repeat(1000);
        assert!(parse(&text).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ -~\n]{0,200}") {
            let _ = parse(&text);
        }
    }
}
