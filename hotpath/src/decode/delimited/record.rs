//! Records and fields of RFC 4180: commas or another separator, quotes, doubled quotes.

/// Ends a record, with or without a carriage return before it (RFC 4180 section 2, rules 1 and 2).
const LINE_FEED: u8 = b'\n';
const QUOTE: u8 = b'"';

/// What was found wrong with a record.
pub(super) type Fault = &'static str;

const NOT_CLOSED: Fault = "a quote that is not closed (RFC 4180 section 2)";
const BEHIND_QUOTE: Fault = "text behind a closing quote (RFC 4180 section 2)";

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// An ASCII character between two fields.
    pub(super) separator: u8,
    /// A quote that does not enclose its field is part of the text, as files without any quoting have it.
    pub(super) takes_stray_quotes: bool,
}

/// A field, without the quotes around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) text: &'a str,
    /// Two quotes stand for one in it.
    pub(super) has_doubled_quotes: bool,
}

/// A record without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) text: &'a str,
    pub(super) fault: Option<Fault>,
}

/// The records of a text, one after the other. Blank lines are none.
#[derive(Debug)]
pub(super) struct Records<'a> {
    rest: &'a str,
    dialect: Dialect,
}

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self { rest: text, dialect }
    }

    /// The next record; its fields replace those in `fields`.
    pub(super) fn next(&mut self, fields: &mut Vec<Field<'a>>) -> Option<Record<'a>> {
        fields.clear();
        self.rest = self.rest.trim_start_matches(['\r', '\n']);
        if self.rest.is_empty() {
            return None;
        }
        let start = self.rest;
        let mut fault = None;
        loop {
            let (field, end, found) = field(self.rest, self.dialect);
            fields.push(field);
            fault = fault.or(found);
            if self.rest.as_bytes().get(end) != Some(&self.dialect.separator) {
                let record_bytes = start.len() - self.rest.len() + end;
                // Each end stands beside an ASCII character or is that of the text.
                self.rest = self.rest.get(end..).unwrap_or_default();
                return Some(Record { text: start.get(..record_bytes).unwrap_or(start), fault });
            }
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
        }
    }
}

/// The field that a text begins with, where it ends, and what is wrong with it.
fn field(text: &str, dialect: Dialect) -> (Field<'_>, usize, Option<Fault>) {
    let bytes = text.as_bytes();
    let mut fault = None;
    if bytes.first() == Some(&QUOTE) {
        match quoted_end(bytes) {
            Some((close, has_doubled_quotes)) if ends_field(&bytes[close + 1..], dialect) => {
                return (Field { text: &text[1..close], has_doubled_quotes }, close + 1, None);
            }
            found if !dialect.takes_stray_quotes => {
                fault = Some(if found.is_some() { BEHIND_QUOTE } else { NOT_CLOSED });
            }
            _ => {}
        }
    }
    let mut end = memchr::memchr2(dialect.separator, LINE_FEED, bytes).unwrap_or(bytes.len());
    if bytes.get(end) != Some(&dialect.separator) && bytes[..end].ends_with(b"\r") {
        end -= 1;
    }
    (Field { text: &text[..end], has_doubled_quotes: false }, end, fault)
}

/// The closing quote of a text that begins with a quote, and whether there are doubled ones before it.
///
/// A far look that finds none costs nothing twice: all quotes on its way are doubled, so that each field that begins
/// with one of them ends at once.
fn quoted_end(bytes: &[u8]) -> Option<(usize, bool)> {
    let mut at = 1;
    let mut has_doubled_quotes = false;
    loop {
        at += memchr::memchr(QUOTE, bytes.get(at..)?)?;
        if bytes.get(at + 1) != Some(&QUOTE) {
            return Some((at, has_doubled_quotes));
        }
        has_doubled_quotes = true;
        at += 2;
    }
}

/// Whether what stands behind a closing quote ends the field.
fn ends_field(rest: &[u8], dialect: Dialect) -> bool {
    match rest {
        [] | [LINE_FEED, ..] | [b'\r'] | [b'\r', LINE_FEED, ..] => true,
        [first, ..] => *first == dialect.separator,
    }
}

/// The text of a field, with one quote for two.
pub(super) fn field_text<'a>(field: Field<'a>, undoubled: &'a mut String) -> &'a str {
    if !field.has_doubled_quotes {
        return field.text;
    }
    undoubled.clear();
    let mut rest = field.text;
    while let Some(found) = memchr::memchr(QUOTE, rest.as_bytes()) {
        undoubled.push_str(&rest[..=found]);
        // Every quote inside a field is followed by its double.
        rest = rest.get(found + 2..).unwrap_or_default();
    }
    undoubled.push_str(rest);
    undoubled
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Dialect = Dialect { separator: b',', takes_stray_quotes: false };

    fn read(text: &str, dialect: Dialect) -> Vec<(Vec<String>, Option<Fault>)> {
        let mut records = Records::new(text, dialect);
        let mut fields = Vec::new();
        let mut found = Vec::new();
        while let Some(record) = records.next(&mut fields) {
            let texts =
                fields.iter().map(|field| field_text(*field, &mut String::new()).to_owned()).collect();
            found.push((texts, record.fault));
        }
        found
    }

    fn assert_fields(text: &str, expected: &[&[&str]]) {
        let expected: Vec<(Vec<String>, _)> = expected
            .iter()
            .map(|fields| (fields.iter().map(|field| (*field).to_owned()).collect(), None))
            .collect();
        assert_eq!(read(text, CSV), expected, "{text:?}");
    }

    /// RFC 4180 section 2, rules 1, 2, 4, 5, 6 and 7.
    #[test]
    fn examples_of_the_rfc() {
        let both: &[&[&str]] = &[&["aaa", "bbb", "ccc"], &["zzz", "yyy", "xxx"]];
        assert_fields("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", both);
        assert_fields("aaa,bbb,ccc\r\nzzz,yyy,xxx", both);
        assert_fields("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx", both);
        assert_fields("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz", &[&["aaa", "b\r\nbb", "ccc"], &["zzz"]]);
        assert_fields("\"aaa\",\"b\"\"bb\",\"ccc\"", &[&["aaa", "b\"bb", "ccc"]]);
        assert_fields(" a , b", &[&[" a ", " b"]]);
    }

    #[test]
    fn empty_fields_and_blank_lines() {
        assert_fields("a,,c,", &[&["a", "", "c", ""]]);
        assert_fields(",", &[&["", ""]]);
        assert_fields("\n\r\na\n\n", &[&["a"]]);
        assert_fields("", &[]);
        assert_fields("a\rb,c\r", &[&["a\rb", "c"]]);
        assert_fields("\"\",\"\"\"\"", &[&["", "\""]]);
    }

    #[test]
    fn a_quote_that_does_not_enclose_its_field_is_told() {
        assert_eq!(read("\"a\"b,c", CSV), [(vec!["\"a\"b".into(), "c".into()], Some(BEHIND_QUOTE))]);
        assert_eq!(read("a,\"b,c", CSV), [(vec!["a".into(), "\"b".into(), "c".into()], Some(NOT_CLOSED))]);
        assert_fields("5\" disk,a\"b\"", &[&["5\" disk", "a\"b\""]]);
        let tabs = Dialect { separator: b'\t', takes_stray_quotes: true };
        assert_eq!(
            read("\"a\tb\"\t\"c\"d\t\"", tabs),
            [(vec!["a\tb".into(), "\"c\"d".into(), "\"".into()], None)]
        );
    }

    #[test]
    fn a_record_is_the_text_between_line_ends() {
        let mut records = Records::new("a,\"b\nc\"\r\nd\n", CSV);
        let mut fields = Vec::new();
        assert_eq!(records.next(&mut fields).unwrap().text, "a,\"b\nc\"");
        assert_eq!(records.next(&mut fields).unwrap().text, "d");
        assert_eq!(records.next(&mut fields), None);
    }
}
